"""Documents from files: every format that `ingest` reads, recognised by what the file says."""

import re
from collections.abc import Iterator
from typing import IO

from pipeline.files.items import Item, aside
from pipeline.files.opened_file import HEAD, OpenedFile, unpacked_name
from schema.records import SetAside

__all__ = ["Item", "read"]

_ROOT = re.compile(rb"<([A-Za-z][\w.-]*)")
_PROLOG = re.compile(rb"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL)
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")
# Where a file's first line is garbage, its name may still say what to look for in those that follow.
_JSON_NAMES = (".json", ".jsonl", ".ndjson")
_OBJECT = re.compile(rb"^\{", re.MULTILINE)
_PUBTATOR_NAMES = (".pubtator", ".pubtator.txt")
_PUBTATOR_LINE = re.compile(rb"^[^|\t\r\n]+\|[ta]\|", re.MULTILINE)
_PUBTATOR = re.compile(rb"(?:\s|##[^\n]*\n)*[^|\t\r\n]+\|[ta]\|")
# PubMed's format of lines begins with one of these tags, and says soon what a record is about.
_MEDLINE = re.compile(rb"(?:PMID|OWN |STAT|DCOM|LR  |DA  )- ")
_MEDLINE_TEXT = re.compile(rb"^(?:TI  |TT  |BTI |AB  |OAB |DP  )- ", re.MULTILINE)


def read(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Everything in an open binary stream, packed or plain; `name` is for messages, and where folders date their files, the date.

    Whatever cannot be read is yielded as SetAside with file, position and reason, never raised; the rest goes on.
    """
    file = stream if isinstance(stream, OpenedFile) else OpenedFile(stream)
    payload = ""
    for item in _recognised(file, name) if file.head or file.broken is None else ():
        if file.broken is not None and isinstance(item, SetAside) and item.unit == "file":
            payload = item.payload  # that the text ends too early is the break's doing, of which one is told below
        else:
            yield item
    if file.broken is not None:
        yield aside(name, file.broken.position, f"{file.broken.reason}; what comes before was read", payload, unit="file")


def _recognised(file: OpenedFile, name: str) -> Iterator[Item]:
    # Each format is imported when a file of it turns up: their libraries take longer to load than a small file to read.
    head = file.head.lstrip()
    if not head:
        return iter([aside(name, "byte 0", "the file is empty", unit="file")])
    if head.startswith(b"PAR1"):
        from pipeline.formats.document_tables import read_document_parquet

        return read_document_parquet(file.sought(), name)
    if head.startswith(b"<"):
        return _xml(head, file, name)
    if head[:1] in b"{[" or (unpacked_name(name).endswith(_JSON_NAMES) and _OBJECT.search(head)):
        from pipeline.formats.json_documents import read_json

        return read_json(file, name)
    if _PUBTATOR.match(head) or (unpacked_name(name).endswith(_PUBTATOR_NAMES) and _PUBTATOR_LINE.search(head)):
        from pipeline.formats.pubtator import read_pubtator

        return read_pubtator(file, name)
    if _MEDLINE.match(head) and _MEDLINE_TEXT.search(head):
        from pipeline.formats.medline import read_medline

        return read_medline(file, name)
    from pipeline.formats.document_tables import is_document_table, read_csv

    if is_document_table(head.split(b"\n", 1)[0].decode("utf-8", "replace")):
        return read_csv(file, name)
    shown = head[:60].decode("utf-8", "replace")
    forms = "neither PubMed XML, MEDLINE, BioC, PubTator, JSON, Parquet nor a table with an id and a text"
    reason = f"the file begins with {shown!r}, which is {forms}"
    return iter([aside(name, "byte 0", reason, unit="file")])


def _xml(head: bytes, file: OpenedFile, name: str) -> Iterator[Item]:
    from pipeline.formats.bioc import read_bioc_xml
    from pipeline.formats.pubmed import ROOTS, read_pubmed

    root = _ROOT.search(_PROLOG.sub(b"", head))
    found = root[1].decode("ascii", "replace") if root else ""
    if b"<!ENTITY" in head:
        reason = "the file declares entities of its own, which neither PubMed nor BioC does and which can be made to fill any memory"
        return iter([aside(name, "byte 0", reason, unit="file")])
    encoding = told[1].decode() if not file.has_mark and (told := _ENCODING.match(head)) else "utf-8"
    if found in ROOTS:
        return read_pubmed(file, name, found, encoding)
    if found in {"collection", "document"}:
        return read_bioc_xml(file, name, found, encoding)
    root_told = f"the root element of this XML is <{found}>" if found else f"this XML has no root element in its first {HEAD} bytes"
    reason = f"{root_told}, where PubMed XML has <PubmedArticleSet> and BioC <collection>"
    return iter([aside(name, "byte 0", reason, unit="file")])
