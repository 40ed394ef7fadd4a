"""Which documents a reader is to read: those it has not read, or those whose reading is older in one respect. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
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
READ_ELSEWHERE = "being read by another run"

_FINDING = re.compile(r"\+mentions-[^+]*")

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


def unread(document: Document, readings: Sequence[Reading], reader: Reader) -> str | None:
    """Why a document needs no reading, None where it does; `readings` are those of all its revisions."""
    readers = [reading.reader for reading in readings if reading.revision == document.revision]
    if any(reader.is_known_as(other) for other in readers):
        return READ_BEFORE
    named = brings_names(document) and any(without_finding(reader).is_known_as(other) for other in readers)
    return READ_BEFORE if named else None


def older(document: Document, readings: Sequence[Reading], reader: Reader, again: str, place: Order) -> str | None:
    """Why a document is not to be read again, None where it is: `again` is what its reading must differ in.

    Its reading is the one that counts, of those of this revision. A text that has changed since it was read is read in any case.
    """
    if not readings:
        return NEVER_READ
    readers = [reading.reader for reading in readings if reading.revision == document.revision]
    if not readers:
        return None
    if (before := unread(document, readings, reader)) is not None:
        return before
    counts = min(readers, key=lambda other: place(other.name))
    return f"read by this {again}" if reader.agrees(counts, again) else None


def to_read(
    log: EvidenceLog, documents: Iterable[Document], reader: Reader, again: str | None, passed_over: Counter[str]
) -> Iterator[Document]:
    """Those that the reader has not read; with `again`, those whose reading is older in that. The others are counted by reason."""
    place = order_of_readers(log.records(Preference)) if again is not None else None
    waiting = iter(documents)
    while some := list(islice(waiting, AT_ONCE)):
        readings: dict[DocumentId, list[Reading]] = {document.id: [] for document in some}
        for recorded in log.records(Reading, list(readings)):
            readings[recorded.record.document].append(recorded.record)
        for document in some:
            known = readings[document.id]
            reason = older(document, known, reader, again, place) if again and place else unread(document, known, reader)
            if reason is None:
                yield document
            else:
                passed_over[reason] += 1
