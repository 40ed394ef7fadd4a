"""The evidence log in memory: for tests and small analyses, gone with the process."""

from collections.abc import Callable, Collection, Iterator, Sequence
from sqlite3 import Connection
from typing import Any, TypeVar
from uuid import uuid4

import polars as pl

from graph_store.log.indexed_log import IndexedLog
from graph_store.log.log_index import LogIndex
from graph_store.log.log_rows import ROW, from_table, to_frame
from schema.columns import Table
from schema.ids import BatchId
from schema.ports import LogVersion
from schema.records import Recorded
from tests.graph_store.log.plain_log import came_after, contained, version_of

T = TypeVar("T")


class MemoryEvidenceLog(IndexedLog):
    """Keeps the rows of each batch, and an index that takes them in when it is asked."""

    def __init__(self) -> None:
        self._batches: dict[BatchId, pl.DataFrame] = {}
        self._index: LogIndex | None = None
        self._seen = 0
        self._id = uuid4().hex

    def append(self, batch: BatchId, records: Sequence[Recorded[Any]], observations: Table | None = None) -> bool:
        """Record a batch once."""
        frames = [to_frame(batch, records), *([] if observations is None else [from_table(batch, observations)])]
        rows = pl.concat(frames)
        if rows.is_empty() or batch in self._batches:
            return False
        self._batches[batch] = rows
        return True

    def version(self) -> LogVersion:
        return version_of(self._id, self._batches)

    def recorded_since(self, version: LogVersion) -> set[BatchId]:
        return came_after(version, self._id, self._batches)

    def contains(self, version: LogVersion) -> bool:
        return contained(version, self._id, self._batches)

    def close(self) -> None:
        """Let go of the index; it is made again when it is needed."""
        if self._index is not None:
            self._index.close()
            self._index = None

    def _asked(self, ask: Callable[[Connection], T]) -> T:
        if self._index is None:
            self._index, self._seen = LogIndex(None, self._id), 0
        if self._seen < len(self._batches):
            self._seen = len(self._batches)
            self._index.follow(self.version(), self._news)
        with self._index.reading() as connection:
            return ask(connection)

    def _has_index(self) -> bool:
        return True

    def _scan(self) -> pl.LazyFrame:
        return pl.concat([pl.DataFrame(schema=ROW), *self._batches.values()]).lazy()

    def _news(self, have: int, known: Collection[str]) -> Iterator[pl.DataFrame]:
        yield pl.concat(list(self._batches.values())[have + 1 :])
