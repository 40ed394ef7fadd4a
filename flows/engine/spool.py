"""Where documents of one run wait between their files and a reader: on disk, so that any number of them takes no memory."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from filelock import FileLock, Timeout
from pydantic import TypeAdapter

from pipeline.intake.batches import day_of
from schema.document import Document
from schema.errors import StoreFailed, plain_reason

_documents = TypeAdapter(Document)

_TABLES = (
    "CREATE TABLE spool (day TEXT, id TEXT, revision TEXT, body BLOB, unused TEXT, PRIMARY KEY (day, id, revision)) WITHOUT ROWID",
    "CREATE TABLE batch (number INTEGER, day TEXT, id TEXT, revision TEXT, PRIMARY KEY (number, day, id, revision)) WITHOUT ROWID",
)
_CHANGES_IN_MEMORY = 10_000
"""Documents after which what was added goes to the disk."""


class Batches:
    """The batches of a spool, for who reads them: any process that can open its file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with self._told():
            self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)

    def batch(self, number: int) -> list[Document]:
        """The documents of a batch, oldest first."""
        ask = "SELECT body, unused FROM batch JOIN spool USING (day, id, revision) WHERE number = ? ORDER BY day, id, revision"
        return list(self._restored(ask, number))

    def shared_out(self) -> int:
        """How many documents are in batches."""
        return int(self._db.execute("SELECT count(*) FROM batch").fetchone()[0])

    def _restored(self, statement: str, *values: object) -> Iterator[Document]:
        for body, unused in self._run(statement, values):
            yield replace(_documents.validate_json(body), unused=json.loads(unused))

    def _run(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        with self._told():
            return self._db.execute(statement, values)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the disk refuses is a failure of the home, in words."""
        try:
            yield
        except (sqlite3.Error, OSError) as cause:
            raise StoreFailed(f"{self.file}, where documents wait to be read: {plain_reason(cause)}") from cause

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()


class Spool(Batches):
    """Dated documents in a file of one run, each revision once. It goes when the spool closes; nothing in it is ever the only copy."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where runs keep such files; those of runs that were killed are removed. Raises StoreFailed, as all of this does."""
        self.file = folder / f"{uuid4().hex}.sqlite"
        self._lock = FileLock(self.file.with_suffix(".lock"))
        with self._told():
            folder.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
            self._lock.acquire()
        super().__init__(self.file)
        for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", *_TABLES, "BEGIN"):
            self._run(statement)
        self._added = 0

    def add(self, document: Document) -> bool:
        """Keep a dated document; False where this very revision is in already."""
        unused = json.dumps(dict(document.unused))  # not in the body: it is no part of what the document says
        row = (day_of(document).isoformat(), document.id, str(document.revision), _documents.dump_json(document), unused)
        self._added += 1
        if self._added % _CHANGES_IN_MEMORY == 0:
            self._run("COMMIT")
            self._run("BEGIN")
        return self._run("INSERT OR IGNORE INTO spool VALUES (?, ?, ?, ?, ?)", row).rowcount == 1

    def size(self) -> int:
        """How many there are."""
        return int(self._run("SELECT count(*) FROM spool").fetchone()[0])

    def documents(self) -> Iterator[Document]:
        """All, oldest first."""
        yield from self._restored("SELECT body, unused FROM spool ORDER BY day, id, revision")

    def share_out(self, wanted: Callable[[Iterable[Document]], Iterable[Document]], size: int) -> int:
        """Number the batches of what is `wanted` of all documents, oldest first, so many documents in each; returns how many batches."""
        chosen = iter(wanted(self.documents()))
        number = 0
        while some := list(islice(chosen, size)):
            rows = ((number, day_of(each).isoformat(), each.id, str(each.revision)) for each in some)
            with self._told():
                self._db.executemany("INSERT INTO batch VALUES (?, ?, ?, ?)", rows)
            number += 1
        self._run("COMMIT")  # other processes may read it now
        self._run("BEGIN")
        return number

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        super().__exit__(kind, error, trace)
        self.file.unlink(missing_ok=True)
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what runs left behind that were killed: their locks are free."""
    for left in folder.glob("*.lock"):
        with suppress(Timeout), FileLock(left).acquire(timeout=0):
            left.with_suffix(".sqlite").unlink(missing_ok=True)
            left.unlink(missing_ok=True)
