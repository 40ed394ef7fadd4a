"""The evidence log on Delta Lake: append-only, each batch exactly once; the only file that imports Delta Lake."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from threading import Lock
from typing import Any, TypeVar

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from graph_store.folders.places import Place, failure_at, folder_at, is_url
from graph_store.log import index_file, log_files
from graph_store.log.indexed_log import IndexedLog
from graph_store.log.log_format import description_of, format_of, require_readable
from graph_store.log.log_index import LogIndex
from graph_store.log.log_parts import part_of, parts_of
from graph_store.log.log_rows import ROW, column_of, first_commit, from_table, to_frame
from schema.columns import Table
from schema.errors import LogDamaged, WrongUse, plain_reason
from schema.ids import BatchId
from schema.ports import LogVersion
from schema.records import LOG_FORMAT, Record, Recorded

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_FAR_BEHIND = 300_000
"""Rows that the index lacks from which it is not used for what can be read without it."""

_FILE_BYTES = 4_000_000
"""Files of this size are left as they are: else every compaction would write the whole log again."""

_COMPACT_EVERY = 64
"""Commits after which small files are put together, so that many small batches do not slow down reading."""


class DeltaEvidenceLog(IndexedLog):
    """The log of one home.

    Raises StoreFailed where the table cannot be read or written, LogDamaged naming the files that are missing or torn, LogTooNew for a
    newer format.
    """

    def __init__(
        self, place: Place, *, index: Path | None = None, reads_only: bool = False, tell: Callable[[str], None] = lambda remark: None
    ) -> None:
        """Open it, or make it where there is none: in a folder, with the index beside it, or in an object store, with the index here.

        Who `reads_only` makes and changes nothing, the index neither; `tell` hears remarks.
        """
        if index is None and is_url(place):
            raise WrongUse(f"the log in {place} needs an index on this machine")
        self._files, self._path = folder_at(place), str(place)
        self._index_at = index or Path(f"{place}-index.sqlite")
        self._hash = (-1, "")
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
            retry=retry_if_exception(self._may_pass),
            reraise=True,
        )
        try:
            for attempt in attempts:
                with attempt:
                    self._files.require_creation()
                    # Looking and writing go through one snapshot: whoever commits this batch in between makes our commit fail.
                    table = self._table()
                    if table.transaction_version(batch) is not None:
                        return False
                    log_files.require_room(self._files, int(frame.estimated_size()))
                    self._raise_format(table)
                    frame.write_delta(table, mode="append", delta_write_options={"commit_properties": commit})
                    if table.version() % _COMPACT_EVERY == 0:
                        self._put_together()
        except (DeltaError, OSError) as cause:
            reason = self._files.refusal(cause) or plain_reason(cause)
            raise failure_at(self._files, cause)(f"the evidence log in {self._path} could not be written: {reason}") from cause
        return True

    def _may_pass(self, cause: BaseException) -> bool:
        return isinstance(cause, CommitFailedError) or (isinstance(cause, DeltaError) and self._files.refusal(cause) is None)

    def close(self) -> None:
        """Let go of the index; it is opened again when it is needed."""
        with self._opening:
            if self._index is not None:
                self._index.close()
                self._index = None

    def version(self) -> LogVersion:
        """A commit is one file, named by its version: looking for the next is cheaper than opening the table."""
        return self._told(self._version)

    def _version(self) -> LogVersion:
        number, commit = self._number, self._hash  # of a version that there is
        while self._files.has(log_files.commit_name(number + 1)):
            self._number = number = number + 1
        if commit[0] != number:
            self._hash = commit = (number, log_files.commit_hash(self._files, number))
        return LogVersion(self._identity, *commit)

    def committed(self) -> datetime | None:
        """When the last batch was recorded, by the clock of who did (UTC); None where nothing is, or its commit does not tell."""
        return log_files.last_batch_at(self._files, self.version().number)

    def unseen_commits(self) -> int:
        """How many commits the index beside the log has not seen; it is not brought along for that."""
        return max(0, self.version().number - self._opened_index().followed.number)

    def contains(self, version: LogVersion) -> bool:
        """Whether the commit lies here with the same hash; one whose file has been cleaned away is not known any more."""
        if version.log != self._identity:
            return False
        return version.number < 0 or self._told(lambda: log_files.commit_hash(self._files, version.number)) == version.commit != ""

    def recorded_since(self, version: LogVersion) -> set[BatchId]:
        """The batches that came in after that state."""
        first = version.number + 1 if version.log == self._identity else 0
        return self._told(lambda: log_files.batches_in(self._files, first, self.version().number))

    def parts(self, version: LogVersion) -> list[str]:
        """The names of all files in the log's folder that a version needs, in the order in which they are to be copied."""
        if version.number < 0:
            return []
        rows = self._rows_by_file(version.number)
        return self._told(lambda: parts_of(self._files, version.number, list(rows)))

    def part(self, name: str) -> Path | bytes:
        """One of them: where it lies, or what it holds where that is no disk."""
        return self._told(lambda: part_of(self._files, name))

    def _asked(self, ask: Callable[[Connection], T]) -> T:
        with self._followed().reading() as connection:
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
            table = self._told(lambda: self._opened(to.number))
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
        before = self._rows_by_file(number) if number >= 0 else {}
        now = self._rows_by_file(None)
        return max(1, sum(rows for file, rows in now.items() if file not in before)), sum(now.values())

    def _rows_by_file(self, version: int | None) -> dict[str, int]:
        """The files of a version, with the number of their rows."""
        if self._number < 0:
            return {}
        actions = self._told(lambda: _actions(self._opened(version)))
        return dict(actions.select("path", pl.col("num_records").fill_null(0)).iter_rows())

    def _news(self, table: DeltaTable, have: int, known: Collection[str]) -> Iterator[pl.DataFrame]:
        before = self._rows_by_file(have) if have >= 0 else {}
        for file in sorted(self._rows_by_file(table.version()).keys() - before):
            # Files that compaction wrote hold batches that are known.
            yield self._collect(self._in_files([file]).filter(~pl.col("batch").is_in(column_of(known))))

    def _told(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (DeltaError, OSError, pl.exceptions.PolarsError) as cause:
            refusal = self._files.refusal(cause)
            if refusal is None:
                with suppress(OSError):
                    log_files.torn_among(self._files)
            raise failure_at(self._files, cause)(
                f"the evidence log in {self._path} could not be read: {refusal or plain_reason(cause)}"
            ) from cause

    def _scan(self) -> pl.LazyFrame:
        return self._in_files(sorted(self._rows_by_file(None)))

    def _in_files(self, files: Sequence[str]) -> pl.LazyFrame:
        if not files:
            return pl.LazyFrame(schema=ROW)
        found: Any = [self._files.address(file) for file in files]
        how: Any = self._files.scanning
        return pl.scan_parquet(found, schema=ROW, glob=False, missing_columns="insert", extra_columns="ignore", **how)

    def _collect(self, rows: pl.LazyFrame) -> pl.DataFrame:
        return self._told(rows.collect)

    def _opened(self, version: int | None = None) -> DeltaTable:
        return DeltaTable(self._path, version=version, storage_options=self._files.options)

    def _table(self) -> DeltaTable:
        try:
            return self._opened()
        except TableNotFoundError:
            # Of several that make one at once the first gives it its identity.
            self._files.create(log_files.commit_name(0), first_commit(description_of(LOG_FORMAT), self._files.habits))
            return self._opened()

    def _open(self) -> tuple[str, int]:
        """The identity of the log, and a version of it that there is; none where there is no log and we make none."""
        if self._told(lambda: log_files.last_commit(self._files)) < 0:
            self._told(lambda: log_files.require_no_rows(self._files))
            if self._reads_only:
                return "", -1
            if self._index_at.exists():
                raise LogDamaged(
                    f"the evidence log {self._path} is gone, and its index is there: restore the folder from a backup,"
                    f" or remove {self._index_at} to begin a new log"
                )
        table = self._told(self._table)
        require_readable(table.metadata().description)
        self._told(lambda: log_files.require_files(self._files, dict(_actions(table).select("path", "size_bytes").iter_rows())))
        return str(table.metadata().id), table.version()

    def _raise_format(self, table: DeltaTable) -> None:
        # An older version, which would read what comes in now as something else, refuses the log from here on.
        if format_of(table.metadata().description) < LOG_FORMAT:
            table.alter.set_table_description(description_of(LOG_FORMAT))

    def compact(self, kept_days: int) -> tuple[int, int, int]:
        """Put small files of rows together, and remove those that no state of the last days names.

        Returns how many files there were, there are, and were removed. Whoever writes goes on.
        """
        before = len(self._rows_by_file(None))
        self._put_together()
        removed = self._told(lambda: self._opened().vacuum(24 * kept_days, dry_run=False))
        return before, len(self._rows_by_file(None)), len(removed)

    def _put_together(self) -> None:
        with suppress(CommitFailedError):  # another process was faster; reading works all the same
            self._told(self._opened).optimize.compact(target_size=_FILE_BYTES)


def _actions(table: DeltaTable) -> pl.DataFrame:
    return pl.DataFrame(table.get_add_actions(flatten=True))
