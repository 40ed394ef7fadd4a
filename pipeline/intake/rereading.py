"""Which documents a reader is to read: those it has not read, or those whose reading is older in one respect. Pure."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from schema.document import Document
from schema.ids import DocumentId
from schema.observation import Reader
from schema.records import Reading

AGAIN = ("model", "prompt", "schema")
"""The respects in which a reading can be older than a reader."""

READ_BEFORE = "read before"
NEVER_READ = "never read"

_FINDING = re.compile(r"\+mentions-[^+]*")

Done = Collection[tuple[DocumentId, str]]
"""Documents that were read, with their revisions as text."""

Order = Callable[[str], Any]
"""The place of a reader, by name, among those whose readings count: the first one's does."""


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
