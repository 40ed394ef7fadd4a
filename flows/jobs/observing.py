"""`observe`: observations made elsewhere, from a file of any size into the log and the graph."""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import polars as pl

from flows.engine.constructor import graph_if_free
from flows.engine.outcomes import Outcome
from flows.home.homes import Home, now
from flows.home.input_files import read_dates
from flows.home.showing import Progress
from flows.home.watched import watched_run
from flows.watching.metrics import counted
from pipeline.files.opened_file import OpenedFile
from pipeline.grounding.given_values import Given, given_values
from pipeline.intake.batches import Intake
from pipeline.intake.line_batches import Intakes, intakes_of_lines, intakes_of_rows, observed_rows
from schema.errors import WrongUse
from schema.ids import BatchId
from schema.records import SetAside, Tally

_BEFORE = "recorded before"


def observe_file(
    home: Home, path: Path | str, given: Given | None = None, *, into_graph: bool = True, outcome: Outcome | None = None
) -> list[Tally]:
    """Record every line of a file of observations once (JSON lines, Parquet, PubTator3's relations; lines also as gzip).

    What lines lack is as `given` (by `given_by`), by default as the settings say. Returns the tally of the lines: submitted = committed
    + skipped ("recorded before") + set aside (by error). Raises WrongUse for a file of another kind. What is believed because of it is
    counted in `outcome`.

        observe_file(home, "curated.jsonl")
    """
    path = Path(path)
    if not path.is_file():
        raise WrongUse(f"{path} is not a file")
    told, outcome = given or given_by(home), outcome or Outcome(home)
    totals = Tally("line")
    with (
        watched_run(home, "observe") as watched,
        home.writing(f"observe {path.name}", shared=True),
        graph_if_free(home) if into_graph else nullcontext() as store,
        outcome.telling_what_is_safe(),
    ):
        for intake, at in _intakes(home, path, told):
            totals += _recorded_tally(intake, at, outcome)
        if store is not None:
            outcome.follow(store)
        watched.ends([totals], outcome.facts.as_data())
    return [totals]


@dataclass(frozen=True, slots=True)
class RecordedLines:
    """What became of lines: their batches, how many of them were new, the tally, and what was set aside."""

    batches: tuple[BatchId, ...]
    fresh: int
    tally: Tally
    asides: tuple[SetAside, ...]


def observe_sent(home: Home, lines: IO[bytes], name: str, outcome: Outcome) -> RecordedLines:
    """Record JSON lines that were sent, once; the graph is brought along by others. `name` stands with what is set aside.

    The batches go by what the lines say: the same lines again are the same batches, and add nothing. Raises WrongUse for lines of
    another kind.
    """
    batches, fresh, totals, asides = [], 0, Tally("line"), list[SetAside]()
    with watched_run(home, "observe") as watched, home.writing("observe", shared=True), outcome.telling_what_is_safe():
        for intake, at in intakes_of_lines(OpenedFile(lines), name, name, home.rules.ontology, given_by(home), now):
            batches.append(intake.batch)
            tally = _recorded_tally(intake, at, outcome)
            fresh += _BEFORE not in tally.skipped
            totals += tally
            asides += [each.record for each in intake.records if isinstance(each.record, SetAside)]
        watched.ends([totals], outcome.facts.as_data())
    return RecordedLines(tuple(batches), fresh, totals, tuple(asides))


def _recorded_tally(intake: Intake, at: datetime, outcome: Outcome) -> Tally:
    """Record a batch and count what became of its lines."""
    whole = intake.tallies[0]
    tally = whole if outcome.record(intake, "observe", at) else Tally("line", 0, {_BEFORE: whole.submitted})
    counted([tally])
    return tally


def given_by(home: Home, *, source: str | None = None, dates: Path | None = None, published: str | None = None) -> Given:
    """What the user gives for lines that lack it, and the confidences of the settings; raises WrongUse for an unknown relation."""
    found = read_dates(dates) if dates else None
    return given_values(home.rules.ontology, home.settings.confidence, source, found, published)


def _intakes(home: Home, path: Path, given: Given) -> Intakes:
    with path.open("rb") as file:
        yield from (_rows if file.peek(4).startswith(b"PAR1") else _lines)(home, path, file, given)


def _lines(home: Home, path: Path, file: IO[bytes], given: Given) -> Intakes:
    with Progress(f"{path.name}, kB", path.stat().st_size // 1000) as progress:
        done = 0
        for each in intakes_of_lines(OpenedFile(file), str(path), path.name, home.rules.ontology, given, now):
            yield each
            progress.advance(file.tell() // 1000 - done)
            done = file.tell() // 1000


def _rows(home: Home, path: Path, file: IO[bytes], given: Given) -> Intakes:
    del file  # polars opens it itself, and reads of it what is asked for
    table, count = observed_rows(lambda: pl.scan_parquet(path), str(path))
    with Progress(f"{path.name}, rows", count) as progress:
        for intake, at in intakes_of_rows(table, count, path.name, home.rules.ontology, given, now):
            yield intake, at
            progress.advance(intake.tallies[0].submitted)
