"""Leases that a process holds, prolonged for as long as it lives; those of a run are on the documents that it is about to read."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Self

from flows.home.homes import Home
from flows.home.terminal import note
from schema.document import Document
from schema.errors import StoreFailed
from schema.observation import Reader
from schema.ports import Leases

LEASE_S = 60.0
"""Seconds after which something is free again whose holder on another machine has died; on the same one that is seen at once."""

WANTED_S = 2.0
"""Seconds after which it is tried again to take what is ours as soon as its holder is gone."""


class RenewedLeases:
    """Leases that a thread prolongs; what is held when it is closed is free some time later, or when the process ends."""

    def __init__(self, leases: Leases, what: str) -> None:
        """`what` the leases are on is said where they cannot be prolonged."""
        self._leases, self._what = leases, what
        self._ended = Event()
        self._renewing = Thread(target=self._renew, name="leases", daemon=True)
        self._things: set[str] = set()
        self._wanted: set[str] = set()

    def take_things(self, things: Collection[str]) -> set[str]:
        """Of these things those that are ours now."""
        ours = self._leases.take(things, LEASE_S) if things else set()
        self._things |= ours
        return ours

    def want_things(self, things: Collection[str]) -> None:
        """Take these now, or as soon as nobody else holds them any more."""
        self._wanted |= set(things)
        self._take_wanted()

    def _take_wanted(self) -> None:
        self._wanted -= self.take_things(self._wanted)

    def release_things(self, things: Collection[str]) -> None:
        """Let go of these."""
        if things:
            self._leases.release(things)
            self._things.difference_update(things)

    def _renew(self) -> None:
        renewed = time.monotonic()
        while not self._ended.wait(WANTED_S):
            is_due = time.monotonic() - renewed >= LEASE_S / 3
            try:
                self._take_wanted()
                if self._things and is_due:
                    self._leases.renew(LEASE_S)
            except StoreFailed as error:
                note(f"leases on {self._what} could not be prolonged, and are tried again: {error}")
            if is_due:
                renewed = time.monotonic()

    def __enter__(self) -> Self:
        self._renewing.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._renewing.join()


class HeldLeases(RenewedLeases):
    """Who reads takes a lease on each document first, so that two runs never pay for the same one; what is not read is let go of."""

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        with suppress(StoreFailed):  # then they end by themselves
            self.release_things(set(self._things))

    def take(self, documents: Sequence[Document], reader: Reader) -> tuple[list[Document], list[Document]]:
        """Those that are ours to read now, and those that other runs are reading."""
        things = {_thing(each, reader): each for each in documents}
        ours = self.take_things(things)
        return [each for thing, each in things.items() if thing in ours], [each for thing, each in things.items() if thing not in ours]

    def release(self, documents: Sequence[Document], reader: Reader) -> None:
        """These are read, or are not to be read."""
        self.release_things({_thing(each, reader) for each in documents})


@contextmanager
def leases_of(home: Home, command: str) -> Iterator[HeldLeases]:
    """The leases of a run of this command."""
    with HeldLeases(home.leases(command), "documents") as held:
        yield held


def _thing(document: Document, reader: Reader) -> str:
    return f"{document.id} {document.revision} {reader.name}"
