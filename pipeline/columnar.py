"""Evidence in columns: the types of declared columns in polars, and the identities of many rows at once."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import polars as pl

from schema.columns import UNSAID, Columns, ColumnType
from schema.ids import hash_of, stable_id

_TYPES: dict[ColumnType, Any] = {
    "text": pl.String,
    "texts": pl.List(pl.String),
    "number": pl.Float64,
    "flag": pl.Boolean,
    "moment": pl.Datetime("us", "UTC"),
}

CONTROL = r"[\x00-\x1f]"
"""Characters that JSON escapes by name or number."""


def typed(columns: Columns) -> dict[str, Any]:
    """The columns as a schema."""
    return {name: _TYPES[kind] for name, kind in columns.items()}


def completed(frame: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """All the columns, with what is unsaid in those that the frame lacks."""
    return frame.with_columns(
        pl.lit(list(unsaid) if isinstance(unsaid := UNSAID.get(name), tuple) else unsaid, dtype=kind).alias(name)
        for name, kind in typed(columns).items()
        if name not in frame.columns
    )


def stable_ids(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Of each row the very hash that `stable_id` makes of its cells: texts, lists of texts and numbers."""
    rows = frame.select(names)
    cells = [_as_json(rows[name]) for name in names]
    commas = [part for cell in cells for part in (pl.lit(","), cell)][1:]
    said = rows.with_columns(_numbers_as_json(rows)).select(pl.concat_str(pl.lit("["), *commas, pl.lit("]")).cast(pl.Binary))
    ids = pl.Series("id", list(map(hash_of, said.to_series().to_list())), dtype=pl.String)
    odd = [place for name in names for place in _places_of(CONTROL, rows[name])]
    return ids.scatter(odd, [stable_id(*rows.row(place)) for place in odd]) if odd else ids


def _as_json(cells: pl.Series) -> pl.Expr:
    """The cells as JSON writes them, as far as no control character is in them; numbers are text already."""
    column = pl.col(cells.name)
    if cells.dtype == pl.Float64:
        return column
    if isinstance(cells.dtype, pl.List):
        if not cells.list.len().sum() and not cells.null_count():
            return pl.repeat("[]", pl.len())
        texts = column.list.eval(_escaped(pl.element())) if _needs_escapes(cells.explode()) else column
        listed = pl.concat_str(pl.lit('["'), texts.list.join('","'), pl.lit('"]'))
        return pl.when(column.is_null()).then(pl.lit("null")).when(column.list.len() > 0).then(listed).otherwise(pl.lit("[]"))
    quoted = pl.concat_str(pl.lit('"'), _escaped(column) if _needs_escapes(cells) else column, pl.lit('"'))
    return quoted.fill_null("null") if cells.null_count() else quoted


def _numbers_as_json(rows: pl.DataFrame) -> list[pl.Series]:
    numbers = (rows[name] for name, kind in rows.schema.items() if kind == pl.Float64)
    return [
        pl.Series(cells.name, ["null" if each is None else repr(each) for each in cells.to_list()], dtype=pl.String) for cells in numbers
    ]


def _escaped(text: pl.Expr) -> pl.Expr:
    return reduce(lambda said, mark: said.str.replace_all(mark, f"\\{mark}", literal=True), ("\\", '"'), text)


def _needs_escapes(texts: pl.Series) -> bool:
    return bool(texts.str.contains(r'["\\]').any())


def _places_of(pattern: str, cells: pl.Series) -> list[int]:
    """The rows whose text, or one of whose texts, has the pattern."""
    if cells.dtype == pl.String:
        return cells.str.contains(pattern).fill_null(value=False).arg_true().to_list()
    if isinstance(cells.dtype, pl.List):
        return cells.list.eval(pl.element().str.contains(pattern)).list.any().fill_null(value=False).arg_true().to_list()
    return []
