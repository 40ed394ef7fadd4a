"""Files of observations, batch by batch: a table of what many lines observe, and records of the lines that are none."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

import polars as pl

from pipeline.files.items import PAYLOAD_LIMIT
from pipeline.files.line_blocks import blocks, numbered
from pipeline.files.opened_file import OpenedFile
from pipeline.formats.kgx_edges import ForeignLine
from pipeline.formats.observation_lines import FIELDS, NEEDED, SOURCE, observation_format, plain_lines, plain_rows, relation_lines
from pipeline.grounding.given_values import Given
from pipeline.grounding.observed_relations import observe_relations
from pipeline.grounding.observed_table import observe_table
from pipeline.intake.batches import Intake, identity, observe_lines, set_aside
from schema.errors import InvalidInput, UndatedDocument, UngroundedClaim, UnreadableRecord, WrongUse
from schema.ontology import Ontology
from schema.records import Recorded, SetAside, Tally

_ERRORS: Mapping[str, type[InvalidInput]] = {kind.__name__: kind for kind in (UndatedDocument, UngroundedClaim)}
_ROWS = re.compile(r"rows ([0-9]+) to ([0-9]+)")


def take_lines(number: int, block: bytes, file: str, ontology: Ontology, now: datetime, given: Given) -> Intake:
    """A block of JSON lines, from this number on. Most are taken as a table, every unusual one as `observe_lines` does."""
    lines = [(at, line) for at, line in enumerate(block.split(b"\n"), number) if _says_something(line)]
    observed = observe_table(plain_lines(lines), ontology, given, now)
    taken = set(observed["number"].to_list())
    others = [(at, _text(line)) for at, line in lines if at not in taken]
    return _joined(observed, others, file, ontology, now, given)


def take_rows(table: pl.DataFrame, first: int, file: str, ontology: Ontology, now: datetime, given: Given) -> Intake:
    """Rows of a table, numbered from `first`, in the same way."""
    observed = observe_table(plain_rows(table, first), ontology, given, now)
    taken = observed["number"].implode()
    left = table.with_columns(pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias(" number")).filter(
        ~pl.col(" number").is_in(taken)
    )
    others = [(row.pop(" number"), _filled(row)) for row in left.iter_rows(named=True)]
    return _joined(observed, others, file, ontology, now, given)


def take_relations(number: int, block: bytes, file: str, ontology: Ontology, now: datetime, given: Given) -> Intake:
    """A block of PubTator3's relations. Lines refused by the same rule are set aside together."""
    return _related(numbered(number, block), file, ontology, now, given)


def take_again(aside: SetAside, ontology: Ontology, now: datetime, given: Given) -> Intake:
    """What was set aside of a file of lines: one JSON line, or relations that one rule refused."""
    if aside.stage == "reading":
        return Intake((), (Tally("line", 0, {}, {aside.error: lines_in(aside)}),))  # the log never had it
    if "\n" in aside.payload:
        source, _, lines = aside.payload.partition("\n")
        return _related(_numbered_again(lines), aside.file, ontology, now, replace(given, source=source))
    number = int(aside.position.removeprefix("line ") or 0)
    return observe_lines([(number, aside.payload)], aside.file, ontology, now, given)


def unreadable(position: str, count: int, reason: str, file: str, now: datetime) -> Intake:
    """Lines or rows that cannot be had from the file at all."""
    aside = SetAside("line", "reading", UnreadableRecord.__name__, reason, file, position, complete=False)
    return Intake((Recorded(aside, now),), (Tally("line", 0, {}, {aside.error: count}),))


def lines_in(aside: SetAside) -> int:
    """How many lines one record of what was set aside stands for; a document, a claim, a file or an event is one, however long."""
    if aside.unit != "line":
        return 1
    if rows := _ROWS.fullmatch(aside.position):
        return int(rows[2]) - int(rows[1]) + 1
    return aside.payload.count("\n") or 1  # of relations a line for the source comes first; any other line stands alone


def _says_something(line: bytes) -> bool:
    return line.startswith(b"{") or bool(_text(line))


def _text(line: bytes) -> str:
    # Bytes that are not UTF-8 are kept as they are.
    return line.decode("utf-8", "surrogateescape").strip("\r\n \t\ufeff")


def _joined(
    observations: pl.DataFrame,
    others: Sequence[tuple[int, str | Mapping[str, Any]]],
    file: str,
    ontology: Ontology,
    now: datetime,
    given: Given,
) -> Intake:
    """One batch of both, the same as if each line had been taken by itself."""
    rest = observe_lines(others, file, ontology, now, given)
    told = list(zip(observations["number"].to_list(), observations["id"].to_list(), strict=True))
    told += [(number, identity(recorded.record)) for (number, _), recorded in zip(others, rest.records, strict=True)]
    tally = rest.tallies[0] + Tally("line", observations.height)
    return Intake(rest.records, (tally,), observations.drop("number"), tuple(each for _, each in sorted(told)))


def _related(lines: pl.DataFrame, file: str, ontology: Ontology, now: datetime, given: Given) -> Intake:
    related = observe_relations(relation_lines(lines), ontology, given)
    records = tuple(Recorded(aside, now) for aside in _asides(related.refused, file, given.source or ""))
    counted = related.refused.group_by("error").len().sort("error")
    told = (*related.observations["id"].to_list(), *(recorded.record.id for recorded in records))
    table = related.observations.drop("number").with_columns(at=pl.lit(now, dtype=pl.Datetime("us", "UTC")))
    return Intake(records, (Tally("line", related.taken, {}, dict(counted.iter_rows())),), table, told)


def _asides(refused: pl.DataFrame, file: str, source: str) -> Iterable[SetAside]:
    """What was refused, as much in one record as it has room for: the source, then each line with its number before it."""
    lines = refused.with_columns(line=pl.concat_str(pl.col("number").cast(pl.String), pl.lit("\t"), "line"))
    room = (pl.col("line").str.len_chars() + 1).cum_sum().over("rule") // (PAYLOAD_LIMIT // 2)
    parts = lines.with_columns(part=room).group_by("rule", "error", "part", maintain_order=True).agg("number", "line")
    for rule, error, numbers, texts in parts.select("rule", "error", "number", "line").iter_rows():
        position = f"lines {numbers[0]} to {numbers[-1]}, {len(numbers)} of them" if len(numbers) > 1 else f"line {numbers[0]}"
        yield set_aside("line", "grounding", _ERRORS[error](rule), file, position, "\n".join((source, *texts)))


def _numbered_again(payload: str) -> pl.DataFrame:
    cells = pl.col("line").str.splitn("\t", 2).struct
    number, line = cells.field("field_0").cast(pl.Int64), cells.field("field_1")
    lines = pl.DataFrame({"line": payload.split("\n")}, schema={"line": pl.String})
    # What could not be decoded was kept with marks in place of its bytes, and is no more right than before.
    return lines.select(number=number, line=line, garbled=line.str.contains("\ufffd", literal=True))


def _filled(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The cells that are not empty."""
    return {key: _plain(value) for key, value in row.items() if value is not None}


def _plain(value: Any) -> Any:
    """Cells as JSON has them: dates as text, ends given as JSON text as objects."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, dict):
        return _filled(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


JSON_AT_ONCE = 8_000_000
RELATIONS_AT_ONCE = 4_000_000
"""Bytes of lines in one batch; it takes some twenty times as much memory to work on them."""

ROWS_AT_ONCE = 20_000

_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)

Clock = Callable[[], datetime]
Intakes = Iterator[tuple[Intake, datetime]]
"""Batches, each with the moment that its records are stamped with."""


def intakes_of_lines(opened: OpenedFile, path: str, name: str, ontology: Ontology, given: Given, now: Clock) -> Intakes:
    """Batches of a file of lines, whose kind its beginning tells; raises WrongUse naming its path where that is none of ours."""
    form = observation_format(opened.head, name)
    if form is None:
        shown = opened.head.splitlines()[0][:60].decode("utf-8", "replace")
        raise WrongUse(
            f"{path} begins with {shown!r}: `observe` takes JSON lines ({{…}}), Parquet, KGX's edges, INDRA statements and PubTator3's"
            " relations (PMID, relation, Type|ID and Type|ID, parted by tabs), lines also as gzip or zstd"
        )
    take, size, told = take_lines, JSON_AT_ONCE, given
    if form != "json":
        take, size, told = take_relations, RELATIONS_AT_ONCE, replace(given, source=given.source if given.source is not None else SOURCE)
    for number, block in blocks(opened, size):
        at = now()
        yield take(number, block, name, ontology, at, told), at
    if opened.broken is not None:
        at = now()
        yield unreadable(opened.broken.position, 1, f"{opened.broken.reason}; what comes before was read", name, at), at


def observed_rows(scan: Callable[[], pl.LazyFrame], path: str) -> tuple[pl.LazyFrame, int]:
    """What a Parquet file has of the fields of observations, and its rows; raises WrongUse where it is none, or lacks a column."""
    try:
        table = scan()
        columns = table.collect_schema().names()
        count = table.select(pl.len()).collect().item()
    except _UNREADABLE as cause:
        raise WrongUse(f"{path} is not Parquet: {cause}") from cause
    if missing := [column for column in NEEDED if column not in columns]:
        raise WrongUse(f"{path} has no column {', '.join(missing)}; it has {', '.join(columns)}")
    return table.select(column for column in columns if column in FIELDS), count


def intakes_of_rows(table: pl.LazyFrame, count: int, name: str, ontology: Ontology, given: Given, now: Clock) -> Intakes:
    """Batches of a table of so many rows; rows that cannot be had are set aside."""
    for start in range(0, count, ROWS_AT_ONCE):
        at, rows = now(), min(ROWS_AT_ONCE, count - start)
        try:
            some = table.slice(start, rows).collect()
        except _UNREADABLE as cause:
            yield unreadable(f"rows {start + 1} to {start + rows}", rows, f"the rows cannot be read: {cause}", name, at), at
        else:
            yield take_rows(some, start + 1, name, ontology, at, given), at


LINES_AT_ONCE = 10_000


def intakes_of_foreign_lines(lines: Iterable[ForeignLine], name: str, ontology: Ontology, given: Given, now: Clock) -> Intakes:
    """Batches of lines that another format was made into, each as `observe` takes it; the same file gives the same batches."""
    for some in _in_turn(lines):
        at = now()
        yield take_foreign(some, name, ontology, at, given), at


def take_foreign(lines: Sequence[ForeignLine], file: str, ontology: Ontology, now: datetime, given: Given) -> Intake:
    """One batch: most lines are taken as a table, unusual ones one by one, and flawed ones are set aside with what is wrong."""
    # Several can come from one line of the file, so that here each goes by its place.
    said = {place: json.dumps(line.said, ensure_ascii=True) for place, line in enumerate(lines) if line.said is not None}
    observed = observe_table(plain_lines([(place, text.encode()) for place, text in said.items()]), ontology, given, now)
    taken = set(observed["number"].to_list())
    others = [place for place in said if place not in taken]
    rest = observe_lines([(lines[place].number, said[place]) for place in others], file, ontology, now, given)
    flawed = [(place, _flawed(line, file, now)) for place, line in enumerate(lines) if line.said is None]
    told = list(zip(observed["number"].to_list(), observed["id"].to_list(), strict=True))
    told += [(place, identity(recorded.record)) for place, recorded in zip(others, rest.records, strict=True)]
    told += [(place, recorded.record.id) for place, recorded in flawed]
    unread = {UnreadableRecord.__name__: len(flawed)} if flawed else {}
    tally = rest.tallies[0] + Tally("line", observed.height, {}, unread)
    records = (*rest.records, *(recorded for _, recorded in flawed))
    return Intake(records, (tally,), observed.drop("number"), tuple(each for _, each in sorted(told)))


def _flawed(line: ForeignLine, file: str, now: datetime) -> Recorded[Any]:
    text = line.text.encode("utf-8", "replace").decode()
    return Recorded(set_aside("line", "reading", UnreadableRecord(line.flaw), file, f"line {line.number}", text), now)


def _in_turn(lines: Iterable[ForeignLine]) -> Iterator[list[ForeignLine]]:
    rest = iter(lines)
    while some := list(islice(rest, LINES_AT_ONCE)):
        yield some
