"""The first half of `ingest`: files become dated documents in the spool, events and what is set aside go into the log."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import TypeAdapter

from flows.home.homes import Home, now
from flows.home.input_files import read_dates
from flows.jobs.outcomes import Outcome
from pipeline.formats.documents import Item, read
from pipeline.intake.arrivals import Arrivals
from pipeline.intake.batches import day_of
from schema.document import Document
from schema.errors import WrongUse
from schema.records import Tally

_documents = TypeAdapter(Document)


class Spool:
    """Dated documents on disk, each revision once. The file goes when the spool closes; nothing in it is ever the only copy."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "spool.sqlite"
        self._path.unlink(missing_ok=True)  # left behind by a process that was killed
        self._db = sqlite3.connect(self._path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute(
            "CREATE TABLE spool (day TEXT, id TEXT, revision TEXT, body BLOB, unused TEXT, PRIMARY KEY (day, id, revision)) WITHOUT ROWID"
        )
        self._db.execute("BEGIN")

    def add(self, document: Document) -> bool:
        """Keep a dated document; False where this very revision is in already."""
        unused = json.dumps(dict(document.unused))  # not in the body: it is no part of what the document says
        row = (day_of(document).isoformat(), document.id, str(document.revision), _documents.dump_json(document), unused)
        return self._db.execute("INSERT OR IGNORE INTO spool VALUES (?, ?, ?, ?, ?)", row).rowcount == 1

    def size(self) -> int:
        """How many there are."""
        return int(self._db.execute("SELECT count(*) FROM spool").fetchone()[0])

    def documents(self) -> Iterator[Document]:
        """All, oldest first."""
        for body, unused in self._db.execute("SELECT body, unused FROM spool ORDER BY day, id, revision"):
            yield replace(_documents.validate_json(body), unused=json.loads(unused))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)


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
    home: Home, wanted: Ingestion, spool: Spool, items: Iterator[tuple[Item, str]] | None = None, *, outcome: Outcome | None
) -> list[Tally]:
    """Read all files into the spool. Returns tallies of what did not get there, and of events; what did is not counted yet.

    Where there is no outcome, nothing is recorded.
    """
    dates = read_dates(wanted.dates) if wanted.dates else None
    found = Arrivals(home.asked, dates, wanted.published, wanted.since, wanted.until)
    for item, file in items if items is not None else read_files(wanted.paths):
        for document in found.take(item, file, now()):
            found.add(new=spool.add(document))
        if found.is_full:
            _send(found, outcome)
    _send(found, outcome)
    return found.tallies()


def _send(found: Arrivals, outcome: Outcome | None) -> None:
    intake = found.batch()
    if intake.records and outcome is not None and not outcome.record(intake, "ingest", now()):
        found.was_known(intake)


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
