"""A source of documents: files that come with time, listed against what was read of them, and delivered one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from schema.document import SourceFile


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file that a source offers, or a query whose answer it would give."""

    name: str  # unlike that of any other of its source, the same in every listing
    place: str = ""  # where it lies, for a person; without a password
    number: int | None = None  # in its series
    series: str = ""
    size: int | None = None  # bytes
    stamp: str = ""  # changes when the file does; empty where the source shows nothing of the kind
    checksum: str = ""  # "md5:…" or "sha256:…", where it is known before the file is delivered
    modified: datetime | None = None  # UTC
    days: tuple[date, date] | None = None  # a query's first and last day


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A file that is not read in this run, and why. `wants_person`: it will not come right by itself, or has not for long."""

    name: str
    why: str
    wants_person: bool = False


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the log says of a source."""

    files: Mapping[str, SourceFile] = field(default_factory=dict)  # by name, the newest of each
    watermark: date | None = None  # of the query that is asked now


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source offers, against its state: listed = new + known + waiting + set aside, exactly."""

    listed: int
    new: tuple[ListedFile, ...] = ()  # new or changed, in the order in which they are to be read
    known: tuple[SourceFile, ...] = ()  # read before; one that differs from its state shows the same under a new stamp
    waiting: tuple[HeldBack, ...] = ()
    gaps: tuple[str, ...] = ()  # numbers that are missing, in words
    newest: ListedFile | None = None
    in_order: bool = False  # what comes after a file that cannot be had waits for it
    remarks: tuple[str, ...] = ()  # for a person


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A listed file on this machine. `paths` are its parts in order, none where a query's answer is empty."""

    file: ListedFile
    paths: tuple[str, ...]
    state: SourceFile  # to be recorded once its documents are in the log
    is_copy: bool = True  # ours to remove; else the source's own
    missing: int = 0  # records that the source counted and did not deliver

    @property
    def size(self) -> int:
        """Bytes."""
        return self.state.size


class DocumentSource(Protocol):
    """Where documents come from. Names and contents are untrusted."""

    def listing(self, state: SourceState, named: Sequence[str] = ()) -> Listing:
        """What is there (or of that only what is `named`), against what was read; delivers and records nothing.

        Raises SourceUnavailable where it cannot be had now, SourceFailed where what it says cannot be used, WrongUse for a name that
        cannot be of this source.
        """

    def deliver(self, file: ListedFile, folder: str) -> DeliveredFile:
        """One file, whole and checked; what is fetched lies in `folder`, under the same name each time.

        Raises SourceUnavailable where it is to be tried another time, SourceFailed where it cannot be used.
        """

    def is_unchanged(self, delivered: DeliveredFile) -> bool:
        """Whether what was read is still what the source has: a file that changed meanwhile is read again."""

    def close(self) -> None:
        """Let go of connections."""
