"""What the files of one run hold: documents that go on to a reader, events and what is set aside, which go into the log; all counted."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from pipeline.files.date_table import DateTable
from pipeline.formats.documents import Item
from pipeline.intake.batches import Intake, dated, day_of, is_event, undated
from schema.dates import PartialDate, parse_day
from schema.document import Document
from schema.errors import UndatedDocument
from schema.records import Recorded, SetAside, Tally

RECORDS_AT_ONCE = 2_000


@dataclass
class Arrivals:
    """Takes what was found item by item; dates as the user wrote them, `model` says how to try again what is set aside."""

    model: str
    dates: DateTable | None
    published: str | None = None
    since: str | None = None
    until: str | None = None
    records: list[Recorded[Any]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    events_aside: Counter[str] = field(default_factory=Counter)
    events: int = 0
    known_events: int = 0

    def __post_init__(self) -> None:
        self._published = PartialDate.parse(self.published) if self.published else None
        self._since = parse_day(self.since) if self.since else date.min
        self._until = parse_day(self.until) if self.until else date.max

    def take(self, item: Item, file: str, now: datetime) -> Iterator[Document]:
        """Keep it for the log; or give back a dated document that is wanted."""
        if isinstance(item, Document):
            try:
                document = dated(item, self.dates, self._published)
            except UndatedDocument as error:
                self._aside(undated(item, error, file), now)
                return
            if self._since <= day_of(document) <= self._until:
                yield document
            else:
                self.skipped["outside --since and --until"] += 1
        elif isinstance(item, SetAside):
            self._aside(item, now)
        else:
            assert is_event(item)
            self.events += 1
            self.records.append(Recorded(item, now))

    def add(self, *, new: bool) -> None:
        """A document went on, or had done so before (not `new`)."""
        if not new:
            self.skipped["the same document twice"] += 1

    @property
    def is_full(self) -> bool:
        """Whether there is enough for a batch."""
        return len(self.records) >= RECORDS_AT_ONCE

    def batch(self) -> Intake:
        """What is kept for the log, which is kept no longer."""
        records, self.records = tuple(self.records), []
        return Intake(records, _kept(records))

    def was_known(self, intake: Intake) -> None:
        """Such a batch was recorded before."""
        known = sum(is_event(recorded.record) for recorded in intake.records)
        self.events, self.known_events = self.events - known, self.known_events + known

    def tallies(self) -> list[Tally]:
        """What became of all that did not go on, and of events."""
        tallies = [Tally("document", 0, dict(self.skipped), dict(self.failures))]
        if self.events or self.known_events or self.events_aside:
            known = {"recorded before": self.known_events} if self.known_events else {}
            tallies.append(Tally("event", self.events, known, dict(self.events_aside)))
        if self.files:
            tallies.append(Tally("file", 0, {}, dict(self.files)))
        return tallies

    def _aside(self, record: SetAside, now: datetime) -> None:
        {"file": self.files, "event": self.events_aside}.get(record.unit, self.failures)[record.error] += 1
        self.records.append(Recorded(replace(record, model=self.model), now))


def _kept(records: Sequence[Recorded[Any]]) -> tuple[Tally, ...]:
    asides = [r.record for r in records if isinstance(r.record, SetAside)]
    by_unit: Mapping[str, Counter[str]] = {unit: Counter(a.error for a in asides if a.unit == unit) for unit in {a.unit for a in asides}}
    events = len(records) - len(asides)
    return (
        *(Tally(unit, 0, {}, dict(errors)) for unit, errors in sorted(by_unit.items())),
        *([Tally("event", events)] if events else []),
    )
