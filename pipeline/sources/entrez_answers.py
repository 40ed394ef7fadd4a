"""What NCBI's E-utilities answer about PubMed: found records on the history server, and pages of XML, errors within them told."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.sources.day_windows import DaySpan
from pipeline.sources.xml_files import is_html, is_whole_set, last_pmid
from schema.errors import SourceFailed, SourceUnavailable

MOST = 9_999
"""Records of one search that PubMed gives, whatever page is asked for."""

PER_SECOND, PER_SECOND_WITH_KEY = 3, 10
"""Requests that NCBI allows, without and with an API key."""

_LASTING = re.compile(r"api[ _-]?key|invalid (?:db|term|field|parameter|datetype)|empty term|unknown field|syntax", re.IGNORECASE)
_ERROR = re.compile(rb"<(?:ERROR|Error|error)>\s*(.*?)\s*</(?:ERROR|Error|error)>", re.DOTALL)
_RECORD = re.compile(rb"<(?:PubmedArticle|PubmedBookArticle)[ >]")


@dataclass(frozen=True, slots=True)
class SearchHits:
    """An answer to a search, kept on the history server."""

    count: int
    web_env: str
    query_key: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the records that were found."""

    content: bytes
    records: int
    last_record: str


def search_terms(query: str, dates: str, span: DaySpan) -> dict[str, str]:
    """The parameters of a search for what a query finds in some days."""
    term = f"({query})"
    if span.published is not None:
        first, last = span.published
        term += f' AND ("{_day(first)}"[dp] : "{_day(last)}"[dp])'
    days = {"datetype": dates, "mindate": _day(span.first), "maxdate": _day(span.last)}
    return {"db": "pubmed", "term": term, "usehistory": "y", "retmode": "json", "retmax": "0", **days}


def page_terms(found: SearchHits, start: int, size: int) -> dict[str, str]:
    """The parameters of a request for records that were found."""
    place = {"WebEnv": found.web_env, "query_key": found.query_key, "retstart": str(start), "retmax": str(size)}
    return {"db": "pubmed", **place, "retmode": "xml"}


def read_search(content: bytes) -> SearchHits:
    """The answer to a search; raises SourceUnavailable for an error that may pass, SourceFailed for one that will not."""
    answer = told_object(content, "the search")
    result = answer.get("esearchresult")
    for holder in (answer, result if isinstance(result, dict) else {}):
        if error := holder.get("error") or holder.get("ERROR"):
            raise _error(str(error))
    if not isinstance(result, dict):
        raise SourceUnavailable("the answer to the search holds no result")
    if fields := _listed(result, "fieldsnotfound"):
        raise SourceFailed(f"PubMed knows no field {', '.join(map(repr, fields))}: correct the query")
    try:
        return SearchHits(int(result["count"]), str(result["webenv"]), str(result["querykey"]))
    except (KeyError, TypeError, ValueError) as cause:
        raise SourceUnavailable("the answer to the search lacks its count or its place on the history server") from cause


def read_page(content: bytes) -> Page:
    """A page of records; raises as `read_search` does, also for XML that is not whole."""
    if is_html(content):
        raise SourceUnavailable("an HTML page came in place of XML")
    head = content.lstrip()[:1]
    if head == b"{":
        told = told_object(content, "the request for records")
        raise _error(str(told.get("error") or told.get("ERROR") or "JSON came in place of XML"))
    if (found := _ERROR.search(content[:20_000])) and not _RECORD.search(content):
        raise _error(found[1].decode("utf-8", "replace"))
    if not is_whole_set(content):
        raise SourceUnavailable(f"XML came that is no whole set of records, it begins with {content[:60]!r}")
    return Page(content, len(_RECORD.findall(content)), last_pmid(content))


def told_object(content: bytes, asked: str) -> Mapping[str, Any]:
    """A JSON object that was answered; raises SourceUnavailable where something else was."""
    try:
        answer = json.loads(content, strict=False)  # NCBI's messages hold line breaks as they are
    except (ValueError, RecursionError) as cause:
        shown = "an HTML page" if is_html(content) else f"text that begins with {content[:60].decode('utf-8', 'replace')!r}"
        raise SourceUnavailable(f"{shown} came in place of JSON as the answer to {asked}") from cause
    if not isinstance(answer, dict):
        raise SourceUnavailable(f"the answer to {asked} is no JSON object")
    return answer


def _error(said: str) -> SourceFailed:
    shown = " ".join(said.split())[:200]
    return SourceFailed(f"PubMed refused: {shown}") if _LASTING.search(said) else SourceUnavailable(f"PubMed answered: {shown}")


def _listed(result: Mapping[str, Any], name: str) -> list[str]:
    errors = result.get("errorlist")
    found = errors.get(name) if isinstance(errors, dict) else None
    return [str(each)[:80] for each in found] if isinstance(found, list) else []


def _day(day: date) -> str:
    return f"{day:%Y/%m/%d}"
