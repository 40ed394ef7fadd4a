"""What was set aside and what became of it: found by what it is, listed page by page, let go with a note, taken up again."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from pipeline.identifiers import document_id
from pipeline.intake.batches import Intake
from pipeline.intake.line_batches import lines_in
from schema.accounts.settling import DISCARDED, Reopening, Settled
from schema.dates import parse_beginning, parse_instant, parse_span
from schema.errors import InvalidInput, WrongUse
from schema.ports import EvidenceLog
from schema.records import Recorded, SetAside


class Ending(StrEnum):
    """How things stand with something that was set aside."""

    OPEN = "open"
    DISCARDED = "discarded"  # a person let it go
    SETTLED = "settled"  # it was used, or is not needed any more


@dataclass(frozen=True, slots=True)
class Aside:
    """Something set aside, the moment (UTC) when it first was, and the settlings of it that stand, by moment."""

    record: SetAside
    at: datetime
    settled: tuple[Recorded[Settled], ...] = ()

    @property
    def ending(self) -> Ending:
        """What was used is settled, whatever a person said besides."""
        ways = {each.record.how for each in self.settled}
        return Ending.OPEN if not ways else Ending.DISCARDED if ways == {DISCARDED} else Ending.SETTLED


def all_aside(log: EvidenceLog) -> list[Aside]:
    """All that was ever set aside, by moment."""
    reopened = {each.record.settled for each in log.records(Reopening)}
    endings: dict[str, list[Recorded[Settled]]] = {}
    for each in log.records(Settled):
        if each.record.id not in reopened:
            endings.setdefault(each.record.set_aside, []).append(each)
    found = [
        Aside(each.record, each.at, tuple(sorted(endings.get(each.record.id, ()), key=lambda one: (one.at, one.record.id))))
        for each in log.records(SetAside)
    ]
    return sorted(found, key=_place_in_time)


def open_set_aside(log: EvidenceLog, which: "Selection | None" = None) -> list[SetAside]:
    """What is still set aside, or what a selection takes of it: not settled, by use or by a person."""
    return [each.record for each in selected_asides(all_aside(log), which or EVERYTHING, Ending.OPEN)]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which of what is set aside: all that is asked for must hold, of several values of one kind one; nothing asked for takes all.

    Files are patterns (`*.xml.gz`) of the name or the whole path; `text` stands in reason, reply, payload or place, in any case.
    """

    ids: tuple[str, ...] = ()  # how they begin
    units: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()  # CURIEs
    files: tuple[str, ...] = ()
    text: str = ""
    since: datetime | None = None  # set aside then or later
    until: datetime | None = None  # then or before

    def __bool__(self) -> bool:
        return self != EVERYTHING

    def takes(self, aside: Aside) -> bool:
        """Whether it is one of them."""
        one = aside.record
        return (
            (not self.ids or one.id.startswith(self.ids))
            and (not self.units or one.unit in self.units)
            and (not self.stages or one.stage in self.stages)
            and (not self.errors or one.error in self.errors)
            and (not self.documents or document_of(one) in self.documents)
            and (not self.files or any(_is_file(one.file, pattern) for pattern in self.files))
            and (not self.text or any(self.text.casefold() in part.casefold() for part in _texts(one)))
            and (self.since is None or self.since <= aside.at)
            and (self.until is None or aside.at <= self.until)
        )


EVERYTHING = Selection()


def selection_of(asked: Mapping[str, Any], now: datetime) -> Selection:
    """A selection from what a person gives by name: ids, unit, stage, error, document, file, text, since, until, older_than.

    Raises InvalidDate, WrongUse.
    """

    def several(name: str) -> tuple[str, ...]:
        return tuple(asked.get(name) or ())

    since, until, age = asked.get("since"), asked.get("until"), asked.get("older_than")
    ends = [parse_instant(until)] if until else []
    ends += [_before(now, parse_span(age))] if age else []
    return Selection(
        ids=tuple(map(str.lower, several("ids"))),
        units=several("unit"),
        stages=several("stage"),
        errors=several("error"),
        documents=tuple(map(document_id, several("document"))),
        files=several("file"),
        text=asked.get("text") or "",
        since=parse_beginning(since) if since else None,
        until=min(ends, default=None),
    )


def selected_asides(asides: Sequence[Aside], which: Selection, ending: Ending) -> list[Aside]:
    """Those that a selection takes and that stand so. Raises WrongUse for an id that names none, several, or what stands otherwise."""
    for begin in which.ids:
        one = aside_named(asides, begin)
        if one.ending is not ending:
            raise WrongUse(f"{begin} is not {ending}: it is {how_it_ended(one)}")
    return [each for each in asides if each.ending is ending and which.takes(each)]


def aside_named(asides: Iterable[Aside], begin: str) -> Aside:
    """The one whose identity begins so; raises WrongUse where there is none, or more."""
    found = [each for each in asides if each.record.id.startswith(begin.lower())]
    if len(found) != 1 or not begin:
        raise WrongUse(f"{'several things' if found else 'nothing'} that was set aside begins with {begin!r}: `set-aside list` tells them")
    return found[0]


def how_it_ended(aside: Aside) -> str:
    """In words, by whom and why: "discarded by Ann, 2026-11-30T12:00:00+00:00: a test file"; or that it is open."""
    return "; ".join(map(_settling, aside.settled)) or str(Ending.OPEN)


def asides_page(asides: Sequence[Aside], limit: int, after: str | None = None) -> tuple[list[Aside], int]:
    """At most so many, from the first or from the one after a cursor (see `cursor_of`); and how many are left after these."""
    rest = asides if after is None else [each for each in asides if _place_in_time(each) > _read_cursor(after)]
    return list(rest[:limit]), max(0, len(rest) - limit)


def cursor_of(aside: Aside) -> str:
    """Where a list goes on after this one, whatever is settled or set aside meanwhile."""
    return f"{aside.at.isoformat()}/{aside.record.id}"


def discarding(asides: Sequence[Aside], by: str, note: str, now: datetime) -> Intake:
    """A batch by which a person lets these go. Raises WrongUse without a note."""
    if not note.strip():
        raise WrongUse("say why by --note: what is discarded is not tried again, and whoever comes after wants to know the reason")
    records = (Settled(each.record.id, DISCARDED, by, note.strip(), now.isoformat()) for each in asides)
    return Intake(tuple(Recorded(record, now) for record in records))


def reopening(asides: Sequence[Aside], by: str, note: str, now: datetime) -> Intake:
    """A batch by which they are set aside as before."""
    records = (Reopening(each.record.id, each.record.set_aside, by, note) for aside in asides for each in aside.settled)
    return Intake(tuple(Recorded(record, now) for record in records))


def reckoning(asides: Collection[Aside]) -> dict[str, Any]:
    """How many units were ever set aside, each once, and what became of them: `recorded` is the sum of `open` and all of `settled`."""
    ways: dict[str, int] = {}
    still = 0
    for each in asides:
        if each.ending is Ending.OPEN:
            still += lines_in(each.record)
        else:
            how = next((one.record.how for one in each.settled if one.record.how != DISCARDED), DISCARDED)
            ways[how] = ways.get(how, 0) + lines_in(each.record)
    return {"recorded": still + sum(ways.values()), "open": still, "settled": dict(sorted(ways.items()))}


def document_of(aside: SetAside) -> str:
    """The document that it is of or about, where that can be told; else nothing."""
    if aside.document is not None or aside.unit not in ("line", "event"):
        return aside.document or ""
    try:
        told = json.loads(aside.payload)
        return document_id(str(told["document"])) if isinstance(told, dict) and told.get("document") else ""
    except (ValueError, RecursionError, InvalidInput):
        return ""


def _settling(settled: Recorded[Settled]) -> str:
    one = settled.record
    by, why = (f" by {one.by}" if one.by else ""), (f": {one.note}" if one.note else "")
    return f"{one.how}{by}, {settled.at.isoformat(timespec='seconds')}{why}"


def _place_in_time(aside: Aside) -> tuple[datetime, str]:
    return aside.at, aside.record.id


def _read_cursor(text: str) -> tuple[datetime, str]:
    at, _, name = text.partition("/")
    return parse_instant(at), name


def _is_file(file: str, pattern: str) -> bool:
    return fnmatchcase(file, pattern) or fnmatchcase(file, f"*/{pattern}")


def _texts(aside: SetAside) -> tuple[str, ...]:
    return aside.reason, aside.reply, aside.payload, aside.position, aside.file, aside.document or ""


def _before(now: datetime, span: timedelta) -> datetime:
    try:
        return now - span
    except OverflowError as cause:
        raise InvalidInput(f"{span.days} days ago there was no calendar") from cause
