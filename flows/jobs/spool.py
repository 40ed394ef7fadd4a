"""A temporary file between reading files and reading documents: any number of documents, given back oldest first."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import TypeAdapter

from pipeline.intake.batches import day_of
from schema.document import Document

_documents = TypeAdapter(Document)


class Spool:
    """Dated documents on disk, each revision once. The file goes when the spool closes; nothing in it is ever the only copy."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "spool.sqlite"
        self._path.unlink(missing_ok=True)  # left behind by a process that was killed
        self._db = sqlite3.connect(self._path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("CREATE TABLE spool (day TEXT, id TEXT, revision TEXT, body BLOB, PRIMARY KEY (day, id, revision)) WITHOUT ROWID")
        self._db.execute("BEGIN")

    def add(self, document: Document) -> bool:
        """Keep a dated document; False where this very revision is in already."""
        row = (day_of(document).isoformat(), document.id, str(document.revision), _documents.dump_json(document))
        return self._db.execute("INSERT OR IGNORE INTO spool VALUES (?, ?, ?, ?)", row).rowcount == 1

    def size(self) -> int:
        """How many there are."""
        return int(self._db.execute("SELECT count(*) FROM spool").fetchone()[0])

    def documents(self) -> Iterator[Document]:
        """All, oldest first."""
        for (body,) in self._db.execute("SELECT body FROM spool ORDER BY day, id, revision"):
            yield _documents.validate_json(body)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)
