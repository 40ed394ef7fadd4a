"""Observations made elsewhere as columns: JSON lines and tables, many at once."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired

import polars as pl
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from pipeline.reading.relations import is_relation

COLUMNS: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "number": pl.Int64,
    "document": pl.String,
    "published": pl.String,
    "source": pl.String,
    "head_key": pl.String,
    "head_type": pl.String,
    "head_name": pl.String,
    "relation": pl.String,
    "tail_key": pl.String,
    "tail_type": pl.String,
    "tail_name": pl.String,
    "confidence": pl.Float64,
    "polarity": pl.String,
    "quote": pl.String,
    "publication_types": pl.List(pl.String),
    "journal": pl.String,
    "stated_start": pl.String,
    "stated_end": pl.String,
}
"""A row for each observation, as written; null where it says nothing. `number` is its line or row."""

_JSON_NAMES = (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".json.gz")


@with_config(ConfigDict(strict=True))
class _End(TypedDict):
    key: str
    type: str
    name: NotRequired[str]


@with_config(ConfigDict(strict=True))
class _Line(TypedDict):
    """What most lines are; any other is for `observe`, which takes more and says what is wrong."""

    document: str
    head: _End
    relation: str
    tail: _End
    published: NotRequired[str | None]
    source: NotRequired[str | None]
    confidence: NotRequired[float | None]
    polarity: NotRequired[Literal["asserts", "denies"]]
    quote: NotRequired[str]
    publication_types: NotRequired[list[str]]
    journal: NotRequired[str | None]
    stated: NotRequired[tuple[str | None, str | None]]
    recorded_at: NotRequired[None]


_lines = TypeAdapter(_Line)


def form_of(head: bytes, name: str) -> Literal["json", "relations"] | None:
    """What the first bytes of a file, unpacked, say that its lines are: the first line of a known form decides."""
    for line in head.decode("utf-8", "replace").splitlines():
        text = line.strip("\ufeff \t")
        if text.startswith("{"):
            return "json"
        if is_relation(text):
            return "relations"
    return "json" if not head.strip() or name.lower().endswith(_JSON_NAMES) else None


def plain_lines(lines: Sequence[tuple[int, bytes]]) -> pl.DataFrame:
    """Numbered JSON lines as rows (COLUMNS); those that are not plain are left out."""
    rows = []
    for number, line in lines:
        try:
            found = _lines.validate_json(line)
        except ValidationError:
            continue
        head, tail, stated = found["head"], found["tail"], found.get("stated", (None, None))
        rows.append(
            (
                number,
                found["document"],
                found.get("published"),
                found.get("source"),
                head["key"],
                head["type"],
                head.get("name"),
                found["relation"],
                tail["key"],
                tail["type"],
                tail.get("name"),
                found.get("confidence"),
                found.get("polarity", "asserts"),
                found.get("quote", ""),
                found.get("publication_types"),
                found.get("journal"),
                *stated,
            )
        )
    return pl.DataFrame(rows, schema=dict(COLUMNS), orient="row")


def plain_rows(table: pl.DataFrame, first: int) -> pl.DataFrame:
    """Rows of a table as rows (COLUMNS), numbered from `first`; none where a column has another type than most tables give it."""
    try:
        return table.select(_as_written(table.schema, first))
    except _OtherType:
        return pl.DataFrame(schema=dict(COLUMNS))
