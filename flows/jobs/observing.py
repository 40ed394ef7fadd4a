"""`observe`: observations made elsewhere, from a file of any size into the log and the graph."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO

import polars as pl

from flows.home.homes import Home, now
from flows.home.input_files import read_dates
from flows.home.progress import Progress
from pipeline.files.line_blocks import blocks
from pipeline.files.opened_file import OpenedFile
from pipeline.formats.observation_lines import FIELDS, NEEDED, observation_format
from pipeline.formats.pubtator3_relations import SOURCE
from pipeline.grounding.given_values import Given, given_values
from pipeline.intake.batches import Intake
from pipeline.intake.line_batches import take_lines, take_relations, take_rows, unreadable
from schema.errors import WrongUse
from schema.records import Tally

JSON_AT_ONCE = 8_000_000
RELATIONS_AT_ONCE = 4_000_000
"""Bytes of lines in one batch; it takes some twenty times as much memory to work on them."""

ROWS_AT_ONCE = 20_000

_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)


def observe_file(home: Home, path: Path | str, given: Given | None = None, *, into_graph: bool = True) -> list[Tally]:
    """Record every line of a file of observations once (JSON lines, Parquet, PubTator3's relations; lines also as gzip).

    What lines lack is as `given` (by `given_by`), by default as the settings say. Returns the tally of the lines: submitted = committed
    + skipped ("recorded before") + set aside (by error). Raises WrongUse for a file of another kind.

        observe_file(home, "curated.jsonl")
    """
    path = Path(path)
    if not path.is_file():
        raise WrongUse(f"{path} is not a file")
    told = given or given_by(home)
    totals = Tally("line")
    with home.writing(f"observe {path.name}", shared=True):
        for intake, at in _intakes(home, path, told):
            fresh = home.record(intake, "observe", at)
            totals += intake.tallies[0] if fresh else Tally("line", 0, {"recorded before": intake.tallies[0].submitted})
        if into_graph:
            home.bring_graph_along()
    return [totals]


def given_by(home: Home, *, source: str | None = None, dates: Path | None = None, published: str | None = None) -> Given:
    """What the user gives for lines that lack it, and the confidences of the settings; raises WrongUse for an unknown relation."""
    found = read_dates(dates) if dates else None
    return given_values(home.rules.ontology, home.settings.confidence, source, found, published)


def _intakes(home: Home, path: Path, given: Given) -> Iterator[tuple[Intake, datetime]]:
    with path.open("rb") as file:
        if file.peek(4).startswith(b"PAR1"):
            yield from _table(home, path, given)
            return
        with Progress(f"{path.name}, kB", path.stat().st_size // 1000) as progress:
            done = 0
            for each in _lines(home, path, file, given):
                yield each
                progress.advance(file.tell() // 1000 - done)
                done = file.tell() // 1000


def _lines(home: Home, path: Path, file: IO[bytes], given: Given) -> Iterator[tuple[Intake, datetime]]:
    ontology = home.rules.ontology
    opened = OpenedFile(file)
    form = observation_format(opened.head, path.name)
    if form is None:
        shown = opened.head.splitlines()[0][:60].decode("utf-8", "replace")
        raise WrongUse(
            f"{path} begins with {shown!r}: `observe` takes JSON lines ({{…}}), Parquet and PubTator3's relations"
            " (PMID, relation, Type|ID and Type|ID, parted by tabs), lines also as gzip or zstd"
        )
    size = JSON_AT_ONCE if form == "json" else RELATIONS_AT_ONCE
    named = given if given.source is not None or form == "json" else replace(given, source=SOURCE)
    for number, block in blocks(opened, size):
        at = now()
        take = take_lines if form == "json" else take_relations
        yield take(number, block, path.name, ontology, at, named), at
    if opened.broken is not None:
        at = now()
        yield unreadable(opened.broken.position, 1, f"{opened.broken.reason}; what comes before was read", path.name, at), at


def _table(home: Home, path: Path, given: Given) -> Iterator[tuple[Intake, datetime]]:
    try:
        table = pl.scan_parquet(path)
        columns = table.collect_schema().names()
        count = table.select(pl.len()).collect().item()
    except _UNREADABLE as cause:
        raise WrongUse(f"{path} is not Parquet: {cause}") from cause
    if missing := [name for name in NEEDED if name not in columns]:
        raise WrongUse(f"{path} has no column {', '.join(missing)}; it has {', '.join(columns)}")
    wanted = table.select(name for name in columns if name in FIELDS)
    with Progress(f"{path.name}, rows", count) as progress:
        for start in range(0, count, ROWS_AT_ONCE):
            at, rows = now(), min(ROWS_AT_ONCE, count - start)
            try:
                some = wanted.slice(start, rows).collect()
            except _UNREADABLE as cause:
                yield unreadable(f"rows {start + 1} to {start + rows}", rows, f"the rows cannot be read: {cause}", path.name, at), at
            else:
                yield take_rows(some, start + 1, path.name, home.rules.ontology, at, given), at
            progress.advance(rows)
