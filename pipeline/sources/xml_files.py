"""Whether a file of PubMed XML is whole, looked at without reading its records."""

import re
from dataclasses import dataclass
from typing import IO

from pipeline.files.opened_file import OpenedFile

_PIECE = 1 << 20
_RECORD = re.compile(rb"<(?:MedlineCitation|BookDocument)[ >]")
_PMID = re.compile(rb"<PMID[^>]*>\s*(\d+)\s*</PMID>")
_HTML = re.compile(rb"\s*(?:<!doctype\s+html|<html|<head|<body)", re.IGNORECASE)
_END = re.compile(rb"</(?:PubmedArticleSet|MedlineCitationSet|PubmedBookArticleSet)>\s*\Z|<PubmedArticleSet\s*/>\s*\Z")


@dataclass(frozen=True, slots=True)
class Look:
    """What a file turned out to be."""

    fault: str = ""  # why it cannot be read; empty where it is whole
    may_pass: bool = False  # a file that is still on its way looks like this
    last_record: str = ""  # the last document in it


def look_through(stream: IO[bytes]) -> Look:
    """Read a stream of PubMed XML, packed or plain, to its end in bounded memory."""
    file = OpenedFile(stream)
    if is_html(file.head):
        return Look("an HTML page is in its place", may_pass=True)
    if not file.head.strip():
        return Look(f"it is empty{' or cut off at once' if file.broken else ''}", may_pass=True)
    tail = b""
    while piece := file.read(_PIECE):
        tail = (tail + piece)[-2 * _PIECE :]
    if file.broken is not None:
        return Look(f"{file.broken.reason} at {file.broken.position}", may_pass=True)
    if not is_whole_set(tail):
        return Look("it ends before its last element does", may_pass=True)
    return Look(last_record=last_pmid(tail))


def is_whole_set(content: bytes) -> bool:
    """Whether XML ends where a set of PubMed's records does."""
    return _END.search(content) is not None


def is_html(content: bytes) -> bool:
    """Whether something begins as a web page does."""
    return _HTML.match(content.removeprefix(b"\xef\xbb\xbf")) is not None


def last_pmid(content: bytes) -> str:
    """The id of the last record in XML, such as `PMID:1`; empty where there is none."""
    starts = [found.start() for found in _RECORD.finditer(content)]
    found = _PMID.search(content, starts[-1]) if starts else None
    return f"PMID:{found[1].decode()}" if found else ""
