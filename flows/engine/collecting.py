"""The first half of `ingest`: files become dated documents in the spool, events and what is set aside go into the log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.engine.outcomes import Outcome
from flows.engine.spool import Spool
from flows.home.homes import Home, now
from flows.home.input_files import read_dates
from pipeline.files.items import aside
from pipeline.formats.documents import Item, read
from pipeline.intake.arrivals import Arrivals
from schema.errors import WrongUse, os_error_in_words
from schema.records import Tally


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
    """Everything in the files, folders walked in name order. Of a file that cannot be opened or read on the rest is set aside."""
    for path in paths:
        if not path.exists():
            raise WrongUse(f"{path} does not exist")
    for path in paths:
        for file in files_of(path):
            for item in _items(file):
                yield item, str(file)


def files_of(path: Path) -> list[Path]:
    """The files that are read of a folder and those in it, in name order; of a file itself."""
    return sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".")) if path.is_dir() else [path]


def _items(file: Path) -> Iterator[Item]:
    try:
        with file.open("rb") as stream:
            yield from read(stream, str(file))
    except OSError as cause:  # gone meanwhile, forbidden, or on a disk that fails
        yield aside(str(file), "", os_error_in_words(cause, file), unit="file")
