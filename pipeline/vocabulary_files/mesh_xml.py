"""MeSH as NLM publishes it: descriptors and supplementary records in XML, one record at a time."""

from collections.abc import Iterator

from lxml import etree

from pipeline.files.opened_file import OpenedFile
from pipeline.vocabulary_files.mesh_tables import NO_TYPE, type_of_headings, type_of_trees, without_type
from pipeline.vocabulary_files.term_rows import BadRow, Passed, Row, Rows, TermOptions, term
from schema.errors import UnreadableRecord

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
