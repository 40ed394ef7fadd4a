"""Answers already paid for, in one SQLite file that several processes can share and that a crash leaves whole."""

import sqlite3
import time
from pathlib import Path
from threading import Lock

from schema.errors import StoreFailed


class SqliteReplyCache:
    """A ReplyCache in a file. Every `put` is durable once it returns, short of a power cut, which loses at most the last ones."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._lock = Lock()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self._path, timeout=30.0, isolation_level=None, check_same_thread=False)
            _write_ahead(self._database)
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute("CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        except (sqlite3.Error, OSError) as error:
            raise StoreFailed(f"reply cache {self._path}: {error}") from error

    def get(self, key: str) -> str | None:
        """See the port."""
        rows = self._run("SELECT value FROM replies WHERE key = ?", key)
        return str(rows[0][0]) if rows else None

    def put(self, key: str, value: str) -> None:
        """See the port; the first value put under a key stays."""
        self._run("INSERT OR IGNORE INTO replies VALUES (?, ?)", key, value)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    def _run(self, statement: str, *values: str) -> list[tuple[object, ...]]:
        try:
            with self._lock:
                return self._database.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise StoreFailed(f"reply cache {self._path}: {error}") from error


def _write_ahead(database: sqlite3.Connection) -> None:
    # Two processes that open a new file together: SQLite tells one "locked" at once, whatever the time-out.
    for _ in range(100):
        try:
            database.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.05)
        else:
            return
    database.execute("PRAGMA journal_mode=WAL")
