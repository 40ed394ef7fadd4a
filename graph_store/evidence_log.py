"""The evidence log on Delta Lake: append-only, each batch exactly once; the only file that imports Delta Lake."""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from graph_store.log_rows import COLUMNS, KINDS, first_moment, from_frame, from_table, to_frame
from schema.errors import LogTooNew, StoreFailed
from schema.ids import BatchId, DocumentId, EntityKey
from schema.log import LOG_FORMAT, Preference, Reading, Record, Recorded, Ruling
from schema.observation import Entity, Observation
from schema.ports import Naming, Question, Touched
from schema.tables import Table

R = TypeVar("R", bound=Record)

_DESCRIPTION = "ChronoKG evidence log, format {}"
_COMPACT_EVERY = 64
"""Commits after which small files are put together, so that many small batches do not slow down reading."""


class DeltaEvidenceLog:
    """The log of one home. Raises StoreFailed where the table cannot be read or written, LogTooNew for a newer format."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        if self._exists():
            self._check_format()

    def append(self, batch: BatchId, records: Sequence[Recorded[Any]], observations: Table | None = None) -> bool:
        """Record all of a batch or none of it, once: False, and nothing written, where the batch is already in."""
        if not records and observations is None:
            return False
        frame = to_frame(batch, records)
        if observations is not None:
            frame = pl.concat([frame, from_table(batch, observations)])
        commit = CommitProperties(app_transactions=[Transaction(batch, 1)])
        attempts = Retrying(
            stop=stop_after_attempt(8),
            wait=wait_random_exponential(multiplier=0.05, max=2),
            retry=retry_if_exception_type(DeltaError),
            reraise=True,
        )
        try:
            for attempt in attempts:
                with attempt:
                    # Looking and writing go through one snapshot: whoever commits this batch in between makes our commit fail.
                    table = self._table()
                    if table.transaction_version(batch) is not None:
                        return False
                    frame.write_delta(table, mode="append", delta_write_options={"commit_properties": commit})
                    self._compact(table)
        except (DeltaError, OSError) as cause:
            raise StoreFailed(f"the evidence log could not be written: {cause}") from cause
        return True

    def batches(self) -> list[BatchId]:
        """Every batch that is in, each once, in the order of their first moments."""
        if not self._exists():
            return []
        grouped = self._scan().group_by("batch").agg(pl.col("at").min()).sort("at", "batch")
        return [BatchId(batch) for batch in self._collect(grouped)["batch"]]

    def records(self, kind: type[R], documents: Collection[DocumentId] | None = None) -> Iterator[Recorded[R]]:
        """All records of one kind, or those about some documents; each identity once, with its first moment."""
        if not self._exists():
            return
        rows = self._scan().filter(pl.col("kind") == KINDS[kind])
        if documents is not None:
            rows = rows.filter(pl.col("document").is_in(_strings(documents)))
        yield from from_frame(kind, self._collect(first_moment(rows)))

    def observations(self, questions: Collection[Question]) -> Iterator[Recorded[Observation]]:
        """All observations about these questions, perhaps others between the same ends; each identity once."""
        if not self._exists():
            return
        pairs = [q for q in questions if q.relation is None]
        heads = [q for q in questions if q.relation is not None]
        low, high = pl.min_horizontal("head", "tail"), pl.max_horizontal("head", "tail")
        asked = pl.struct(low=low, high=high).is_in(
            pl.Series(
                [{"low": q.ends[0], "high": q.ends[1]} for q in pairs], dtype=pl.Struct({"low": pl.String, "high": pl.String})
            ).implode()
        ) | pl.struct("head", "relation").is_in(
            pl.Series(
                [{"head": q.ends[0], "relation": q.relation} for q in heads], dtype=pl.Struct({"head": pl.String, "relation": pl.String})
            ).implode()
        )
        # The ends are filtered first: a cheap test that leaves few rows for the exact one.
        ends = _strings({end for q in questions for end in q.ends})
        rows = self._scan().filter((pl.col("kind") == KINDS[Observation]) & (pl.col("head").is_in(ends) | pl.col("tail").is_in(ends)))
        yield from from_frame(Observation, self._collect(first_moment(rows.filter(asked))))

    def observations_of(self, keys: Collection[EntityKey]) -> Iterator[Recorded[Observation]]:
        """All observations with one of these entities as an end; each identity once."""
        if not self._exists():
            return
        ends = _strings(keys)
        rows = self._scan().filter((pl.col("kind") == KINDS[Observation]) & (pl.col("head").is_in(ends) | pl.col("tail").is_in(ends)))
        yield from from_frame(Observation, self._collect(first_moment(rows)))

    def read_by(self, reader: str) -> set[tuple[DocumentId, str]]:
        """Document and revision (as text) of everything that this reader has read."""
        if not self._exists():
            return set()
        rows = self._scan().filter((pl.col("kind") == KINDS[Reading]) & (pl.col("reader") == reader))
        return set(self._collect(rows.select("document", "revision").unique()).iter_rows())

    def names(self, keys: Collection[EntityKey] | None = None) -> Iterator[Recorded[Naming]]:
        """Which documents call which entities what; each naming once, with its first moment."""
        if not self._exists():
            return
        rows = self._scan().filter(pl.col("kind") == KINDS[Observation])
        ends = pl.concat([rows.select("document", "at", key=side, type=f"{side}_type", name=f"{side}_name") for side in ("head", "tail")])
        if keys is not None:
            ends = ends.filter(pl.col("key").is_in(_strings(keys)))
        named = ends.group_by("document", "key", "type", "name").agg(pl.col("at").min())
        for document, key, kind, name, at in self._collect(named).iter_rows():
            yield Recorded(Naming(document, Entity(key, kind, name)), at)

    def touched(self, batches: Collection[BatchId]) -> Touched:
        """What these batches say something about."""
        if not self._exists() or not batches:
            return Touched(frozenset())
        rows = self._scan().filter(pl.col("batch").is_in(_strings(batches))).select("kind", "document").unique()
        found = self._collect(rows)
        everything = bool(found["kind"].is_in([KINDS[Preference], KINDS[Ruling]]).any())
        told = found.filter(~pl.col("kind").is_in(["set_aside", "settled", "report"]))["document"].drop_nulls()
        return Touched(frozenset(DocumentId(document) for document in told), everything)

    def close(self) -> None:
        """Nothing is held open between calls."""

    def _scan(self) -> pl.LazyFrame:
        return pl.scan_delta(self._path)

    def _collect(self, rows: pl.LazyFrame) -> pl.DataFrame:
        try:
            return rows.collect()
        except (DeltaError, OSError, pl.exceptions.PolarsError) as cause:
            raise StoreFailed(f"the evidence log could not be read: {cause}") from cause

    def _exists(self) -> bool:
        return DeltaTable.is_deltatable(self._path)

    def _table(self) -> DeltaTable:
        try:
            return DeltaTable(self._path)
        except TableNotFoundError:
            described = {"description": _DESCRIPTION.format(LOG_FORMAT)}
            pl.DataFrame(schema=dict(COLUMNS)).write_delta(self._path, mode="ignore", delta_write_options=described)
            return DeltaTable(self._path)

    def _check_format(self) -> None:
        try:
            described = DeltaTable(self._path, without_files=True).metadata().description or ""
        except DeltaError as cause:
            raise StoreFailed(f"the evidence log could not be opened: {cause}") from cause
        found = re.fullmatch(_DESCRIPTION.format(r"(\d+)"), described)
        if found is None:
            raise StoreFailed(f"what lies where the evidence log should be is another table ({described!r})")
        if int(found[1]) > LOG_FORMAT:
            raise LogTooNew(
                f"the evidence log has format {found[1]}, and this version of ChronoKG reads up to {LOG_FORMAT}: upgrade ChronoKG"
            )

    def _compact(self, table: DeltaTable) -> None:
        if table.version() % _COMPACT_EVERY == 0:
            try:
                DeltaTable(self._path).optimize.compact()
            except CommitFailedError:
                return  # another process was faster; reading works all the same


def _strings(values: Collection[str]) -> pl.Series:
    return pl.Series(sorted(values), dtype=pl.String).implode()
