"""`observe`: observations made elsewhere, from a file into the log and the graph."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from flows.home import Home, now
from pipeline.intake import observe_lines
from schema.errors import WrongUse
from schema.log import Tally

LINES_AT_ONCE = 5_000

Line = tuple[int, str | Mapping[str, Any]]


def observe_file(home: Home, path: Path) -> list[Tally]:
    """Record every line of a file once; returns what became of them."""
    totals = Tally("line")
    with home.writing(f"observe {path.name}"):
        lines = _lines(path)
        while chunk := list(islice(lines, LINES_AT_ONCE)):
            at = now()
            intake = observe_lines(chunk, path.name, home.rules.ontology, at)
            fresh = home.log.append(intake.batch, intake.with_report("observe", at))
            totals += intake.tallies[0] if fresh else Tally("line", 0, {"recorded before": len(chunk)})
        with home.graph():
            pass  # opening the graph brings it up to date
    return [totals]


def _lines(path: Path) -> Iterator[Line]:
    if not path.is_file():
        raise WrongUse(f"{path} is not a file")
    if path.suffix == ".parquet":
        return _parquet(path)
    return _jsonl(path)


def _jsonl(path: Path) -> Iterator[Line]:
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            line = raw.decode("utf-8", "surrogateescape").strip("\r\n \t\ufeff")
            if line:
                yield number, line


def _parquet(path: Path) -> Iterator[Line]:
    try:
        frame = pl.scan_parquet(path)
        rows = frame.select(pl.len()).collect().item()
        for start in range(0, rows, LINES_AT_ONCE):
            for number, row in enumerate(frame.slice(start, LINES_AT_ONCE).collect().iter_rows(named=True), start + 1):
                yield number, {key: _plain(value) for key, value in row.items() if value is not None}
    except (pl.exceptions.PolarsError, OSError) as cause:
        raise WrongUse(f"{path} is not Parquet: {cause}") from cause


def _plain(value: Any) -> Any:
    """Cells as JSON has them: dates as text, ends given as JSON text as objects."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value
