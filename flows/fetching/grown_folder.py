"""A folder that grows: files of any format that is read, known by size, time and content."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from flows.fetching.source_places import local_file
from schema.document import SourceFile
from schema.errors import SourceFailed, SourceUnavailable, WrongUse, os_error_in_words
from schema.ports import DeliveredFile, HeldBack, ListedFile, Listing, SourceState

_PIECE = 1 << 20
_ON_THEIR_WAY = (".part", ".tmp", ".partial", ".crdownload", ".filepart")
"""Endings that programs give to files that are not whole yet."""


class GrownFolder:
    """Files are read where they lie, once; one that has changed is read again."""

    def __init__(self, name: str, folder: Path, pattern: str, settle: float, now: Callable[[], datetime]) -> None:
        self._name, self._folder, self._pattern, self._settle, self._now = name, folder, pattern, settle, now

    def listing(self, state: SourceState, named: Sequence[str] = ()) -> Listing:
        """What is there, against what was read, oldest name first. A file whose time alone has changed is known by its content."""
        files = self._files()
        # The log is in UTF-8, and a name that is not would be another one there.
        held = [HeldBack(_readable(name), "its name is not in UTF-8: rename it", wants_person=True) for name in files if not _is_utf8(name)]
        files = {name: file for name, file in files.items() if _is_utf8(name)}
        if named:
            names = [self._own_name(each) for each in named]
            held = [HeldBack(name, "is not there", wants_person=True) for name in dict.fromkeys(names) if name not in files]
            files = {name: file for name, file in files.items() if name in names}
        new: list[ListedFile] = []
        known: list[SourceFile] = []
        waiting: list[HeldBack] = []
        for name, file in files.items():
            before = state.files.get(name)
            if before is not None and before.stamp == file.stamp:
                known.append(before)
            elif (since := self._since_written(file)) is not None:
                waiting.append(HeldBack(name, f"was written {since:.0f} s ago, and waits until nothing is for {self._settle:g} s"))
            elif before is not None and before.size == file.size and _has_content(file, before.checksum):
                known.append(replace(before, stamp=file.stamp))
            else:
                new.append(file)
        newest = max(files.values(), key=lambda file: (file.modified.timestamp() if file.modified else 0.0, file.name), default=None)
        return Listing(len(files) + len(held), tuple(new), tuple(known), (*waiting, *held), newest=newest)

    def deliver(self, file: ListedFile, folder: str) -> DeliveredFile:
        """The file itself, with the hash of its content."""
        del folder
        try:
            checksum = _content(file)
        except OSError as cause:
            raise SourceFailed(os_error_in_words(cause, file.place)) from cause
        state = SourceFile(self._name, file.name, checksum, file.stamp, file.size or 0, file.modified)
        return DeliveredFile(replace(file, checksum=checksum), (file.place,), state, is_copy=False)

    def is_unchanged(self, delivered: DeliveredFile) -> bool:
        """Whether the file is as it was when its content was looked at."""
        try:
            return local_file(Path(delivered.paths[0]), "").stamp == delivered.state.stamp
        except OSError:
            return False

    def close(self) -> None:
        """Nothing to let go of."""

    def _files(self) -> dict[str, ListedFile]:
        if not self._folder.is_dir():
            raise SourceUnavailable(f"{self._folder} is no folder")
        found: dict[str, ListedFile] = {}
        try:
            for path in sorted(self._folder.glob(self._pattern)):
                name = path.relative_to(self._folder).as_posix()
                hidden = any(part.startswith(".") for part in Path(name).parts)
                if not hidden and not name.endswith(_ON_THEIR_WAY) and path.is_file():
                    found[name] = local_file(path, name)
        except OSError as cause:
            raise SourceUnavailable(os_error_in_words(cause, self._folder)) from cause
        return found

    def _since_written(self, file: ListedFile) -> float | None:
        """Seconds since a file was written that may still be being written; None where it has settled, or its time is far from ours."""
        since = (self._now() - file.modified).total_seconds() if file.modified else 0.0
        return max(0.0, since) if abs(since) < self._settle else None

    def _own_name(self, named: str) -> str:
        path = Path(named)
        inside = path if not path.is_absolute() else (path.relative_to(self._folder) if path.is_relative_to(self._folder) else None)
        if inside is None or ".." in inside.parts:
            raise WrongUse(f"{named} does not lie in {self._folder}")
        return inside.as_posix()


def _is_utf8(name: str) -> bool:
    return name == _readable(name)


def _readable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")


def _has_content(file: ListedFile, checksum: str) -> bool:
    try:
        return _content(file) == checksum
    except OSError:
        return False


def _content(file: ListedFile) -> str:
    """The hash of a file's content."""
    digest = sha256()
    with Path(file.place).open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return f"sha256:{digest.hexdigest()}"
