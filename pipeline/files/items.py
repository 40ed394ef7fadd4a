"""What every reader yields, and how a record that cannot be used is set aside."""

import re
from collections.abc import Iterator
from typing import IO

from pipeline.identifiers import control_character
from schema.document import Document
from schema.errors import UnreadableRecord
from schema.records import Deletion, Retraction, SetAside

Item = Document | Retraction | Deletion | SetAside

RECORD_LIMIT = 5_000_000
"""Bytes of one record; a longer one is set aside. The longest abstracts of PubMed have some ten thousand."""

PAYLOAD_LIMIT = 1_000_000
"""Characters of a set-aside record that are kept; of a longer one only the beginning is."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def aside(file: str, position: str, reason: str, payload: str = "", *, unit: str = "document") -> SetAside:
    """A record, or with unit "file" all of the rest of a file, that could not be read, and why."""
    kept = payload[:PAYLOAD_LIMIT].encode("utf-8", "replace").decode("utf-8")
    return SetAside(unit, "reading", UnreadableRecord.__name__, reason, file, position, None, kept, len(payload) <= PAYLOAD_LIMIT)


def usable(document: Document) -> Document:
    """The document itself; raises UnreadableRecord for one without text, or with characters that no store keeps."""
    if not document.text.strip():
        raise UnreadableRecord(f"{document.id} has neither title nor text")
    beside = (document.source, document.journal, document.doi, *document.publication_types)
    within = (*(part.section for part in document.passages), *(word for found in document.mesh for word in (found.identifier, found.name)))
    for said in (document.text, *beside, *within, *(mention.type for mention in document.mentions)):
        if said and (found := _unusable(said)):
            raise UnreadableRecord(f"{document.id} holds the character {found!r}, which is no text")
    for said in beside:
        if said and (control := control_character(said)):
            raise UnreadableRecord(f"{document.id} holds the control character {control!r} in {said[:80]!r}")
    return document


def bounded_lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """Numbered lines without their ends, and whether each was cut because it is longer than RECORD_LIMIT."""
    number = 0
    while line := stream.readline(RECORD_LIMIT + 2):
        number += 1
        cut = len(line) > RECORD_LIMIT and not line.endswith(b"\n")
        if cut:
            while (rest := stream.readline(RECORD_LIMIT)) and not rest.endswith(b"\n"):
                pass
        yield number, line.rstrip(b"\r\n"), cut


def _unusable(text: str) -> str | None:
    if "\x00" in text:
        return "\x00"
    found = None if text.isascii() else _SURROGATE.search(text)
    return found[0] if found else None
