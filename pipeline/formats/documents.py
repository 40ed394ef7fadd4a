"""Documents from files: every format that `ingest` reads, recognised by what the file says."""

import io
import re
from collections.abc import Iterator
from typing import IO

from pipeline.files.gunzip import Gunzip
from pipeline.files.items import Item, aside
from schema.records import SetAside

__all__ = ["Item", "read"]

_HEAD = 1 << 16
_ROOT = re.compile(rb"<([A-Za-z][\w.-]*)")
_PROLOG = re.compile(rb"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL)
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")
# Where a file's first line is garbage, its name may still say what to look for in those that follow.
_JSON_NAMES = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")
_OBJECT = re.compile(rb"^\{", re.MULTILINE)
_PUBTATOR_NAMES = (".pubtator", ".pubtator.txt", ".pubtator.gz")
_PUBTATOR_LINE = re.compile(rb"^[^|\t\r\n]+\|[ta]\|", re.MULTILINE)
_PUBTATOR = re.compile(rb"(?:\s|##[^\n]*\n)*[^|\t\r\n]+\|[ta]\|")


def read(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Everything in an open binary stream, gzip or plain; `name` is for messages, and where folders date their files, the date.

    Whatever cannot be read is yielded as SetAside with file, position and reason, never raised; the rest goes on.
    """
    peeked, gunzip = _Peeked(stream), None
    if peeked.head.startswith(b"\x1f\x8b"):
        gunzip = Gunzip(_as_io(peeked))
        peeked = _Peeked(_as_io(gunzip))
    if gunzip is None:
        yield from _recognised(peeked, name)
        return
    payload = ""
    for item in _recognised(peeked, name) if peeked.head or not gunzip.error else ():
        if gunzip.error and isinstance(item, SetAside) and item.unit == "file":
            payload = item.payload  # that the text ends too early is the break's doing, of which one is told below
        else:
            yield item
    if gunzip.error:
        position = f"byte {gunzip.given} (decompressed)"
        reason = f"the compressed file is broken: {gunzip.error}; what comes before was read"
        yield aside(name, position, reason, payload, unit="file")


def _recognised(peeked: "_Peeked", name: str) -> Iterator[Item]:
    # Each format is imported when a file of it turns up: their libraries take longer to load than a small file to read.
    head, stream = peeked.head.removeprefix(b"\xef\xbb\xbf").lstrip(), _as_io(peeked)
    if not head:
        return iter([aside(name, "byte 0", "the file is empty", unit="file")])
    if head.startswith(b"PAR1"):
        from pipeline.formats.document_tables import read_parquet

        return read_parquet(io.BytesIO(stream.read()), name)
    if head.startswith(b"<"):
        return _xml(head, stream, name)
    if head[:1] in b"{[" or (name.lower().endswith(_JSON_NAMES) and _OBJECT.search(head)):
        from pipeline.formats.json_documents import read_json

        return read_json(stream, name)
    if _PUBTATOR.match(head) or (name.lower().endswith(_PUBTATOR_NAMES) and _PUBTATOR_LINE.search(head)):
        from pipeline.formats.pubtator import read_pubtator

        return read_pubtator(stream, name)
    from pipeline.formats.document_tables import is_table, read_csv

    if is_table(head.split(b"\n", 1)[0].decode("utf-8", "replace")):
        return read_csv(stream, name)
    shown = head[:60].decode("utf-8", "replace")
    reason = f"the file begins with {shown!r}, which is neither PubMed XML, BioC, PubTator, JSON, Parquet nor a table with an id and a text"
    return iter([aside(name, "byte 0", reason, unit="file")])


def _xml(head: bytes, stream: IO[bytes], name: str) -> Iterator[Item]:
    from pipeline.formats.bioc import read_bioc_xml
    from pipeline.formats.pubmed import ROOTS, read_pubmed

    root = _ROOT.search(_PROLOG.sub(b"", head))
    found = root[1].decode("ascii", "replace") if root else ""
    if b"<!ENTITY" in head:
        reason = "the file declares entities of its own, which neither PubMed nor BioC does and which can be made to fill any memory"
        return iter([aside(name, "byte 0", reason, unit="file")])
    encoding = told[1].decode() if (told := _ENCODING.match(head)) else "utf-8"
    if found in ROOTS:
        return read_pubmed(stream, name, found, encoding)
    if found in {"collection", "document"}:
        return read_bioc_xml(stream, name, found, encoding)
    root_told = f"the root element of this XML is <{found}>" if found else f"this XML has no root element in its first {_HEAD} bytes"
    reason = f"{root_told}, where PubMed XML has <PubmedArticleSet> and BioC <collection>"
    return iter([aside(name, "byte 0", reason, unit="file")])


class _Peeked(io.RawIOBase):
    """A stream whose first bytes have been looked at."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.head = stream.read(_HEAD)
        self._rest = memoryview(self.head)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        chunk: bytes | memoryview
        if self._rest:
            chunk, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        else:
            chunk = self._stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _as_io(raw: io.RawIOBase) -> IO[bytes]:
    return io.BufferedReader(raw, 1 << 18)
