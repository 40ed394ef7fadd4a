"""Files made of others at first use, and kept where this system keeps caches."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from platformdirs import user_cache_path

from agents.whole_files import whole_file

MOST_KEPT = 4
"""Files of one kind that stay; of more, those go that were not used for the longest time."""


@contextmanager
def kept(make: Callable[[Path], Path]) -> Iterator[Path]:
    """What `make` makes in a folder: in the cache, or where that cannot be written, in one that lasts as long as the context."""
    try:
        found = make(_cache_folder("adapters"))
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        with TemporaryDirectory(prefix="chronokg-") as place:
            yield make(Path(place))
    else:
        yield found


def made(path: Path, write: Callable[[Path], None]) -> Path:
    """The file, written where it is missing; any number of processes may want it at once, and none sees half of it."""
    if path.is_file():
        os.utime(path)
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as fresh:
        write(fresh)
    _tidy(path)
    return path


def _tidy(path: Path) -> None:
    """Others of its kind that were not used for long go, so that trainings do not fill the disk."""
    others = [each for each in path.parent.glob(f"*{path.suffix}") if each != path]
    for old in sorted(others, key=_used, reverse=True)[MOST_KEPT - 1 :]:
        old.unlink(missing_ok=True)


def _used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process tidied up
        return 0.0


def cache_folder(kind: str) -> Path | None:
    """Where derived files of a kind are kept: under CHRONOKG_CACHE, else where this system keeps caches; None for a user without a home."""
    try:
        return _cache_folder(kind)
    except RuntimeError:
        return None


def _cache_folder(kind: str) -> Path:
    given = os.environ.get("CHRONOKG_CACHE")
    # Expanded here: where a user has no home, the library would make a folder that is called ~.
    root = Path(given) if given else user_cache_path("chronokg", appauthor=False, opinion=False).expanduser()
    return root / kind


def file_hash(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; computed once as long as the file does not change."""
    told = path.stat()
    key = (path, told.st_size, told.st_mtime_ns)
    if key not in _HASHES:
        with path.open("rb") as file:
            _HASHES[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _HASHES[key]


_HASHES: dict[tuple[Path, int, int], str] = {}
