"""The graph for NetworkX and GraphML, from facts alone."""

from datetime import date

import polars as pl

from pipeline.exports.analysis import closures, multigraph, plain_text
from schema.ids import EntityKey
from schema.observation import Entity
from tests.graph_store.builders import closure, day, entity, fact, holding, triple
from tests.graph_store.bulk.tabling import tables_of

PREVENT, CAUSE = triple(relation="prevent"), triple(relation="cause")
DENIED, OVERTURNED = closure(2003, None, ["PMID:2"], "denied"), closure(2006, CAUSE)
FACTS = [
    fact(
        PREVENT,
        holding(2001, 2003, 0.4, 1),
        holding(2005, 2006, 0.6, 2),
        closed=[closure(2003, None, ["PMID:2"], "denied"), closure(2006, CAUSE)],
    ),
    fact(CAUSE, holding(2006)),
    fact(triple("MESH:C2", "treat")),
]
ENTITIES = [Entity(EntityKey("MESH:C1"), "Chemical", "one", ("uno", "eins")), entity("MESH:C2"), entity("MESH:D1")]


def test_every_interval_is_an_edge_and_every_entity_a_node() -> None:
    graph = multigraph(FACTS, ENTITIES)
    assert list(graph) == ["MESH:C1", "MESH:C2", "MESH:D1"]
    assert [(edge["type"], edge["valid_from"], edge["valid_to"]) for *_, edge in graph.edges(data=True)] == [
        ("CAUSE", day(2006), None),
        ("PREVENT", day(2001), day(2003)),
        ("PREVENT", day(2005), day(2006)),
    ]
    assert graph.nodes["MESH:C1"] == {"type": "Chemical", "name": "one", "aliases": ["uno", "eins"]}


def test_on_a_day_there_is_what_held_on_it_with_its_ends() -> None:
    def held(on: date) -> list[str]:
        return [edge["type"] for *_, edge in multigraph(FACTS, ENTITIES, on).edges(data=True)]

    assert held(date(2000, 12, 31)) == held(day(2003)) == held(date(2004, 12, 31)) == []
    assert held(day(2001)) == held(date(2002, 12, 31)) == ["PREVENT"]
    assert held(day(2006)) == ["CAUSE"]
    assert list(multigraph(FACTS, ENTITIES, day(2006))) == ["MESH:C1", "MESH:D1"]


def test_the_order_of_facts_and_entities_makes_no_difference() -> None:
    one, other = multigraph(FACTS, ENTITIES), multigraph(FACTS[::-1], ENTITIES[::-1])
    assert list(one.edges(keys=True)) == list(other.edges(keys=True))
    assert list(one) == list(other)


def test_plain_text_leaves_out_what_is_open_and_joins_lists() -> None:
    plain = plain_text(multigraph(FACTS, ENTITIES, day(2006)))
    [(*_, edge)] = plain.edges(data=True)
    assert edge["valid_from"] == "2006-01-01"
    assert "valid_to" not in edge
    assert (edge["label"], edge["weight"]) == ("cause", 0.5)
    assert plain.nodes["MESH:C1"]["aliases"] == "uno | eins"


def test_keys_that_differ_only_in_what_xml_cannot_write_stay_apart() -> None:
    keys = ["a\x01", "a\x02", "a\ufffd", "a\ufffd0001", "a\ufffe"]
    entities = [Entity(EntityKey(key), "Chemical", "\x00name") for key in keys]
    plain = plain_text(multigraph([], entities))
    assert len(plain) == len(keys)
    assert {node["name"] for _, node in plain.nodes(data=True)} == {"\ufffdname"}
    assert all(character >= " " and character != "\ufffe" for key in plain for character in key)


def test_closures_name_day_cause_and_rule() -> None:
    tables = tables_of([FACTS], ENTITIES, [], [])
    assert closures(pl.DataFrame(tables.facts)).rows() == [
        (FACTS[0].id, day(2003), None, ["PMID:2"], "denied"),
        (FACTS[0].id, day(2006), CAUSE.fact_id, ["PMID:1"], "weighted_by_recency"),
    ]
