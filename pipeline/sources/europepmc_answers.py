"""What Europe PMC's search answers: pages by cursor, whose PubMed records become PubMed XML, so that one reader reads both."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree, html

from pipeline.sources.day_windows import DaySpan
from pipeline.sources.entrez_answers import told_object
from schema.errors import SourceFailed, SourceUnavailable

_HEADING = re.compile(r"<h4>(.*?)</h4>", re.DOTALL | re.IGNORECASE)
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCES = {"retraction in": "RetractionIn", "retraction of": "RetractionOf"}


@dataclass(frozen=True, slots=True)
class CursorPage:
    """Some of the records that were found, as PubMed XML, and where the next ones are; None at the end."""

    content: bytes
    records: int
    found: int  # in all
    last_record: str
    next_cursor: str | None


def cursor_terms(query: str, dates: str, span: DaySpan, cursor: str, size: int) -> dict[str, str]:
    """The parameters of a search: PubMed's records that a query finds in some days."""
    days = f"{dates}:[{span.first} TO {span.last}]"
    return {
        "query": f"({query}) AND SRC:MED AND {days}",
        "resultType": "core",
        "format": "json",
        "pageSize": str(size),
        "cursorMark": cursor,
    }


def read_cursor_page(content: bytes, cursor: str) -> CursorPage:
    """The answer to a search; raises SourceUnavailable for an error that may pass, SourceFailed for one that will not."""
    answer = told_object(content, "the search")
    if error := answer.get("errMsg") or answer.get("error"):
        lasting = str(answer.get("errCode")).startswith("4") and str(answer.get("errCode")) not in {"408", "429"}
        raise (SourceFailed if lasting else SourceUnavailable)(f"Europe PMC answered: {str(error)[:200]}")
    results = answer.get("resultList")
    records = results.get("result") if isinstance(results, dict) else None
    count = answer.get("hitCount")
    if not isinstance(records, list) or not isinstance(count, int):
        raise SourceUnavailable("the answer to the search lacks its count or its results")
    told = [record for record in records if isinstance(record, dict)]
    following = answer.get("nextCursorMark")
    more = str(following) if following and following != cursor and records else None
    last = next((f"PMID:{record['pmid']}" for record in reversed(told) if record.get("pmid")), "")
    return CursorPage(pubmed_xml(told), len(records), count, last, more)


def pubmed_xml(records: Sequence[Mapping[str, Any]]) -> bytes:
    """A set of records as PubMed has them, of what Europe PMC tells of them."""
    root = etree.Element("PubmedArticleSet")
    for record in records:
        _add_record(root, record)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _add_record(root: etree._Element, record: Mapping[str, Any]) -> None:
    citation = etree.SubElement(etree.SubElement(root, "PubmedArticle"), "MedlineCitation")
    _add(citation, "PMID", record.get("pmid") or record.get("id"), Version="1")
    _add_day(citation, "DateRevised", record.get("dateOfRevision"))
    article = etree.SubElement(citation, "Article")
    _add_journal(article, record)
    _add(article, "ArticleTitle", _plain(record.get("title")))
    if abstract := record.get("abstractText"):
        under = etree.SubElement(article, "Abstract")
        for label, text in _sections(str(abstract)):
            _add(under, "AbstractText", text, **({"Label": label} if label else {}))
    if doi := record.get("doi"):
        _add(article, "ELocationID", doi, EIdType="doi", ValidYN="Y")
    kinds = etree.SubElement(article, "PublicationTypeList")
    for kind in _each(record, "pubTypeList", "pubType"):
        _add(kinds, "PublicationType", kind)
    corrections = etree.SubElement(citation, "CommentsCorrectionsList")
    for told in _each(record, "commentCorrectionList", "commentCorrection"):
        if isinstance(told, Mapping) and (kind := _REFERENCES.get(str(told.get("type")).strip().casefold())):
            made = etree.SubElement(corrections, "CommentsCorrections", RefType=kind)
            _add(made, "RefSource", told.get("reference"))
            if told.get("source") == "MED":
                _add(made, "PMID", told.get("id"), Version="1")


def _add_journal(article: etree._Element, record: Mapping[str, Any]) -> None:
    told = record.get("journalInfo")
    info: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    journal = etree.SubElement(article, "Journal")
    date = etree.SubElement(etree.SubElement(journal, "JournalIssue"), "PubDate")
    if written := info.get("dateOfPublication") or record.get("pubYear"):
        _add(date, "MedlineDate", written)
    named = info.get("journal")
    _add(journal, "Title", named.get("title") if isinstance(named, Mapping) else None)
    _add_day(article, "ArticleDate", record.get("electronicPublicationDate") or record.get("firstPublicationDate"))


def _add(parent: etree._Element, tag: str, text: object, **attributes: str) -> None:
    if text is not None and str(text).strip():
        etree.SubElement(parent, tag, {name: _NO_XML.sub("", value) for name, value in attributes.items()}).text = _NO_XML.sub(
            "", str(text)
        )


def _add_day(parent: etree._Element, tag: str, day: object) -> None:
    if found := re.match(r"(\d{4})-(\d\d)-(\d\d)", str(day)):
        made = etree.SubElement(parent, tag)
        for name, part in zip(("Year", "Month", "Day"), found.groups(), strict=True):
            etree.SubElement(made, name).text = part


def _each(record: Mapping[str, Any], holder: str, name: str) -> Sequence[Any]:
    held = record.get(holder)
    found = held.get(name) if isinstance(held, Mapping) else None
    return found if isinstance(found, list) else []


def _sections(abstract: str) -> Iterator[tuple[str, str]]:
    """Labels and texts of an abstract, whose labels are headings."""
    parts = _HEADING.split(abstract)
    for label, text in zip(["", *parts[1::2]], parts[::2], strict=True):
        if said := _plain(text):
            yield _plain(label).rstrip(":"), said


def _plain(marked_up: object) -> str:
    """Text without its tags."""
    text = _NO_XML.sub("", str(marked_up or "")).strip()
    if not text or ("<" not in text and "&" not in text):
        return text
    try:
        return " ".join(html.fragment_fromstring(text, create_parent="div").text_content().split())
    except (etree.ParserError, ValueError):
        return text
