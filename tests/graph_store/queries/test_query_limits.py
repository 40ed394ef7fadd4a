"""Limits of queries: time, memory and the size of answers, on each server; what is stopped leaves a graph that is whole."""

import time

import pytest

from graph_store.cypher import embedded_server
from graph_store.cypher.cypher_store import CypherStore
from graph_store.queries.query_guard import QueryLimits
from schema.errors import QueryRefused
from tests.graph_store.builders import change, fact, holding, state, triple

ENDLESS = [
    "MATCH p = (a)-[*1..100]-(b) RETURN count(p)",
    "UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y WITH x * y AS z WHERE z % 7 = 1 RETURN count(z)",
    "UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y WITH x * y AS z WHERE z < 0 RETURN z",
]


@pytest.fixture
def filled(server: CypherStore) -> CypherStore:
    # One hub with twelve ways back to it: so many paths that nobody counts them.
    facts = [fact(triple(tail=f"MESH:D{number}"), holding(2000)) for number in range(12)]
    server.apply(change(*facts))
    return server


@pytest.mark.parametrize("endless", ENDLESS)
def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_answers(
    endless: str, filled: CypherStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(filled)
    monkeypatch.setattr(filled, "_limits", QueryLimits(2.0))
    begun = time.monotonic()
    with pytest.raises(QueryRefused, match=r"longer than 2 s|more memory"):
        filled.query(endless)
    assert time.monotonic() - begun < (4.0 if filled.is_arcadedb else 8.0)  # Neo4j looks every two seconds whether time is up
    monkeypatch.undo()
    assert filled.query("MATCH (n:Entity) RETURN count(n) AS n") == [{"n": 13}]
    assert state(filled) == before
    filled.apply(change(batch="after"))
    assert "after" in filled.applied()


def test_a_query_whose_server_has_to_be_ended_is_not_tried_again_without_a_limit(
    filled: CypherStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not filled.is_arcadedb:
        pytest.skip("a Neo4j is not ours to end")
    monkeypatch.setattr(filled, "_limits", QueryLimits(6.0))
    monkeypatch.setattr(embedded_server, "_GRACE", 0.3)  # before the server itself stops it
    begun = time.monotonic()
    with pytest.raises(QueryRefused, match="longer than 6 s"):
        filled.query(ENDLESS[0])
    assert time.monotonic() - begun < 5.0
    monkeypatch.undo()
    assert filled.query("RETURN 1 AS one") == [{"one": 1}]


def test_a_query_that_fills_the_memory_is_stopped_and_the_next_one_answers(filled: CypherStore, monkeypatch: pytest.MonkeyPatch) -> None:
    if not filled.is_arcadedb:
        pytest.skip("how much memory a Neo4j takes is for who runs it")
    before = state(filled)
    monkeypatch.setattr(filled, "_limits", QueryLimits(60.0))
    begun = time.monotonic()
    with pytest.raises(QueryRefused, match=r"memory|MemoryPool|exceeds|OutOfMemory"):
        filled.query("RETURN size(reduce(s = 'x', i IN range(1, 60) | s + s)) AS n")
    assert time.monotonic() - begun < 60.0
    assert filled.query("RETURN 1 AS one") == [{"one": 1}]
    assert state(filled) == before


def test_answers_have_limits_of_rows_and_characters(filled: CypherStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filled, "_limits", QueryLimits(20.0, rows=1_000, characters=1_000_000))
    assert len(filled.query("UNWIND range(1, 1000) AS x RETURN x")) == 1_000
    with pytest.raises(QueryRefused, match="more than 1,000 rows"):
        filled.query("UNWIND range(1, 100000) AS x RETURN x")
    with pytest.raises(QueryRefused, match="more than 1,000,000 characters"):
        filled.query("UNWIND range(1, 999) AS x RETURN [y IN range(1, 200) | 'ten letters']")
    assert filled.query("RETURN 1 AS one") == [{"one": 1}]
