"""The leases of one run on the documents that it is about to read, prolonged for as long as its process lives."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread

from flows.home.homes import Home
from flows.home.terminal import note
from schema.document import Document
from schema.errors import StoreFailed
from schema.observation import Reader
from schema.ports import Leases

LEASE_S = 60.0
"""Seconds after which a document is free again whose reader on another machine has died; on the same one that is seen at once."""


class HeldLeases:
    """Who reads takes a lease on each document first, so that two runs never pay for the same one."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._ended = Event()
        self._renewing = Thread(target=self._renew, name="leases", daemon=True)
        self._held: set[str] = set()

    def take(self, documents: Sequence[Document], reader: Reader) -> tuple[list[Document], list[Document]]:
        """Those that are ours to read now, and those that other runs are reading."""
        things = {_thing(each, reader): each for each in documents}
        ours = self._leases.take(things, LEASE_S) if things else set()
        self._held |= ours
        return [each for thing, each in things.items() if thing in ours], [each for thing, each in things.items() if thing not in ours]

    def release(self, documents: Sequence[Document], reader: Reader) -> None:
        """These are read, or are not to be read."""
        if documents:
            self._let_go({_thing(each, reader) for each in documents})

    def _let_go(self, things: set[str]) -> None:
        self._leases.release(things)
        self._held -= things

    def _renew(self) -> None:
        while not self._ended.wait(LEASE_S / 3):
            if not self._held:
                continue
            try:
                self._leases.renew(LEASE_S)
            except StoreFailed as error:
                note(f"leases on documents could not be prolonged, and are tried again: {error}")

    def __enter__(self) -> "HeldLeases":
        self._renewing.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._renewing.join()
        if self._held:  # the run failed, and its process may live on: the next one is not to wait for that
            try:
                self._let_go(self._held)
            except StoreFailed as cause:
                note(f"leases on documents could not be given back, and end in {LEASE_S:g} s: {cause}")


@contextmanager
def leases_of(home: Home, command: str) -> Iterator[HeldLeases]:
    """The leases of a run of this command."""
    with HeldLeases(home.leases(command)) as held:
        yield held


def _thing(document: Document, reader: Reader) -> str:
    return f"{document.id} {document.revision} {reader.name}"
