"""The file of the log's index: opening it as whose index it is, alone or shared, to write or only to read."""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from graph_store.log.index_layout import INDEX_FORMAT, INDEXES, TABLES
from schema.errors import StoreFailed
from schema.ports import LogVersion

_PARTS = ("", "-wal", "-shm")
_PRIVATE = ""
"""To SQLite a database of our own, which goes to the disk where it is large."""


def opened(path: Path | None, log: str) -> sqlite3.Connection:
    """The index of this log, empty where there was none, or another one, or what could not be read; no path: one of our own."""
    if path is None:
        own = connected(None)
        index_identity(own, log)
        return own
    _sweep(path)
    if _is_torn(path):
        remove(path)
    connection = None
    try:
        connection = connected(path)
        if index_identity(connection, log) == (INDEX_FORMAT, log):
            return connection
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        pass  # what lies there is no index of ours, or is damaged: it holds nothing that the log lacks
    if connection is not None:
        connection.close()
    remove(path)
    connection = connected(path)
    index_identity(connection, log)
    return connection


def only_read(path: Path, log: str) -> sqlite3.Connection | None:
    """The index of this log for somebody who must not change it; None where none lies there that can be read."""
    if not path.is_file() or _is_torn(path):
        return None
    connection = None
    try:
        connection = _for_reading(path)
        if _told_identity(connection) == (INDEX_FORMAT, log):
            return connection
    except sqlite3.Error:
        pass
    if connection is not None:
        connection.close()
    return None


def identity_of(path: Path) -> tuple[int, int] | None:
    """Which file lies there: of one that takes the place of another it differs; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _is_torn(path: Path) -> bool:
    """Whether a file is no database of SQLite, or shorter than its header says."""
    if not path.exists() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        header = file.read(_HEADER)
    size, pages = int.from_bytes(header[16:18]), int.from_bytes(header[28:32])
    return not header.startswith(b"SQLite format 3\0") or path.stat().st_size < pages * (size if size > 1 else 65536)


_HEADER = 100


def copied(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of our own."""
    copy = connected(None)
    connection.backup(copy)
    return copy


def connected(path: Path | None) -> sqlite3.Connection:
    """A connection that writes; no path: to an empty database of our own."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path or _PRIVATE, timeout=120.0, isolation_level=None, check_same_thread=False)
    # It can be made anew: what a power failure takes from it is not lost.
    journal = ("journal_mode = WAL", "synchronous = NORMAL") if path else ("journal_mode = OFF", "synchronous = OFF")
    for pragma in (*journal, *_SIZES):
        connection.execute(f"PRAGMA {pragma}")
    return connection


_SIZES = ("cache_size = -131072", "mmap_size = 1073741824", "temp_store = MEMORY")


def _for_reading(path: Path) -> sqlite3.Connection:
    journal = path.with_name(f"{path.name}-wal")
    if not is_writable(path):
        way = "mode=ro&immutable=1"
    elif journal.exists() and journal.stat().st_size:
        way = "mode=ro"  # who may write would bring what the journal holds into the file when closing it
    else:
        way = "mode=rw"  # who may not would leave files behind
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{way}", uri=True, timeout=120.0, isolation_level=None, check_same_thread=False
    )
    for pragma in _SIZES:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def is_writable(path: Path) -> bool:
    """Whether the file and its folder can be written."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def index_identity(connection: sqlite3.Connection, log: str) -> tuple[int, str]:
    """Format and log of an index; a new file becomes one of this log."""
    with transaction(connection):
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'state'").fetchone() is None:
            run(connection, TABLES + INDEXES)
            connection.execute("INSERT INTO state VALUES (?, ?, -1, '')", (INDEX_FORMAT, log))
        return _told_identity(connection)


def _told_identity(connection: sqlite3.Connection) -> tuple[int, str]:
    found: tuple[int, str] = connection.execute("SELECT format, log FROM state").fetchone()
    return found


def followed_by(connection: sqlite3.Connection) -> LogVersion:
    """The version of the log that an index has come to."""
    return LogVersion(*connection.execute("SELECT log, version, hash FROM state").fetchone())


def set_followed(connection: sqlite3.Connection, to: LogVersion) -> None:
    """An index has come to this version."""
    connection.execute("UPDATE state SET version = ?, hash = ?", (to.number, to.commit))


def run(connection: sqlite3.Connection, statements: str) -> None:
    """Statements one after another."""
    for statement in filter(str.strip, statements.split(";")):
        connection.execute(statement)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.OperationalError):  # SQLite has done it itself
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def fresh_file_beside(path: Path) -> Iterator[Path]:
    """A place for a new file that is to take this one's place, for one process at a time; it goes where that did not come to be."""
    fresh = path.with_name(f"{path.name}.{uuid4().hex}")
    with making_lock(path):
        try:
            yield fresh
        finally:
            remove(fresh)


def _sweep(path: Path) -> None:
    """Remove new files that nobody is filling: who was killed could not."""
    left = [each for each in path.parent.glob(f"{path.name}.*") if _FRESH.fullmatch(each.name.removeprefix(path.name))]
    if left:
        with suppress(Timeout), making_lock(path).acquire(timeout=0):
            for each in left:
                each.unlink(missing_ok=True)


_FRESH = re.compile(r"\.[0-9a-f]{32}(-wal|-shm|-journal)?")


def making_lock(path: Path) -> FileLock:
    """The right to make an index, or the log that it is to be of."""
    return FileLock(path.with_name(f"{path.name}.lock"))


def remove(path: Path) -> None:
    """Remove an index with what SQLite keeps beside it."""
    for part in _PARTS:
        path.with_name(path.name + part).unlink(missing_ok=True)


@contextmanager
def index_told(path: Path | None) -> Iterator[None]:
    """SQLite's errors in our words."""
    try:
        yield
    except (sqlite3.Error, OSError) as cause:
        help_with = "; it can be deleted, and is then made anew" if path else ""
        raise StoreFailed(f"the index of the evidence log, {path or 'a temporary file'}: {cause}{help_with}") from cause
