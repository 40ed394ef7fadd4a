"""Observations made elsewhere as columns: JSON lines, tables and PubTator3's relations, many at once."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NotRequired

import polars as pl
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from pipeline.columnar import typed
from pipeline.files.opened_file import unpacked_name
from schema.columns import IDENTITY, OBSERVATION, UNSAID, some_of

SOURCE = "pubtator3"
_LINE = re.compile(r"[^\t]+\t[^\t]+\t[^\t|]+\|[^\t]*\t[^\t|]+\|[^\t]*")
_RELATION_CELLS = ("document", "relation", "head", "tail")


def is_relation(line: str) -> bool:
    """Whether a line looks like one of this format."""
    return _LINE.fullmatch(line) is not None


def relation_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """The cells of lines (`number`, `line`, `garbled`, as `line_blocks.numbered` gives them).

    Columns: `number`, `line`; `document`, `relation`, `head`, `tail` as written (an end is `Type|ID`), null where there is a `flaw`,
    which says what is wrong with the line.
    """
    parted = lines.with_columns(pl.col("line").str.split_exact("\t", 4).struct.rename_fields([*_RELATION_CELLS, "more"]).struct.unnest())
    shaped = (
        pl.col("tail").is_not_null()
        & pl.col("more").is_null()
        & pl.col("head").str.contains("|", literal=True)
        & pl.col("tail").str.contains("|", literal=True)
    )
    flaw = (
        pl.when("garbled")
        .then(pl.lit("the line holds bytes that are not UTF-8"))
        .when(~shaped)
        .then(pl.lit("the line is not PMID, relation, Type|ID and Type|ID, parted by tabs"))
    )
    checked = parted.with_columns(flaw=flaw)
    cells = (pl.when(pl.col("flaw").is_null()).then(pl.col(name).str.strip_chars()).alias(name) for name in _RELATION_CELLS)
    return checked.select("number", "line", "flaw", *cells)


_SAID = [name for name in IDENTITY if name not in ("publication_types", "revision", "reader")]
ROW: Mapping[str, Any] = {"number": pl.Int64, **typed(some_of(OBSERVATION, *_SAID, "publication_types"))}
"""A row for each observation, as written; null where it says nothing. `number` is its line or row."""

NEEDED = ("document", "head", "relation", "tail")
FIELDS = (*NEEDED, "published", "source", "confidence", "polarity", "quote", "publication_types", "journal", "stated", "recorded_at")
"""What an observation can say, by its names in a file."""

_CELLS = {**{name: kind for name, kind in ROW.items() if name != "publication_types"}, "kinds": pl.UInt32}

_JSON_NAMES = (".jsonl", ".ndjson", ".json")


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


def observation_format(head: bytes, name: str) -> Literal["json", "relations"] | None:
    """What the first bytes of a file, unpacked, say that its lines are: the first line of a known form decides."""
    for line in head.decode("utf-8", "replace").splitlines():
        text = line.strip("\ufeff \t")
        if text.startswith("{"):
            return "json"
        if is_relation(text):
            return "relations"
    return "json" if not head.strip() or unpacked_name(name).endswith(_JSON_NAMES) else None


def plain_lines(lines: Sequence[tuple[int, bytes]]) -> pl.DataFrame:
    """Numbered JSON lines as rows (ROW); those that are not plain are left out."""
    rows: list[tuple[object, ...]] = []
    kinds: dict[tuple[str, ...], int] = {}  # a list of publication types, as most lines share theirs, and its place
    validated: Callable[[bytes], _Line] = _lines.validator.validate_json  # without what TypeAdapter does around it
    for number, line in lines:
        try:
            found = validated(line)
        except ValidationError:
            continue
        rows.append((number, *_cells(found), kinds.setdefault(tuple(found.get("publication_types", ())), len(kinds))))
    columns = zip(*rows, strict=True) if rows else [()] * len(_CELLS)
    table = pl.DataFrame({name: pl.Series(values, dtype=kind) for (name, kind), values in zip(_CELLS.items(), columns, strict=True)})
    shared = pl.Series("publication_types", [list(each) for each in kinds], dtype=ROW["publication_types"])
    return table.with_columns(shared.gather(table["kinds"])).select(*ROW)


def _cells(line: _Line) -> tuple[object, ...]:
    head, tail = line["head"], line["tail"]
    return (
        line["document"],
        line.get("published"),
        line.get("source"),
        head["key"],
        head["type"],
        head.get("name"),
        line["relation"],
        tail["key"],
        tail["type"],
        tail.get("name"),
        line.get("confidence"),
        line.get("polarity", "asserts"),
        line.get("quote", ""),
        line.get("journal"),
        *line.get("stated", (None, None)),
    )


def plain_rows(table: pl.DataFrame, first: int) -> pl.DataFrame:
    """Rows of a table, numbered from `first`, as rows (ROW); those that are not plain are left out.

    That is all of them where a column is of another type than such tables usually have.
    """
    schema = {name: kind for name, kind in table.schema.items() if kind != pl.Null}
    if not schema.keys() >= set(NEEDED) or not all(_is_usual(name, kind) for name, kind in schema.items()):
        return pl.DataFrame(schema=ROW)
    plain = [pl.col("recorded_at").is_null()] if "recorded_at" in schema else []
    if "stated" in schema:
        plain.append(pl.col("stated").is_null() | (pl.col("stated").list.len() == 2))
    numbers = pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("number")
    kept = table.with_columns(numbers).filter(plain) if plain else table.with_columns(numbers)
    return kept.select("number", *(_cell(name, schema).cast(ROW[name]).alias(name) for name in list(ROW)[1:]))


def _is_usual(name: str, kind: pl.DataType) -> bool:
    match name:
        case "head" | "tail":
            parts = {field.name: field.dtype for field in kind.fields} if isinstance(kind, pl.Struct) else {}
            return {"key", "type"} <= parts.keys() and all(parts.get(part, pl.String) == pl.String for part in ("key", "type", "name"))
        case "confidence":
            return kind.is_float() or kind.is_integer()
        case "publication_types" | "stated":
            return kind == pl.List(pl.String)
        case "published":
            return kind in (pl.String, pl.Date)
        case "document" | "source" | "relation" | "polarity" | "quote" | "journal":
            return kind == pl.String
    return True


def _cell(name: str, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    if name.startswith("stated_"):
        return pl.col("stated").list.get(int(name == "stated_end"), null_on_oob=True) if "stated" in schema else pl.lit(None)
    side, _, part = name.partition("_")
    if side in ("head", "tail"):
        part = part or "key"  # the end's own column has its key
        return pl.col(side).struct.field(part) if part in {field.name for field in getattr(schema[side], "fields", ())} else pl.lit(None)
    absent = UNSAID[name] if name in ("polarity", "quote") else None
    return pl.col(name).fill_null(absent) if name in schema and absent is not None else pl.col(name) if name in schema else pl.lit(absent)
