"""What became of facts: by where they stood before a run and where they stand at its end."""

from datetime import date

import pytest

from pipeline.updating.changed_facts import ChangedFacts, what_became
from schema.fact import Fact, FactState, Status, Triple
from schema.ids import EntityKey

CURRENT, MORE, LESS = FactState(Status.CURRENT, 0.8, 1), FactState(Status.CURRENT, 0.9, 2), FactState(Status.CURRENT, 0.6, 1)
SUPERSEDED, CONTESTED, WITHDRAWN = (FactState(s, 0.8, 1) for s in (Status.SUPERSEDED, Status.CONTESTED, Status.WITHDRAWN))


@pytest.mark.parametrize(
    ("before", "now", "what"),
    [
        (None, CURRENT, "opened"),
        (CONTESTED, CURRENT, "opened"),
        (SUPERSEDED, CURRENT, "reopened"),
        (WITHDRAWN, CURRENT, "reopened"),
        (CURRENT, MORE, "reinforced"),
        (CURRENT, LESS, "less_believed"),
        (CURRENT, CURRENT, None),
        (CURRENT, SUPERSEDED, "overturned"),
        (None, SUPERSEDED, "overturned"),
        (None, CONTESTED, "contested"),
        (CURRENT, CONTESTED, "contested"),
        (CURRENT, WITHDRAWN, "withdrawn"),
        (CURRENT, None, "removed"),
        (None, None, None),
    ],
)
def test_a_fact_became_one_thing(before: FactState | None, now: FactState | None, what: str | None) -> None:
    assert what_became(before, now) == what


def test_what_is_undone_within_a_run_does_not_count() -> None:
    changed = ChangedFacts()
    one, other = fact("MESH:D1", CURRENT), fact("MESH:D2", CURRENT)
    changed.take({}, [one, other])
    changed.take({one.id: one.state, other.id: other.state}, [fact("MESH:D1", MORE)], [other.id])
    assert {kind: number for kind, number in changed.as_data().items() if number} == {"opened": 1}
    assert changed.sentence() == "facts: 1 opened"


def test_a_graph_folded_anew_is_compared_with_what_was_there() -> None:
    changed, before = ChangedFacts(), {fact("MESH:D1", CURRENT).id: CURRENT, fact("MESH:D3", CURRENT).id: CURRENT}
    changed.take_anew(before, [fact("MESH:D1", MORE), fact("MESH:D2", CURRENT)])
    changed.removed(before)
    assert changed.sentence() == "facts: 1 opened, 1 reinforced, 1 removed"


def test_nothing_changed_is_said() -> None:
    assert ChangedFacts().sentence() == "facts: nothing changed"


def fact(tail: str, state: FactState) -> Fact:
    day = date(2001, 1, 1)
    return Fact(Triple(EntityKey("MESH:C1"), "treat", EntityKey(tail)), state.belief, state.status, state.support, day, day)


def test_facts_that_stand_otherwise_are_told_by_weight_and_what_moved_back_is_not() -> None:
    changed = ChangedFacts()
    one, other, third = (fact(f"MESH:D{number}", CURRENT) for number in (1, 2, 3))
    changed.take({one.id: CURRENT, other.id: MORE, third.id: CURRENT}, [fact("MESH:D1", SUPERSEDED), fact("MESH:D2", CONTESTED)])
    changed.take({third.id: CURRENT}, [fact("MESH:D3", WITHDRAWN), fact("MESH:D4", CURRENT)])
    found, left_out = changed.moved(10)
    assert [(each.triple.tail, each.kind, each.before) for each in found] == [
        ("MESH:D2", "contested", MORE), ("MESH:D1", "overturned", CURRENT), ("MESH:D3", "withdrawn", CURRENT)
    ]  # fmt: skip
    assert left_out == {}
    assert changed.moved(1)[1] == {"overturned": 1, "withdrawn": 1}
    changed.take({}, [fact("MESH:D1", CURRENT)], [other.id])
    assert [each.triple.tail for each in changed.moved(10)[0]] == ["MESH:D3"]


def test_a_graph_folded_anew_tells_them_too() -> None:
    changed, one = ChangedFacts(), fact("MESH:D1", CURRENT)
    changed.take_anew({one.id: CURRENT}, [fact("MESH:D1", SUPERSEDED), fact("MESH:D2", CURRENT)])
    assert [(each.triple.tail, each.kind) for each in changed.moved(10)[0]] == [("MESH:D1", "overturned")]
