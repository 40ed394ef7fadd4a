"""Leases: who is about to do what, told to all processes on all machines that share a log."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that takes things, told apart from all others that there ever were; one process may be several."""

    id: str
    host: str
    machine: str  # of hosts with one name each has another; empty where the system tells none
    boot: str  # since when the machine's processes live; empty where the system tells none
    room: str  # within which a process has its number: containers of one machine number their own; empty where there is none
    process: int
    started: str  # of two processes that had one number each has another
    command: str  # what it does, for people

    def __str__(self) -> str:
        return f"process {self.process} on {self.host} ({self.command})"


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a thing, and until when if it does not prolong it."""

    holder: Holder
    until: datetime

    def __str__(self) -> str:
        return f"{self.holder}, until {self.until.isoformat(timespec='seconds')}"


class Leases(Protocol):
    """Who is about to do what; a lease ends by itself when its holder does not renew it. Any number of threads may use one.

    A thing is any text, such as a revision of a document and who is to read it. `seconds` is how long a lease lasts, more than 0: renew
    them three times within it, and the clocks of the machines may differ by up to two thirds of it. Each method is one change of what is
    kept, however many things it is about; all raise StoreFailed where that cannot be read or written, or not in time.
    """

    def take(self, things: Collection[str], seconds: float) -> set[str]:
        """Of these things those that are ours now, and were before, perhaps.

        Nobody else holds them; or did, and its lease ended, or it is known to be dead.
        """

    def renew(self, seconds: float) -> set[str]:
        """Prolong all of ours, also those whose lease has ended; returns those that we have lost, as others have taken them since."""

    def release(self, things: Collection[str]) -> None:
        """Let go of these; what is not ours is left as it is."""

    def held_by_others(self, things: Collection[str]) -> Mapping[str, Lease]:
        """Of these things those that somebody else holds, with who does."""
