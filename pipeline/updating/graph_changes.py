"""What batches change in a graph, worked out from the log alone; and writing it to a graph that others write to at the same time."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import Folded, facts_in_parts, fold, name_entities
from pipeline.believing.gathering import evidence_about, evidence_on_names
from pipeline.believing.rules import Rules
from pipeline.believing.standing import without_deleted
from pipeline.believing.weighed_documents import as_source
from pipeline.identity.judgements import Identity, Possible, identity_in, judged_by
from schema.fact import Triple
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Polarity
from schema.ports import EvidenceLog, GraphChange, GraphStore, Question, Touched
from schema.records import Ruling

FACTS_AT_ONCE = 5_000


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
    return {rules.question(triple) for triple in triples_about(log, keys, known_at)}


def triples_about(log: EvidenceLog, keys: Collection[EntityKey], known_at: datetime | None = None) -> set[Triple]:
    """Every triple that anything was ever said of, believed or not, and that has one of these entities in it, under whatever name."""
    said = log.ends(keys=Possible(log.judgements(keys)).names(keys))
    identity = identity_of(log, {end for head, _, tail in said for end in (head, tail)}, known_at)
    return {identity.triple(Triple(*ends)) for ends in said}


def change_of(
    log: EvidenceLog, rules: Rules, batches: Sequence[BatchId], touched: Touched, unwritten: Collection[DocumentId] = ()
) -> GraphChange:
    """What these batches, which say something about these documents, pairs and names, change in the graph.

    Of `unwritten` documents the graph has not all that the log has.
    """
    affected = affected_by(log, rules, touched)
    evidence = evidence_about(log, affected.questions, affected.documents, affected.ends).identified()
    asked, news = affected.questions, affected.documents
    graph = fold(evidence, rules, questions=asked, histories=False, reporting=news, in_full=affected.moved, unwritten=unwritten)
    known = {fact.triple for fact in graph.facts}
    ontology = rules.ontology
    rows = evidence.same.rows(pl.DataFrame(evidence.table))
    said = _triples(rows, rules, affected.questions)
    # By these rules nothing else was ever a fact.
    assertions = rows.filter((pl.col("confidence") >= rules.threshold) & (pl.col("polarity") == Polarity.ASSERTS.value))
    asserted = _triples(assertions, rules, affected.questions) | affected.moved
    could_be = {ontology.triple(*triple) for triple in asserted if triple.relation in ontology.relations}
    sources = {source.id: source for source in graph.documents}
    # Also those that no fact here has as an end: what the documents say may rename them where other facts do.
    ends = {end for triple in said for end in (triple.head, triple.tail)} | affected.ends
    # A fact that is told whole can rest on documents whose batches are still to come.
    cited = {report.document for fact in graph.facts for report in fact.reports}
    return GraphChange(
        batches=tuple(batches),
        facts=graph.facts,
        reporting=frozenset(affected.documents),
        whole=graph.whole,
        gone_facts=tuple(sorted(could_be - known)),
        entities=name_entities(ends, evidence, rules),
        documents=tuple(sources[key] for key in sorted(affected.documents | cited) if key in sources),
        gone_documents=tuple(key for key in sorted(affected.documents) if key not in sources),
    )


def whole_graph(folded: Folded, evidence: Evidence, rules: Rules) -> Iterator[GraphChange]:
    """All that was folded, as changes to a graph that has nothing; without markers."""
    for some in folded.documents.iter_slices(FACTS_AT_ONCE):
        yield GraphChange(batches=(), documents=tuple(as_source(row) for row in some.iter_rows(named=True)))
    entities = {entity.key: entity for entity in name_entities(None, evidence, rules)}
    for facts in facts_in_parts(folded, FACTS_AT_ONCE):
        ends = sorted({end for fact in facts for end in (fact.triple.head, fact.triple.tail)})
        yield GraphChange(batches=(), facts=facts, entities=tuple(entities[end] for end in ends))


def without_news(change: GraphChange, log: EvidenceLog, rules: Rules, news: Touched) -> GraphChange:
    """What of a change does not bear on what has been recorded since."""
    if news.everything:
        return GraphChange(batches=change.batches)
    affected = affected_by(log, rules, news)
    return replace(
        change,
        facts=tuple(fact for fact in change.facts if rules.question(fact.triple) not in affected.questions),
        reporting=None if change.reporting is None else change.reporting - affected.documents,
        gone_facts=tuple(triple for triple in change.gone_facts if rules.question(triple) not in affected.questions),
        only_missing=frozenset(affected.ends),
        documents=tuple(source for source in change.documents if source.id not in affected.documents),
        gone_documents=tuple(key for key in change.gone_documents if key not in affected.documents),
    )


def apply_among_others(log: EvidenceLog, store: GraphStore, rules: Rules, change: GraphChange, seen: int) -> bool:
    """Write a change while others write theirs. The markers come last: what is cut short before is done again.

    False where something was left out, and so the markers too: whoever writes what the newer evidence is about must know that what our
    documents report is not in, for else it tells only of its own.
    """
    is_whole = True

    def still_current(part: GraphChange) -> GraphChange:
        nonlocal is_whole
        # Called while the change's facts are locked. What newer evidence is about may be written already by whoever recorded it.
        if not (news := log.touched_since(seen)):
            return part
        kept = without_news(part, log, rules, news)
        is_whole = is_whole and _says_as_much(kept, part)
        return kept

    store.apply(replace(change, batches=()), still_current)
    # Entities are not locked, for hubs are everybody's. So names are looked at again once they are written: whoever writes last
    # sees what everybody said before.
    written = change.entities
    while (now := current_names(log, rules, [entity.key for entity in written])) != written:
        store.apply(GraphChange(batches=(), entities=now))
        written = now
    if is_whole:
        store.apply(GraphChange(batches=change.batches))
    return is_whole


def _says_as_much(kept: GraphChange, change: GraphChange) -> bool:
    """Whether nothing but names of entities was left out."""
    return all(getattr(kept, part) == getattr(change, part) for part in ("facts", "gone_facts", "documents", "gone_documents", "reporting"))


def current_names(log: EvidenceLog, rules: Rules, keys: Collection[EntityKey], known_at: datetime | None = None) -> tuple[Entity, ...]:
    """What entities are called, by all that documents say; which names are whose, now or as known at a moment."""
    evidence = without_deleted(evidence_on_names(log, keys), rules).known_at(known_at)
    return name_entities(keys, evidence, rules)


def _triples(rows: pl.DataFrame, rules: Rules, questions: Collection[Question]) -> set[Triple]:
    triples = {Triple(*cells) for cells in rows.select("head", "relation", "tail").unique().iter_rows()}
    return {triple for triple in triples if rules.question(triple) in questions}
