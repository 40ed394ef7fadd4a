"""States of a log for many readers at once: each sees the log as it was at one moment, whatever comes in meanwhile."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from sqlite3 import Connection
from sqlite3 import Error as SqliteError
from threading import Lock
from typing import Any, TypeVar

from graph_store.log import index_file, names_in_log
from graph_store.log.delta_log import DeltaEvidenceLog
from schema.columns import Table
from schema.entity_names import NameForms
from schema.errors import StoreBusy, StoreFailed
from schema.ids import BatchId
from schema.ports import LogVersion
from schema.records import Recorded

T = TypeVar("T")

_TRIES = 20
"""Attempts to find the index at a moment at which all names in it have their forms: another process adds these right after the names."""

_KEPT = 64
"""Connections that are kept for the next reader."""

_CACHE_KB = 8_192
"""Of one connection; what it reads is mapped into memory besides, and that memory is shared."""


class LogSnapshot(DeltaEvidenceLog):
    """A log as it was when the index's transaction began; for one thread at a time, and never added to."""

    def __init__(self, log: DeltaEvidenceLog, index: Connection) -> None:
        # Nothing is opened: the log says where its files lie, and the index how far it goes.
        self._files, self._path, self._index_at, self._identity = log._files, log._path, log._index_at, log._identity
        self._tell, self._opening, self._index = log._tell, Lock(), None
        self._reads_only = True
        self._seen = index_file.followed_by(index)
        self._number, self._hash = self._seen.number, (self._seen.number, self._seen.commit)
        self._connection, self._stopping = index, Lock()
        self._is_stopped = self._is_over = False

    def stop(self) -> None:
        """Let whoever reads it fail at once with StoreBusy; from any thread. Nothing where it is over."""
        with self._stopping:
            self._is_stopped = True
            if not self._is_over:
                self._connection.interrupt()

    def end(self) -> None:
        """It is over: the connection is for others."""
        with self._stopping:
            self._is_over = True

    def append(self, batch: BatchId, records: Sequence[Recorded[Any]], observations: Table | None = None) -> bool:
        """Raises StoreFailed."""
        raise StoreFailed(f"batch {batch} is not recorded: a snapshot of {self._path} is only read")

    def version(self) -> LogVersion:
        """The version that it is."""
        return self._seen

    def close(self) -> None:
        """Nothing: the connection belongs to whoever took the snapshot."""

    def unseen_commits(self) -> int:
        """None."""
        return 0

    def compact(self, kept_days: int) -> tuple[int, int, int]:
        """Raises StoreFailed."""
        raise StoreFailed(f"files are not put together for {kept_days} days: a snapshot of {self._path} is only read")

    def _asked(self, ask: Callable[[Connection], T]) -> T:
        if self._is_stopped:
            raise StoreBusy("the answer took longer than it may")
        with index_file.index_told(self._index_at):
            return ask(self._connection)

    def _has_index(self) -> bool:
        return True

    def _opened(self, version: int | None = None) -> Any:
        return super()._opened(self._seen.number if version is None else version)


class LogSnapshots:
    """Takes snapshots of a log, for any number of threads, while this process and others add to it.

    Each has a connection and a transaction of its own, so nobody waits for another. Only the index of one's own, which is made where the
    one beside the log may not be changed, has one connection: its readers take turns.
    """

    def __init__(self, log: DeltaEvidenceLog, forms: NameForms, version: str) -> None:
        """`forms` and their `version` are those of names, as `name_index` takes them: what has no forms yet gets them first."""
        self._log, self._forms, self._version = log, forms, version
        self._free: list[tuple[Connection, tuple[int, int]]] = []
        self._alone = Lock()

    @contextmanager
    def taken(self) -> Iterator[LogSnapshot]:
        """The log as its index knows it at this moment; what the index has not seen is not in it.

        Raises StoreFailed where the index cannot be read, StoreBusy where names come in faster than their forms.
        """
        index = self._log._opened_index()
        if index.is_private:
            self._log.name_index(self._forms, self._version)
            with self._log._opened_index().reading() as connection, self._snapshot(connection) as snapshot:
                yield snapshot
            return
        with self._connection() as connection:
            self._begin(connection)
            try:
                with self._snapshot(connection) as snapshot:
                    yield snapshot
            finally:
                with suppress(SqliteError):  # it has ended already where it was interrupted
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the connections that nobody uses."""
        with self._alone:
            free, self._free = self._free, []
        for connection, _ in free:
            connection.close()

    @contextmanager
    def _snapshot(self, connection: Connection) -> Iterator[LogSnapshot]:
        snapshot = LogSnapshot(self._log, connection)
        try:
            yield snapshot
        finally:
            snapshot.end()

    def _begin(self, connection: Connection) -> None:
        for _ in range(_TRIES):
            with index_file.index_told(self._log._index_at):
                connection.execute("BEGIN")
                if names_in_log.is_formed(connection, self._version):
                    return
                connection.execute("ROLLBACK")
            self._log.name_index(self._forms, self._version)
        raise StoreBusy(f"names come into {self._log._index_at} faster than they can be made to be found")

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection to the index that lies beside the log now: another process may have made it anew."""
        place = index_file.identity_of(self._log._index_at)
        with self._alone:
            old = [free for free, of in self._free if of != place]
            same = [(free, of) for free, of in self._free if of == place]
            connection = same.pop()[0] if same else None
            self._free = same
        for each in old:
            each.close()
        if connection is None:
            connection = self._connected()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        with self._alone:
            if place is not None and len(self._free) < _KEPT:
                self._free.append((connection, place))
                return
        connection.close()

    def _connected(self) -> Connection:
        path = self._log._index_at
        for _ in range(2):
            found = index_file.only_read(path, self._log._identity)
            if found is not None:
                found.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
                return found
            self._log.position()  # makes it where there is none
        raise StoreFailed(f"the index of the evidence log, {path}: it cannot be read; it can be deleted, and is then made anew")
