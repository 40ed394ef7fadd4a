"""What is set aside: selections, pages that go on, what a person lets go and takes up again, and sums that hold."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from pipeline.intake.set_aside_list import (
    EVERYTHING,
    Ending,
    Selection,
    all_aside,
    aside_named,
    asides_page,
    cursor_of,
    discarding,
    open_set_aside,
    reckoning,
    reopening,
    selected_asides,
    selection_of,
)
from schema.accounts.settling import DISCARDED, Reopening, Settled
from schema.errors import InvalidDate, WrongUse
from schema.ids import DocumentId
from schema.records import Recorded, SetAside

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MODEL = SetAside("document", "model", "ModelRefused", "no such answer", "", "labels x", DocumentId("PMID:1"), "1", reply="I am sorry")
LINE = SetAside("line", "grounding", "InvalidInput", "'cures' is not one", "in/one.jsonl.gz", "line 3", payload='{"document": "2"}')
FILE = SetAside("file", "reading", "UnreadableRecord", "is torn", "/data/two.xml", "byte 7")
AGES = {MODEL: 100, LINE: 10, FILE: 0}


class Held:
    """A log that holds records, in any order."""

    def __init__(self, records: Sequence[Recorded[Any]]) -> None:
        self.held = list(records)

    def records(self, kind: type[Any], documents: Any = None) -> Iterator[Recorded[Any]]:
        return (each for each in self.held if isinstance(each.record, kind))


ASIDES = [Recorded(one, NOW - timedelta(days=days)) for one, days in AGES.items()]


def test_each_filter_takes_what_it_says_and_several_hold_together() -> None:
    asides = all_aside(Held(ASIDES))  # type: ignore[arg-type]

    def taken(**asked: Any) -> list[SetAside]:
        return [each.record for each in selected_asides(asides, selection_of(asked, NOW), Ending.OPEN)]

    assert taken() == [MODEL, LINE, FILE]
    assert taken(unit=["line", "file"]) == [LINE, FILE]
    assert taken(stage=["model"]) == taken(error=["ModelRefused"]) == taken(document=["1"]) == taken(text="SORRY") == [MODEL]
    assert taken(document=["PMID:2"]) == taken(file=["one.jsonl*"]) == taken(text="cures") == [LINE]
    assert taken(file=["/data/*"]) == taken(file=["two.xml"]) == taken(since="2026-11-30") == [FILE]
    assert taken(until="2026-11-20") == taken(older_than="10d") == [MODEL, LINE]
    assert taken(older_than="2w") == taken(until="2026-11-30", older_than="15d") == [MODEL]
    assert taken(unit=["line"], text="sorry") == taken(text="nowhere") == []
    assert taken(ids=[LINE.id[:8].upper()]) == [LINE]


def test_a_selection_of_nothing_is_told_apart_from_one_of_everything() -> None:
    assert not Selection()
    assert not selection_of({"unit": None, "text": None, "older_than": None}, NOW)
    assert selection_of({"older_than": "1d"}, NOW)
    for wrong in ("90", "d90", "-3d", "1y", "", "999999999999d"):
        if wrong:
            with pytest.raises(InvalidDate):
                selection_of({"older_than": wrong}, NOW)


def test_an_id_that_names_none_or_several_is_refused() -> None:
    asides = all_aside(Held(ASIDES))  # type: ignore[arg-type]
    for begin in ("", "xyz"):
        with pytest.raises(WrongUse):
            aside_named(asides, begin)
    twin = replace(asides[0], at=NOW)
    with pytest.raises(WrongUse, match="several"):
        aside_named([asides[0], twin], MODEL.id[:6])


def test_pages_follow_each_other_though_things_are_settled_and_come_in_meanwhile() -> None:
    asides = all_aside(Held(ASIDES))  # type: ignore[arg-type]
    first, left = asides_page(asides, 1)
    assert ([each.record for each in first], left) == ([MODEL], 2)
    # The first is settled, and another comes in at the end.
    later = replace(asides[-1], record=replace(FILE, position="byte 9"), at=NOW + timedelta(seconds=1))
    rest, left = asides_page([*asides[1:], later], 2, cursor_of(first[0]))
    assert ([each.record for each in rest], left) == ([LINE, FILE], 1)
    assert asides_page([*asides, later], 5, cursor_of(rest[-1])) == ([later], 0)


def test_what_is_let_go_taken_up_and_let_go_again_counts_once_in_any_order_of_the_log() -> None:
    asides = all_aside(Held(ASIDES))  # type: ignore[arg-type]
    gone = list(discarding(asides[:1], "Ann", " no use ", NOW).records)
    back = list(reopening([all_aside(Held([*ASIDES, *gone]))[0]], "Ben", "of use", NOW).records)  # type: ignore[arg-type]
    again = list(discarding(asides[:1], "Ann", "really", NOW + timedelta(seconds=1)).records)
    assert gone[0].record == Settled(MODEL.id, DISCARDED, "Ann", "no use", NOW.isoformat())
    assert isinstance(back[0].record, Reopening)
    for story, ending in ((gone, Ending.DISCARDED), (gone + back, Ending.OPEN), (gone + back + again, Ending.DISCARDED)):
        for order in permutations([*ASIDES[:1], *story]):
            (found,) = all_aside(Held(order))  # type: ignore[arg-type]
            assert found.ending is ending


def test_discarding_needs_a_note_and_takes_only_what_is_open() -> None:
    asides = all_aside(Held(ASIDES))  # type: ignore[arg-type]
    with pytest.raises(WrongUse, match="--note"):
        discarding(asides, "Ann", "  ", NOW)
    used = all_aside(Held([*ASIDES, Recorded(Settled(LINE.id, "replay"), NOW)]))  # type: ignore[arg-type]
    with pytest.raises(WrongUse, match="is not open: it is replay"):
        selected_asides(used, Selection(ids=(LINE.id[:8],)), Ending.OPEN)


def test_the_sums_hold_whatever_became_of_things() -> None:
    records = [*ASIDES, Recorded(Settled(LINE.id, "replay"), NOW), Recorded(Settled(FILE.id, DISCARDED, "Ann", "torn", "then"), NOW)]
    log: Any = Held(records)
    told = reckoning(all_aside(log))
    assert told == {"recorded": 3, "open": 1, "settled": {"discarded": 1, "replay": 1}}
    assert open_set_aside(log) == [MODEL]
    # What was let go and used all the same is used.
    both: Any = Held([*records, Recorded(Settled(LINE.id, DISCARDED, "Ann", "x", "then"), NOW)])
    assert reckoning(all_aside(both)) == told
    assert selected_asides(all_aside(both), EVERYTHING, Ending.DISCARDED)[0].record == FILE
