"""Documents as rows: dated, weighed, with what of them is live; most of them at once, the difficult ones one by one."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import polars as pl

from pipeline.believing.evidence import Evidence
from pipeline.believing.rules import Rules
from pipeline.believing.standing import DocumentState, document_states
from schema.columns import CITATION
from schema.dates import PartialDate
from schema.fact import Source
from schema.ids import DocumentId

DOCUMENT: dict[str, Any] = {
    "document": pl.String,
    "title": pl.String,
    "published": pl.Date,  # the first day that the date can mean
    "precision": pl.String,
    "source": pl.String,
    "journal": pl.String,
    "publication_types": pl.List(pl.String),
    "retracted": pl.Boolean,
    "retracted_on": pl.Date,
    "live_revision": pl.String,
    "live_reader": pl.String,
    "grade": pl.Float64,
}


def weigh_documents(evidence: Evidence, rules: Rules) -> pl.DataFrame:
    """Every document that is not deleted (`evidence.deleted` is settled), with the columns of DOCUMENT."""
    lines = evidence.cited().select(*CITATION)
    special = {r.record.id for r in evidence.documents} | {r.record.document for r in evidence.retractions} | (evidence.deleted or set())
    # A document that one line tells of is as that line says; the others are weighed up one by one.
    difficult = pl.col("document").is_duplicated() | pl.col("document").is_in(list(special))
    simple, rest = lines.filter(~difficult), lines.filter(difficult)
    weighed = [_row(state, rules) for state in document_states(evidence, rest, rules).values()]
    frames = [_simple(simple, rules), pl.DataFrame(weighed, schema=DOCUMENT, orient="row")]
    return pl.concat([frame for frame in frames if not frame.is_empty()] or frames)


def as_source(row: dict[str, Any]) -> Source:
    """A document of DOCUMENT's columns as the graph shows it."""
    return Source(
        id=DocumentId(row["document"]),
        title=row["title"],
        published=row["published"],
        precision=row["precision"],
        source=row["source"],
        journal=row["journal"],
        publication_types=tuple(row["publication_types"]),
        retracted=row["retracted"],
        retracted_on=row["retracted_on"],
    )


def joined(frame: pl.DataFrame, column: str, make: Callable[[str], tuple[Any, ...]], schema: dict[str, Any]) -> pl.DataFrame:
    """The frame with new columns made from one of text, each distinct text looked at once; null gives nulls."""
    texts = frame[column].drop_nulls().unique().to_list()
    made = pl.DataFrame([(text, *make(text)) for text in texts], schema={column: pl.String, **schema}, orient="row")
    return frame.join(made, on=column, how="left", maintain_order="left")


def _simple(lines: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    frame = lines.with_columns(pl.col("publication_types").list.unique().list.sort(), written="published").drop("published")
    frame = joined(frame, "written", _dated, {"published": pl.Date, "precision": pl.String})
    kinds = frame.select("publication_types").unique()
    grades = [rules.ontology.grade(tuple(some)) for (some,) in kinds.iter_rows()]
    frame = frame.join(kinds.with_columns(grade=pl.Series(grades, dtype=pl.Float64)), on="publication_types", how="left")
    return frame.with_columns(
        title=pl.lit(""),
        retracted=pl.lit(value=False),
        retracted_on=pl.lit(None, dtype=pl.Date),
        live_revision=pl.lit(None, dtype=pl.String),
        live_reader=pl.lit(None, dtype=pl.String),
    ).select(*DOCUMENT)


def _dated(text: str) -> tuple[date, str]:
    when = PartialDate.parse(text)
    return when.first, when.precision.value


def _row(state: DocumentState, rules: Rules) -> Iterable[Any]:
    source = state.source
    return (
        source.id,
        source.title,
        source.published,
        source.precision,
        source.source,
        source.journal,
        list(source.publication_types),
        source.retracted,
        source.retracted_on,
        state.revision,
        state.reader,
        rules.ontology.grade(source.publication_types),
    )
