"""The course of facts: where each stood after every day on which something was said of it, by whom, and what that changed."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from pipeline.answering.histories import Names, event_in_words, fact_summary, name_of
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import fold_into_tables
from pipeline.believing.rules import Rules
from pipeline.believing.said import SaidSoFar, Statement
from pipeline.believing.standing import without_deleted
from pipeline.believing.statements import TRIPLE, one_a_document, state
from pipeline.believing.weighed_documents import as_source
from pipeline.believing.weights import belief
from pipeline.reporting.words import Row, cited, day_published, page_of, sentence_of, verb
from schema.columns import FOLDED
from schema.events import Event, EventKind, Side
from schema.fact import Fact, Source, Status, Triple
from schema.ids import DocumentId, EntityKey
from schema.observation import Polarity
from schema.ports import Question

_HOLDS = {EventKind.OPENED: Status.CURRENT, EventKind.REOPENED: Status.CURRENT, EventKind.CLOSED: Status.SUPERSEDED}
_CHANGES = (*_HOLDS, EventKind.CONTESTED)
_SPOKEN = ("document", "day", "confidence", "quote")


@dataclass(frozen=True, slots=True)
class DayByDay:
    """What the evidence says of some questions: their facts and events, each statement, and what retracted documents had said."""

    facts: Mapping[Triple, Fact]
    events: Mapping[Question, Sequence[Event]]
    statements: Mapping[Side, Sequence[Statement]]  # live ones, in the order of days
    papers: Mapping[Side, Sequence[Row]]  # document, day, confidence, quote; also of those that are retracted
    sources: Mapping[DocumentId, Source]
    rules: Rules

    def ends(self) -> set[EntityKey]:
        """Every entity that is an end of a fact here."""
        return {end for triple in self.facts for end in (triple.head, triple.tail)}


def day_by_day(
    evidence: Evidence, rules: Rules, questions: Collection[Question], as_of: date | None = None, known_at: datetime | None = None
) -> DayByDay:
    """Fold some questions, as the fold does, and keep what was said on each day; `evidence` must hold all that bears on them."""
    evidence = without_deleted(evidence, rules).known_at(known_at).identified()
    folded = fold_into_tables(evidence, rules, as_of=as_of, questions=questions, histories=True)
    sources = {DocumentId(row["document"]): as_source(row) for row in folded.documents.iter_rows(named=True)}
    statements: dict[Side, list[Statement]] = defaultdict(list)
    columns = (*TRIPLE, "denies", "document", "day", "end", "weight", "source", "account", "trust")
    for head, relation, tail, denies, *rest in folded.live.sort("day", "document").select(columns).iter_rows():
        side = _side(head, relation, tail, denies=denies)
        statements[side].append(Statement(side, *rest))
    spoken = pl.concat([folded.live, _silenced(evidence, folded.documents, rules, questions, as_of)])
    papers: dict[Side, list[Row]] = defaultdict(list)
    spoken = one_a_document(spoken).sort("day", "document").select(*TRIPLE, "denies", *_SPOKEN)
    for head, relation, tail, denies, *rest in spoken.iter_rows():
        papers[_side(head, relation, tail, denies=denies)].append(dict(zip(_SPOKEN, rest, strict=True)))
    return DayByDay(
        facts={fact.triple: fact for decided in folded.walked.values() for fact in decided.facts},
        events={question: decided.events for question, decided in folded.walked.items()},
        statements=statements,
        papers=papers,
        sources=sources,
        rules=rules,
    )


def _side(head: EntityKey, relation: str, tail: EntityKey, *, denies: bool) -> Side:
    return Side(Triple(head, relation, tail), Polarity.DENIES if denies else Polarity.ASSERTS)


def _silenced(
    evidence: Evidence, documents: pl.DataFrame, rules: Rules, questions: Collection[Question], as_of: date | None
) -> pl.DataFrame:
    """What retracted documents would say, had they not been retracted: the rows that the fold leaves out for that alone."""
    retracted = documents.filter("retracted")["document"]
    said = evidence.said().select(*FOLDED).filter(pl.col("document").is_in(retracted.implode()))
    heard = documents.with_columns(retracted=pl.lit(value=False))
    return state(evidence.same.rows(said), heard, rules, as_of, questions).live


def course_of(fact: Fact, told: DayByDay, names: Names) -> Row:
    """A fact with names, as a sentence says it, and its `steps`.

    A step is a day, and from that day on up to the next: belief, support and status, as the fold as of a day in between has them.
    Before the first step there is no fact.
    """
    relation = told.rules.ontology.relations.get(fact.triple.relation)
    return {
        **fact_summary(fact, names),
        "id": fact.id,
        "verb": verb(fact.triple.relation),
        "directed": relation is None or not relation.symmetric,
        "steps": [list(step) for step in _steps(fact, told)],
    }


def _steps(fact: Fact, told: DayByDay) -> Iterator[tuple[str, float, int, str]]:
    asserts, denies = Side(fact.triple, Polarity.ASSERTS), Side(fact.triple, Polarity.DENIES)
    said = sorted((*told.statements.get(asserts, ()), *told.statements.get(denies, ())), key=lambda s: s.day)
    begins = min((s.day for s in said if s.side == asserts), default=None)
    silent = min((paper["day"] for paper in told.papers.get(asserts, ())), default=None)
    if silent is not None and (begins is None or silent < begins):
        yield silent.isoformat(), 0.0, 0, Status.WITHDRAWN.value
    if begins is None:
        return
    # Strength without ageing is the weight: all that was said up to a day in one pass.
    sums = {side: SaidSoFar(said[0].day, math.inf) for side in (asserts, denies)}
    changed = {event.on: _HOLDS[event.kind] for event in _events(fact.triple, told) if event.side == asserts and event.kind in _HOLDS}
    status, waiting = Status.CONTESTED, said[::-1]
    for day in sorted({s.day for s in said} | set(changed)):
        while waiting and waiting[-1].day <= day:
            statement = waiting.pop()
            sums[statement.side].add(statement)
        status = changed.get(day, status)
        if day >= begins:
            weights = (sums[side].strength(day) for side in (asserts, denies))
            yield day.isoformat(), belief(*weights), len(sums[asserts].documents), status.value


def _events(triple: Triple, told: DayByDay) -> Iterator[Event]:
    for event in told.events.get(told.rules.question(triple), ()):
        if event.side.triple == triple:
            yield event


def papers_on(triple: Triple, told: DayByDay, most: int) -> tuple[list[Row], int]:
    """Who asserts and who denies a triple, retracted ones too, in the order of days; and how many there was no room for.

    Of many those are told that are surest.
    """
    rows = [
        _paper(paper, polarity, told.sources[paper["document"]])
        for polarity in Polarity
        for paper in told.papers.get(Side(triple, polarity), ())
    ]
    chosen = sorted(rows, key=lambda row: (-row["confidence"], row["document"]))[:most]
    return sorted(chosen, key=lambda row: (row["on"], row["document"], row["polarity"])), len(rows) - len(chosen)


def _paper(paper: Row, polarity: Polarity, source: Source) -> Row:
    return {
        "document": source.id,
        "on": paper["day"].isoformat(),
        "published": day_published(source),
        "title": source.title,
        "journal": source.journal,
        "page": page_of(source.id),
        "polarity": polarity.value,
        "confidence": paper["confidence"],
        "quote": paper["quote"],
        "retracted": source.retracted,
        "retracted_on": source.retracted_on.isoformat() if source.retracted_on else None,
    }


def changes_on(triple: Triple, told: DayByDay, names: Names) -> list[Row]:
    """What opened, closed, reopened and contested a triple, in words, each with the sentences that did it."""
    return [
        {
            "on": event.on.isoformat(),
            "what": event.kind.value,
            "side": "denial" if event.side.polarity is Polarity.DENIES else "assertion",
            "text": event_in_words(event, names),
            "by": sentence_of(event.by.triple, names) if event.by and event.by.triple != triple else None,
            "rule": event.rule,
            "because": [_because(document, event, told) for document in event.documents],
        }
        for event in _events(triple, told)
        if event.kind in _CHANGES
    ]


def _because(document: DocumentId, event: Event, told: DayByDay) -> Row:
    speaking = event.by if event.kind is EventKind.CLOSED and event.by is not None else event.side
    quotes = [paper["quote"] for paper in told.papers.get(speaking, ()) if paper["document"] == document]
    return {
        "document": document,
        "citation": cited(document, told.sources, {}),
        "page": page_of(document),
        "quote": quotes[0] if quotes else "",
    }


def rivals_of(triple: Triple, told: DayByDay) -> list[Fact]:
    """The facts that closed or contested a triple, or that it closed or contested, in the order of triples."""
    met = (e for e in told.events.get(told.rules.question(triple), ()) if e.by is not None and triple in (e.by.triple, e.side.triple))
    others = {side.triple for event in met for side in (event.side, event.by) if side is not None} - {triple}
    return [told.facts[other] for other in sorted(others) if other in told.facts]


def ends_named(facts: Iterable[Fact], names: Names) -> list[Row]:
    """The entities that are ends of facts, with name and type, by key."""
    keys = sorted({end for fact in facts for end in (fact.triple.head, fact.triple.tail)})
    return [{"key": key, "name": name_of(key, names), "type": names[key].type if key in names else ""} for key in keys]
