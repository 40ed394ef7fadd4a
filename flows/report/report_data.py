"""What the report shows, as plain rows: stories, overturned facts, what was learnt later. Pure; nothing is drawn here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from pipeline.answering.histories import Names, name_of
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import Graph, fold
from pipeline.believing.rules import Rules
from schema.dates import ONE_DAY
from schema.events import STATED_END, Event, EventKind
from schema.fact import Fact, Holding, Report, Source, Status, Triple
from schema.ids import DocumentId, EntityKey
from schema.observation import Observation, Polarity
from schema.ports import Question

Row = dict[str, Any]
Citations = Mapping[DocumentId, str]
"""How to cite a document besides its id and date, where more is known than the log has."""


@dataclass(frozen=True, slots=True)
class Story:
    """Something to tell: the pairs of entities (any order) that it is about, under a title."""

    title: str
    pairs: tuple[tuple[EntityKey, EntityKey], ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Something that we came to know after the rest: the last moment before and the first moment after."""

    title: str
    before: datetime
    after: datetime


@dataclass(frozen=True, slots=True)
class Panel:
    """The rows of one story's picture; days are ISO text, every row names its fact by `lane`."""

    story: Story
    start: date
    end: date
    lanes: Sequence[Row]
    steps: Sequence[Row]
    bars: Sequence[Row]
    dots: Sequence[Row]
    marks: Sequence[Row]


def panel_of(story: Story, evidence: Evidence, rules: Rules, names: Names, citations: Citations) -> Panel:
    """Fold a story as of each date of its evidence; a story without facts gives a panel without lanes."""
    questions = _questions(story, evidence, rules)
    said = _about(evidence, questions, rules)
    graph = fold(said, rules, questions=questions)
    sources = {source.id: source for source in graph.documents}
    facts = sorted(graph.facts, key=lambda f: (_first_word(f, said, sources, rules), f.triple))
    dots = [dot for fact in facts for dot in _dots(fact, graph, said, sources, rules, citations)]
    days = sorted(
        {sources[dot["document"]].published for dot in dots} | {h.interval.end for f in facts for h in f.holdings if h.interval.end}
    )
    notices = [s.retracted_on for s in sources.values() if s.retracted and s.retracted_on and any(d["document"] == s.id for d in dots)]
    start, end = _frame([*days, *notices])
    return Panel(
        story=story,
        start=start,
        end=end,
        lanes=[_lane(fact, names, facts) for fact in facts],
        steps=_steps(facts, said, rules, questions, days, end),
        bars=[_bar(fact, holding, end) for fact in facts for holding in fact.holdings],
        dots=dots,
        marks=_marks(sources.values(), {dot["document"] for dot in dots}),
    )


def overturned(graph: Graph, names: Names, citations: Citations) -> list[Row]:
    """Each time that a fact stopped holding, in the order of days, with the sentences that ended it."""
    facts = {fact.triple: fact for fact in graph.facts}
    sources = {source.id: source for source in graph.documents}
    events = [e for history in graph.histories.values() for e in history if e.kind is EventKind.CLOSED and e.side.triple in facts]
    rows = []
    for event in sorted((e for e in events if e.side.polarity is Polarity.ASSERTS), key=lambda e: (e.on, e.side)):
        fact = facts[event.side.triple]
        held = next(h for h in fact.holdings if h.interval.end == event.on)
        rows.append(
            {
                "fact": fact_in_words(fact.triple, names),
                "from": held.interval.start.isoformat(),
                "to": event.on.isoformat(),
                "belief": held.belief,
                "by": _closed_by(event, names),
                "because": [_because(document, event, graph, sources, citations) for document in event.documents],
                "now": "holds again" if fact.status is Status.CURRENT else "does not hold",
            }
        )
    return rows


def learnt(lesson: Lesson, evidence: Evidence, rules: Rules, names: Names) -> list[Row]:
    """Facts that stood otherwise before a lesson than after it: the same question, asked with two clocks."""
    before = {fact.triple: fact for fact in fold(evidence, rules, known_at=lesson.before).facts}
    after = {fact.triple: fact for fact in fold(evidence, rules, known_at=lesson.after).facts}
    return [
        {"fact": fact_in_words(triple, names), "before": standing(before.get(triple)), "after": standing(after.get(triple))}
        for triple in sorted({*before, *after})
        if standing(before.get(triple)) != standing(after.get(triple))
    ]


def figures(graph: Graph) -> Row:
    """The counts of the headline."""
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


def standing(fact: Fact | None) -> str:
    """Where a fact stands, in words: the intervals in which it held, or why there are none."""
    if fact is None:
        return "not known"
    if not fact.holdings:
        return fact.status.value
    spans = [f"{h.interval.start} to {h.interval.end}" if h.interval.end else f"since {h.interval.start}" for h in fact.holdings]
    return f"held {', '.join(spans)}" if fact.status is Status.SUPERSEDED else f"holds {', '.join(spans)}"


def fact_in_words(triple: Triple, names: Names) -> str:
    """A triple as a person reads it; underscores of a relation's name become spaces."""
    return f"{name_of(triple.head, names)} {spoken(triple.relation)} {name_of(triple.tail, names)}"


def spoken(relation: str) -> str:
    """A relation's name without underscores."""
    return relation.replace("_", " ")


def cited(document: DocumentId, sources: Mapping[DocumentId, Source], citations: Citations) -> str:
    """A document's id, date as precise as it is known, journal and what else is known of it."""
    source = sources[document]
    when = source.published.isoformat()[: {"year": 4, "month": 7}.get(source.precision, 10)]
    more = citations.get(document) or source.title or source.journal
    return f"{document}, {when}{f' ({more})' if more else ''}"


def _questions(story: Story, evidence: Evidence, rules: Rules) -> set[Question]:
    pairs = {frozenset(pair) for pair in story.pairs}
    spoken_of = (r.record for r in evidence.observations if frozenset((r.record.head.key, r.record.tail.key)) in pairs)
    return {rules.question_of(observation) for observation in spoken_of}


def _about(evidence: Evidence, questions: Iterable[Question], rules: Rules) -> Evidence:
    """The same evidence without what documents say that never speak about these questions: folding it is quick."""
    asked = set(questions)
    documents = {r.record.document for r in evidence.observations if rules.question_of(r.record) in asked}
    return replace(evidence, observations=tuple(r for r in evidence.observations if r.record.document in documents))


def _first_word(fact: Fact, evidence: Evidence, sources: Mapping[DocumentId, Source], rules: Rules) -> date:
    said = [sources[o.document].published for o in _asserting(fact.triple, evidence, rules) if o.document in sources]
    return min(said, default=date.max)


def _asserting(triple: Triple, evidence: Evidence, rules: Rules) -> Iterable[Observation]:
    return (o for o in _saying(triple, evidence, rules) if o.polarity is Polarity.ASSERTS)


def _saying(triple: Triple, evidence: Evidence, rules: Rules) -> Iterable[Observation]:
    for recorded in evidence.observations:
        o = recorded.record
        if rules.admits(o) and rules.ontology.triple(o.head.key, o.relation, o.tail.key) == triple:
            yield o


def _frame(days: Sequence[date]) -> tuple[date, date]:
    """The days from which to which a picture goes: a little more than the evidence, so that what is last can be seen."""
    if not days:
        return date.min, date.min
    first, last = min(days), max(days)
    margin = max((last - first) * 8 // 100, ONE_DAY * 20)
    return first - margin // 2, last + margin


def _lane(fact: Fact, names: Names, facts: Sequence[Fact]) -> Row:
    same_head = len({f.triple.head for f in facts}) == 1
    words = fact_in_words(fact.triple, names) if not same_head else f"{spoken(fact.triple.relation)} {name_of(fact.triple.tail, names)}"
    ended = {Status.WITHDRAWN: "withdrawn", Status.CONTESTED: "contested, never held", Status.SUPERSEDED: "overturned"}
    note = ended.get(fact.status, "holds")
    return {"lane": fact.id, "relation": fact.triple.relation, "label": f"{words} · {note}", "words": words}


def _steps(
    facts: Sequence[Fact], evidence: Evidence, rules: Rules, questions: Iterable[Question], days: Sequence[date], end: date
) -> list[Row]:
    """The belief in each fact from one date of evidence to the next, and whether it held then."""
    asked, triples = set(questions), {fact.triple for fact in facts}
    rows: list[Row] = []
    for day, until in pairwise([*days, end]):
        for fact in fold(evidence, rules, as_of=day, questions=asked).facts:
            if fact.triple in triples and fact.first_seen is not None:
                rows.append(
                    {
                        "lane": fact.id,
                        "from": day.isoformat(),
                        "to": until.isoformat(),
                        "belief": fact.belief,
                        "holds": fact.status is Status.CURRENT,
                    }
                )
    return rows


def _bar(fact: Fact, holding: Holding, end: date) -> Row:
    start, until = holding.interval.start, holding.interval.end
    return {
        "lane": fact.id,
        "from": start.isoformat(),
        "to": (until or end).isoformat(),
        "span": f"{start} to {until}" if until else f"since {start}",
        "belief": holding.belief,
        "support": holding.support,
        "open": until is None,
    }


def _dots(
    fact: Fact, graph: Graph, evidence: Evidence, sources: Mapping[DocumentId, Source], rules: Rules, citations: Citations
) -> list[Row]:
    said: list[Report | Observation] = list(graph.reports.get(fact.triple, ()))
    said += [o for o in _saying(fact.triple, evidence, rules) if o.document in sources and sources[o.document].retracted]
    return [
        {
            "lane": fact.id,
            "day": sources[each.document].published.isoformat(),
            "document": each.document,
            "says": "denies it" if each.polarity is Polarity.DENIES else "asserts it",
            "up": each.polarity is Polarity.ASSERTS,
            "confidence": each.confidence,
            "quote": each.quote,
            "citation": cited(each.document, sources, citations),
            "retracted": sources[each.document].retracted,
            "standing": "retracted, does not count" if sources[each.document].retracted else "counts",
        }
        for each in said
    ]


def _marks(sources: Iterable[Source], documents: Iterable[DocumentId]) -> list[Row]:
    shown = set(documents)
    return [
        {"day": s.retracted_on.isoformat(), "document": s.id, "text": f"{s.id} retracted {s.retracted_on}"}
        for s in sources
        if s.retracted and s.retracted_on is not None and s.id in shown
    ]


def _closed_by(event: Event, names: Names) -> str:
    if event.by is None:
        return "its stated end" if event.rule == STATED_END else "a ruling"
    if event.by.polarity is Polarity.DENIES:
        return "denial"
    return fact_in_words(event.by.triple, names)


def _because(document: DocumentId, event: Event, graph: Graph, sources: Mapping[DocumentId, Source], citations: Citations) -> Row:
    triple, polarity = (event.by.triple, event.by.polarity) if event.by else (event.side.triple, Polarity.ASSERTS)
    quotes = [r.quote for r in graph.reports.get(triple, ()) if r.document == document and r.polarity is polarity]
    return {"citation": cited(document, sources, citations), "quote": quotes[0] if quotes else ""}
