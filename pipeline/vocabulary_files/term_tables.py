"""Terms in tables of one's own: TSV, CSV, JSON lines or Parquet with the columns key, name, synonyms, type."""

import csv
import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

import polars as pl

from pipeline.vocabulary_files.term_rows import BadRow, Row, Rows, Wanted, term
from pipeline.vocabulary_files.vocabulary_lines import LONGEST_LINE, text_lines
from schema.errors import UnreadableRecord

# Names that others give to the columns, lower case; the first that a table has counts.
_COLUMNS = {
    "key": ("key", "id", "identifier", "curie"),
    "name": ("name", "label", "preferred_name", "preferred name"),
    "synonyms": ("synonyms", "synonym", "aliases", "alias"),
    "type": ("type", "category"),
}
_ROWS = 5_000

csv.field_size_limit(LONGEST_LINE)


def is_table(line: str) -> bool:
    """Whether a line is the header of such a table, its cells parted by tabs or commas."""
    return {"key", "name"} <= _places(_cells(line, _delimiter(line)) or []).keys()


def read_table(stream: IO[bytes], file: str, wanted: Wanted) -> Rows:
    """A term for each row; a line is a row, so a cell holds no line break."""
    places: dict[str, int] = {}
    delimiter = "\t"
    for number, line in text_lines(stream, file):
        if not places:
            delimiter = _delimiter(line or "")
            places = _places(_cells(line or "", delimiter) or [])
            continue
        cells = None if line is None else _cells(line, delimiter)
        if cells is None:
            yield BadRow(file, f"line {number}", "the line is not UTF-8, not CSV, or far too long")
        elif cells:
            told = {field: cells[at] for field, at in places.items() if at < len(cells)}
            yield _row(told, file, f"line {number}", wanted)


def read_json_lines(stream: IO[bytes], file: str, wanted: Wanted) -> Rows:
    """A term for each line; synonyms are a list, or text parted by bars."""
    for number, line in text_lines(stream, file):
        if line == "":
            continue
        try:
            told = json.loads(line or "")
        except (ValueError, RecursionError):
            told = None
        if isinstance(told, dict):
            fields = {field: told[at] for field, at in _places(list(told)).items() for at in [list(told)[at]]}
            yield _row(fields, file, f"line {number}", wanted)
        else:
            yield BadRow(file, f"line {number}", "the line is no JSON object")


def read_parquet(stream: IO[bytes], file: str, wanted: Wanted) -> Rows:
    """A term for each row, some rows at a time."""
    try:
        frame = pl.scan_parquet(stream)
        header = frame.collect_schema().names()
        places = _places(header)
        if not {"key", "name"} <= places.keys():
            raise UnreadableRecord(f"{file} has the columns {', '.join(header)}, and none for key and name")
        columns = {field: header[at] for field, at in places.items()}
        wanted_columns, count = frame.select(columns.values()), frame.select(pl.len()).collect().item()
        for start in range(0, count, _ROWS):
            for number, row in enumerate(wanted_columns.slice(start, _ROWS).collect().iter_rows(named=True), start + 1):
                yield _row({field: row[column] for field, column in columns.items()}, file, f"row {number}", wanted)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise UnreadableRecord(f"{file} is no Parquet: {error}") from error


def _row(told: Mapping[str, Any], file: str, place: str, wanted: Wanted) -> Row:
    key, name, kind = (_text(told.get(field)) for field in ("key", "name", "type"))
    return term(wanted.key(key), kind or wanted.type or "", name, list(_synonyms(told.get("synonyms"))), wanted, file, place)


def _synonyms(told: Any) -> Iterator[str]:
    if isinstance(told, list | tuple):
        yield from (_text(each) for each in told)
    else:
        yield from _text(told).split("|")


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _delimiter(line: str) -> str:
    return "\t" if line.count("\t") >= line.count(",") and "\t" in line else ","


def _cells(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def _places(header: list[str]) -> dict[str, int]:
    titles = {str(title).strip().lower(): at for at, title in reversed(list(enumerate(header)))}
    found = ((field, next((titles[name] for name in names if name in titles), None)) for field, names in _COLUMNS.items())
    return {field: at for field, at in found if at is not None}
