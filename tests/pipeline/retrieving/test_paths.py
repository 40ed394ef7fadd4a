"""Paths are those that a search of all simple paths finds, by weight."""

import math
from itertools import pairwise

import networkx as nx
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.retrieving.paths import MOST_STEPS, Search
from schema.errors import WrongUse
from schema.fact import Triple
from schema.ids import EntityKey
from tests.conftest import examples

NODES = [EntityKey(f"K:{n}") for n in range(7)]
BELIEFS = st.sampled_from([0.2, 0.5, 0.8, 0.9, 0.0])
EDGE = st.tuples(st.sampled_from(NODES), st.sampled_from(["treat", "cause"]), st.sampled_from(NODES), BELIEFS)
EDGES = st.lists(EDGE, max_size=16, unique_by=lambda edge: edge[:3])


class Facts:
    """Facts to look in, and how often they were asked for."""

    def __init__(self, edges: list[tuple[EntityKey, str, EntityKey, float]]) -> None:
        schema = {"head": pl.String, "relation": pl.String, "tail": pl.String, "belief": pl.Float64}
        self.rows = pl.DataFrame(edges, schema=schema, orient="row")
        self.looks = 0

    def of(self, keys, only_to):  # type: ignore[no-untyped-def]
        self.looks += 1
        head, tail = pl.col("head"), pl.col("tail")
        rows = self.rows.filter(head.is_in(list(keys)) | tail.is_in(list(keys)))
        return rows if only_to is None else rows.filter(head.is_in(list(only_to)) | tail.is_in(list(only_to)))


def every_path(edges: list[tuple[EntityKey, str, EntityKey, float]], one: EntityKey, other: EntityKey, most: int) -> list[float]:
    graph = nx.Graph()
    for head, _, tail, belief in edges:
        if head != tail and belief > graph.get_edge_data(head, tail, {"belief": 0.0})["belief"]:
            graph.add_edge(head, tail, belief=belief)
    if one not in graph or other not in graph or one == other:
        return []
    paths = nx.all_simple_paths(graph, one, other, cutoff=most)
    return sorted((math.prod(graph[a][b]["belief"] for a, b in pairwise(path)) for path in paths), reverse=True)


@given(EDGES, st.sampled_from(NODES), st.sampled_from(NODES), st.integers(1, MOST_STEPS), st.integers(1, 40))
@settings(max_examples=examples(300), deadline=None)
def test_the_best_paths_are_found_in_the_order_of_their_weight(edges, one, other, most, limit) -> None:  # type: ignore[no-untyped-def]
    search, facts = Search(most), Facts(edges)
    found = search.best(one, other, facts.of, limit)
    expected = every_path(edges, one, other, most)
    assert [path.weight for path in found] == pytest.approx(expected[:limit])
    assert search.complete
    assert facts.looks <= most
    beliefs = {Triple(*edge[:3]): edge[3] for edge in edges}
    for path in found:
        assert path.weight == pytest.approx(math.prod(beliefs[step] for step in path.steps), abs=1e-6)
        way = [one]
        for step in path.steps:
            assert way[-1] in (step.head, step.tail)
            way.append(step.tail if step.head == way[-1] else step.head)
        assert way[-1] == other
        assert len(set(way)) == len(way) <= most + 1


def test_of_a_hub_only_so_many_are_looked_at_those_believed_most_first_and_that_is_told() -> None:
    a, b = EntityKey("K:a"), EntityKey("K:b")
    spokes = [(a, "treat", EntityKey(f"K:{n}"), 0.5 + n / 1000) for n in range(400)]
    others = [(b, "treat", EntityKey(f"L:{n}"), 0.9) for n in range(401)]
    facts = Facts(
        [*spokes, *others, (EntityKey("K:399"), "cause", EntityKey("L:7"), 0.9), (EntityKey("K:0"), "cause", EntityKey("L:8"), 0.9)]
    )
    search = Search(3, most=50)
    (path,) = search.best(a, b, facts.of, 5)
    assert path.steps[0].tail == "K:399"
    assert search.searched == 50
    assert not search.complete


@pytest.mark.parametrize("most", [0, 5])
def test_no_longer_ways_are_looked_for_than_can_be(most: int) -> None:
    with pytest.raises(WrongUse, match=f"{most} steps"):
        Search(most)
