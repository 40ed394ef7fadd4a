"""The fold written plainly, one observation after the other: what the fold in tables must come to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from pipeline.believing.evidence import Evidence, deleted, latest_rulings
from pipeline.believing.fold import Graph
from pipeline.believing.rules import Rules
from pipeline.believing.walk import Rulings, Statement, walk
from pipeline.believing.weights import belief, ceiling, weight
from schema.dates import PartialDate
from schema.document import Document, Revision
from schema.fact import Closure, Fact, Holding, Interval, Report, Source, Status, Triple
from schema.history import Event, EventKind, Side
from schema.ids import DocumentId, EntityKey
from schema.log import Deletion, Preference, Reading, Recorded, Restoration, Retraction, Ruling, RulingWithdrawal
from schema.observation import Entity, Observation, Polarity
from schema.ontology import TimeOf
from schema.ports import EvidenceLog, Question

_R = TypeVar("_R", Deletion, Restoration, Preference)
_K = TypeVar("_K", bound=str)


def plain_evidence(log: EvidenceLog) -> Evidence:
    """All that a log says, record by record."""
    return Evidence(
        observations=tuple(log.records(Observation)),
        documents=tuple(log.records(Document)),
        readings=tuple(log.records(Reading)),
        retractions=tuple(log.records(Retraction)),
        deletions=tuple(log.records(Deletion)),
        restorations=tuple(log.records(Restoration)),
        rulings=tuple(log.records(Ruling)),
        withdrawals=tuple(log.records(RulingWithdrawal)),
        preferences=tuple(log.records(Preference)),
        namings=tuple(log.names()),
    )


def plain_fold(
    evidence: Evidence,
    rules: Rules,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    questions: Collection[Question] | None = None,
) -> Graph:
    """Fold evidence dated up to the day `as_of` and recorded up to `known_at` (inclusive, UTC); default: no limit.

    `evidence` must hold all that the log says about every document it mentions, and all namings of its entities.
    With `questions` only their facts are given.
    """
    evidence = evidence.known_at(known_at)
    documents = standings(evidence)
    asked = _sort_out(evidence, documents, rules, as_of, questions)
    rulings = latest_rulings(evidence)
    facts: list[Fact] = []
    histories: dict[Question, Sequence[Event]] = {}
    reports: dict[Triple, Sequence[Report]] = {}
    for question, said in asked.items():
        found, histories[question], told = _decide(said, rules, rulings, as_of)
        facts += found
        reports |= told
    facts.sort(key=lambda fact: fact.triple)
    counted = {report.document for fact in facts for report in fact.reports}
    dated = documents if as_of is None else {key for key, d in documents.items() if d.source.published <= as_of} | counted
    ends = {end for fact in facts for end in (fact.triple.head, fact.triple.tail)}
    return Graph(
        facts=tuple(facts),
        entities=name_entities(ends, evidence, rules.ontology.entity_types, None if as_of is None else dated),
        documents=tuple(d.source for key, d in documents.items() if key in dated),
        histories=histories,
        reports=reports,
    )


@dataclass(slots=True)
class _Said:
    """What is said about one question: observations that count, by side and document; triples whose evidence is dead."""

    live: dict[tuple[Side, DocumentId], list[_Counted]] = field(default_factory=lambda: defaultdict(list))
    dead: set[Triple] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Counted:
    recorded: Recorded[Observation]
    standing: Standing
    worth: float
    day: date
    end: date | None


def _sort_out(
    evidence: Evidence, documents: Mapping[DocumentId, Standing], rules: Rules, as_of: date | None, questions: Collection[Question] | None
) -> dict[Question, _Said]:
    asked: dict[Question, _Said] = defaultdict(_Said)
    wanted = None if questions is None else frozenset(questions)
    for recorded in evidence.observations:
        observation = recorded.record
        standing = documents.get(observation.document)
        if standing is None or not rules.admits(observation):
            continue
        question = rules.question_of(observation)
        if wanted is not None and question not in wanted:
            continue
        worth = rules.worth(standing.source.source, standing.source.publication_types)
        day, end = _counts_from(observation, standing, rules)
        if worth == 0.0 or (as_of is not None and day > as_of) or (end is not None and end <= day):
            continue
        triple = rules.ontology.triple(observation.head.key, observation.relation, observation.tail.key)
        if standing.is_live(observation):
            side = Side(triple, observation.polarity)
            asked[question].live[side, observation.document].append(_Counted(recorded, standing, worth, day, end))
        elif observation.polarity is Polarity.ASSERTS:
            asked[question].dead.add(triple)
    return asked


def _counts_from(observation: Observation, standing: Standing, rules: Rules) -> tuple[date, date | None]:
    """The day an observation counts from, and the last day that its stated end can mean."""
    published = standing.published.first
    if rules.ontology.relations[observation.relation].time is not TimeOf.STATED:
        return published, None
    start, end = observation.stated_start, observation.stated_end
    return (start.first if start else published), (end.last if end else None)


_Decided = tuple[list[Fact], Sequence[Event], Mapping[Triple, Sequence[Report]]]


def _decide(said: _Said, rules: Rules, rulings: Rulings, as_of: date | None) -> _Decided:
    by_side: dict[Side, list[Statement]] = defaultdict(list)
    reports: dict[Triple, list[Report]] = defaultdict(list)
    for (side, document), counted in said.live.items():
        statement, report = _one_statement(side, document, counted, rules)
        by_side[side].append(statement)
        reports[side.triple].append(report)
    events = walk([s for statements in by_side.values() for s in statements], rules, rulings) if by_side else []
    if as_of is not None:
        events = [event for event in events if event.on <= as_of]
    asserted = {side.triple for side in by_side if side.polarity is Polarity.ASSERTS}
    told = {triple: tuple(sorted(found, key=lambda r: (r.document, r.polarity))) for triple, found in reports.items()}
    facts = [_fact(triple, by_side, events, told[triple]) for triple in sorted(asserted)]
    facts += [Fact(triple, 0.0, Status.WITHDRAWN, 0, None, None) for triple in sorted(said.dead - asserted)]
    return facts, events, told


def _one_statement(side: Side, document: DocumentId, counted: Sequence[_Counted], rules: Rules) -> tuple[Statement, Report]:
    """One paper is one paper: its highest confidence, its earliest start, its latest end (none if one states none)."""
    best = min(counted, key=lambda c: (-c.recorded.record.confidence, c.recorded.record.quote, c.recorded.at, c.recorded.record.id))
    ends = [c.end for c in counted]
    source = best.standing.source.source
    statement = Statement(
        side=side,
        document=document,
        day=min(c.day for c in counted),
        end=None if None in ends else max(end for end in ends if end is not None),
        weight=weight(best.recorded.record.confidence, best.worth),
        source=source,
        trust=rules.trust.get(source, 1.0),
    )
    observation, reader = best.recorded.record, best.recorded.record.reader
    report = Report(
        document=document,
        polarity=side.polarity,
        confidence=observation.confidence,
        quote=observation.quote,
        method=reader.method if reader else "observed",
        model=reader.model if reader else "",
        prompt=reader.prompt if reader else "",
        recorded_at=best.recorded.at,
    )
    return statement, report


def _fact(triple: Triple, by_side: Mapping[Side, Sequence[Statement]], events: Sequence[Event], reports: Sequence[Report]) -> Fact:
    side = Side(triple, Polarity.ASSERTS)
    asserting, denying = by_side[side], by_side.get(Side(triple, Polarity.DENIES), ())
    holdings, closed = [], []
    opened: date | None = None
    for event in events:
        if event.side != side:
            continue
        if event.kind in (EventKind.OPENED, EventKind.REOPENED):
            opened = event.on
        elif event.kind is EventKind.CLOSED and opened is not None:
            holdings.append(_holding(Interval(opened, event.on), asserting, denying))
            by = event.by.triple if event.by and event.by.polarity is Polarity.ASSERTS else None
            closed.append(Closure(event.on, by, event.documents, event.rule or ""))
            opened = None
    if opened is not None:
        holdings.append(_holding(Interval(opened), asserting, denying))
    status = Status.CURRENT if opened else Status.SUPERSEDED if holdings else Status.CONTESTED
    return Fact(
        triple=triple,
        belief=_belief(asserting, denying),
        status=status,
        support=len(asserting),
        first_seen=min(s.day for s in asserting),
        last_seen=max(s.day for s in asserting),
        holdings=tuple(holdings),
        closed=tuple(closed),
        reports=tuple(reports),
    )


def _holding(interval: Interval, asserting: Sequence[Statement], denying: Sequence[Statement]) -> Holding:
    end = interval.end
    if end is not None:
        asserting, denying = [s for s in asserting if s.day < end], [s for s in denying if s.day < end]
    return Holding(interval, _belief(asserting, denying), len(asserting))


def _belief(asserting: Sequence[Statement], denying: Sequence[Statement]) -> float:
    return belief(_total(asserting), _total(denying))


def _total(statements: Iterable[Statement]) -> int:
    """The sum of weights; a source trusted less than fully adds at most its ceiling."""
    trusted, doubted = 0, Counter[tuple[str, float]]()
    for statement in statements:
        if statement.trust < 1.0:
            doubted[statement.source, statement.trust] += statement.weight
        else:
            trusted += statement.weight
    return trusted + sum(min(total, ceiling(trust)) for (_, trust), total in doubted.items())


def name_entities(
    keys: Collection[EntityKey], evidence: Evidence, types: Collection[str], voters: Collection[DocumentId] | None = None
) -> tuple[Entity, ...]:
    """Type and name of each entity: what most documents that are not deleted say, ties by name order.

    Namings by a type that is not one of `types` do not count; an entity without any is left out. Where `voters` are given
    only they have a say; where none of them names an entity, all do.
    """
    gone = deleted(evidence)
    votes: dict[EntityKey, set[tuple[DocumentId, Entity]]] = defaultdict(set)
    for recorded in evidence.namings:
        document, entity = recorded.record.document, recorded.record.entity
        if entity.key in keys and document not in gone:
            votes[entity.key].add((document, entity))
    entities = []
    for key in sorted(votes):
        heard = {(d, e) for d, e in votes[key] if voters is None or d in voters} or votes[key]
        entities.append(Entity(key, _elected({(d, e.type) for d, e in heard}), _elected({(d, e.name) for d, e in heard})))
    return tuple(entities)


def _elected(votes: Iterable[tuple[DocumentId, str]]) -> str:
    counts = Counter(value for _, value in votes)
    return min(counts, key=lambda value: (-counts[value], value), default="")


@dataclass(frozen=True, slots=True)
class Standing:
    """A document as the fold sees it: its date, source and types from all that is known, and what of it is live."""

    source: Source
    published: PartialDate
    revision: Revision | None
    reader: str | None

    def is_live(self, observation: Observation) -> bool:
        """Whether an observation counts: made elsewhere, or by the first reader of the live revision; never when retracted."""
        if self.source.retracted:
            return False
        if observation.reader is None:
            return True
        return observation.revision == self.revision and observation.reader.name == self.reader


def standings(evidence: Evidence) -> dict[DocumentId, Standing]:
    """How each document stands that is not deleted."""
    gone = deleted(evidence)
    lines: dict[DocumentId, list[Observation]] = defaultdict(list)
    for recorded in evidence.observations:
        if recorded.record.reader is None:
            lines[recorded.record.document].append(recorded.record)
    live: dict[DocumentId, Document] = {}
    for entry in evidence.documents:
        document = entry.record
        if document.id not in live or live[document.id].revision < document.revision:
            live[document.id] = document
    readers = _first_readers(evidence, live)
    retracted = _retractions(evidence, gone)
    return {
        key: _standing(key, live.get(key), lines.get(key, ()), readers.get(key), retracted.get(key))
        for key in sorted({*lines, *live})
        if key not in gone
    }


def _standing(
    key: DocumentId, live: Document | None, lines: Iterable[Observation], reader: str | None, retraction: _Retracted | None
) -> Standing:
    lines = list(lines)
    dates = [line.published for line in lines] + ([live.published] if live and live.published else [])
    published = min(dates, key=lambda when: (when.coarseness, when.first, when.last))
    sources = {line.source for line in lines} | ({live.source} if live else set())
    types = {kind for line in lines for kind in line.publication_types} | set(live.publication_types if live else ())
    journals = {live.journal} if live and live.journal else {line.journal for line in lines if line.journal}
    source = Source(
        id=key,
        title=live.title if live else "",
        published=published.first,
        precision=published.precision,
        source=min(sources),
        journal=min(journals, default=None),
        publication_types=tuple(sorted(types)),
        retracted=retraction is not None,
        retracted_on=retraction.on if retraction else None,
    )
    return Standing(source, published, live.revision if live else None, reader)


def _first_readers(evidence: Evidence, live: Mapping[DocumentId, Document]) -> dict[DocumentId, str]:
    preferred = _last(evidence.preferences, lambda preference: preference.reader)

    def place(reader: str) -> tuple[int, float, str]:
        # Preferred readers come first, the last preferred before all; the others by name.
        return (0, -preferred[reader].timestamp(), reader) if reader in preferred else (1, 0.0, reader)

    readers: dict[DocumentId, str] = {}
    for recorded in evidence.readings:
        reading = recorded.record
        document = live.get(reading.document)
        if document is None or document.revision != reading.revision:
            continue
        name = reading.reader.name
        if reading.document not in readers or place(name) < place(readers[reading.document]):
            readers[reading.document] = name
    return readers


@dataclass(slots=True)
class _Retracted:
    on: date | None = field(default=None)


def _retractions(evidence: Evidence, gone: frozenset[DocumentId]) -> dict[DocumentId, _Retracted]:
    retracted: dict[DocumentId, _Retracted] = {}
    for recorded in evidence.retractions:
        retraction = recorded.record
        if retraction.notice in gone:
            continue  # a deleted notice leaves no trace either
        found = retracted.setdefault(retraction.document, _Retracted())
        if retraction.on is not None and (found.on is None or retraction.on.first < found.on):
            found.on = retraction.on.first
    return retracted


def _last(records: Iterable[Recorded[_R]], key: Callable[[_R], _K]) -> dict[_K, datetime]:
    """The last moment of all records with the same key."""
    moments: dict[_K, datetime] = {}
    for recorded in records:
        name = key(recorded.record)
        if name not in moments or moments[name] < recorded.at:
            moments[name] = recorded.at
    return moments
