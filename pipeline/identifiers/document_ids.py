"""Identities of documents: one paper has one, however its number is written."""

import re
from functools import lru_cache
from urllib.parse import unquote

from pipeline.identifiers.written_forms import cleaned, in_another_script, is_missing, whole_number
from schema.errors import InvalidInput
from schema.ids import DocumentId

_DASHES = re.compile("[\u2010-\u2015\u2212]")
_IS_URL = re.compile(r"(?:https?|ftp)://|www\.|(?:dx\.)?doi\.org/|pubmed\.ncbi\.", re.IGNORECASE)
_AGAIN = re.compile(r"(?:doi|pmid|pmcid|url|uri)\s*[:=]\s*(?=https?://)", re.IGNORECASE)  # a prefix before an address that says it
_PUBMED = (
    re.compile(r"(?:pmid|pubmed|pubmed[ _-]?id|medline|med)\s*[:#=/]?\s*([0-9]+)(?:\.0+)?", re.IGNORECASE),
    re.compile(r"(?:info:pmid/|urn:pmid:)([0-9]+)", re.IGNORECASE),
    re.compile(
        r"\S*?(?:pubmed\.ncbi\.nlm\.nih\.gov|pubmed\.gov|/pubmed|/abstract/med|/articles?/med|/pmid)[/:](?:\?term=)?([0-9]+)/?",
        re.IGNORECASE,
    ),
)
_PMC = (
    re.compile(r"(?:(?:pmid|pmcid|pmc)\s*[:#=]?\s*)?pmc\s*[:#]?\s*([0-9]+)(?:\.[0-9]+)?", re.IGNORECASE),
    re.compile(r"pmcid\s*[:#=]?\s*([0-9]+)", re.IGNORECASE),
    re.compile(r"\S*?/(?:articles?/)?(?:pmc/|instance/)?pmc:?([0-9]+)(?:/.*)?", re.IGNORECASE),
)
_ARXIV = re.compile(
    r"(?:\S*?arxiv\.org/(?:abs|pdf)/|arxiv\s*[:/]?\s*(?:arxiv:)?|10\.48550/arxiv\.)"
    r"([0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[a-z]{2})?/[0-9]{7})(?:v[0-9]+)?(?:\.pdf)?",
    re.IGNORECASE,
)
_DOI = re.compile(r"(?:doi\s*[:=]?\s*)*(?:info:doi/|urn:doi:)?\s*(10\.[0-9]{1,9}(?:\.[0-9]+)*/\S+)", re.IGNORECASE)
_DOI_IN_URL = re.compile(r"\S*?[/=:](10\.[0-9]{1,9}(?:\.[0-9]+)*/\S+)", re.IGNORECASE)
_VIEW = re.compile(
    r"(?:/(?:full|abstract|abs|pdf|epdf|summary|meta|html)|\.(?:full|abstract|pdf|html)|\.full\.pdf|\.full-text)+/?$", re.IGNORECASE
)
_PREPRINT = re.compile(r"(10\.(?:1101|64898)/[0-9.]+)v[0-9]+")
_PMID_PREFIX = re.compile(r"(?:pmid|pubmed)\s*:", re.IGNORECASE)


def document_id(text: str) -> DocumentId:
    """The CURIE of a document: `PMID:123` (also for a bare number), `PMC123`, `doi:10.1/x` in lower case, `arXiv:2001.00001`.

    Web addresses of PubMed, PMC, doi.org, arXiv and publishers mean the number that they hold; any other id stays as it is. Raises
    InvalidInput for one that is empty, says that there is none, or cannot be told apart from another.
    """
    return _known(text) if len(text) <= _LONGEST else _written(text)


_LONGEST = 4096


@lru_cache(maxsize=1 << 16)
def _known(text: str) -> DocumentId:
    return _written(text)


def _written(text: str) -> DocumentId:
    plain = _AGAIN.sub("", _DASHES.sub("-", cleaned(text, "document id")))
    rest = plain.rpartition(":")[2].strip()
    if is_missing(rest):
        raise InvalidInput(f"the document id {text!r} is empty or says that there is none")
    if (number := whole_number(plain)) is not None or (number := _number(plain, _PUBMED)) is not None:
        return DocumentId(f"PMID:{number}")
    if (number := _number(plain, _PMC)) is not None:
        return DocumentId(f"PMC{number}")
    if doi := _doi(plain):
        arxiv = _ARXIV.fullmatch(doi)
        return DocumentId(f"arXiv:{arxiv[1]}" if arxiv else f"doi:{doi}")
    if arxiv := _ARXIV.fullmatch(plain.split("?")[0].split("#")[0]):
        return DocumentId(f"arXiv:{arxiv[1].lower()}")
    if _PMID_PREFIX.match(plain) and in_another_script(rest):
        raise InvalidInput(f"the document id {text!r} is no PMID: what follows the prefix is no number")
    return DocumentId(plain)


def _number(plain: str, forms: tuple[re.Pattern[str], ...]) -> str | None:
    """The number in an id that is of one of these forms, without zeros before it."""
    found = next((found for form in forms if (found := form.fullmatch(_without_query(plain)))), None)
    return (found[1].lstrip("0") or "0") if found else None


def _without_query(plain: str) -> str:
    """A web address without what follows the page; `?term=` of PubMed's search stays."""
    return re.split(r"[#&]|\?(?!term=)", plain, maxsplit=1)[0] if _IS_URL.match(plain) else plain


def _doi(plain: str) -> str | None:
    """A DOI in lower case, for DOIs differ in no more than case there; without the version of a preprint."""
    found = _DOI.fullmatch(plain)
    if found is None and _IS_URL.match(plain):
        found = _DOI_IN_URL.fullmatch(unquote(plain).split("?")[0].split("#")[0])
        doi = _VIEW.sub("", found[1]) if found else ""
    else:
        doi = found[1] if found else ""
    doi = doi.rstrip(".,;/").lower()
    preprint = _PREPRINT.fullmatch(doi)
    return preprint[1] if preprint else doi or None
