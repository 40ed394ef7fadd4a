"""The words of a report: facts as sentences, where they stand, how their documents are cited."""

from collections.abc import Mapping
from typing import Any

from pipeline.answering.histories import Names, name_of
from schema.fact import Fact, Source, Status, Triple
from schema.ids import DocumentId

Row = dict[str, Any]
Citations = Mapping[DocumentId, str]
"""How to cite a document besides its id and date, where more is known than the log has."""

_VERBS = {
    "associate": "is associated with",
    "cause": "causes",
    "compare": "is compared with",
    "cotreat": "is given together with",
    "drug_interact": "interacts as a drug with",
    "held_by": "is held by",
    "inhibit": "inhibits",
    "interact": "interacts with",
    "negative_correlate": "correlates negatively with",
    "positive_correlate": "correlates positively with",
    "prevent": "prevents",
    "stimulate": "stimulates",
    "treat": "treats",
}
"""Relations as a sentence says them; those of another ontology are said by their names."""

_PAGES = {"PMID": "https://pubmed.ncbi.nlm.nih.gov/{}/", "PMC": "https://pmc.ncbi.nlm.nih.gov/articles/{}/", "DOI": "https://doi.org/{}"}


def sentence_of(triple: Triple, names: Names) -> str:
    """A triple as a person says it."""
    return f"{name_of(triple.head, names)} {verb(triple.relation)} {name_of(triple.tail, names)}"


def verb(relation: str) -> str:
    """A relation as a sentence says it."""
    return _VERBS.get(relation, spoken(relation))


def spoken(relation: str) -> str:
    """A relation's name without underscores."""
    return relation.replace("_", " ")


def where_it_stands(fact: Fact | None) -> str:
    """The intervals in which a fact held, or why there are none."""
    if fact is None:
        return "not known"
    if not fact.holdings:
        return fact.status.value
    spans = [f"{h.interval.start} to {h.interval.end}" if h.interval.end else f"since {h.interval.start}" for h in fact.holdings]
    return f"held {', '.join(spans)}" if fact.status is Status.SUPERSEDED else f"holds {', '.join(spans)}"


def cited(document: DocumentId, sources: Mapping[DocumentId, Source], citations: Citations, *, with_date: bool = True) -> str:
    """A document's id, date as precise as it is known, journal and what else is known of it."""
    source = sources[document]
    more = citations.get(document) or source.title or source.journal
    return f"{document}{f', {day_published(source)}' if with_date else ''}{f' ({more})' if more else ''}"


def day_published(source: Source) -> str:
    """When a document was published, as precise as it is known."""
    return source.published.isoformat()[: {"year": 4, "month": 7}.get(source.precision, 10)]


def page_of(document: DocumentId) -> str | None:
    """Where a document can be read, if its id says so."""
    kind, _, number = document.partition(":")
    pattern = _PAGES.get(kind.upper())
    return pattern.format(number) if pattern and number and not set(number) & set(" \"'<>") else None
