"""PubMed XML, baseline and update files: one record at a time, so that a broken one costs nothing but itself."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import IO

from lxml import etree

from pipeline.files.items import Item, aside, usable
from pipeline.files.mention_places import SECOND_ABSTRACT, SECOND_TITLE
from pipeline.files.pubmed_dates import from_parts, from_text, in_reference, refined
from pipeline.files.xml_records import opening, read_records
from pipeline.formats.marked_up_text import all_text
from pipeline.identifiers import document_id
from schema.dates import DateOrigin, PartialDate
from schema.document import Document, MeshHeading, Passage
from schema.errors import UnreadableRecord
from schema.ids import DocumentId
from schema.records import Deletion, Retraction, SetAside

ROOTS = (
    "PubmedArticleSet",
    "MedlineCitationSet",
    "PubmedArticle",
    "MedlineCitation",
    "DeleteCitation",
    "PubmedBookArticle",
    "PubmedBookArticleSet",
)

_SOURCE = "pubmed"
RETRACTED_BY = ("retractionin", "retractedandrepublishedin")
RETRACTS = ("retractionof", "retractedandrepublishedfrom")
"""Kinds of references, in lower case: by which a paper says that it is retracted, and by which a notice says of which."""

RETRACTED = "Retracted Publication"

_OPEN = opening("PubmedArticle", "MedlineCitation", "DeleteCitation", "PubmedBookArticle")


def read_pubmed(stream: IO[bytes], name: str, root: str = ROOTS[0], encoding: str = "utf-8") -> Iterator[Item]:
    """Documents, retractions and deletions of a file; a record that is malformed or too long is set aside."""
    return read_records(stream, _OPEN, root, encoding, name, lambda record: _items(record, name))


def _items(record: etree._Element, file: str) -> Iterator[Item]:
    if record.tag == "DeleteCitation":
        yield from _deletions(record, file)
        return
    citation = (
        record if record.tag == "MedlineCitation" else record.find("MedlineCitation" if record.tag == "PubmedArticle" else "BookDocument")
    )
    if citation is None:
        raise UnreadableRecord(f"the {record.tag} holds no citation")
    document = _document(citation, record.find("PubmedData"))
    retractions = list(_retractions(citation, document, file))  # a record is taken whole or set aside whole
    yield document
    yield from retractions


def _deletions(record: etree._Element, file: str) -> Iterator[Item]:
    bad = []
    for pmid in record.iterfind("PMID"):
        try:
            yield Deletion(_pmid(pmid), f"{file} DeleteCitation", _SOURCE)
        except UnreadableRecord as error:
            bad.append(str(error))
    if bad:
        raise UnreadableRecord(f"{len(bad)} of the deletions cannot be read: {'; '.join(bad[:5])}")


def _document(citation: etree._Element, data: etree._Element | None) -> Document:
    pmid = citation.find("PMID")
    if pmid is None:
        raise UnreadableRecord("the record has no PMID")
    article = citation.find("Article")
    article = citation if article is None else article
    journal = article.find("Journal")
    published, origin = _published(article, journal, data)
    titles = [all_text(found) for found in (article.find("ArticleTitle"), article.find("VernacularTitle"), citation.find("Book/BookTitle"))]
    abstracts = _abstracts(article, citation)
    unused = {SECOND_TITLE: sum(map(bool, titles[:2])) - 1, SECOND_ABSTRACT: len(abstracts) - 1}
    return usable(
        Document(
            id=_pmid(pmid),
            title=next(filter(None, titles), ""),
            passages=abstracts[0] if abstracts else (),
            published=published,
            date_origin=origin,
            source=_SOURCE,
            journal=(all_text(journal.find("Title")) or all_text(journal.find("ISOAbbreviation")) or None) if journal is not None else None,
            doi=_doi(article, data),
            publication_types=tuple(sorted({all_text(kind) for kind in article.iterfind("PublicationTypeList/PublicationType")} - {""})),
            mesh=tuple(_headings(citation)),
            version=_number(pmid.get("Version")),
            revised=_revised(citation.find("DateRevised")),
            unused={kind: number for kind, number in unused.items() if number > 0},
        )
    )


def _abstracts(article: etree._Element, citation: etree._Element) -> list[tuple[Passage, ...]]:
    """What abstracts there are: the article's own, then those of others, the English ones first."""
    others = sorted(citation.iterfind("OtherAbstract"), key=lambda each: each.get("Language", "eng") != "eng")
    found = (
        tuple(Passage(text, part.get("Label") or None) for part in abstract.iterfind("AbstractText") if (text := all_text(part)))
        for abstract in [*article.iterfind("Abstract"), *others]
    )
    return [passages for passages in found if passages]


def _published(
    article: etree._Element, journal: etree._Element | None, data: etree._Element | None
) -> tuple[PartialDate | None, DateOrigin]:
    """PubDate, refined by the record's own history where it is coarse; else the electronic date; else the history."""
    issue = article.find("Book/PubDate") if journal is None else journal.find("JournalIssue/PubDate")
    found = _date(issue)
    history = _history(data)
    if found is not None:
        day = refined(found, history)
        return (day, DateOrigin.HISTORY) if day is not None else (found, DateOrigin.PUBLICATION)
    found = _date(article.find("ArticleDate"))
    if found is not None:
        return found, DateOrigin.PUBLICATION
    return next((day for day in history if day is not None), None), DateOrigin.HISTORY


def _date(element: etree._Element | None) -> PartialDate | None:
    if element is None:
        return None
    told = {str(child.tag): child.text or "" for child in element}
    if "MedlineDate" in told:
        return from_text(told["MedlineDate"].strip())
    return from_parts(told.get("Year"), told.get("Month"), told.get("Day"), told.get("Season"))


def _history(data: etree._Element | None) -> list[PartialDate | None]:
    if data is None:
        return []
    dates = {element.get("PubStatus"): element for element in data.iterfind("History/PubMedPubDate")}
    return [_date(dates.get("pubmed")), _date(dates.get("entrez"))]


def _doi(article: etree._Element, data: etree._Element | None) -> str | None:
    for element in article.iterfind("ELocationID"):
        if element.get("EIdType") == "doi" and element.get("ValidYN", "Y") == "Y":
            return all_text(element) or None
    # Only the record's own list: each entry of its references has an ArticleIdList too.
    for element in data.iterfind("ArticleIdList/ArticleId") if data is not None else ():
        if element.get("IdType") == "doi":
            return all_text(element) or None
    return None


def _headings(citation: etree._Element) -> Iterator[MeshHeading]:
    for heading in citation.iterfind("MeshHeadingList/MeshHeading"):
        descriptor, major = None, False
        for part in heading:
            if part.tag == "DescriptorName":
                descriptor = part
            major = major or part.get("MajorTopicYN") == "Y"
        if descriptor is not None and (identifier := descriptor.get("UI")):
            yield _heading(identifier, all_text(descriptor), major)


@lru_cache(maxsize=1 << 16)
def _heading(identifier: str, name: str, major: bool) -> MeshHeading:
    return MeshHeading(f"MESH:{identifier}", name, major)


def _retractions(citation: etree._Element, document: Document, file: str) -> Iterator[Retraction | SetAside]:
    """What the record retracts, itself or another; a notice that does not say which leaves a trace."""
    told = False
    for correction in citation.iterfind("CommentsCorrectionsList/CommentsCorrections"):
        kind, pmid = (correction.get("RefType") or "").lower(), correction.find("PMID")
        source = all_text(correction.find("RefSource"))
        if kind in RETRACTED_BY:
            told = True
            yield Retraction(document.id, in_reference(source), _pmid(pmid) if pmid is not None else None, document.source)
        elif kind in RETRACTS and pmid is not None:
            yield Retraction(_pmid(pmid), document.published, document.id, document.source)
        elif kind in RETRACTS:
            yield aside(file, document.id, nameless_notice(document.id, source), unit="event")
    if not told and RETRACTED in document.publication_types:
        yield Retraction(document.id, source=document.source)


def nameless_notice(document: DocumentId, source: str) -> str:
    """Why a notice of a retraction is set aside."""
    return f"{document} is the notice of a retraction and does not say of which PMID, only {source!r}: `chronokg retract` takes it"


def _pmid(element: etree._Element) -> DocumentId:
    text = (element.text or "").strip()
    if not text.isascii() or not text.isdigit():
        raise UnreadableRecord(f"the PMID {text!r} is no number")
    return document_id(text)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 1


def _revised(element: etree._Element | None) -> date | None:
    found = _date(element)
    return found.first if found is not None else None
