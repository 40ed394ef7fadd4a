"""Files of ours: one comes to be whole or not at all, and is checked when it is read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from schema.errors import WrongUse


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to, which takes its place on disk when all is written, and goes where that fails.

    Any number of processes may write one file at once: the last one wins, and none sees half of it. Raises WrongUse for a folder.
    """
    if path.is_dir():
        raise WrongUse(f"{path} is a folder, and a file is to be written there")
    fresh = path.with_name(f".{path.name[:60]}.{uuid4().hex}")
    try:
        yield fresh
        with fresh.open("rb+") as written:
            os.fsync(written.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


LARGEST = 4_000_000
"""Bytes of a file that is looked at; those that ChronoKG writes have some tens of thousands."""

Kept = TypeVar("Kept", bound=BaseModel)


def read_kept(path: Path, kind: type[Kept], called: str) -> Kept:
    """What a file holds; raises WrongUse naming file, key (or `called`, for the whole) and rule."""
    try:
        if path.stat().st_size > LARGEST:
            raise WrongUse(f"{path}: has more than {LARGEST} bytes, which {called} never has")
        return kind.model_validate_json(path.read_bytes())
    except OSError as cause:
        raise WrongUse(f"{path}: {cause.strerror or cause}") from cause
    except ValidationError as cause:
        first = cause.errors(include_url=False, include_input=False)[0]
        raise WrongUse(f"{path}: {'.'.join(map(str, first['loc'])) or called}: {first['msg']}") from cause
