"""Where numbered files lie: a folder or a web server; an object store is the third such place."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from flows.fetching.http_client import Web, shown_address
from pipeline.sources.index_pages import files_on_page
from schema.errors import SourceUnavailable, os_error_in_words
from schema.ports import ListedFile

_PIECE = 1 << 20
MOST_OF_NOTE = 10_000
"""Bytes of a small file that is read as text."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file on this machine."""

    path: Path
    md5: str  # hexadecimal
    is_copy: bool


class FilePlace(Protocol):
    """Files side by side. Raises SourceUnavailable where it cannot be had."""

    root: str  # by which names of its files begin, for a person

    def entries(self) -> list[ListedFile]:
        """All files there."""

    def text(self, name: str) -> str:
        """A small file."""

    def fetch(self, name: str, folder: Path) -> Fetched:
        """A file, fetched into `folder` unless it is on this machine."""

    def close(self) -> None:
        """Let go of connections."""


class FolderPlace:
    """A folder of this machine: its files are read where they lie."""

    def __init__(self, folder: Path) -> None:
        self.root = f"{folder}/"
        self._folder = folder

    def entries(self) -> list[ListedFile]:
        """All files there."""
        try:
            return [local_file(path, path.name) for path in sorted(self._folder.iterdir()) if path.is_file()]
        except OSError as cause:
            raise SourceUnavailable(os_error_in_words(cause, self._folder)) from cause

    def text(self, name: str) -> str:
        """A small file."""
        try:
            with (self._folder / name).open("rb") as file:
                return file.read(MOST_OF_NOTE).decode("utf-8", "replace")
        except OSError as cause:
            raise SourceUnavailable(os_error_in_words(cause)) from cause

    def fetch(self, name: str, folder: Path) -> Fetched:
        """The file itself."""
        del folder
        try:
            return Fetched(self._folder / name, md5_of(self._folder / name), is_copy=False)
        except OSError as cause:
            raise SourceUnavailable(os_error_in_words(cause)) from cause

    def close(self) -> None:
        """Nothing to let go of."""


class WebPlace:
    """A folder that a web server lists on a page."""

    def __init__(self, url: str, web: Web) -> None:
        self.root = url if url.endswith("/") else f"{url}/"
        self._web = web

    def entries(self) -> list[ListedFile]:
        """All files there."""
        place = shown_address(self.root)
        return self._web.ask(self.root, lambda content: files_on_page(content.decode("utf-8", "replace"), place))

    def text(self, name: str) -> str:
        """A small file."""
        return self._web.ask(self.root + quote(name), lambda content: content[:MOST_OF_NOTE].decode("utf-8", "replace"))

    def fetch(self, name: str, folder: Path) -> Fetched:
        """The file, fetched."""
        to = folder / name
        return Fetched(to, self._web.download(self.root + quote(name), to), is_copy=True)

    def close(self) -> None:
        """Let go of connections."""
        self._web.close()


def local_file(path: Path, name: str) -> ListedFile:
    """A file of this machine as a listing has it; its stamp changes with its size and its time."""
    told = path.stat()
    modified = datetime.fromtimestamp(told.st_mtime, UTC)
    return ListedFile(name, str(path), size=told.st_size, stamp=f"{told.st_size} {told.st_mtime_ns}", modified=modified)


def md5_of(path: Path) -> str:
    """The MD5 of a file, in hexadecimal."""
    digest = md5(usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
