"""The fold written plainly, one observation after the other: what the fold in tables must come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from pipeline.believing.evidence import Evidence, latest_rulings
from pipeline.believing.fold import Graph, name_entities, with_reports
from pipeline.believing.rules import Rules, source_name
from pipeline.believing.said import Statement
from pipeline.believing.standing import DocumentState, document_states, without_deleted
from pipeline.believing.walk import Decided, Rulings, decide_question
from pipeline.believing.weights import weight
from pipeline.identity.judgements import Identity
from schema.document import Document
from schema.entity_names import provisional_key
from schema.events import Event, Side
from schema.fact import Fact, Report, Triple
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity, Observation, Polarity
from schema.ontology import TimeOf
from schema.ports import EvidenceLog, Question
from schema.records import (
    Deletion,
    Judgement,
    JudgementWithdrawal,
    Preference,
    Reading,
    Recorded,
    Restoration,
    Retraction,
    RetractionWithdrawal,
    Ruling,
    RulingWithdrawal,
    Sameness,
)


def plain_evidence(log: EvidenceLog) -> Evidence:
    """All that a log says, record by record."""
    return Evidence(
        observations=tuple(log.records(Observation)),
        documents=tuple(log.records(Document)),
        readings=tuple(log.records(Reading)),
        retractions=tuple(log.records(Retraction)),
        retractions_withdrawn=tuple(log.records(RetractionWithdrawal)),
        deletions=tuple(log.records(Deletion)),
        restorations=tuple(log.records(Restoration)),
        rulings=tuple(log.records(Ruling)),
        withdrawals=tuple(log.records(RulingWithdrawal)),
        preferences=tuple(log.records(Preference)),
        namings=tuple(log.names()),
    )


def plain_identity(log: EvidenceLog, known_at: datetime | None = None) -> Identity:
    """What judgements make of names, worked out one name after the other."""

    def known(recorded: Recorded[Any]) -> bool:
        return known_at is None or recorded.at <= known_at

    taken = {r.record.judgement for r in log.records(JudgementWithdrawal) if known(r)}
    stands: dict[EntityKey, Recorded[Judgement]] = {}
    for each in log.records(Judgement):
        name = provisional_key(each.record.type, each.record.name)
        if known(each) and each.record.id not in taken and (name not in stands or _weightier(each, stands[name])):
            stands[name] = each
    same = {name: r for name, r in stands.items() if r.record.sameness is Sameness.SAME and r.record.key != name}
    labelled = sorted((r for r in same.values() if r.record.label), key=lambda r: (r.at, r.record.id))
    labels = {r.record.key: r.record.label for r in labelled}
    return Identity({name: _followed(name, {n: r.record.key for n, r in same.items()}) for name in same}, labels)


def _weightier(one: Recorded[Judgement], other: Recorded[Judgement]) -> bool:
    return (one.record.by_person, one.at, one.record.id) > (other.record.by_person, other.at, other.record.id)


def _followed(name: EntityKey, same: Mapping[EntityKey, EntityKey]) -> EntityKey:
    path = [name]
    while path[-1] in same:
        if same[path[-1]] in path:
            return min(path[path.index(same[path[-1]]) :])
        path.append(same[path[-1]])
    return path[-1]


def plain_fold(log: EvidenceLog, rules: Rules, *, as_of: date | None = None, known_at: datetime | None = None) -> Graph:
    """What `fold` says, worked out one document, one observation and one question after the other, each question walked."""
    evidence = replace(without_deleted(plain_evidence(log), rules).known_at(known_at), identity=plain_identity(log, known_at))
    documents = document_states(evidence, evidence.cited(), rules)
    rulings = latest_rulings(evidence)
    facts: list[Fact] = []
    histories: dict[Question, Sequence[Event]] = {}
    reports: dict[Triple, Sequence[Report]] = {}
    for question, said in _sorted_out(evidence, documents, rules, as_of).items():
        decided, told = _decided(said, rules, rulings, as_of)
        facts += [with_reports(fact, told) for fact in decided.facts]
        histories[question] = decided.events
        reports |= told
    facts.sort(key=lambda fact: fact.triple)
    counted = {report.document for fact in facts for report in fact.reports}
    dated = documents if as_of is None else {key for key, d in documents.items() if d.source.published <= as_of} | counted
    ends = {end for fact in facts for end in (fact.triple.head, fact.triple.tail)}
    return Graph(
        facts=tuple(facts),
        entities=name_entities(ends, evidence, rules, None if as_of is None else dated),
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
    standing: DocumentState
    worth: float
    day: date
    end: date | None


def _sorted_out(
    evidence: Evidence, documents: Mapping[DocumentId, DocumentState], rules: Rules, as_of: date | None
) -> dict[Question, _Said]:
    asked: dict[Question, _Said] = defaultdict(_Said)
    for recorded in evidence.observations:
        observation = _between(recorded.record, evidence.same)
        standing = documents.get(observation.document)
        if standing is None or not rules.admits(observation):
            continue
        question = rules.question(Triple(observation.head.key, observation.relation, observation.tail.key))
        worth = rules.trust_in(observation.source) * rules.ontology.grade(standing.source.publication_types)
        day, end = _counts_from(observation, standing, rules)
        if worth == 0.0 or (as_of is not None and day > as_of) or (end is not None and end <= day):
            continue
        triple = rules.ontology.triple(observation.head.key, observation.relation, observation.tail.key)
        if _is_live(observation, standing):
            side = Side(triple, observation.polarity)
            asked[question].live[side, observation.document].append(_Counted(recorded, standing, worth, day, end))
        elif observation.polarity is Polarity.ASSERTS:
            asked[question].dead.add(triple)
    return asked


def _between(observation: Observation, identity: Identity) -> Observation:
    head, tail = (Entity(identity.of(end.key), end.type, end.name) for end in (observation.head, observation.tail))
    return replace(observation, head=head, tail=tail)


def _is_live(observation: Observation, standing: DocumentState) -> bool:
    if standing.source.retracted:
        return False
    if observation.reader is None:
        return True
    return (str(observation.revision), observation.reader.name) == (standing.revision, standing.reader)


def _counts_from(observation: Observation, standing: DocumentState, rules: Rules) -> tuple[date, date | None]:
    """The day an observation counts from, and the day after the last that its stated end can mean."""
    published = standing.source.published
    if rules.ontology.relations[observation.relation].time is not TimeOf.STATED:
        return published, None
    start, end = observation.stated_start, observation.stated_end
    return (start.first if start else published), (end.last + timedelta(days=1) if end else None)


def _decided(said: _Said, rules: Rules, rulings: Rulings, as_of: date | None) -> tuple[Decided, dict[Triple, list[Report]]]:
    statements: list[Statement] = []
    reports: dict[Triple, list[Report]] = defaultdict(list)
    for (side, document), counted in said.live.items():
        for day in {each.day for each in counted}:
            statements.append(_one_statement(side, document, [each for each in counted if each.day == day], rules))
        reports[side.triple].append(_report(side, document, _best(counted, rules).recorded))
    for told in reports.values():
        told.sort(key=lambda report: (report.document, report.polarity))
    return decide_question(statements, said.dead, rules, rulings, as_of), reports


def _best(counted: Sequence[_Counted], rules: Rules) -> _Counted:
    def place(each: _Counted) -> tuple[Any, ...]:
        said = each.recorded.record
        weighed, name = weight(said.confidence, each.worth), source_name(said.source)
        return -weighed, -rules.trust_in(name), name, -said.confidence, said.quote, each.recorded.at, said.id

    return min(counted, key=place)


def _one_statement(side: Side, document: DocumentId, counted: Sequence[_Counted], rules: Rules) -> Statement:
    """One paper is one paper: of all that it says from one day what weighs most, with its latest end (none if one states none)."""
    best, ends = _best(counted, rules), [c.end for c in counted]
    source = best.recorded.record.source
    return Statement(
        side=side,
        document=document,
        day=counted[0].day,
        end=None if None in ends else max(end for end in ends if end is not None),
        weight=weight(best.recorded.record.confidence, best.worth),
        source=source_name(source),
        account=rules.account(source),
        trust=rules.trust_in(source),
    )


def _report(side: Side, document: DocumentId, best: Recorded[Observation]) -> Report:
    observation, reader = best.record, best.record.reader
    return Report(
        document=document,
        polarity=side.polarity,
        confidence=observation.confidence,
        quote=observation.quote,
        method=reader.method if reader else "observed",
        model=reader.model if reader else "",
        prompt=reader.prompt if reader else "",
        recorded_at=best.at,
    )
