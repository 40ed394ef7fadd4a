"""A folder on a disk."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from shutil import disk_usage
from uuid import uuid4

from schema.errors import machine_refusal


class LocalFolder:
    """See graph_store.folders.places.Folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.options: dict[str, str] = {}
        self.habits: dict[str, str] = {}
        self.scanning: Mapping[str, object] = {}

    def __str__(self) -> str:
        return str(self._path)

    def sizes(self, within: str = "", after: str = "") -> dict[str, int]:
        """Files that come after a name, with their sizes."""
        found: dict[str, int] = {}
        with suppress(FileNotFoundError), os.scandir(self._path / within) as entries:
            for each in entries:
                with suppress(FileNotFoundError):  # it was removed since the folder was read, and the others are still there
                    if each.name > after and each.is_file():
                        found[each.name] = each.stat().st_size
        return found

    def read(self, name: str) -> bytes | None:
        """What a file holds."""
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return (self._path / name).exists()

    def create(self, name: str, content: bytes) -> bool:
        """Make a file where there is none."""
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

    def replace(self, name: str, content: bytes) -> None:
        """Make a file in the place of what may be there."""
        final = self._path / name
        final.parent.mkdir(parents=True, exist_ok=True)
        fresh = final.with_name(f"{final.name}.{uuid4().hex}")
        try:
            fresh.write_bytes(content)
            fresh.replace(final)
        finally:
            fresh.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self._path / name).unlink(missing_ok=True)

    def require_creation(self) -> None:
        """A link is made once on any file system that has links."""

    def free(self) -> int | None:
        """Bytes free on the disk."""
        return disk_usage(self._path).free

    def refusal(self, cause: BaseException) -> str | None:
        """What the machine said."""
        return machine_refusal(cause)

    def is_away(self, cause: BaseException) -> bool:
        """Never."""
        del cause
        return False

    def address(self, name: str) -> Path:
        """A path: a table's own addresses are escaped as in URLs, and not found where it has a space."""
        return self._path / name
