"""What every graph store keeps: memory, embedded ArcadeDB and Neo4j alike."""

from dataclasses import replace

import pytest

from schema.errors import StoreFailed
from schema.fact import Fact, Status, Triple
from schema.ids import BatchId
from schema.observation import Polarity
from schema.ports import GraphStore
from tests.graph_store.builders import (
    FINGERPRINT,
    ONTOLOGY,
    OTHER_ONTOLOGY,
    change,
    closure,
    day,
    entity,
    fact,
    holding,
    report,
    source,
    state,
    triple,
)

CAUSE = triple(relation="cause")
PREVENT = triple(relation="prevent")


def shown(*facts: Fact) -> list[Fact]:
    """Facts as a store shows them: sorted, without reports."""
    return [replace(each, reports=()) for each in sorted(facts, key=lambda each: each.triple)]


def test_what_is_applied_is_read_back_whole(store: GraphStore) -> None:
    written = fact(triple(), holding(2001), reports=[report(), report("PMID:2", Polarity.DENIES)])
    store.apply(change(written))
    assert list(store.facts()) == shown(written)
    assert list(store.entities()) == [entity("MESH:C1"), entity("MESH:D1")]
    assert list(store.documents()) == [source("PMID:1"), source("PMID:2")]
    assert store.applied() == {BatchId("b1")}


def test_a_fact_keeps_several_intervals(store: GraphStore) -> None:
    written = fact(triple(), holding(2001, 2003, 0.4, 1), holding(2005, 2006, 0.6, 3), holding(2009, None, 0.75, 4))
    store.apply(change(written))
    assert list(store.facts()) == shown(written)
    assert store.counts()["edges"] == 3


def test_closures_keep_their_order_and_reasons(store: GraphStore) -> None:
    closures = [
        closure(2003, CAUSE, ["PMID:2", "PMID:3"]),
        closure(2005, None, ["PMID:4"], "denied"),
        closure(2007, None, [], "stated_end"),
        closure(2009, CAUSE, ["PMID:5"], "ruling"),
    ]
    closed = fact(PREVENT, holding(2001, 2003), holding(2004, 2005), holding(2006, 2007), holding(2008, 2009), closed=closures)
    winner = fact(CAUSE, holding(2003, 2004), holding(2009))
    store.apply(change(closed, winner))
    assert list(store.facts()) == shown(closed, winner)


def test_a_contested_and_a_withdrawn_fact_have_no_edges(store: GraphStore) -> None:
    contested = fact(CAUSE)
    withdrawn = fact(PREVENT, belief=0.0, status=Status.WITHDRAWN, support=0, first_seen=None, last_seen=None)
    store.apply(change(contested, withdrawn))
    assert list(store.facts()) == shown(contested, withdrawn)
    assert store.counts() == {
        "entities": 2, "documents": 0, "facts": 2, "current": 0, "superseded": 0, "contested": 1, "withdrawn": 1, "edges": 0, "batches": 1,
    }  # fmt: skip


def test_applying_twice_equals_applying_once(store: GraphStore) -> None:
    closed = fact(PREVENT, holding(2001, 2003), closed=[closure(2003, CAUSE)], reports=[report()])
    both = change(closed, fact(CAUSE, holding(2003), reports=[report("PMID:2")]), gone_facts=[triple()], gone_documents=["PMID:9"])
    store.apply(both)
    once = state(store)
    store.apply(both)
    assert state(store) == once


def test_a_new_state_replaces_the_old_one(store: GraphStore) -> None:
    store.apply(change(fact(triple(), holding(2001, None, 0.3), reports=[report(), report("PMID:2")])))
    later = fact(
        triple(),
        holding(2001, 2004, 0.35, 2),
        holding(2006, None, 0.8, 3),
        closed=[closure(2004, None, ["PMID:3"], "denied")],
        reports=[report(confidence=0.9, quote="even so"), report("PMID:3", Polarity.DENIES)],
        belief=0.8,
    )
    store.apply(change(later, batch="b2"))
    assert list(store.facts()) == shown(later)
    store.apply(change(fact(triple(), holding(2006, 2007)), batch="b3"))
    assert list(store.facts()) == shown(fact(triple(), holding(2006, 2007)))
    assert store.applied() == {BatchId("b1"), BatchId("b2"), BatchId("b3")}


def test_a_withdrawn_fact_loses_its_edges(store: GraphStore) -> None:
    store.apply(change(fact(triple(), holding(2001, 2002), holding(2003), reports=[report()])))
    gone = fact(triple(), belief=0.0, status=Status.WITHDRAWN, support=0, first_seen=None, last_seen=None)
    store.apply(change(gone, batch="b2", gone_documents=["PMID:1"]))
    assert list(store.facts()) == [gone]
    assert store.counts()["edges"] == 0
    assert list(store.documents()) == []


def test_gone_facts_leave_no_edge_and_no_orphan(store: GraphStore) -> None:
    stays, goes = triple(tail="MESH:D2"), triple()
    store.apply(change(fact(stays, holding(2001)), fact(goes, holding(2001, 2002), holding(2004), reports=[report()])))
    store.apply(change(batch="b2", gone_facts=[goes]))
    assert list(store.facts()) == [fact(stays, holding(2001))]
    assert [each.key for each in store.entities()] == ["MESH:C1", "MESH:D2"]
    assert store.counts()["edges"] == 1


def test_removing_what_is_not_there_is_harmless(store: GraphStore) -> None:
    store.apply(change(gone_facts=[triple()], gone_documents=["PMID:1"]))
    assert state(store)[:3] == ([], [], [])


def test_an_entity_that_no_fact_has_as_an_end_is_not_kept(store: GraphStore) -> None:
    store.apply(change(fact(triple(), holding(2001)), entities=[entity("MESH:C1"), entity("MESH:D1"), entity("MESH:D7")]))
    assert [each.key for each in store.entities()] == ["MESH:C1", "MESH:D1"]


@pytest.mark.parametrize("kind", ["Disease", "Gene"])
def test_an_entity_changes_type_and_name_and_keeps_its_facts(store: GraphStore, kind: str) -> None:
    facts = [fact(triple(tail=f"MESH:D{number}"), holding(2001, 2003), holding(2004)) for number in range(30)]
    store.apply(change(*facts))
    changed = entity("MESH:C1", kind, "another name")
    for batch in ("b2", "b3"):
        store.apply(change(batch=batch, entities=[changed]))
        assert changed in list(store.entities())
        assert list(store.facts()) == shown(*facts)
    later = fact(triple(), holding(2001, 2003, 0.7), holding(2004, 2005))
    store.apply(change(later, batch="b4", entities=[changed, entity("MESH:D1")]))
    assert list(store.facts([later.triple.tail])) == [later]
    assert len(list(store.entities())) == 31


def test_several_entities_change_type_at_once_together_with_facts(store: GraphStore) -> None:
    store.apply(change(*[fact(triple(f"MESH:C{number}"), holding(2001)) for number in range(5)]))
    changed = [entity(f"MESH:C{number}", "Gene" if number % 2 else "Variant") for number in range(5)]
    facts = [fact(triple(f"MESH:C{number}"), holding(2001, 2002), holding(2003)) for number in range(6)]
    store.apply(change(*facts, batch="b2", entities=[*changed, entity("MESH:C5"), entity("MESH:D1")]))
    assert list(store.entities()) == [*changed, entity("MESH:C5"), entity("MESH:D1")]
    assert list(store.facts()) == shown(*facts)


def test_documents_are_replaced_and_removed(store: GraphStore) -> None:
    plain = source("PMID:1", journal="A Journal", publication_types=())
    store.apply(change(documents=[plain, source("PMID:2")]))
    retracted = source("PMID:1", journal=None, retracted=True, retracted_on=day(2005), title="")
    unknown = source("PMID:3", retracted=True, retracted_on=None)
    store.apply(change(batch="b2", documents=[retracted, unknown], gone_documents=["PMID:2"]))
    assert list(store.documents()) == [retracted, unknown]


def test_a_report_by_a_document_that_is_nowhere_is_refused(store: GraphStore) -> None:
    with pytest.raises(StoreFailed, match="PMID:1"):
        store.apply(change(fact(triple(), holding(2001), reports=[report()]), documents=[]))
    assert state(store)[:4] == ([], [], [], set())


def test_a_report_by_a_document_that_goes_is_refused(store: GraphStore) -> None:
    store.apply(change(documents=[source()]))
    with pytest.raises(StoreFailed, match="PMID:1"):
        store.apply(change(fact(triple(), reports=[report()]), documents=[], gone_documents=["PMID:1"]))


def test_a_fact_whose_end_nobody_describes_is_refused(store: GraphStore) -> None:
    with pytest.raises(StoreFailed, match="MESH:D1"):
        store.apply(change(fact(triple(), holding(2001)), entities=[entity("MESH:C1")]))
    assert state(store)[:4] == ([], [], [], set())


@pytest.mark.parametrize("bad", [triple(relation="made_up"), triple(relation="treat`]->() //")])
def test_a_relation_that_the_ontology_lacks_is_refused(store: GraphStore, bad: Triple) -> None:
    with pytest.raises(StoreFailed, match="not in the ontology"):
        store.apply(change(fact(bad, holding(2001))))


def test_a_type_that_the_ontology_lacks_is_refused(store: GraphStore) -> None:
    with pytest.raises(StoreFailed, match="Person"):
        store.apply(change(fact(triple()), entities=[entity("MESH:C1", "Person"), entity("MESH:D1")]))


def test_facts_about_some_entities_are_those_with_one_of_them_as_an_end(store: GraphStore) -> None:
    facts = [fact(triple(head, "treat", tail), holding(2001)) for head in ("MESH:C1", "MESH:C2") for tail in ("MESH:D1", "MESH:D2")]
    loop = fact(triple("MESH:C2", "compare", "MESH:C3"), holding(2002))
    store.apply(change(*facts, loop))
    about = {each.triple for each in store.facts([triple().head, triple("MESH:C3").head])}
    assert about == {facts[0].triple, facts[1].triple, loop.triple}
    assert list(store.facts([])) == []
    assert list(store.facts([triple("MESH:C99").head])) == []


def test_where_facts_stand_is_told_of_all_or_of_some(store: GraphStore) -> None:
    held, disputed = fact(triple(), holding(2001)), fact(CAUSE, status=Status.CONTESTED)
    store.apply(change(held, disputed))
    assert store.fact_states() == {held.id: held.state, disputed.id: disputed.state}
    assert store.fact_states([disputed.id, PREVENT.fact_id]) == {disputed.id: disputed.state}
    assert store.fact_states([]) == {}


def test_the_reverse_direction_is_another_fact(store: GraphStore) -> None:
    one = fact(triple("MESH:C1", "stimulate", "MESH:C2"), holding(2001))
    other = fact(triple("MESH:C2", "stimulate", "MESH:C1"), holding(2003, 2004))
    store.apply(change(one, other))
    store.apply(change(batch="b2", gone_facts=[one.triple]))
    assert list(store.facts()) == [other]


def test_a_fact_may_be_closed_by_one_that_comes_later(store: GraphStore) -> None:
    closed = fact(PREVENT, holding(2001, 2003), closed=[closure(2003, CAUSE)])
    store.apply(change(closed, batch=None))
    assert list(store.facts()) == [closed]
    assert store.counts()["facts"] == 1
    winner = fact(CAUSE, holding(2003))
    store.apply(change(winner))
    assert list(store.facts()) == shown(closed, winner)


def test_a_large_change_is_written_in_steps_with_its_markers_last(store: GraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph_store.cypher.cypher_store._AT_ONCE", 4)
    monkeypatch.setattr("graph_store.cypher.cypher_store._WRITTEN_AT_ONCE", 4)
    facts = [fact(triple(f"MESH:C{number}"), holding(2001), reports=[report(f"PMID:{number}")]) for number in range(10)]
    closed = [
        fact(triple(f"MESH:C{number}", "prevent"), holding(1999, 2001), closed=[closure(2001, triple(f"MESH:C{number + 1}"))])
        for number in range(9)
    ]
    large = change(*facts, *closed)
    store.apply(large)
    assert list(store.facts()) == shown(*facts, *closed)
    store.apply(large)
    assert list(store.facts()) == shown(*facts, *closed)
    store.apply(change(batch="b2", gone_facts=[each.triple for each in facts + closed], gone_documents=[f"PMID:{n}" for n in range(10)]))
    assert state(store)[:4] == ([], [], [], {BatchId("b1"), BatchId("b2")})


def test_a_graph_folded_by_other_rules_or_another_ontology_is_recognised(store: GraphStore) -> None:
    store.apply(change(fact(triple(), holding(2001))))
    assert store.prepare(ONTOLOGY, FINGERPRINT)
    assert not store.prepare(OTHER_ONTOLOGY, FINGERPRINT)
    assert not store.prepare(ONTOLOGY, "other rules")
    store.clear()
    assert store.prepare(OTHER_ONTOLOGY, FINGERPRINT)
    assert not store.prepare(ONTOLOGY, FINGERPRINT)


def test_clearing_leaves_nothing(store: GraphStore) -> None:
    store.apply(change(fact(triple(), holding(2001), reports=[report()])))
    store.clear()
    store.prepare(ONTOLOGY, FINGERPRINT)
    assert state(store) == ([], [], [], set(), dict.fromkeys(store.counts(), 0))


def test_a_fact_that_one_pointed_to_stays_where_it_is_told_as_that_one_goes(store: GraphStore) -> None:
    old, successor = triple(relation="prevent"), triple(relation="cause")
    store.apply(change(fact(old, closed=[closure(2001, successor)])))
    store.apply(change(fact(successor), batch="b2", gone_facts=[old]))
    assert [found.triple for found in store.facts()] == [successor]
