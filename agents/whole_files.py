"""The one way in which a file of ours comes to be: whole, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to, which takes its place on disk when all is written, and goes where that fails.

    Any number of processes may write one file at once: the last one wins, and none sees half of it.
    """
    fresh = path.with_name(f".{path.name[:60]}.{uuid4().hex}")
    try:
        yield fresh
        with fresh.open("rb+") as written:
            os.fsync(written.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
