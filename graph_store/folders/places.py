"""Places of folders as people write them, and the folders that lie there."""

from pathlib import Path
from typing import Protocol

from graph_store.folders.local_folder import LocalFolder


class Folder(Protocol):
    """Files by their names. Raises OSError where they cannot be read or written."""

    def sizes(self, within: str = "") -> dict[str, int]:
        """Names of the files that lie in it, or in a folder within, each with its size in bytes; none where there is no such folder."""

    def read(self, name: str) -> bytes | None:
        """What a file holds; None where it is not there."""

    def has(self, name: str) -> bool:
        """Whether a file is there."""

    def create(self, name: str, content: bytes) -> bool:
        """Make a file, whole or not at all; False where it is there already. Of several that try at once one succeeds."""

    def remove(self, name: str) -> None:
        """Remove a file; harmless where it is not there."""


def folder_at(place: Path | str) -> Folder:
    """The folder at a path."""
    return LocalFolder(Path(place))
