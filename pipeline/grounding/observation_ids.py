"""The identities of many observations at once: the very hashes that `Observation.id` makes."""

from functools import reduce
from hashlib import blake2b

import polars as pl

# What is hashed, in the order of Observation.id; what is made elsewhere has neither revision nor reader.
_TEXTS = ("document", "published", "source", "head", "head_type", "head_name", "relation", "tail", "tail_type", "tail_name")
_OPTIONAL = ("journal", "stated_start", "stated_end")

UNHASHABLE = r"[\x00-\x1f]"
"""Characters that JSON escapes by name or number; no text of the rows may have one."""


def identified(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, which have the columns of observations made elsewhere, with their identities in `id`."""
    confidences = pl.Series("confidence", [repr(each) for each in rows["confidence"].to_list()], dtype=pl.String)
    texts = rows.with_columns(confidences).select(
        pl.concat_str(
            pl.lit("["),
            *(part for name in _TEXTS for part in (_quoted(rows, name), pl.lit(","))),
            pl.col("confidence"),
            *(part for name in ("polarity", "quote") for part in (pl.lit(","), _quoted(rows, name))),
            pl.lit(","),
            _listed(rows),
            *(part for name in _OPTIONAL for part in (pl.lit(","), _quoted(rows, name).fill_null("null"))),
            pl.lit(",null,null]"),
        ).cast(pl.Binary)
    )
    ids = [blake2b(said, digest_size=16).hexdigest() for said in texts.to_series().to_list()]
    return rows.with_columns(pl.Series("id", ids, dtype=pl.String))


def _quoted(rows: pl.DataFrame, name: str) -> pl.Expr:
    text = pl.col(name)
    return pl.concat_str(pl.lit('"'), _escaped(text) if _needs_escapes(rows[name]) else text, pl.lit('"'))


def _escaped(text: pl.Expr) -> pl.Expr:
    return reduce(lambda said, mark: said.str.replace_all(mark, f"\\{mark}", literal=True), ("\\", '"'), text)


def _needs_escapes(texts: pl.Series) -> bool:
    return bool(texts.str.contains(r'["\\]').any())


def _listed(rows: pl.DataFrame) -> pl.Expr:
    kinds = pl.col("publication_types")
    if not rows["publication_types"].list.len().sum():
        return pl.lit("[]")
    if _needs_escapes(rows["publication_types"].explode()):
        kinds = kinds.list.eval(_escaped(pl.element()))
    joined = pl.concat_str(pl.lit('["'), kinds.list.join('","'), pl.lit('"]'))
    return pl.when(kinds.list.len() > 0).then(joined).otherwise(pl.lit("[]"))
