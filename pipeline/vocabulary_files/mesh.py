"""MeSH: descriptors and supplementary records in XML as NLM publishes it, or as tables of labels."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from lxml import etree

from pipeline.files.opened_file import OpenedFile
from pipeline.vocabulary_files.term_rows import BadRow, Passed, Row, Rows, TermOptions, term, text_lines
from schema.errors import UnreadableRecord

_IDENTIFIER = re.compile(r"[DC]\d{6,9}")
NO_TYPE = "of no type that MeSH trees give"
_NO_HEADING = "supplements whose headings are not loaded: load the descriptors first, or give --type"


def is_mesh_table(line: str) -> bool:
    """Whether a first line is such a row."""
    cells = line.split("\t")
    return len(cells) >= 4 and _IDENTIFIER.fullmatch(cells[0]) is not None


def read_mesh_table(stream: OpenedFile, file: str, wanted: TermOptions) -> Rows:
    """A term for each row whose trees or headings are of a type."""
    for number, line in text_lines(stream, file):
        if line:
            yield _row(line, file, f"line {number}", wanted)
        elif line is None:
            yield BadRow(file, f"line {number}", "the line is not UTF-8, or far too long")


def type_of_trees(trees: Iterable[str]) -> str:
    """Disease for diseases and mental disorders (C, F03), Chemical for chemicals and drugs (D), else ""."""
    areas = {"Disease" if tree.startswith(("C", "F03")) else "Chemical" for tree in trees if tree.startswith(("C", "D", "F03"))}
    return "Disease" if "Disease" in areas else "Chemical" if areas else ""


def type_of_headings(headings: Iterable[str], wanted: TermOptions) -> str:
    """What most of a supplement's headings are; Chemical on a tie, for most supplements are; "" where none is loaded."""
    kinds = Counter(wanted.headings[key] for key in (f"MESH:{each}" for each in headings) if key in wanted.headings)
    return max(sorted(kinds), key=lambda kind: kinds[kind]) if kinds else ""


def without_type(wanted: TermOptions) -> Passed:
    """What is said of a supplement whose headings say no type."""
    return Passed(NO_TYPE if wanted.headings else _NO_HEADING)


def _row(line: str, file: str, place: str, wanted: TermOptions) -> Row:
    cells = line.split("\t")
    if len(cells) < 4 or not _IDENTIFIER.fullmatch(cells[0]):
        return BadRow(file, place, f"{line[:60]!r} does not begin with a MeSH identifier and three more cells")
    key, name, synonyms = f"MESH:{cells[0]}", cells[1], cells[2].split("|")
    if cells[0].startswith("D"):
        kind = type_of_trees(cells[3].split("|")) or wanted.type or ""
        return term(key, kind, name, synonyms, wanted, file, place) if kind else Passed(NO_TYPE)
    kind = type_of_headings(cells[3].split(","), wanted) or wanted.type or ""
    return term(key, kind, name, synonyms, wanted, file, place) if kind else without_type(wanted)


_CLASSES = {"1": "Chemical", "2": "Chemical", "3": "Disease"}  # 2 are protocols: combinations of drugs; 4 are organisms


def read_mesh_xml(stream: OpenedFile, file: str, wanted: TermOptions) -> Rows:
    """A term for each record of a type; raises UnreadableRecord where the file is not well-formed or breaks off."""
    number = 0
    try:
        for record in _records(stream):
            number += 1
            yield (_descriptor if record.tag == "DescriptorRecord" else _supplement)(record, file, f"record {number}", wanted)
    except etree.XMLSyntaxError as error:
        why = stream.broken.reason if stream.broken is not None else error
        raise UnreadableRecord(f"{file} breaks off or is not well-formed after record {number}: {why}") from error


def _records(stream: OpenedFile) -> Iterator[etree._Element]:
    # Entities stay unresolved and the DTD unread: the file's own are of no use, and a hostile one's can be of any size.
    parsed = etree.iterparse(
        stream, tag=("DescriptorRecord", "SupplementalRecord"), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    for _, record in parsed:
        yield record
        record.clear()
        while record.getprevious() is not None and (parent := record.getparent()) is not None:
            del parent[0]


def _descriptor(record: etree._Element, file: str, place: str, wanted: TermOptions) -> Row:
    kind = type_of_trees(node.text or "" for node in record.iterfind("TreeNumberList/TreeNumber")) or wanted.type or ""
    identifier = (record.findtext("DescriptorUI") or "").strip()
    return _term(record, identifier, "DescriptorName/String", kind, file, place, wanted) if kind else Passed(NO_TYPE)


def _supplement(record: etree._Element, file: str, place: str, wanted: TermOptions) -> Row:
    headings = [
        (node.text or "").strip().lstrip("*")
        for node in record.iterfind("HeadingMappedToList/HeadingMappedTo/DescriptorReferredTo/DescriptorUI")
    ]
    told = record.get("SCRClass")
    kind = _CLASSES.get(told, "") if told else type_of_headings(headings, wanted)
    identifier = (record.findtext("SupplementalRecordUI") or "").strip()
    kind = kind or wanted.type or ""
    if not kind:
        return Passed(NO_TYPE) if told else without_type(wanted)
    return _term(record, identifier, "SupplementalRecordName/String", kind, file, place, wanted)


def _term(record: etree._Element, identifier: str, name: str, kind: str, file: str, place: str, wanted: TermOptions) -> Row:
    if not identifier:
        return BadRow(file, place, "the record has no identifier")
    synonyms = [node.text or "" for node in record.iterfind("ConceptList/Concept/TermList/Term/String")]
    return term(f"MESH:{identifier}", kind, record.findtext(name) or "", synonyms, wanted, file, place)
