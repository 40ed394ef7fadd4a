"""The evidence log on Delta Lake: append-only, each batch exactly once; the only file that imports Delta Lake."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
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

from graph_store.log import index_file, log_files
from graph_store.log.indexed_log import IndexedLog
from graph_store.log.log_index import LogIndex
from graph_store.log.log_rows import ROW, column_of, from_table, to_frame
from schema.columns import Table
from schema.errors import LogDamaged, LogTooNew, StoreFailed, plain_reason
from schema.ids import BatchId
from schema.ports import LogVersion
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
    """The log of one home.

    Raises StoreFailed where the table cannot be read or written, LogDamaged naming the files that are missing or torn, LogTooNew for a
    newer format.
    """

    def __init__(self, path: Path, *, reads_only: bool = False, tell: Callable[[str], None] = lambda remark: None) -> None:
        """Open it, or make it where there is none. Who `reads_only` makes and changes nothing, the index neither; `tell` hears remarks."""
        self._path = str(path)
        self._files_at, self._index_at = path, Path(f"{path}-index.sqlite")
        self._reads_only, self._tell = reads_only, tell
        self._index: LogIndex | None = None
        self._opening = Lock()
        self._identity, self._number = self._open()

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
            raise StoreFailed(f"the evidence log in {self._path} could not be written: {plain_reason(cause)}") from cause
        return True

    def close(self) -> None:
        """Let go of the index; it is opened again when it is needed."""
        with self._opening:
            if self._index is not None:
                self._index.close()
                self._index = None

    def version(self) -> LogVersion:
        """A commit is one file, named by its version: looking for the next is cheaper than opening the table."""
        number = self._number  # of a version that there is
        while log_files.commit_file(self._files_at, number + 1).exists():
            number += 1
        self._number = number
        return LogVersion(self._identity, number, log_files.commit_hash(self._files_at, number))

    def committed(self) -> datetime | None:
        """When the last batch was recorded, by the clock of who did (UTC); None where nothing is, or its commit does not tell."""
        return log_files.last_batch_at(self._files_at, self.version().number)

    def unseen_commits(self) -> int:
        """How many commits the index beside the log has not seen; it is not brought along for that."""
        return max(0, self.version().number - self._opened_index().followed.number)

    def contains(self, version: LogVersion) -> bool:
        """Whether the commit lies here with the same hash; one whose file has been cleaned away is not known any more."""
        if version.log != self._identity:
            return False
        return version.number < 0 or log_files.commit_hash(self._files_at, version.number) == version.commit != ""

    def _asked(self, ask: Callable[[Connection], T]) -> T:
        index = self._followed()
        with index.reading() as connection:
            return ask(connection)

    def _change(self, make: Callable[[Connection], T]) -> T:
        with self._to_be_changed(self._followed()).reading() as connection:
            return make(connection)

    def _has_index(self) -> bool:
        return self._index_at.exists() and self._behind(self._opened_index())[0] < _FAR_BEHIND

    def _followed(self) -> LogIndex:
        index = self._opened_index()
        behind, everything = self._behind(index)
        if behind:
            index = self._to_be_changed(index)
            to = self.version()
            table = self._told(lambda: DeltaTable(self._path, version=to.number))
            index.follow(to, partial(self._news, table), anew=behind >= _FAR_BEHIND and 3 * behind > everything)
        return index

    def _opened_index(self) -> LogIndex:
        """The index, if what it has seen is what the log has: else an empty one."""
        with self._opening:
            if self._index is not None:
                return self._index
            index = self._index_for_reading() if self._reads_only else LogIndex(self._index_at, self._identity)
            if not self.contains(seen := index.followed):
                then = "is not used" if self._reads_only else "is made anew"
                self._tell(
                    f"the index of the evidence log has seen a commit {seen.number} that is not, or not so, in {self._path}: it {then}"
                )
                index = self._to_be_changed(index, empty=True)
            self._index = index
            return index

    def _index_for_reading(self) -> LogIndex:
        there = index_file.only_read(self._index_at, self._identity)
        return LogIndex(None if there is None else self._index_at, self._identity, there)

    def _to_be_changed(self, index: LogIndex, *, empty: bool = False) -> LogIndex:
        """An index that may be changed: of our own, where we may not change the one beside the log."""
        if not self._reads_only or index.is_private:
            if empty:
                index.forget()
            return index
        copy = LogIndex(None, self._identity, None if empty else index.copied())
        index.close()
        self._index = copy
        return copy

    def _behind(self, index: LogIndex) -> tuple[int, int]:
        """How many rows an index has not seen, about, and how many there are."""
        number = index.followed.number
        if number == self.version().number:
            return 0, 0
        before = self._files(number) if number >= 0 else {}
        now = self._files(None)
        return max(1, sum(rows for file, rows in now.items() if file not in before)), sum(now.values())

    def _files(self, version: int | None) -> dict[str, int]:
        """The files of a version, with the number of their rows."""
        if self._number < 0:
            return {}
        actions = self._told(lambda: _actions(DeltaTable(self._path, version=version)))
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
            log_files.torn_among(self._files_at)
            raise StoreFailed(f"the evidence log in {self._path} could not be read: {plain_reason(cause)}") from cause

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
            raise StoreFailed(f"the evidence log in {self._path} could not be read: {plain_reason(cause)}") from cause

    def _table(self) -> DeltaTable:
        try:
            return DeltaTable(self._path)
        except TableNotFoundError:
            # Of two that make one at once the second would give it another identity.
            self._files_at.parent.mkdir(parents=True, exist_ok=True)
            with index_file.making_lock(self._index_at):
                if log_files.last_commit(self._files_at) < 0:
                    described = {"description": _DESCRIPTION.format(LOG_FORMAT)}
                    pl.DataFrame(schema=ROW).write_delta(self._path, mode="ignore", delta_write_options=described)
            return DeltaTable(self._path)

    def _open(self) -> tuple[str, int]:
        """The identity of the log, and a version of it that there is; none where there is no log and we make none."""
        if log_files.last_commit(self._files_at) < 0:
            if log_files.has_rows(self._files_at):
                raise LogDamaged(f"the evidence log in {self._path} is damaged: its commits are missing; restore the folder from a backup")
            if self._reads_only:
                return "", -1
            if self._index_at.exists():
                raise LogDamaged(
                    f"the evidence log {self._path} is gone, and its index is there: restore the folder from a backup,"
                    f" or remove {self._index_at} to begin a new log"
                )
        table = self._told(self._table)
        if (found := _format_of(table)) > LOG_FORMAT:
            raise LogTooNew(f"the evidence log has format {found}, and this version of ChronoKG reads up to {LOG_FORMAT}: upgrade ChronoKG")
        log_files.require_files(self._files_at, dict(_actions(table).select("path", "size_bytes").iter_rows()))
        return str(table.metadata().id), table.version()

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


def _actions(table: DeltaTable) -> pl.DataFrame:
    return pl.DataFrame(table.get_add_actions(flatten=True))
