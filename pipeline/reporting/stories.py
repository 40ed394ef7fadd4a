"""Stories: which to tell where nobody names any, and the picture of one as rows: belief from day to day, when facts held, who spoke."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from pipeline.answering.histories import Names, name_of
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import Graph, fold
from pipeline.believing.rules import Rules
from pipeline.reporting.words import Citations, Row, cited, page_of, sentence_of, spoken, verb
from schema.dates import ONE_DAY
from schema.fact import Fact, Holding, Report, Source, Status, Triple
from schema.ids import DocumentId, EntityKey
from schema.observation import Observation, Polarity
from schema.ports import Question


@dataclass(frozen=True, slots=True)
class Story:
    """Something to tell: the pairs of entities (any order) that it is about, under a title."""

    title: str
    pairs: tuple[tuple[EntityKey, EntityKey], ...]
    text: str = ""


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


def panel_of(story: Story, evidence: Evidence, rules: Rules, names: Names, citations: Citations, as_of: date | None = None) -> Panel:
    """Fold a story as of each date of its evidence, which comes one by one; a story without facts gives a panel without lanes."""
    evidence = evidence.identified()
    questions = _questions(story, evidence, rules)
    said = _about(evidence, questions, rules)
    graph = fold(said, rules, as_of=as_of, questions=questions)
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


def _question_of(observation: Observation, evidence: Evidence, rules: Rules) -> Question:
    return rules.question(_triple_of(observation, evidence, rules))


def _triple_of(observation: Observation, evidence: Evidence, rules: Rules) -> Triple:
    """The triple that an observation counts for, its ends as the entities that they count as."""
    head, relation, tail = evidence.same.triple(Triple(observation.head.key, observation.relation, observation.tail.key))
    return rules.ontology.triple(head, relation, tail)


def _questions(story: Story, evidence: Evidence, rules: Rules) -> set[Question]:
    pairs = {frozenset(map(evidence.same.of, pair)) for pair in story.pairs}
    return {
        _question_of(r.record, evidence, rules)
        for r in evidence.observations
        if frozenset(map(evidence.same.of, (r.record.head.key, r.record.tail.key))) in pairs
    }


def _about(evidence: Evidence, questions: Iterable[Question], rules: Rules) -> Evidence:
    """The same evidence without what documents say that never speak about these questions: folding it is quick."""
    asked = set(questions)
    documents = {r.record.document for r in evidence.observations if _question_of(r.record, evidence, rules) in asked}
    return replace(evidence, observations=tuple(r for r in evidence.observations if r.record.document in documents))


def _first_word(fact: Fact, evidence: Evidence, sources: Mapping[DocumentId, Source], rules: Rules) -> date:
    said = _saying(fact.triple, evidence, rules)
    days = [sources[o.document].published for o in said if o.polarity is Polarity.ASSERTS and o.document in sources]
    return min(days, default=date.max)


def _saying(triple: Triple, evidence: Evidence, rules: Rules) -> Iterable[Observation]:
    for recorded in evidence.observations:
        if rules.admits(recorded.record) and _triple_of(recorded.record, evidence, rules) == triple:
            yield recorded.record


def _frame(days: Sequence[date]) -> tuple[date, date]:
    """The days from which to which a picture goes: a little more than the evidence, so that what is last can be seen."""
    if not days:
        return date.min, date.min
    first, last = min(days), max(days)
    margin = max((last - first) * 8 // 100, ONE_DAY * 20)
    return first - margin // 2, last + margin


def _lane(fact: Fact, names: Names, facts: Sequence[Fact]) -> Row:
    same_head = len({f.triple.head for f in facts}) == 1
    words = sentence_of(fact.triple, names) if not same_head else f"{verb(fact.triple.relation)} {name_of(fact.triple.tail, names)}"
    ended = {Status.WITHDRAWN: "withdrawn", Status.CONTESTED: "contested, never held", Status.SUPERSEDED: "overturned"}
    note = ended.get(fact.status, "holds")
    return {"lane": fact.id, "relation": fact.triple.relation, "label": f"{words} · {note}", "words": words}


def _steps(
    facts: Sequence[Fact], evidence: Evidence, rules: Rules, questions: Iterable[Question], days: Sequence[date], end: date
) -> list[Row]:
    """The belief in each fact from one date of evidence to the next, and whether it held then."""
    asked, triples = set(questions), {fact.triple for fact in facts}
    return [
        {
            "lane": fact.id,
            "from": day.isoformat(),
            "to": until.isoformat(),
            "belief": fact.belief,
            "holds": fact.status is Status.CURRENT,
        }
        for day, until in pairwise([*days, end])
        for fact in fold(evidence, rules, as_of=day, questions=asked).facts
        if fact.triple in triples and fact.first_seen is not None
    ]


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
            "page": page_of(each.document),
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


def concerning(graph: Graph, keys: Collection[EntityKey], *, between: bool) -> Graph:
    """The part of a graph whose facts have one of these entities in them, or only such; all of it where none is named."""
    if not keys:
        return graph
    needed = 2 if between else 1
    facts = tuple(fact for fact in graph.facts if len({fact.triple.head, fact.triple.tail}.intersection(keys)) >= needed)
    speaking = {report.document for fact in facts for report in graph.reports.get(fact.triple, ())}
    return replace(graph, facts=facts, documents=tuple(source for source in graph.documents if source.id in speaking))


def disputes(graph: Graph, rules: Rules, names: Names, most: int) -> list[Story]:
    """A story for each of the questions with most closings and contested facts; among equals, with most documents."""
    by_question: dict[Question, list[Fact]] = defaultdict(list)
    for fact in graph.facts:
        by_question[rules.question(fact.triple)].append(fact)
    chosen = sorted(by_question.items(), key=lambda each: (*_disagreement(each[1]), each[0].ends, each[0].relation or ""))[:most]
    return [Story(_title(question, names), tuple((f.triple.head, f.triple.tail) for f in facts)) for question, facts in chosen]


def questions_of(stories: Iterable[Story], graph: Graph, rules: Rules) -> set[Question]:
    """The questions that stories are about."""
    pairs = {frozenset(pair) for story in stories for pair in story.pairs}
    return {rules.question(fact.triple) for fact in graph.facts if frozenset((fact.triple.head, fact.triple.tail)) in pairs}


def days_to_compare(graph: Graph) -> tuple[date, date] | None:
    """The day on which most held that does not hold today, and the last document's; None where there is none.

    Where nothing fell it is the day by which half of the documents were there.
    """
    days = sorted(source.published for source in graph.documents)
    if not days:
        return None
    fallen = [fact for fact in graph.facts if fact.closed and fact.status is not Status.CURRENT]
    before = sorted({closure.on - ONE_DAY for fact in fallen for closure in fact.closed})
    half = days[(len(days) - 1) // 2]
    return max(before, key=lambda day: sum(fact.holds_on(day) for fact in fallen), default=half), days[-1]


def _disagreement(facts: Sequence[Fact]) -> tuple[int, int, int]:
    closings = sum(len(fact.closed) for fact in facts)
    contested = sum(fact.status is Status.CONTESTED for fact in facts)
    return -closings, -contested, -sum(fact.support for fact in facts)


def _title(question: Question, names: Names) -> str:
    told = " and ".join(name_of(end, names) for end in question.ends)
    return told if question.relation is None else f"{told}: {spoken(question.relation)}"
