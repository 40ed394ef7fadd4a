"""Places of folders as people write them, and what the folders that lie there can do."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from graph_store.folders.local_folder import LocalFolder
from graph_store.folders.object_folder import ObjectFolder
from schema.errors import StoreFailed, StoreUnavailable, WrongUse

Place = Path | str
"""A path, or s3://BUCKET/PREFIX."""

_URL = re.compile(r"[a-z][a-z0-9+.-]*:/.*", re.IGNORECASE)
_BUCKET_AND_PREFIX = re.compile(r"s3://[a-z0-9][a-z0-9.-]*(/[A-Za-z0-9._-]+)*/?")


class Folder(Protocol):
    """Files by their names, such as "a" or "within/a".

    Raises OSError with a plain reason where they cannot be read or written, and ConnectionError where that is only for now.
    """

    def sizes(self, within: str = "", after: str = "") -> dict[str, int]:
        """Names of the files directly in it, or in a folder within, that come after a name, each with its size in bytes.

        None where there is no such folder.
        """

    def read(self, name: str) -> bytes | None:
        """What a file holds; None where it is not there."""

    def has(self, name: str) -> bool:
        """Whether a file is there."""

    def create(self, name: str, content: bytes) -> bool:
        """Make a file, whole or not at all; False where it is there already. Of several that try at once one succeeds."""

    def replace(self, name: str, content: bytes) -> None:
        """Make a file, whole or not at all, in the place of what may be there."""

    def remove(self, name: str) -> None:
        """Remove a file; harmless where it is not there."""

    def require_creation(self) -> None:
        """Raise OSError where of several that make one file at once more than one could succeed, and so one would be lost."""

    def free(self) -> int | None:
        """How many bytes there is room for; None where nobody counts."""

    def refusal(self, cause: BaseException) -> str | None:
        """Why a library that reads or writes here was refused, and what helps; None where what it says is all that is known."""

    def is_away(self, cause: BaseException) -> bool:
        """Whether that is only for now: what holds the files does not answer."""

    @property
    def options(self) -> dict[str, str]:
        """How Delta Lake is told to reach it."""

    @property
    def habits(self) -> dict[str, str]:
        """What Delta Lake is told once, when a table is made here."""

    @property
    def scanning(self) -> Mapping[str, object]:
        """How polars is told to."""

    def address(self, name: str) -> Path | str:
        """Where a file lies, for polars."""


def failure_at(folder: Folder, cause: BaseException) -> type[StoreFailed]:
    """What to raise where something in a folder was refused for this."""
    return StoreUnavailable if folder.is_away(cause) else StoreFailed


def folder_at(place: Place) -> Folder:
    """The folder at a place. Raises WrongUse for an address that is none."""
    return ObjectFolder(checked_url(place)) if is_url(place) else LocalFolder(Path(place))


def is_url(place: Place) -> bool:
    """Whether a place is no path: Path takes one of two slashes away."""
    return _URL.fullmatch(str(place)) is not None


def checked_url(place: Place) -> str:
    """An address without a slash at its end. Raises WrongUse naming the rule."""
    if not _BUCKET_AND_PREFIX.fullmatch(str(place)):
        raise WrongUse(
            f"{str(place)!r} is no place for a log: it may be a folder or s3://BUCKET/PREFIX, of letters, digits, '.', '_', '-' and '/'"
        )
    return str(place).rstrip("/")


def place_in(place: Place, name: str) -> Place:
    """The place of this name in a place."""
    return f"{checked_url(place)}/{name}" if is_url(place) else Path(place).expanduser() / name
