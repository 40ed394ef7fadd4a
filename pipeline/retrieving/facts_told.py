"""Facts as data for whoever asks: with names, intervals and the best citations; and what changed them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.answering.histories import Names, fact_summary, name_of, step
from schema.events import Event, EventKind
from schema.fact import Fact, Report, Source, Triple
from schema.ids import DocumentId
from schema.observation import Polarity

QUOTES_PER_FACT = 3
"""Citations for a fact, and as many against it."""


def fact_told(fact: Fact, names: Names, sources: Mapping[DocumentId, Source]) -> dict[str, Any]:
    """A fact with its names, its intervals and its best citations.

    A dictionary of `head`, `head_name`, `relation`, `tail`, `tail_name`, `belief` (0 to 1), `status`, `support` (documents),
    `first_seen`, `last_seen`, `intervals` (`from`, `to`, `belief`, `support`; an open end is None) and `citations`.
    """
    return {**fact_summary(fact, names), "citations": citations(fact.reports, sources)}


def change_told(
    event: Event, fact: Fact | None, reports: Mapping[Triple, Sequence[Report]], names: Names, sources: Mapping[DocumentId, Source]
) -> dict[str, Any]:
    """What happened on a day: the fact as it stands (None: its triple alone), and the step in words, with the sentences that did it."""
    head, relation, tail = event.side.triple
    bare = {"head": head, "head_name": name_of(head, names), "relation": relation, "tail": tail, "tail_name": name_of(tail, names)}
    spoke = event.by if event.kind is EventKind.CLOSED and event.by is not None else event.side
    said = [r for r in reports.get(spoke.triple, ()) if r.document in event.documents and r.polarity is spoke.polarity]
    return {**(fact_summary(fact, names) if fact else bare), **step(event, names, ()), "quotes": citations(said, sources)}


def citations(reports: Iterable[Report], sources: Mapping[DocumentId, Source], most: int = QUOTES_PER_FACT) -> list[dict[str, Any]]:
    """The surest reports for a fact, then those against it, at most so many of each."""
    reports = list(reports)

    def best(polarity: Polarity) -> list[Report]:
        said = [report for report in reports if report.polarity is polarity]
        return sorted(said, key=lambda r: (-r.confidence, r.document))[:most]

    return [_citation(r, sources.get(r.document)) for r in (*best(Polarity.ASSERTS), *best(Polarity.DENIES))]


def cited_documents(reports: Iterable[Iterable[Report]]) -> set[DocumentId]:
    """The documents that reports are of."""
    return {report.document for some in reports for report in some}


def _citation(report: Report, source: Source | None) -> dict[str, Any]:
    return {
        "document": report.document,
        "title": source.title if source else "",
        "published": source.published.isoformat() if source else None,
        "precision": source.precision if source else None,
        "journal": source.journal if source else None,
        "polarity": report.polarity.value,
        "confidence": report.confidence,
        "quote": report.quote,
    }
