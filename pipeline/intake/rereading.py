"""Which documents a reader is to read: those it has not read, or those whose reading is older in one respect. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from pipeline.believing.evidence import order_of_readers
from schema.document import Document
from schema.errors import WrongUse
from schema.ids import DocumentId
from schema.observation import Reader
from schema.ports import EvidenceLog
from schema.records import Preference, Reading

AGAIN = ("model", "prompt", "schema")
"""The respects in which a reading can be older than a reader."""

AT_ONCE = 500
"""Documents whose readings are looked up together."""

READ_BEFORE = "read before"
NEVER_READ = "never read"

_FINDING = re.compile(r"\+mentions-[^+]*")

Done = Collection[tuple[DocumentId, str]]
"""Documents that were read, with their revisions as text."""

Order = Callable[[str], Any]
"""The place of a reader, by name, among those whose readings count: the first one's does."""


def checked_again(again: str | None) -> None:
    """Raises WrongUse for a respect that there is not."""
    if again is not None and again not in AGAIN:
        raise WrongUse(f"--again is {again!r}, and must be one of {', '.join(AGAIN)}")


def without_finding(reader: Reader) -> Reader:
    """The reader as it reads documents that bring their names: the prompt that finds names has no part in that."""
    return replace(reader, prompt=_FINDING.sub("", reader.prompt))


def brings_names(document: Document) -> bool:
    """Whether no name has to be found in it or linked."""
    return bool(document.mentions) and all(mention.identifiers for mention in document.mentions)


def unread(document: Document, done: Done, done_without_finding: Done) -> str | None:
    """Why a document needs no reading, None where it does; both say what was read, by the reader and by `without_finding` of it."""
    key = document.id, str(document.revision)
    return READ_BEFORE if key in done or (key in done_without_finding and brings_names(document)) else None


def older(document: Document, readings: Sequence[Reading], reader: Reader, again: str, place: Order) -> str | None:
    """Why a document is not to be read again, None where it is: `again` is what its reading must differ in.

    Its reading is the one that counts, of those of this revision. A text that has changed since it was read is read in any case.
    """
    if not readings:
        return NEVER_READ
    readers = [reading.reader for reading in readings if reading.revision == document.revision]
    if not readers:
        return None
    if brings_names(document) and any(without_finding(reader).is_known_as(other) for other in readers):
        return READ_BEFORE
    if any(reader.is_known_as(other) for other in readers):
        return READ_BEFORE
    counts = min(readers, key=lambda other: place(other.name))
    return f"read by this {again}" if reader.agrees(counts, again) else None


def to_read(
    log: EvidenceLog, documents: Iterable[Document], reader: Reader, again: str | None, passed_over: Counter[str]
) -> Iterator[Document]:
    """Those that the reader has not read; with `again`, those whose reading is older in that. The others are counted by reason."""
    reasons = _unread(log, documents, reader) if again is None else _older(log, documents, reader, again)
    for document, reason in reasons:
        if reason is None:
            yield document
        else:
            passed_over[reason] += 1


def read_by(log: EvidenceLog, reader: Reader) -> set[tuple[DocumentId, str]]:
    """What this reader has read, under any name it had."""
    done = log.read_by(reader.name)
    return done | log.read_by(reader.older_name) if reader.older_name else done


def _unread(log: EvidenceLog, documents: Iterable[Document], reader: Reader) -> Iterator[tuple[Document, str | None]]:
    done, given = read_by(log, reader), without_finding(reader)
    without = done if given == reader else read_by(log, given)
    return ((document, unread(document, done, without)) for document in documents)


def _older(log: EvidenceLog, documents: Iterable[Document], reader: Reader, again: str) -> Iterator[tuple[Document, str | None]]:
    place = order_of_readers(log.records(Preference))
    waiting = iter(documents)
    while some := list(islice(waiting, AT_ONCE)):
        readings: dict[DocumentId, list[Reading]] = {document.id: [] for document in some}
        for recorded in log.records(Reading, list(readings)):
            readings[recorded.record.document].append(recorded.record)
        for document in some:
            yield document, older(document, readings[document.id], reader, again, place)
