"""Terms in tables of one's own: TSV, CSV, JSON lines or Parquet with the columns key, name, synonyms, type."""

import csv
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.files.cells import cells_of, columns_of, delimiter_of, plain_of, text_of
from pipeline.files.items import RECORD_LIMIT
from pipeline.files.opened_file import OpenedFile
from pipeline.files.parquet_table import ParquetTable
from pipeline.vocabulary_files.term_rows import BadRow, Row, Rows, TermOptions, term, text_lines
from schema.errors import UnreadableRecord

# Names that others give to the columns, lower case; the first that a table has counts.
_COLUMNS = {
    "key": ("key", "id", "identifier", "curie"),
    "name": ("name", "label", "preferred_name", "preferred name"),
    "synonyms": ("synonyms", "synonym", "aliases", "alias"),
    "type": ("type", "category"),
}
_ROWS = 5_000

csv.field_size_limit(RECORD_LIMIT)


def is_term_table(line: str) -> bool:
    """Whether a line is the header of such a table, its cells parted by tabs or commas."""
    return {"key", "name"} <= columns_of(cells_of(line, delimiter_of(line)) or [], _COLUMNS).keys()


def read_table(stream: OpenedFile, file: str, wanted: TermOptions) -> Rows:
    """A term for each row; a line is a row, so a cell holds no line break."""
    places: dict[str, int] = {}
    delimiter = "\t"
    for number, line in text_lines(stream, file):
        if not places:
            delimiter = delimiter_of(line or "")
            places = columns_of(cells_of(line or "", delimiter) or [], _COLUMNS)
            continue
        cells = None if line is None else cells_of(line, delimiter)
        if cells is None:
            yield BadRow(file, f"line {number}", "the line is not UTF-8, not CSV, or far too long")
        elif cells:
            told = {field: cells[at] for field, at in places.items() if at < len(cells)}
            yield _row(told, file, f"line {number}", wanted)


def read_json_lines(stream: OpenedFile, file: str, wanted: TermOptions) -> Rows:
    """A term for each line; synonyms are a list, or text parted by bars."""
    for number, line in text_lines(stream, file):
        if line == "":
            continue
        try:
            told = json.loads(line or "")
        except (ValueError, RecursionError):
            told = None
        if isinstance(told, dict):
            fields = {field: told[at] for field, at in columns_of(list(told), _COLUMNS).items() for at in [list(told)[at]]}
            yield _row(fields, file, f"line {number}", wanted)
        else:
            yield BadRow(file, f"line {number}", "the line is no JSON object")


def read_term_parquet(stream: OpenedFile, file: str, wanted: TermOptions) -> Rows:
    """A term for each row, some rows at a time."""
    try:
        table = ParquetTable(stream.sought())
        columns = columns_of(table.header, _COLUMNS)
        if not {"key", "name"} <= columns.keys():
            raise UnreadableRecord(f"a table with the columns {', '.join(table.header)}, and none for key and name")
        for number, told in table.rows(columns, _ROWS):
            yield _row(told, file, f"row {number}", wanted)
    except UnreadableRecord as error:
        raise UnreadableRecord(f"{file} is {error}") from error


def _row(told: Mapping[str, Any], file: str, place: str, wanted: TermOptions) -> Row:
    key, name, kind = plain_of(told.get("key")), text_of(told.get("name")), plain_of(told.get("type"))
    return term(wanted.key(key), kind or wanted.type or "", name, list(_synonyms(told.get("synonyms"))), wanted, file, place)


def _synonyms(told: Any) -> Iterator[str]:
    if isinstance(told, list | tuple):
        yield from (text_of(each) for each in told)
    else:
        yield from text_of(told).split("|")
