"""The evidence log on Delta Lake: append-only, each batch exactly once; the only file that imports Delta Lake."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from errno import ENOSPC
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from threading import Lock
from typing import Any, TypeVar

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from graph_store.folders.places import Place, folder_at, is_url
from graph_store.log import index_file, log_files
from graph_store.log.indexed_log import IndexedLog
from graph_store.log.log_index import LogIndex
from graph_store.log.log_parts import parts_of
from graph_store.log.log_rows import ROW, column_of, first_commit, from_table, to_frame
from schema.columns import Table
from schema.errors import LogDamaged, LogTooNew, StoreFailed, StoreUnavailable, WrongUse, plain_reason
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

    def __init__(
        self,
        place: Place,
        *,
        index: Path | None = None,
        reads_only: bool = False,
        tell: Callable[[str], None] = lambda remark: None,
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
                    self._check_room(frame)
                    self._raise_format(table)
                    frame.write_delta(table, mode="append", delta_write_options={"commit_properties": commit})
                    self._compact(table)
        except (DeltaError, OSError) as cause:
            reason = self._files.refusal(cause) or plain_reason(cause)
            raise self._failure(cause)(f"the evidence log in {self._path} could not be written: {reason}") from cause
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
            number += 1
        self._number = number
        if commit[0] != number:
            self._hash = commit = (number, log_files.commit_hash(self._files, number))
        return LogVersion(self._identity, *commit)

    def contains(self, version: LogVersion) -> bool:
        """Whether the commit lies here with the same hash; one whose file has been cleaned away is not known any more."""
        if version.log != self._identity:
            return False
        return version.number < 0 or self._told(lambda: log_files.commit_hash(self._files, version.number)) == version.commit != ""

    def recorded_since(self, version: LogVersion) -> set[BatchId]:
        """The batches that came in after that state."""
        last = self.version().number
        first = version.number + 1 if version.log == self._identity else 0
        return self._told(lambda: log_files.batches_in(self._files, first, last))

    def parts(self, version: LogVersion) -> list[str]:
        """The names of all files in the log's folder that a version needs, in the order in which they are to be copied."""
        if version.number < 0:
            return []
        rows = self._told(lambda: _actions(self._opened(version.number)))
        return self._told(lambda: parts_of(self._files, version.number, rows["path"].to_list()))

    def part(self, name: str) -> Path | bytes:
        """One of them: where it lies, or what it holds where that is no disk."""
        at = self._files.address(name)
        if isinstance(at, Path):
            return at
        content = self._told(lambda: self._files.read(name))
        if content is None:
            raise LogDamaged(f"the evidence log in {self._path} is damaged: {name} is missing; restore the folder from a backup")
        return content

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
            raise self._failure(cause)(f"the evidence log in {self._path} could not be read: {refusal or plain_reason(cause)}") from cause

    def _failure(self, cause: BaseException) -> type[StoreFailed]:
        return StoreUnavailable if self._files.is_away(cause) else StoreFailed

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
            self._files.create(log_files.commit_name(0), first_commit(_DESCRIPTION.format(LOG_FORMAT), self._files.habits))
            return self._opened()

    def _open(self) -> tuple[str, int]:
        """The identity of the log, and a version of it that there is; none where there is no log and we make none."""
        if self._told(lambda: log_files.last_commit(self._files)) < 0:
            if self._told(lambda: log_files.has_rows(self._files)):
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
        self._told(lambda: log_files.require_files(self._files, dict(_actions(table).select("path", "size_bytes").iter_rows())))
        return str(table.metadata().id), table.version()

    def _raise_format(self, table: DeltaTable) -> None:
        # An older version, which would read what comes in now as something else, refuses the log from here on.
        if _format_of(table) < LOG_FORMAT:
            table.alter.set_table_description(_DESCRIPTION.format(LOG_FORMAT))

    def _check_room(self, frame: pl.DataFrame) -> None:
        # On a full disk Delta Lake's own threads would write to the terminal before it fails.
        free = self._files.free()
        if free is not None and free < frame.estimated_size() // PACKED + ROOM:
            raise OSError(ENOSPC, "No space left on device", self._path)

    def _compact(self, table: DeltaTable) -> None:
        if table.version() % _COMPACT_EVERY == 0:
            try:
                self._opened().optimize.compact(target_size=_FILE_BYTES)
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
