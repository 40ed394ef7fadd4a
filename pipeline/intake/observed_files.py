"""Files of observations, batch by batch: JSON lines, PubTator3's relations, tables."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import polars as pl

from pipeline.files.line_blocks import blocks
from pipeline.files.opened_file import OpenedFile
from pipeline.formats.observation_lines import FIELDS, NEEDED, observation_format
from pipeline.formats.pubtator3_relations import SOURCE
from pipeline.grounding.given_values import Given
from pipeline.intake.batches import Intake
from pipeline.intake.line_batches import take_lines, take_relations, take_rows, unreadable
from schema.errors import WrongUse
from schema.ontology import Ontology

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
            f"{path} begins with {shown!r}: `observe` takes JSON lines ({{…}}), Parquet and PubTator3's relations"
            " (PMID, relation, Type|ID and Type|ID, parted by tabs), lines also as gzip or zstd"
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
