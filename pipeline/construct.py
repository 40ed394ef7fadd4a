"""The whole line on one page: from the evidence log to the graph, bit by bit or all at once.

Document → Claim → Observation → [evidence log] → Fact → [graph] → Context
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import TypeVar

from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import Graph, fold, name_entities
from pipeline.believing.rules import Rules
from schema.document import Document
from schema.ids import BatchId, DocumentId, EntityKey
from schema.log import Deletion, Preference, Reading, Restoration, Retraction, Ruling
from schema.observation import Observation
from schema.ports import EvidenceLog, GraphChange, GraphStore, Question

T = TypeVar("T")

FACTS_AT_ONCE = 5_000


def bring_up_to_date(log: EvidenceLog, store: GraphStore, rules: Rules) -> int:
    """Fold what the log has and the graph has not; returns the number of batches taken in.

    Whatever came before, a crash included, afterwards the graph is the fold of the log.
    """
    if not store.prepare(rules.ontology, rules.fingerprint):
        return rebuild(log, store, rules)
    applied = store.applied()
    pending = [batch for batch in log.batches() if batch not in applied]
    if not pending:
        return 0
    touched = log.touched(pending)
    if touched.everything:
        return rebuild(log, store, rules)
    store.apply(change_of(log, rules, pending, touched.documents))
    return len(pending)


def rebuild(log: EvidenceLog, store: GraphStore, rules: Rules) -> int:
    """Forget the graph and fold the whole log into it; returns the number of batches."""
    store.clear()
    store.prepare(rules.ontology, rules.fingerprint)
    batches = log.batches()
    graph = fold(everything(log), rules)
    entities = {entity.key: entity for entity in graph.entities}
    for documents in _chunks(graph.documents):
        store.apply(GraphChange(batches=(), documents=documents))
    for facts in _chunks(graph.facts):
        ends = sorted({end for fact in facts for end in (fact.triple.head, fact.triple.tail)})
        store.apply(GraphChange(batches=(), facts=facts, entities=tuple(entities[end] for end in ends)))
    # The markers come last: a rebuild that is cut short is seen as not done and done again.
    store.apply(GraphChange(batches=tuple(batches)))
    return len(batches)


def change_of(log: EvidenceLog, rules: Rules, batches: Sequence[BatchId], documents: Collection[DocumentId]) -> GraphChange:
    """What these batches, which say something about these documents, change in the graph."""
    notices = log.records(Retraction)
    touched = frozenset(documents) | {r.record.document for r in notices if r.record.notice in documents}
    questions = {rules.question_of(r.record) for r in log.records(Observation, touched)}
    evidence = about(log, questions, touched)
    graph = fold(evidence, rules, questions=questions)
    known = {fact.triple for fact in graph.facts}
    could_be = {
        rules.ontology.triple(o.head.key, o.relation, o.tail.key)
        for o in (recorded.record for recorded in evidence.observations)
        if o.relation in rules.ontology.relations and rules.question_of(o) in questions
    }
    standing = {source.id: source for source in graph.documents}
    # Also those that no fact here has as an end: what the documents say may rename them where other facts do.
    ends = {end for recorded in evidence.observations for end in _ends(recorded.record) if rules.question_of(recorded.record) in questions}
    return GraphChange(
        batches=tuple(batches),
        facts=graph.facts,
        gone_facts=tuple(sorted(could_be - known)),
        entities=name_entities(ends, evidence, rules.ontology.entity_types),
        documents=tuple(standing[key] for key in sorted(touched) if key in standing),
        gone_documents=tuple(key for key in sorted(touched) if key not in standing),
    )


def history_of(
    log: EvidenceLog, rules: Rules, questions: Collection[Question], *, as_of: date | None = None, known_at: datetime | None = None
) -> Graph:
    """The fold of some questions only, with their histories, as of a day and as known at a moment."""
    return fold(about(log, questions), rules, as_of=as_of, known_at=known_at, questions=questions)


def everything(log: EvidenceLog) -> Evidence:
    """All that the log says."""
    return Evidence(
        observations=tuple(log.records(Observation)),
        documents=tuple(log.records(Document)),
        readings=tuple(log.records(Reading)),
        retractions=tuple(log.records(Retraction)),
        deletions=tuple(log.records(Deletion)),
        restorations=tuple(log.records(Restoration)),
        rulings=tuple(log.records(Ruling)),
        preferences=tuple(log.records(Preference)),
        namings=tuple(log.names()),
    )


def about(log: EvidenceLog, questions: Collection[Question], documents: Collection[DocumentId] = ()) -> Evidence:
    """All that bears on some questions and some documents."""
    asked = list(log.observations(questions))
    said = {recorded.record.document for recorded in asked} | set(documents)
    # A document's own date, source and types come from all its lines, those about other questions included.
    observations = tuple(log.records(Observation, said))
    ends = {end for recorded in asked for end in _ends(recorded.record)}
    return Evidence(
        observations=observations,
        documents=tuple(log.records(Document, said)),
        readings=tuple(log.records(Reading, said)),
        retractions=tuple(log.records(Retraction, said)),
        # All of them: a deleted document has no vote on names, a deleted notice retracts nothing.
        deletions=tuple(log.records(Deletion)),
        restorations=tuple(log.records(Restoration)),
        rulings=tuple(log.records(Ruling)),
        preferences=tuple(log.records(Preference)),
        namings=tuple(log.names(ends)),
    )


def _chunks(values: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    for start in range(0, len(values), FACTS_AT_ONCE):
        yield values[start : start + FACTS_AT_ONCE]


def _ends(observation: Observation) -> Iterator[EntityKey]:
    yield observation.head.key
    yield observation.tail.key
