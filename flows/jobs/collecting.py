"""The first half of `ingest`: files become dated documents in the spool, events and what is set aside go into the log."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from flows.home.homes import Home, now
from flows.jobs.spool import Spool
from pipeline.formats.documents import Item, read
from pipeline.identifiers import document_id
from pipeline.intake.batches import Intake, dated, day_of, is_event, undated
from schema.dates import PartialDate, parse_day
from schema.document import Document
from schema.errors import InvalidInput, UndatedDocument, WrongUse
from schema.records import Recorded, SetAside, Tally

RECORDS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Ingestion:
    """What is to be ingested; dates as the user wrote them."""

    paths: tuple[Path, ...]
    since: str | None = None
    until: str | None = None
    dates: Path | None = None
    published: str | None = None
    again: str | None = None


def collect(
    home: Home, wanted: Ingestion, spool: Spool, items: Iterator[tuple[Item, str]] | None = None, *, dry: bool = False
) -> list[Tally]:
    """Read all files into the spool. Returns tallies of what did not get there, and of events; what did is not counted yet.

    Where `dry`, nothing is recorded.
    """
    dates = read_dates(wanted.dates) if wanted.dates else {}
    published = PartialDate.parse(wanted.published) if wanted.published else None
    since = parse_day(wanted.since) if wanted.since else date.min
    until = parse_day(wanted.until) if wanted.until else date.max
    outbox = _Outbox(home, dry=dry)
    for item, file in items if items is not None else read_files(wanted.paths):
        if isinstance(item, SetAside):
            outbox.aside(item)
        elif not isinstance(item, Document):
            outbox.event(item)
        else:
            try:
                document = dated(item, dates, published)
            except UndatedDocument as error:
                outbox.aside(undated(item, error, file))
                continue
            if not since <= day_of(document) <= until:
                outbox.skipped["outside --since and --until"] += 1
            elif not spool.add(document):
                outbox.skipped["the same document twice"] += 1
    outbox.send()
    return outbox.tallies()


def read_files(paths: Sequence[Path]) -> Iterator[tuple[Item, str]]:
    """Everything in the files, folders walked in name order."""
    for path in paths:
        if not path.exists():
            raise WrongUse(f"{path} does not exist")
    for path in paths:
        for file in sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".")) if path.is_dir() else [path]:
            with file.open("rb") as stream:
                for item in read(stream, str(file)):
                    yield item, str(file)


def read_dates(path: Path) -> dict[str, PartialDate]:
    """Document ids and dates from a table whose first two columns they are; other columns and a header are passed over."""
    if not path.is_file():
        raise WrongUse(f"{path} is not a file")
    found: dict[str, PartialDate] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        first = stream.readline()
        stream.seek(0)
        for number, row in enumerate(csv.reader(stream, delimiter="\t" if "\t" in first else ","), 1):
            if len(row) < 2 or row[0].startswith("#"):
                continue
            try:
                found[document_id(row[0])] = PartialDate.parse(row[1])
            except InvalidInput as cause:
                if number > 1:  # the first line may be a header
                    raise WrongUse(f"{path}, line {number}: {cause}") from cause
    return found


class _Outbox:
    """Events and set-aside records on their way into the log, in batches; what is not sent yet is lost with the process and read again."""

    def __init__(self, home: Home, *, dry: bool = False) -> None:
        self.home = home
        self.dry = dry
        self.records: list[Recorded[Any]] = []
        self.skipped: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.files: Counter[str] = Counter()
        self.events = self.known_events = 0

    def aside(self, record: SetAside) -> None:
        (self.files if record.unit == "file" else self.failures)[record.error] += 1
        self._add(replace(record, model=self.home.asked))

    def event(self, record: Any) -> None:
        assert is_event(record)
        self.events += 1
        self._add(record)

    def send(self) -> None:
        if self.records and not self.dry:
            intake = Intake(tuple(self.records), _sent(self.records))
            if not self.home.record(intake, "ingest", now()):
                known = sum(1 for recorded in self.records if is_event(recorded.record))
                self.events, self.known_events = self.events - known, self.known_events + known
        self.records = []

    def tallies(self) -> list[Tally]:
        tallies = [Tally("document", 0, dict(self.skipped), dict(self.failures))]
        if self.events or self.known_events:
            tallies.append(Tally("event", self.events, {"recorded before": self.known_events} if self.known_events else {}))
        if self.files:
            tallies.append(Tally("file", 0, {}, dict(self.files)))
        return tallies

    def _add(self, record: Any) -> None:
        self.records.append(Recorded(record, now()))
        if len(self.records) >= RECORDS_AT_ONCE:
            self.send()


def _sent(records: Sequence[Recorded[Any]]) -> tuple[Tally, ...]:
    asides = [r.record for r in records if isinstance(r.record, SetAside)]
    by_unit: Mapping[str, Counter[str]] = {unit: Counter(a.error for a in asides if a.unit == unit) for unit in {a.unit for a in asides}}
    events = len(records) - len(asides)
    return (
        *(Tally(unit, 0, {}, dict(errors)) for unit, errors in sorted(by_unit.items())),
        *([Tally("event", events)] if events else []),
    )
