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
