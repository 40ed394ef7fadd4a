"""The evidence log on Delta Lake: append-only, each batch exactly once; the only file that imports Delta Lake."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from errno import ENOSPC
from functools import partial
from pathlib import Path
from shutil import disk_usage
from sqlite3 import Connection
from threading import Lock
from typing import Any, TypeVar

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from graph_store.log.indexed_log import IndexedLog
from graph_store.log.log_index import LogIndex
from graph_store.log.log_rows import ROW, column_of, from_table, to_frame
from schema.columns import Table
from schema.errors import LogTooNew, StoreFailed, plain_reason
from schema.ids import BatchId
from schema.records import LOG_FORMAT, Record, Recorded

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_FAR_BEHIND = 300_000
"""Rows that the index lacks from which it is not used for what can be read without it."""

_DESCRIPTION = "ChronoKG evidence log, format {}"
_FILE_BYTES = 4_000_000
"""Files of this size are left as they are: else every compaction would write the whole log again."""

PACKED = 2
"""How many times smaller rows may lie in a file than in memory."""

ROOM = 100_000
"""Bytes that a commit takes besides."""

_COMPACT_EVERY = 64
"""Commits after which small files are put together, so that many small batches do not slow down reading."""


class DeltaEvidenceLog(IndexedLog):
    """The log of one home. Raises StoreFailed where the table cannot be read or written, LogTooNew for a newer format."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._index: LogIndex | None = None
        self._opening = Lock()
        self._told(self._table)
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
                    self._check_room(frame)
                    self._raise_format(table)
                    frame.write_delta(table, mode="append", delta_write_options={"commit_properties": commit})
                    self._compact(table)
        except (DeltaError, OSError) as cause:
            raise StoreFailed(f"the evidence log could not be written: {plain_reason(cause)}") from cause
        return True

    def close(self) -> None:
        """Let go of the index; it is opened again when it is needed."""
        with self._opening:
            if self._index is not None:
                self._index.close()
                self._index = None

    def _asked(self, ask: Callable[[Connection], T]) -> T:
        index = self._followed()
        with index.reading() as connection:
            return ask(connection)

    def _has_index(self) -> bool:
        return Path(f"{self._path}-index.sqlite").exists() and self._behind()[0] < _FAR_BEHIND

    def _followed(self) -> LogIndex:
        index = self._opened_index()
        behind, everything = self._behind()
        if behind or index.version < 0:
            table = self._told(lambda: DeltaTable(self._path))
            index.follow(table.version(), partial(self._news, table), anew=behind >= _FAR_BEHIND and 3 * behind > everything)
        return index

    def _opened_index(self) -> LogIndex:
        with self._opening:
            if self._index is None:
                identity = self._told(lambda: str(DeltaTable(self._path, without_files=True).metadata().id))
                self._index = LogIndex(Path(f"{self._path}-index.sqlite"), identity)
            return self._index

    def _behind(self) -> tuple[int, int]:
        """How many rows the index has not seen, about, and how many there are."""
        version = self._opened_index().version
        # A commit is one file, named by its version: looking for the next is cheaper than opening the table.
        if version >= 0 and not Path(self._path, "_delta_log", f"{version + 1:020}.json").exists():
            return 0, 0
        before = self._files(version) if version >= 0 else {}
        now = self._files(None)
        return max(1, sum(rows for file, rows in now.items() if file not in before)), sum(now.values())

    def _files(self, version: int | None) -> dict[str, int]:
        """The files of a version, with the number of their rows."""
        actions = self._told(lambda: pl.DataFrame(DeltaTable(self._path, version=version).get_add_actions(flatten=True)))
        return dict(actions.select("path", pl.col("num_records").fill_null(0)).iter_rows())

    def _news(self, table: DeltaTable, have: int, known: Collection[str]) -> Iterator[pl.DataFrame]:
        before = self._files(have) if have >= 0 else {}
        for file in sorted(self._files(table.version()).keys() - before):
            # Files that compaction wrote hold batches that are known.
            yield self._collect(self._in_files([file]).filter(~pl.col("batch").is_in(column_of(known))))

    def _told(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (DeltaError, OSError) as cause:
            raise StoreFailed(f"the evidence log could not be read: {plain_reason(cause)}") from cause

    def _scan(self) -> pl.LazyFrame:
        return self._in_files(sorted(self._files(None)))

    def _in_files(self, files: Sequence[str]) -> pl.LazyFrame:
        # By their names in the folder: a table's own addresses are escaped as in URLs, and not found where the path has a space.
        if not files:
            return pl.LazyFrame(schema=ROW)
        return pl.scan_parquet(
            [Path(self._path, file) for file in files], schema=ROW, glob=False, missing_columns="insert", extra_columns="ignore"
        )

    def _collect(self, rows: pl.LazyFrame) -> pl.DataFrame:
        try:
            return rows.collect()
        except (DeltaError, OSError, pl.exceptions.PolarsError) as cause:
            raise StoreFailed(f"the evidence log could not be read: {plain_reason(cause)}") from cause

    def _table(self) -> DeltaTable:
        try:
            return DeltaTable(self._path)
        except TableNotFoundError:
            described = {"description": _DESCRIPTION.format(LOG_FORMAT)}
            with suppress(CommitFailedError):  # another process made it meanwhile
                pl.DataFrame(schema=ROW).write_delta(self._path, mode="ignore", delta_write_options=described)
            return DeltaTable(self._path)

    def _check_format(self) -> None:
        try:
            found = _format_of(DeltaTable(self._path, without_files=True))
        except DeltaError as cause:
            raise StoreFailed(f"the evidence log could not be opened: {plain_reason(cause)}") from cause
        if found > LOG_FORMAT:
            raise LogTooNew(f"the evidence log has format {found}, and this version of ChronoKG reads up to {LOG_FORMAT}: upgrade ChronoKG")

    def _raise_format(self, table: DeltaTable) -> None:
        # An older version, which would read what comes in now as something else, refuses the log from here on.
        if _format_of(table) < LOG_FORMAT:
            table.alter.set_table_description(_DESCRIPTION.format(LOG_FORMAT))

    def _check_room(self, frame: pl.DataFrame) -> None:
        # On a full disk Delta Lake's own threads would write to the terminal before it fails.
        free = disk_usage(self._path).free
        if free < frame.estimated_size() // PACKED + ROOM:
            raise OSError(ENOSPC, "No space left on device", self._path)

    def _compact(self, table: DeltaTable) -> None:
        if table.version() % _COMPACT_EVERY == 0:
            try:
                DeltaTable(self._path).optimize.compact(target_size=_FILE_BYTES)
            except CommitFailedError:
                return  # another process was faster; reading works all the same


def _format_of(table: DeltaTable) -> int:
    described = table.metadata().description or ""
    found = re.fullmatch(_DESCRIPTION.format(r"(\d+)"), described)
    if found is None:
        raise StoreFailed(f"what lies where the evidence log should be is another table ({described!r})")
    return int(found[1])
