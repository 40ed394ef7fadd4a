"""Rows on facts that stand otherwise than they did: when they held, what is so now, and the sentences because of which."""

from collections.abc import Callable, Iterable, Mapping

from pipeline.answering.histories import Names
from pipeline.believing.fold import Graph
from pipeline.reporting.words import Row, cited, day_published, page_of, sentence_of
from schema.events import DENIED, STATED_END
from schema.fact import Closure, Fact, Report, Source, Status, Triple
from schema.ids import DocumentId
from schema.observation import Entity, Polarity

Shown = Callable[[Iterable[Entity]], Names]
"""What entities are called."""


class ChangeTeller:
    """Rows on facts, in the words of the later of two graphs."""

    def __init__(self, before: Graph, now: Graph, shown: Shown) -> None:
        self._before, self._now = before, now
        self._stood = {fact.triple: fact for fact in before.facts}
        self._names = {**shown(before.entities), **shown(now.entities)}
        self._sources: Mapping[DocumentId, Source] = {source.id: source for graph in (before, now) for source in graph.documents}

    def row(self, fact: Fact) -> Row:
        """Where a fact of the later graph stands, and because of what."""
        last = fact.holdings[-1] if fact.holdings else None
        told: Row = {
            "fact": sentence_of(fact.triple, self._names),
            "triple": list(fact.triple),
            "held": [last.interval.start.isoformat(), last.interval.end.isoformat() if last.interval.end else None] if last else None,
            "belief": last.belief if last and fact.status is Status.SUPERSEDED else fact.belief,
            "support": fact.support,
        }
        if fact.status is Status.SUPERSEDED:
            return {**told, **self._closed(fact, fact.closed[-1], self._now)}
        if fact.status is Status.WITHDRAWN:
            return {**told, "now": "nothing supports it any more", "because": self._taken_back(fact.triple)}
        now = {Status.CURRENT: "holds", Status.CONTESTED: "is contested: what opposes it holds and is not outweighed"}[fact.status]
        asserted = [self._quoted(report.document, report.quote) for report in fact.reports if _asserts(report)]
        return {**told, "now": now, "because": [*self._taken_back_from(fact), *asserted]}

    def citation(self, document: DocumentId) -> str:
        """A document as a person cites it."""
        return cited(document, self._sources, {})

    def _closed(self, fact: Fact, closure: Closure, graph: Graph) -> Row:
        if closure.by is not None:
            now, triple, polarity = sentence_of(closure.by, self._names), closure.by, Polarity.ASSERTS
        else:
            now = {DENIED: "denied", STATED_END: "its stated end has passed"}[closure.rule]
            triple, polarity = fact.triple, Polarity.DENIES if closure.rule == DENIED else Polarity.ASSERTS
        quotes = {report.document: report.quote for report in graph.reports.get(triple, ()) if report.polarity is polarity}
        return {"now": now, "because": [self._quoted(document, quotes.get(document, "")) for document in closure.because]}

    def _taken_back_from(self, fact: Fact) -> list[Row]:
        """Documents that had closed a fact which holds again, and count no more: retracted since."""
        was = self._stood.get(fact.triple)
        if fact.status is not Status.CURRENT or was is None or was.status is not Status.SUPERSEDED:
            return []
        return [row for row in self._closed(was, was.closed[-1], self._before)["because"] if row["retracted"]]

    def _taken_back(self, triple: Triple) -> list[Row]:
        """The documents that asserted it before."""
        return [self._quoted(report.document, report.quote) for report in self._before.reports.get(triple, ()) if _asserts(report)]

    def _quoted(self, document: DocumentId, quote: str) -> Row:
        source = self._sources[document]
        return {
            "document": document,
            "published": day_published(source),
            "citation": self.citation(document),
            "page": page_of(document),
            "quote": quote,
            "retracted": source.retracted,
        }


def _asserts(report: Report) -> bool:
    return report.polarity is Polarity.ASSERTS
