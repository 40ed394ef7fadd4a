"""Observations as rows of a table, for folding many at once."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from schema.observation import Observation
from schema.records import Recorded

LINE = ("document", "published", "source", "publication_types", "journal", "at")

SAID: dict[str, Any] = {
    "id": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "document": pl.String,
    "head": pl.String,
    "head_type": pl.String,
    "relation": pl.String,
    "tail": pl.String,
    "tail_type": pl.String,
    "confidence": pl.Float64,
    "polarity": pl.String,
    "quote": pl.String,
    "stated_start": pl.String,
    "stated_end": pl.String,
    "revision": pl.String,
    "reader": pl.String,
}
"""What the fold needs of an observation."""

_CITED: dict[str, Any] = {"published": pl.String, "source": pl.String, "publication_types": pl.List(pl.String), "journal": pl.String}


def rows_of(observations: Iterable[Recorded[Observation]]) -> pl.DataFrame:
    """Observations as rows with the columns of SAID."""
    return _frame(observations).select(*SAID)


def lines_of(observations: Iterable[Recorded[Observation]]) -> pl.DataFrame:
    """What observations made elsewhere say of their documents, each once, with its first moment."""
    told = _frame(observations).filter(pl.col("reader").is_null())
    told = told.with_columns(journal=pl.when(pl.col("journal") != "").then("journal"))
    return told.group_by(*LINE[:-1]).agg(pl.col("at").min())


def _frame(observations: Iterable[Recorded[Observation]]) -> pl.DataFrame:
    return pl.DataFrame([_cells(r.record) | {"at": r.at} for r in observations], schema=SAID | _CITED, orient="row")


def _cells(o: Observation) -> dict[str, Any]:
    return {
        "id": o.id,
        "document": o.document,
        "head": o.head.key,
        "head_type": o.head.type,
        "relation": o.relation,
        "tail": o.tail.key,
        "tail_type": o.tail.type,
        "confidence": o.confidence,
        "polarity": o.polarity.value,
        "quote": o.quote,
        "stated_start": str(o.stated_start) if o.stated_start else None,
        "stated_end": str(o.stated_end) if o.stated_end else None,
        "revision": str(o.revision) if o.revision else None,
        "reader": o.reader.name if o.reader else None,
        "published": str(o.published),
        "source": o.source,
        "publication_types": list(o.publication_types),
        "journal": o.journal,
    }
