"""What stands in the graph besides what the port shows, and many writers at once."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from graph_store.cypher.cypher_store import CypherStore
from graph_store.cypher.driver import Connection
from schema.errors import StoreFailed
from schema.observation import Polarity
from tests.graph_store.builders import FINGERPRINT, KNOWN, ONTOLOGY, change, closure, day, entity, fact, holding, report, source, triple

CAUSE = triple(relation="cause")
PREVENT = triple(relation="prevent")
REPORTS = (
    "MATCH (d:Document)-[r:REPORTS]->(f:Fact) RETURN d.id AS document, f.relation AS relation, r.polarity AS polarity, "
    "r.confidence AS confidence, r.quote AS quote, r.method AS method, r.model AS model, r.prompt AS prompt, r.recorded_at AS at "
    "ORDER BY document, polarity"
)
SUPERSEDED = (
    "MATCH (f:Fact)-[s:SUPERSEDED_BY]->(g:Fact) "
    "RETURN f.relation AS old, g.relation AS new, s.on AS on, s.cause AS cause, s.rule AS rule ORDER BY on"
)
EDGES = (
    "MATCH (h:Entity)-[r]->(t:Entity) RETURN type(r) AS type, h.key AS head, t.key AS tail, r.fact AS fact, r.belief AS belief, "
    "r.support AS support, r.valid_from AS start, r.valid_to AS end ORDER BY start"
)


def test_reports_stand_between_document_and_fact(server: CypherStore) -> None:
    server.apply(change(fact(triple(), reports=[report(confidence=0.7), report("PMID:1", Polarity.DENIES), report("PMID:2")])))
    later = fact(triple(), reports=[report(confidence=0.9, quote="better"), report("PMID:3")])
    server.apply(change(later, batch="b2"))
    shared = {"relation": "treat", "polarity": "asserts", "method": "labels", "model": "a-model", "prompt": "1", "at": KNOWN}
    assert server.query(REPORTS) == [
        {"document": "PMID:1", "confidence": 0.9, "quote": "better", **shared},
        {"document": "PMID:3", "confidence": 0.8, "quote": "so it is", **shared},
    ]


def test_supersession_names_day_cause_and_rule(server: CypherStore) -> None:
    closures = [closure(2003, CAUSE, ["PMID:2", "PMID:3"]), closure(2005, None, ["PMID:4"], "denied"), closure(2009, CAUSE, [], "ruling")]
    closed = fact(PREVENT, holding(2001, 2003), holding(2004, 2005), holding(2006, 2009), closed=closures)
    server.apply(change(closed, fact(CAUSE, holding(2003))))
    wanted = [
        {"old": "prevent", "new": "cause", "on": day(2003), "cause": ["PMID:2", "PMID:3"], "rule": "weighted_by_recency"},
        {"old": "prevent", "new": "cause", "on": day(2009), "cause": [], "rule": "ruling"},
    ]
    assert server.query(SUPERSEDED) == wanted
    server.apply(change(fact(PREVENT, holding(2001, 2009), closed=[closure(2009, CAUSE, ["PMID:7"], "ruling")]), batch="b2"))
    assert server.query(SUPERSEDED) == [wanted[1] | {"cause": ["PMID:7"]}]


def test_a_fact_that_is_only_pointed_to_goes_with_the_pointer(server: CypherStore) -> None:
    server.apply(change(fact(PREVENT, holding(2001, 2003), closed=[closure(2003, CAUSE)])))
    assert len(server.query("MATCH (f:Fact) RETURN f.id AS id")) == 2
    server.apply(change(fact(PREVENT, holding(2001)), batch="b2"))
    assert len(server.query("MATCH (f:Fact) RETURN f.id AS id")) == 1
    server.apply(change(fact(PREVENT, holding(2001, 2003), closed=[closure(2003, CAUSE)]), batch="b3"))
    server.apply(change(batch="b4", gone_facts=[PREVENT]))
    assert server.query("MATCH (n) WHERE NOT n:Batch AND NOT n:Meta RETURN labels(n) AS labels") == []


def test_direct_edges_carry_their_interval(server: CypherStore) -> None:
    written = fact(triple(), holding(2001, 2003, 0.25, 1), holding(2005, None, 0.5, 2))
    server.apply(change(written))
    shared = {"type": "TREAT", "head": "MESH:C1", "tail": "MESH:D1", "fact": written.id}
    assert server.query(EDGES) == [
        {"belief": 0.25, "support": 1, "start": day(2001), "end": day(2003), **shared},
        {"belief": 0.5, "support": 2, "start": day(2005), "end": None, **shared},
    ]


def test_an_entity_has_exactly_the_label_of_its_type(server: CypherStore) -> None:
    server.apply(change(fact(triple(), holding(2001))))
    for kind in ("Gene", "Variant", "Gene", "Chemical"):
        server.apply(change(batch=kind, entities=[entity("MESH:C1", kind)]))
        rows = server.query("MATCH (e:Entity {key: 'MESH:C1'}) RETURN labels(e) AS labels, e.type AS type, e.aliases AS aliases")
        assert [(sorted(row["labels"]), row["type"], row["aliases"]) for row in rows] == [(sorted(["Entity", kind]), kind, [])]
        assert len(server.query(EDGES)) == 1


def test_what_a_crash_leaves_of_a_changed_type_is_made_good(server: CypherStore) -> None:
    server.apply(change(fact(triple(), holding(2001))))
    server._do("MATCH (e:Entity {key: 'MESH:C1'}) SET e:Gene")
    server.apply(change(batch="b2", entities=[entity("MESH:C1")]))
    server.apply(change(batch="b3", entities=[entity("MESH:C1", "Gene")]))
    assert server.query("MATCH (e:Entity {key: 'MESH:C1'}) RETURN labels(e) AS labels")[0]["labels"] in (
        ["Entity", "Gene"],
        ["Gene", "Entity"],
    )


def test_constraints_stand_before_the_first_write(server: CypherStore) -> None:
    for node, key in (("Entity", "key"), ("Document", "id"), ("Fact", "id"), ("Batch", "id")):
        with pytest.raises(StoreFailed):
            server._do(f"CREATE (:{node} {{{key}: 'same'}}) CREATE (:{node} {{{key}: 'same'}})")
    with pytest.raises(StoreFailed, match="prepare"):
        CypherStore(server._connection).apply(change(fact()))


def test_a_key_of_ten_kilobytes_is_kept_or_refused_with_a_reason(server: CypherStore) -> None:
    long = triple("MESH:C" + "x" * 10_000)
    wanted = change(fact(long, holding(2001)))
    if server.is_arcadedb:
        server.apply(wanted)
        assert [each.triple for each in server.facts()] == [long]
    else:
        with pytest.raises(StoreFailed, match="too large"):
            server.apply(wanted)
        assert list(server.facts()) == []


def test_a_failed_change_leaves_nothing_behind(server: CypherStore, monkeypatch: pytest.MonkeyPatch) -> None:
    server.apply(change(fact(triple(), holding(2001))))
    before = (list(server.facts()), server.counts())
    monkeypatch.setattr("graph_store.cypher.write_statements.MARK", "THIS IS NO CYPHER")
    with pytest.raises(StoreFailed):
        server.apply(change(fact(triple(), holding(2001, 2002)), fact(CAUSE, holding(2002)), batch="b2", gone_facts=[PREVENT]))
    assert (list(server.facts()), server.counts()) == before


def test_many_writers_at_one_hub_lose_and_double_nothing(server: CypherStore) -> None:
    def facts_of(writer: int) -> list[object]:
        own = [fact(triple("MESH:C1", "treat", f"MESH:D{writer}{number}"), holding(2001, 2002), holding(2003)) for number in range(10)]
        common = [fact(triple("MESH:C1", "cause", f"MESH:D{number}"), holding(2001), reports=[report()]) for number in range(10)]
        return [*own, *common]

    def write(writer: int) -> None:
        for turn in range(3):
            server.apply(change(*facts_of(writer), batch=f"{writer}.{turn}", documents=[source()]))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(1, 9)))
    assert server.counts() | {"batches": 0, "facts": 0, "current": 0} == server.counts() | {
        "entities": 91, "documents": 1, "facts": 0, "current": 0, "edges": 170, "batches": 0,
    }  # fmt: skip
    assert len(list(server.facts())) == 90
    assert len(server.applied()) == 24
    assert server.query("MATCH ()-[r:REPORTS]->() RETURN count(r) AS n") == [{"n": 10}]
    assert server.query("MATCH ()-[r:HEAD|TAIL]->() RETURN count(r) AS n") == [{"n": 180}]


@pytest.mark.neo4j
def test_a_wrong_password_is_told_and_not_repeated(neo4j_store: CypherStore) -> None:
    uri = os.environ["CHRONOKG_TEST_NEO4J"]
    with pytest.raises(StoreFailed, match="does not accept") as failed:
        Connection(uri, "neo4j", "not-the-password", "neo4j")
    assert "not-the-password" not in str(failed.value)
    assert os.environ["CHRONOKG_TEST_NEO4J_PASSWORD"] not in repr(neo4j_store._connection) + neo4j_store.name


def test_a_database_with_somebody_elses_nodes_is_refused_and_left_as_it_is(server: CypherStore) -> None:
    server.clear()
    server._do("CREATE (:Document {id: 'mine', title: 'not ChronoKG'})")
    with pytest.raises(StoreFailed, match="a database of its own"):
        server.prepare(ONTOLOGY, FINGERPRINT)
    assert server.query("MATCH (d:Document) RETURN d.title AS title") == [{"title": "not ChronoKG"}]
    server.clear()
