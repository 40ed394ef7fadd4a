"""MEDLINE, PubMed's format of lines (`.nbib`): `PMID- 123`, a tag for each field, further lines indented; records parted by empty lines."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from pipeline.files.items import RECORD_LIMIT, Item, aside, bounded_lines, usable
from pipeline.files.mention_places import SECOND_ABSTRACT, SECOND_TITLE
from pipeline.files.pubmed_dates import from_text, in_reference, refined
from pipeline.files.written_dates import date_of
from pipeline.formats.pubmed import RETRACTED, nameless_notice
from pipeline.identifiers import document_id
from schema.dates import DateOrigin, PartialDate
from schema.document import Document, MeshHeading, Passage
from schema.errors import InvalidDate, InvalidInput, UnreadableRecord
from schema.ids import DocumentId
from schema.records import Retraction, SetAside

_FIELD = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}- ?(.*)", re.DOTALL)
_DOI = re.compile(r"(\S+) \[doi\]", re.IGNORECASE)
_PMID = re.compile(r"PMID:?\s*([0-9]+)")
_TOO_LONG = b"\x00too long"
_RETRACTED_BY, _RETRACTS = ("RIN", "RPI"), ("ROF", "RPF")

Fields = Mapping[str, Sequence[str]]


def read_medline(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Documents and retractions of a file; a record that cannot be used is set aside with its line."""
    for first, lines in _records(stream):
        try:
            yield from _items(_fields(lines), name)
        except UnicodeDecodeError as error:
            yield aside(name, f"line {first}", f"the record is not UTF-8: {error.reason} at byte {error.start}", _shown(lines))
        except InvalidInput as error:
            yield aside(name, f"line {first}", str(error), _shown(lines))


def _records(stream: IO[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Runs of lines that are one record, with the number of the first: it ends with an empty line or the next PMID."""
    lines: list[bytes] = []
    first, size = 1, 0
    for number, line, _ in bounded_lines(stream):
        if lines and (not line.strip() or (line.startswith(b"PMID-") and any(each.startswith(b"PMID-") for each in lines))):
            yield first, lines
            lines, size = [], 0
        if not line.strip():
            continue
        first = first if lines else number
        size += len(line)
        if size <= RECORD_LIMIT:
            lines.append(line)
        else:
            lines = [*lines[:50], _TOO_LONG]  # enough to know it by
    if lines:
        yield first, lines


def _fields(lines: Sequence[bytes]) -> Fields:
    if _TOO_LONG in lines:
        raise UnreadableRecord(f"the record is longer than {RECORD_LIMIT} bytes")
    found: dict[str, list[list[str]]] = {}
    last: list[str] = []
    for line in lines:
        text = line.decode("utf-8")
        if tagged := _FIELD.fullmatch(text):
            last = [tagged[2].strip()]
            found.setdefault(tagged[1], []).append(last)
        else:
            last.append(text.strip())
    return {tag: [" ".join(parts) for parts in each] for tag, each in found.items()}


def _items(fields: Fields, file: str) -> Iterator[Item]:
    pmid = _first(fields, "PMID")
    if not pmid.isascii() or not pmid.isdigit():
        raise UnreadableRecord(f"the PMID {pmid!r} is no number" if pmid else "the record has no PMID")
    document = _document(document_id(pmid), fields)
    retractions = list(_retractions(document, fields, file))
    yield document
    yield from retractions


def _document(key: DocumentId, fields: Fields) -> Document:
    published, origin = _published(fields)
    titles, abstracts = ([text for tag in tags if (text := _first(fields, tag))] for tags in (("TI", "TT", "BTI"), ("AB", "OAB")))
    unused = {SECOND_TITLE: len(titles) - 1, SECOND_ABSTRACT: len(abstracts) - 1 + max(0, len(fields.get("OAB", ())) - 1)}
    return usable(
        Document(
            id=key,
            title=titles[0] if titles else "",
            passages=(Passage(abstracts[0]),) if abstracts else (),
            published=published,
            date_origin=origin,
            source="pubmed",
            journal=_first(fields, "JT") or _first(fields, "TA") or None,
            doi=next((found[1] for tag in ("LID", "AID") for each in fields.get(tag, ()) if (found := _DOI.fullmatch(each))), None),
            publication_types=tuple(sorted(set(fields.get("PT", ())) - {""})),
            mesh=tuple(_heading(each) for each in fields.get("MH", ()) if each),
            revised=revised.first if (revised := _dated(_first(fields, "LR"))) else None,
            unused={kind: number for kind, number in unused.items() if number > 0},
        )
    )


def _published(fields: Fields) -> tuple[PartialDate | None, DateOrigin]:
    """As of a record in XML: the date of publication, refined by its history; else the electronic one; else the history."""
    told = {status: _dated(when) for each in fields.get("PHST", ()) for when, _, status in [each.partition(" [")]}
    history = [told.get("pubmed]"), told.get("entrez]") or _dated(_first(fields, "EDAT"))]
    found = from_text(_first(fields, "DP"))
    if found is not None:
        day = refined(found, history)
        return (day, DateOrigin.HISTORY) if day is not None else (found, DateOrigin.PUBLICATION)
    if (electronic := _dated(_first(fields, "DEP"))) is not None:
        return electronic, DateOrigin.PUBLICATION
    return next((day for day in history if day is not None), None), DateOrigin.HISTORY


def _heading(said: str) -> MeshHeading:
    """A heading without its qualifiers; the format has no identifiers of headings."""
    return MeshHeading("", said.split("/", maxsplit=1)[0].strip("* "), "*" in said)


def _retractions(document: Document, fields: Fields, file: str) -> Iterator[Retraction | SetAside]:
    told = False
    for said in (each for tag in _RETRACTED_BY for each in fields.get(tag, ())):
        told = True
        found = _PMID.search(said)
        yield Retraction(document.id, in_reference(said), document_id(found[1]) if found else None, document.source)
    for said in (each for tag in _RETRACTS for each in fields.get(tag, ())):
        if found := _PMID.search(said):
            yield Retraction(document_id(found[1]), document.published, document.id, document.source)
        else:
            yield aside(file, document.id, nameless_notice(document.id, said), unit="event")
    if not told and RETRACTED in document.publication_types:
        yield Retraction(document.id, source=document.source)


def _dated(text: str) -> PartialDate | None:
    try:
        return date_of(text.split(" ", maxsplit=1)[0])
    except InvalidDate:
        return None


def _first(fields: Fields, tag: str) -> str:
    return next(iter(fields.get(tag, ())), "")


def _shown(lines: Sequence[bytes]) -> str:
    return b"\n".join(lines).decode("utf-8", "replace").replace("\x00", "")
