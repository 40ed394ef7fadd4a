"""Names, hostile text and days at the ends of the calendar, in every graph store alike."""

from collections.abc import Sequence

import pytest

from graph_store.memory_store import MemoryStore
from schema.errors import StoreFailed
from schema.fact import Fact
from schema.ids import BatchId
from schema.ports import GraphStore
from tests.graph_store.builders import (
    ONTOLOGY,
    change,
    closure,
    day,
    entity,
    fact,
    holding,
    report,
    source,
    triple,
)
from tests.graph_store.test_contract import shown


def test_finding_ignores_case_and_puts_the_best_first(store: GraphStore) -> None:
    names = {"MESH:C1": "Aspirin", "MESH:C2": "aspirin plus", "MESH:C3": "low-dose ASPIRIN", "MESH:C4": "ibuprofen", "MESH:C5": "Größe 5"}
    known = [entity(key, None, name) for key, name in names.items()]
    store.apply(change(*[fact(triple(key)) for key in names], entities=[*known, entity("MESH:D1", None, "pain")]))
    assert [each.name for each in store.find("ASPIRIN")] == ["Aspirin", "aspirin plus", "low-dose ASPIRIN"]
    assert store.find("mesh:c4") == [known[3]]
    assert store.find("GRÖSSE") == []
    assert store.find("GRÖßE") == [known[4]]
    assert len(store.find("mesh:", limit=3)) == 3
    assert store.find("nothing like it") == []


HOSTILE = [
    'it\'s "quoted" and `ticked`',
    "back\\slash \\u0041 \\' \\n",
    "}) DETACH DELETE n //",
    '+ - && || ! ( ) { } [ ] ^ " ~ * ? : \\ /',
    "emoji 🧬 and 中文 and é é",
    "tab\tand\nline\r\nand nul \x00 and \x1f",
    " spaces around ",
    "\u202eright to left\u2028",
    "x" * 10_000,
    "",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_survives_or_is_refused_with_a_reason(store: GraphStore, text: str) -> None:
    odd = entity(f"MESH:C{text[:2000]}", None, text)
    document = f"PMID:{text[:2000]}"
    written = fact(
        triple(odd.key), holding(2001, 2002), closed=[closure(2002, None, [document], "denied")], reports=[report(document, quote=text)]
    )
    wanted = change(
        written, entities=[odd, entity("MESH:D1")], documents=[source(document, title=text, journal=text, source=text)], batch=text
    )
    try:
        store.apply(wanted)
    except StoreFailed:
        assert list(store.facts()) == []
        return
    assert list(store.facts()) == shown(written)
    assert list(store.entities()) == sorted([odd, entity("MESH:D1")], key=lambda each: each.key)
    assert list(store.documents()) == list(wanted.documents)
    assert list(store.facts([odd.key])) == shown(written)
    assert odd in store.find(text[:100]) or not text.strip()
    assert store.applied() == {BatchId(text)}


def test_text_that_is_no_unicode_is_kept_or_refused_with_a_reason(store: GraphStore) -> None:
    broken = entity("MESH:C1", None, "half a \ud83e pair")
    wanted = change(fact(triple()), entities=[broken, entity("MESH:D1")])
    if isinstance(store, MemoryStore):
        store.apply(wanted)
        assert broken in list(store.entities())
    else:
        with pytest.raises(StoreFailed, match="Unicode"):
            store.apply(wanted)
        assert list(store.facts()) == []


def test_dates_at_the_ends_of_the_calendar_survive(store: GraphStore) -> None:
    written = fact(triple(), holding(1, 1000), holding(1001, 9999), first_seen=day(1), last_seen=day(9999))
    store.apply(change(written))
    assert list(store.facts()) == [written]


def test_facts_of_every_relation_are_kept_apart(store: GraphStore) -> None:
    facts: Sequence[Fact] = [fact(triple(relation=relation), holding(2001, None, 0.1)) for relation in ONTOLOGY.relations]
    store.apply(change(*facts))
    assert list(store.facts()) == shown(*facts)
    store.apply(change(batch="b2", gone_facts=[each.triple for each in facts[::2]]))
    assert list(store.facts()) == shown(*facts[1::2])
