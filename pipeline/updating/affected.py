"""How far a change reaches: which questions, documents and entities bear on what was touched."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pipeline.believing.rules import Rules
from pipeline.identity.judgements import Identity, Possible, identity_in, judged_by
from schema.fact import Triple
from schema.ids import DocumentId, EntityKey
from schema.ports import EvidenceLog, Question, Touched
from schema.records import Ruling


@dataclass(frozen=True, slots=True)
class Affected:
    """What was touched bears on these: `moved` are all triples that could have been, or become, facts by names judged otherwise."""

    documents: set[DocumentId]
    questions: set[Question]
    ends: set[EntityKey]
    moved: set[Triple]


def affected_by(log: EvidenceLog, rules: Rules, touched: Touched) -> Affected:
    """What has to be folded again: what is said by documents, ruled on pairs, and said of names by any key they could count as."""
    documents = set(touched.documents) | {r.record.document for r in log.retractions_by(touched.documents)}
    said = log.ends(documents=documents)
    keys = {end for head, _, tail in said for end in (head, tail)} | {end for pair in touched.pairs for end in pair}
    identity = identity_of(log, keys)
    triples = {identity.triple(Triple(*ends)) for ends in said}
    questions = {rules.question(triple) for triple in triples} | {Question(identity.pair(pair)) for pair in touched.pairs}
    ends = {end for triple in triples for end in (triple.head, triple.tail)}
    if not touched.names:
        return Affected(documents, questions, ends, set())
    moved, pairs, named = _moved(log, touched.names)
    questions |= {rules.question(triple) for triple in moved} | {Question(pair) for pair in pairs}
    return Affected(documents, questions, ends | named, moved)


def _moved(log: EvidenceLog, names: Collection[EntityKey]) -> tuple[set[Triple], set[tuple[EntityKey, ...]], set[EntityKey]]:
    """What is said, and ruled, of names, between all entities that it could ever have been about; and these entities.

    What stood before is not asked: whatever a graph has been told, it was one of these.
    """
    names = Possible(log.judgements(names)).names(names)
    said = {Triple(*ends) for ends in log.ends(keys=names)}
    ruled = {r.record.ends for r in log.records(Ruling) if not names.isdisjoint(r.record.ends)}
    keys = {end for triple in said for end in (triple.head, triple.tail)} | {end for pair in ruled for end in pair} | names
    possible = Possible(log.judgements(keys))
    moved = {other for triple in said for other in possible.triples(triple)}
    pairs = {tuple(sorted((low, high))) for one, other in ruled for low in possible.of(one) for high in possible.of(other)}
    return moved, pairs, {entity for name in names for entity in possible.of(name)}


def identity_of(log: EvidenceLog, keys: Collection[EntityKey], known_at: datetime | None = None) -> Identity:
    """Which entities these keys count as, now or as known at a moment."""
    judgements = log.judgements(keys)
    return identity_in(judgements if known_at is None else judged_by(judgements, known_at))


def questions_about(log: EvidenceLog, rules: Rules, keys: Collection[EntityKey], known_at: datetime | None = None) -> set[Question]:
    """Every question that has one of these entities in it, under whatever name it is recorded."""
    said = log.ends(keys=Possible(log.judgements(keys)).names(keys))
    identity = identity_of(log, {end for head, _, tail in said for end in (head, tail)}, known_at)
    return {rules.question(identity.triple(Triple(*ends))) for ends in said}
