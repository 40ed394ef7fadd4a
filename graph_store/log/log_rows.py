"""Rows of the evidence log: one table for every kind of record, so that a batch is one commit."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from pydantic import TypeAdapter

from schema.accounts.settling import Reopening, Settled
from schema.columns import OBSERVATION, UNSAID, Columns, ColumnType, Table
from schema.dates import PartialDate, Precision
from schema.document import Document, Edition, Revision, SourceFile
from schema.entity_names import provisional_key
from schema.ids import BatchId, DocumentId, stable_id
from schema.observation import Observation
from schema.records import (
    BatchReport,
    Deletion,
    Expense,
    Judgement,
    JudgementWithdrawal,
    Preference,
    Reading,
    Recorded,
    Restoration,
    Retraction,
    RetractionWithdrawal,
    Ruling,
    RulingWithdrawal,
    SetAside,
)

_TYPES: Mapping[ColumnType, Any] = {
    "text": pl.String,
    "texts": pl.List(pl.String),
    "number": pl.Float64,
    "flag": pl.Boolean,
    "moment": pl.Datetime("us", "UTC"),
}


def typed(columns: Columns) -> dict[str, Any]:
    """Columns as rows of the log have them."""
    return {name: _TYPES[kind] for name, kind in columns.items()}


ROW = typed({"kind": "text", "id": "text", "at": "moment", "batch": "text", **OBSERVATION, "body": "text"})
"""What queries filter or fold by has a column of its own; everything else of a record is JSON in `body`."""

KINDS: Mapping[type[Any], str] = {
    Document: "document",
    Observation: "observation",
    Reading: "reading",
    Retraction: "retraction",
    RetractionWithdrawal: "retraction_withdrawal",
    Deletion: "deletion",
    Restoration: "restoration",
    Ruling: "ruling",
    RulingWithdrawal: "ruling_withdrawal",
    Judgement: "judgement",
    JudgementWithdrawal: "judgement_withdrawal",
    Preference: "preference",
    SetAside: "set_aside",
    Settled: "settled",
    Reopening: "reopening",
    BatchReport: "report",
    Expense: "expense",
    SourceFile: "source_file",
}


SILENT = ("set_aside", "settled", "reopening", "report", "expense", "source_file")
"""Kinds that say nothing about the graph."""

SWEEPING = ("preference",)
"""Kinds that can change any fact."""


@lru_cache(maxsize=1)
def _adapters() -> Mapping[type[Any], TypeAdapter[Any]]:
    return {kind: TypeAdapter(kind) for kind in KINDS if kind is not Observation}


def to_frame(batch: BatchId, records: Iterable[Recorded[Any]]) -> pl.DataFrame:
    """The rows of a batch."""
    rows = [{"batch": batch, "kind": KINDS[type(r.record)], "at": r.at, **_cells(r.record)} for r in records]
    return pl.DataFrame(rows, schema=ROW, orient="row")


def from_table(batch: BatchId, observations: Table) -> pl.DataFrame:
    """The rows of a batch whose observations come as a table; columns it lacks are null, or empty where an observation needs them."""
    given = pl.DataFrame(observations)
    known = {"kind": KINDS[Observation], "batch": batch, **{name: unsaid for name, unsaid in UNSAID.items() if ROW[name] == pl.String}}
    return given.select(
        pl.col(name).cast(kind) if name in given.columns else pl.lit(known.get(name), dtype=kind).alias(name) for name, kind in ROW.items()
    )


def from_frame(kind: type[Any], frame: pl.DataFrame) -> Iterator[Recorded[Any]]:
    """The records of one kind that rows hold."""
    if kind is Observation:
        for row in frame.iter_rows(named=True):
            yield Recorded(Observation.of(row), row["at"])
        return
    adapter = _adapters()[kind]
    for row in frame.select("body", "at").iter_rows(named=True):
        yield Recorded(adapter.validate_json(row["body"]), row["at"])


def record_kinds() -> Iterator[tuple[type[Any], str]]:
    """Kinds of record besides observations that bear on the graph."""
    return ((kind, name) for kind, name in KINDS.items() if kind is not Observation and name not in SILENT)


def without_text(revision: str, body: str) -> str:
    """The body of a document for the index: what its edition needs."""
    told = json.loads(body)
    kept = ("id", "title", "published", "source", "journal", "publication_types")
    return json.dumps({"revision": revision, **{name: told[name] for name in kept}}, ensure_ascii=False)


def whole_text(body: str) -> str:
    """Title and passages from the body of a document."""
    told = json.loads(body)
    return "\n".join([told["title"], *(passage["text"] for passage in told["passages"])])


def record_from(kind: type[Any], body: str, at: datetime) -> Recorded[Any]:
    """A record of another kind than Observation from its body."""
    return Recorded(_adapters()[kind].validate_json(body), at)


def editions(rows: pl.DataFrame) -> Iterator[Recorded[Edition]]:
    """Documents without their text, from rows with `revision`, `body` and `at`; the text is not looked at."""
    for revision, body, at in rows.select("revision", "body", "at").iter_rows():
        told = json.loads(body)
        yield Recorded(edition_from(revision, told), at)


def edition_from(revision: str, told: Mapping[str, Any]) -> Edition:
    """An edition from the fields of a document's body."""
    published = told["published"]
    return Edition(
        id=DocumentId(told["id"]),
        revision=Revision.parse(revision),
        title=told["title"],
        published=_published(published["first"], published["last"], published["precision"]) if published else None,
        source=told["source"],
        journal=told["journal"],
        publication_types=tuple(told["publication_types"]),
    )


@lru_cache(maxsize=1 << 14)
def _published(first: str, last: str, precision: str) -> PartialDate:
    return PartialDate(date.fromisoformat(first), date.fromisoformat(last), Precision(precision))


def record_id(record: Any) -> str:
    """The identity of a record: for a document its id and revision."""
    return stable_id(record.id, str(record.revision)) if isinstance(record, Document) else str(record.id)


def _cells(record: Any) -> dict[str, object]:
    if isinstance(record, Observation):
        return record.cells()
    body = _adapters()[type(record)].dump_json(record).decode()
    if isinstance(record, Document):
        return {"id": record_id(record), "document": record.id, "revision": str(record.revision), "body": body}
    cells: dict[str, object] = {"id": record.id, "document": getattr(record, "document", None), "body": body}
    if isinstance(record, Reading):
        cells |= {"revision": str(record.revision), "reader": record.reader.name}
    if hasattr(record, "ends"):
        cells |= {"head": record.ends[0], "tail": record.ends[1]}
    if isinstance(record, Judgement | JudgementWithdrawal):
        cells |= {"head": provisional_key(record.type, record.name)}
    return cells


def first_moment(frames: pl.LazyFrame) -> pl.LazyFrame:
    """Each identity once, with its first moment: what was recorded again adds nothing."""
    return frames.sort("at", "batch").unique("id", keep="first", maintain_order=True)


def column_of(values: Collection[str]) -> pl.Series:
    """Values for `is_in`."""
    return pl.Series(sorted(values), dtype=pl.String).implode()


def first_commit(description: str, habits: Mapping[str, str]) -> bytes:
    """The one file of a table without rows; `habits` are settings of the table."""
    with TemporaryDirectory(prefix="chronokg-") as folder:
        pl.DataFrame(schema=ROW).write_delta(folder, delta_write_options={"description": description, "configuration": dict(habits)})
        (commit,) = Path(folder, "_delta_log").glob("*.json")
        return commit.read_bytes()
