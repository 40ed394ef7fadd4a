"""What changed its mind: facts that stand otherwise than at an earlier moment, because of what was recorded since."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from pipeline.answering.histories import Names
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import Graph, fold
from pipeline.believing.rules import Rules
from pipeline.believing.standing import without_deleted
from pipeline.reporting.words import Row, cited, page_of, sentence_of
from pipeline.updating.changed_facts import what_became
from schema.events import DENIED, STATED_END
from schema.fact import Closure, Fact, Report, Source, Status, Triple
from schema.ids import DocumentId
from schema.observation import Entity, Polarity

Shown = Callable[[Iterable[Entity]], Names]
"""What entities are called."""

TOLD = ("overturned", "reopened", "withdrawn", "contested", "opened")
"""Kinds of change that are told one by one, the gravest first; of the others there is a number."""


def digest_of(evidence: Evidence, rules: Rules, since: datetime, until: datetime, shown: Shown, most: int = 20) -> Row:
    """What all evidence of a log came to `until` a moment (inclusive, UTC) that it had not come to before `since`; named as `shown`.

    A dictionary of `since`, `until`, `documents` (recorded in between), `retracted` (documents that were retracted in between),
    `facts` (a number for each kind of change) and `changes` by kind of TOLD, those believed most first, at most `most` of each: `fact`,
    `held`, `belief`, `support`, `now`, `because` (citation, page, quote, retracted). `left_out` counts what there was no room for.
    """
    evidence = without_deleted(evidence, rules)
    before, now = (fold(evidence, rules, known_at=moment, histories=False) for moment in (since - timedelta(microseconds=1), until))
    stood = {fact.triple: fact for fact in before.facts}
    changed: dict[str, list[Fact]] = defaultdict(list)
    for fact in now.facts:
        was = stood.pop(fact.triple, None)
        if (kind := what_became(was.state if was else None, fact.state)) is not None:
            changed[kind].append(fact)
    numbers = Counter({kind: len(facts) for kind, facts in changed.items()}) + Counter(removed=len(stood))
    teller = _Teller(before, now, shown)
    known = {source.id for source in before.documents if source.retracted}
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "documents": len({source.id for source in now.documents} - {source.id for source in before.documents}),
        "retracted": [teller.citation(source.id) for source in now.documents if source.retracted and source.id not in known],
        "facts": dict(sorted(numbers.items())),
        "changes": {kind: [teller.row(fact) for fact in _first(changed[kind], most)] for kind in TOLD if changed[kind]},
        "left_out": {kind: len(changed[kind]) - most for kind in TOLD if len(changed[kind]) > most},
    }


def _first(facts: Iterable[Fact], most: int) -> list[Fact]:
    """Those that are, or were, believed most."""
    return sorted(facts, key=lambda fact: (-max([fact.belief, *(h.belief for h in fact.holdings)]), fact.triple))[:most]


class _Teller:
    """Rows on facts, in the words of the later of two graphs."""

    def __init__(self, before: Graph, now: Graph, shown: Shown) -> None:
        self._before, self._now = before, now
        self._names = {**shown(before.entities), **shown(now.entities)}
        self._sources: Mapping[DocumentId, Source] = {source.id: source for graph in (before, now) for source in graph.documents}

    def row(self, fact: Fact) -> Row:
        last = fact.holdings[-1] if fact.holdings else None
        told: Row = {
            "fact": sentence_of(fact.triple, self._names),
            "triple": list(fact.triple),
            "held": [last.interval.start.isoformat(), last.interval.end.isoformat() if last.interval.end else None] if last else None,
            "belief": last.belief if last and fact.status is Status.SUPERSEDED else fact.belief,
            "support": fact.support,
        }
        if fact.status is Status.SUPERSEDED:
            return {**told, **self._closed(fact, fact.closed[-1])}
        if fact.status is Status.WITHDRAWN:
            return {**told, "now": "nothing supports it any more", "because": self._taken_back(fact.triple)}
        now = {Status.CURRENT: "holds", Status.CONTESTED: "is contested: what opposes it holds and is not outweighed"}[fact.status]
        return {**told, "now": now, "because": [self._quoted(report.document, report.quote) for report in fact.reports if _asserts(report)]}

    def citation(self, document: DocumentId) -> str:
        return cited(document, self._sources, {})

    def _closed(self, fact: Fact, closure: Closure) -> Row:
        if closure.by is not None:
            now, triple, polarity = sentence_of(closure.by, self._names), closure.by, Polarity.ASSERTS
        else:
            now = {DENIED: "denied", STATED_END: "its stated end has passed"}[closure.rule]
            triple, polarity = fact.triple, Polarity.DENIES if closure.rule == DENIED else Polarity.ASSERTS
        quotes = {report.document: report.quote for report in self._now.reports.get(triple, ()) if report.polarity is polarity}
        return {"now": now, "because": [self._quoted(document, quotes.get(document, "")) for document in closure.because]}

    def _taken_back(self, triple: Triple) -> list[Row]:
        """The documents that asserted it before."""
        return [self._quoted(report.document, report.quote) for report in self._before.reports.get(triple, ()) if _asserts(report)]

    def _quoted(self, document: DocumentId, quote: str) -> Row:
        retracted = self._sources[document].retracted
        return {"citation": self.citation(document), "page": page_of(document), "quote": quote, "retracted": retracted}


def _asserts(report: Report) -> bool:
    return report.polarity is Polarity.ASSERTS
