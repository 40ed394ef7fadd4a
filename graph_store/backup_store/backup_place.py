"""Where backups lie: a folder or an S3 bucket, with files named by the hash of what they hold, and numbered states."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, from_url

from graph_store.backup_store.backup_states import BackupState
from schema.errors import StoreFailed, WrongUse, plain_reason

FORMAT = 1
"""Of the layout of a place: one of a higher number is refused."""

MARK = "chronokg-backup.json"
"""The file that says that a place holds backups."""

_FILES, _STATES = "files", "states"
_ABANDONED_S = 24 * 3600
"""Seconds after which half a file is taken for one that a killed process left."""


class BackupPlace:
    """A place of backups, `DIR` or `s3://bucket/prefix` (which takes AWS's own variables). Raises StoreFailed where it fails.

    Whatever is written is there whole or not at all, and nothing is ever written over.
    """

    def __init__(self, place: str, *, make: bool = False) -> None:
        """Open it, or `make` it where nothing is there. Raises WrongUse for one that holds no backups, or other things."""
        self._place = place
        self._on_disk = None if "://" in place else Path(place).expanduser()
        if self._on_disk is not None and not make and not self._on_disk.is_dir():
            raise WrongUse(f"{place} holds no backups: there is no such folder")
        with self._telling("opened"):
            self._store: Any = from_url(place) if self._on_disk is None else LocalStore(self._on_disk, mkdir=make)
            self._check(make=make)

    def __str__(self) -> str:
        return self._place

    def sizes(self) -> dict[str, int]:
        """The hashes of all files that are there, with their sizes in bytes."""
        with self._telling("listed"):
            listed = (each for some in obstore.list(self._store, prefix=_FILES) for each in some)
            return {each["path"].rpartition("/")[2]: each["size"] for each in listed}

    def put(self, digest: str, content: Path | bytes) -> None:
        """Keep a file, or what it holds, under the hash of that."""
        with self._telling("written"):
            obstore.put(self._store, file_of(digest), content)

    def chunks(self, digest: str) -> Iterator[bytes]:
        """What a file holds, piece by piece; nothing more of one that turns out to be missing: its hash tells."""
        with self._telling("read"):
            try:
                found = obstore.get(self._store, file_of(digest))
            except FileNotFoundError:
                return
            for chunk in found.stream():
                yield bytes(chunk)

    def is_whole(self, digest: str) -> bool:
        """Whether a file holds what its name says."""
        told = sha256()
        for chunk in self.chunks(digest):
            told.update(chunk)
        return told.hexdigest() == digest

    def states(self) -> list[int]:
        """The numbers of all states, the oldest first."""
        with self._telling("listed"):
            names = (Path(each["path"]).stem for some in obstore.list(self._store, prefix=_STATES) for each in some)
            return sorted(int(name) for name in names if name.isdigit())

    def state(self, number: int) -> BackupState:
        """A state; raises StoreFailed where its file is damaged, WrongUse where there is none."""
        with self._telling("read"):
            try:
                content = bytes(obstore.get(self._store, state_file_of(number)).bytes())
            except FileNotFoundError:
                raise WrongUse(f"{self._place} holds no state {number}: `backup list` tells which it holds") from None
        return BackupState.read(content, f"state {number} in {self._place}")

    def add(self, state: BackupState) -> int:
        """Write a state, once all files that it names are there; returns its number."""
        number = max(self.states(), default=0)
        with self._telling("written"):
            while True:
                number += 1
                try:
                    obstore.put(self._store, state_file_of(number), state.written(), mode="create")
                except AlreadyExistsError:  # somebody else makes a backup there, too
                    continue
                return number

    def sweep(self) -> None:
        """Remove what killed processes left of files that they had begun, a day ago or longer."""
        if self._on_disk is not None:
            for left in self._on_disk.rglob("*#*"):
                if left.is_file() and time.time() - left.stat().st_mtime > _ABANDONED_S:
                    left.unlink(missing_ok=True)

    def _check(self, *, make: bool) -> None:
        try:
            found = json.loads(bytes(obstore.get(self._store, MARK).bytes()))
        except FileNotFoundError:
            if not make or any(obstore.list(self._store)):
                there = "other things are in it" if make else "it lacks the file " + MARK
                raise WrongUse(f"{self._place} holds no backups: {there}") from None
            obstore.put(self._store, MARK, json.dumps({"format": FORMAT}).encode())
        else:
            if found["format"] > FORMAT:
                raise WrongUse(f"{self._place} was written by a newer version of ChronoKG (format {found['format']}): upgrade ChronoKG")

    @contextmanager
    def _telling(self, done: str) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as cause:
            raise StoreFailed(f"the backup in {self._place} could not be {done}: {plain_reason(cause)}") from cause


def file_of(digest: str) -> str:
    """Where in a place a file lies."""
    return f"{_FILES}/{digest[:2]}/{digest}"


def state_file_of(number: int) -> str:
    """Where in a place a state lies."""
    return f"{_STATES}/{number:08}.json"
