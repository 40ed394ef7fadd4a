"""What changed: facts that stopped holding and because of what, and what was known before and after something arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.answering.histories import Names
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import Graph, fold
from pipeline.believing.rules import Rules
from pipeline.reporting.words import Citations, Row, cited, page_of, sentence_of, where_it_stands
from schema.events import Event, EventKind
from schema.fact import Source, Status
from schema.ids import DocumentId
from schema.observation import Polarity


@dataclass(frozen=True, slots=True)
class KnowledgeUpdate:
    """Something that we came to know after the rest: the last moment before and the first moment after."""

    title: str
    before: datetime
    after: datetime


MOST_ROWS = 100
"""Overturned facts that are told one by one."""


def overturned(graph: Graph, names: Names, citations: Citations) -> tuple[list[Row], int]:
    """Each time that a fact stopped holding, in the order of days, with the sentences that ended it; and how many there was no room for.

    Where there are very many, those are told that were believed most.
    """
    facts = {fact.triple: fact for fact in graph.facts}
    sources = {source.id: source for source in graph.documents}
    events = [e for history in graph.histories.values() for e in history if e.kind is EventKind.CLOSED and e.side.triple in facts]
    rows: list[Row] = []
    for event in sorted((e for e in events if e.side.polarity is Polarity.ASSERTS), key=lambda e: (e.on, e.side)):
        fact = facts[event.side.triple]
        held = next(h for h in fact.holdings if h.interval.end == event.on)
        rows.append(
            {
                "fact": sentence_of(fact.triple, names),
                "from": held.interval.start.isoformat(),
                "to": event.on.isoformat(),
                "belief": held.belief,
                "by": _closed_by(event, names),
                "because": [_because(document, event, graph, sources, citations) for document in event.documents],
                "now": "holds again" if fact.status is Status.CURRENT else "does not hold",
            }
        )
    kept = {id(row) for row in sorted(rows, key=lambda row: -row["belief"])[:MOST_ROWS]}
    return [row for row in rows if id(row) in kept], len(rows) - len(kept)


def firmest(fallen: Sequence[Row]) -> Row | None:
    """What was believed most of all that fell."""
    return max(fallen, key=lambda row: row["belief"], default=None)


def learnt(update: KnowledgeUpdate, evidence: Evidence, rules: Rules, names: Names) -> list[Row]:
    """Facts that stood otherwise before an update than after it: the same question, asked with two clocks."""
    before, after = (
        {fact.triple: where_it_stands(fact) for fact in fold(evidence, rules, known_at=moment, histories=False).facts}
        for moment in (update.before, update.after)
    )
    unknown = where_it_stands(None)
    return [
        {"fact": sentence_of(triple, names), "before": before.get(triple, unknown), "after": after.get(triple, unknown)}
        for triple in sorted({*before, *after})
        if before.get(triple) != after.get(triple)
    ]


def headline(graph: Graph) -> Row:
    """The counts that stand first."""
    published = [source.published for source in graph.documents]
    return {
        "documents": len(graph.documents),
        "facts": len(graph.facts),
        "overturned": sum(bool(fact.closed) for fact in graph.facts),
        "times": sum(len(fact.closed) for fact in graph.facts),
        "returned": sum(fact.status is Status.CURRENT and bool(fact.closed) for fact in graph.facts),
        "retracted": sum(source.retracted for source in graph.documents),
        "from": min(published).year if published else None,
        "to": max(published).year if published else None,
    }


def _closed_by(event: Event, names: Names) -> str:
    if event.by is None:
        return "its stated end"
    return "denial" if event.by.polarity is Polarity.DENIES else sentence_of(event.by.triple, names)


def _because(document: DocumentId, event: Event, graph: Graph, sources: Mapping[DocumentId, Source], citations: Citations) -> Row:
    triple, polarity = (event.by.triple, event.by.polarity) if event.by else (event.side.triple, Polarity.ASSERTS)
    quotes = [r.quote for r in graph.reports.get(triple, ()) if r.document == document and r.polarity is polarity]
    return {
        "citation": cited(document, sources, citations),
        "undated": cited(document, sources, citations, with_date=False),
        "page": page_of(document),
        "quote": quotes[0] if quotes else "",
    }
