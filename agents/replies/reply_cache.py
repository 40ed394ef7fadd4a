"""Answers already paid for: never asked for twice, and kept in one SQLite file that processes can share and a crash leaves whole."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import nullcontext
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from pydantic import ValidationError

from agents.replies.kept_rounds import rounds_of_one_answer
from schema.errors import StoreFailed, plain_reason
from schema.ports import ReplyCache

T = TypeVar("T")


class CachedAnswers(Generic[T]):
    """Asks for what a cache lacks; of several who want one thing at the same time, one asks and the others wait. Failures are not kept.

    `write` and `read` are an answer's form in the cache; `read` raises ValidationError for an older form, which is asked for again.
    Nothing is put into a cache that is `read_only`.
    """

    def __init__(self, cache: ReplyCache, write: Callable[[T], str], read: Callable[[str], T], *, read_only: bool = False) -> None:
        self._cache, self._write, self._read, self._read_only = cache, write, read, read_only
        self._asked: dict[str, asyncio.Future[str]] = {}

    async def get(self, key: str, ask: Callable[[], Awaitable[T]]) -> T:
        """What the cache has under the key, else what is answered now."""
        if (known := self._known(key)) is not None:
            return known
        if key in self._asked:
            return self._read(await asyncio.shield(self._asked[key]))
        asked = self._asked[key] = asyncio.get_running_loop().create_future()
        asked.add_done_callback(lambda future: future.cancelled() or future.exception())  # nobody else may be waiting
        try:
            with nullcontext() if self._read_only else rounds_of_one_answer(self._cache):
                answer = await ask()
                written = self._write(answer)
                if not self._read_only:
                    self._cache.put(key, written)
        except BaseException as error:
            asked.set_exception(error) if isinstance(error, Exception) else asked.cancel()
            raise
        finally:
            self._asked.pop(key, None)
        asked.set_result(written)
        return answer

    def _known(self, key: str) -> T | None:
        kept = self._cache.get(key)
        try:
            return None if kept is None else self._read(kept)
        except ValidationError:  # of an older form: ask again
            return None


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
            raise StoreFailed(f"reply cache {self._path}: {plain_reason(error)}") from error

    def get(self, key: str) -> str | None:
        """See the port."""
        rows = self._run("SELECT value FROM replies WHERE key = ?", key)
        return str(rows[0][0]) if rows else None

    def put(self, key: str, value: str) -> None:
        """See the port; the first value put under a key stays."""
        self._run("INSERT OR IGNORE INTO replies VALUES (?, ?)", key, value)

    def forget(self, keys: Collection[str]) -> None:
        """See the port."""
        marks = ",".join("?" * len(keys))
        self._run(f"DELETE FROM replies WHERE key IN ({marks})", *keys)  # noqa: S608 - marks only

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    def _run(self, statement: str, *values: str) -> list[tuple[object, ...]]:
        try:
            with self._lock:
                return self._database.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise StoreFailed(f"reply cache {self._path}: {plain_reason(error)}") from error


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
