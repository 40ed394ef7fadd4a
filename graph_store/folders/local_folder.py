"""A folder on a disk."""

import os
from pathlib import Path
from uuid import uuid4


class LocalFolder:
    """See graph_store.folders.places.Folder. Raises OSError where the disk refuses."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        return str(self._path)

    def sizes(self, within: str = "") -> dict[str, int]:
        """Names of the files that lie in it, or in a folder within, each with its size in bytes; none where there is no such folder."""
        try:
            with os.scandir(self._path / within) as entries:
                return {each.name: each.stat().st_size for each in entries if each.is_file()}
        except FileNotFoundError:
            return {}

    def read(self, name: str) -> bytes | None:
        """What a file holds; None where it is not there."""
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return (self._path / name).exists()

    def create(self, name: str, content: bytes) -> bool:
        """Make a file, whole or not at all; False where it is there already. Of several that try at once one succeeds."""
        final = self._path / name
        final.parent.mkdir(parents=True, exist_ok=True)
        # Beside it under its name and more: who is killed leaves a file that can be known as one of that name.
        fresh = final.with_name(f"{final.name}.{uuid4().hex}")
        try:
            fresh.write_bytes(content)
            os.link(fresh, final)  # a rename would take the place of what is there
        except (FileExistsError, FileNotFoundError):  # the latter: somebody took what we wrote for the rest of one who was killed
            return False
        finally:
            fresh.unlink(missing_ok=True)
        return True

    def remove(self, name: str) -> None:
        """Remove a file; harmless where it is not there."""
        (self._path / name).unlink(missing_ok=True)
