"""The whole line on one page: from the evidence log to the graph, bit by bit or all at once.

Document → Claim → Observation → [evidence log] → Fact → [graph] → Context
"""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

import polars as pl

from pipeline.affected import affected_by
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import Graph, fold, fold_into_tables, name_entities
from pipeline.believing.fold_parts import facts_in_parts
from pipeline.believing.fold_tables import graph_tables
from pipeline.believing.rules import Rules
from pipeline.believing.weighed_documents import as_source
from pipeline.identity.judgements import identity_in
from schema.columns import GraphTables, Table
from schema.fact import Triple
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Observation, Polarity
from schema.ports import EvidenceLog, GraphChange, GraphStore, Question, Touched
from schema.records import Deletion, Preference, Reading, Restoration, Retraction, Ruling, RulingWithdrawal

T = TypeVar("T")

FACTS_AT_ONCE = 5_000
OBSERVATIONS_AT_ONCE = 8_000
WORTH_A_REBUILD = 50_000
"""So many new observations, where they are most of all there are, are folded faster with everything else than looked up."""


class RebuildNeeded(Exception):
    """Only a rebuild brings the graph up to date, and whoever rebuilds must be alone."""


def bring_up_to_date(log: EvidenceLog, store: GraphStore, rules: Rules, *, alone: bool = True) -> int:
    """Fold what the log has and the graph has not; returns the number of batches taken in.

    Whatever came before, a crash included, afterwards the graph is the fold of the log. Where others may do the same at the same
    time (not `alone`) it raises RebuildNeeded instead of rebuilding.
    """
    if not store.prepare(rules.ontology, rules.fingerprint):
        return _rebuild_if(alone, log, store, rules)
    sizes = log.sizes()
    applied = store.applied(sizes)
    pending = {batch: size for batch, size in sizes.items() if batch not in applied}
    new = sum(pending.values())
    if new >= WORTH_A_REBUILD and 2 * new > sum(sizes.values()):
        return _rebuild_if(alone, log, store, rules)
    untold = log.touched(list(pending)).documents  # by other processes, too, which may be about to write them
    # The next change is folded while the last is written: it comes from the log alone.
    with ThreadPoolExecutor(max_workers=1) as writer:
        written: Future[None] | None = None
        for batches in _groups(pending):
            seen = log.position()  # before anything is read: what comes in later may or may not be in what we read
            touched = log.touched(batches)
            change = None if touched.everything else change_of(log, rules, batches, touched, untold)
            if written is not None:
                written.result()
            if change is None:
                return _rebuild_if(alone, log, store, rules)
            written = writer.submit(store.apply, change) if alone else writer.submit(_apply_among_others, log, store, rules, change, seen)
        if written is not None:
            written.result()
    return len(pending)


def _rebuild_if(alone: bool, log: EvidenceLog, store: GraphStore, rules: Rules) -> int:
    if not alone:
        raise RebuildNeeded
    return rebuild(log, store, rules)


def rebuild(log: EvidenceLog, store: GraphStore, rules: Rules) -> int:
    """Forget the graph and fold the whole log into it; returns the number of batches."""
    store.clear()
    store.prepare(rules.ontology, rules.fingerprint)
    batches = log.batches()
    evidence = everything(log, limited=False).identified()
    folded = fold_into_tables(evidence, rules)
    for some in folded.documents.iter_slices(FACTS_AT_ONCE):
        store.apply(GraphChange(batches=(), documents=tuple(as_source(row) for row in some.iter_rows(named=True))))
    entities = {entity.key: entity for entity in name_entities(None, evidence, rules.ontology.entity_types)}
    for facts in facts_in_parts(folded, FACTS_AT_ONCE):
        ends = sorted({end for fact in facts for end in (fact.triple.head, fact.triple.tail)})
        store.apply(GraphChange(batches=(), facts=facts, entities=tuple(entities[end] for end in ends)))
    # The markers come last: a rebuild that is cut short is seen as not done and done again.
    store.apply(GraphChange(batches=tuple(batches)))
    return len(batches)


def tables(log: EvidenceLog, rules: Rules, *, as_of: date | None = None, known_at: datetime | None = None) -> GraphTables:
    """The whole graph as tables, for a bulk import or for analysts; as of a day and as known at a moment."""
    batches = log.batches()
    evidence = everything(log, limited=as_of is not None or known_at is not None).known_at(known_at).identified()
    folded = fold_into_tables(evidence, rules, as_of=as_of)
    voters = None if as_of is None else set(folded.documents["document"])
    return graph_tables(folded, name_entities(None, evidence, rules.ontology.entity_types, voters), batches)


def change_of(
    log: EvidenceLog, rules: Rules, batches: Sequence[BatchId], touched: Touched, untold: Collection[DocumentId] = ()
) -> GraphChange:
    """What these batches, which say something about these documents, pairs and names, change in the graph.

    Of `untold` documents the graph has not all that the log has.
    """
    reach = affected_by(log, rules, touched)
    evidence = about(log, reach.questions, reach.documents, reach.ends).identified()
    asked, news = reach.questions, reach.documents
    graph = fold(evidence, rules, questions=asked, histories=False, reporting=news, telling=reach.moved, untold=untold)
    known = {fact.triple for fact in graph.facts}
    ontology = rules.ontology
    rows = evidence.same.rows(pl.DataFrame(evidence.table))
    said = _triples(rows, rules, reach.questions)
    # By these rules nothing else was ever a fact.
    assertions = rows.filter((pl.col("confidence") >= rules.threshold) & (pl.col("polarity") == Polarity.ASSERTS.value))
    asserted = _triples(assertions, rules, reach.questions) | reach.moved
    could_be = {ontology.triple(*triple) for triple in asserted if triple.relation in ontology.relations}
    standing = {source.id: source for source in graph.documents}
    # Also those that no fact here has as an end: what the documents say may rename them where other facts do.
    ends = {end for triple in said for end in (triple.head, triple.tail)} | reach.ends
    # A fact that is told whole can rest on documents whose batches are still to come.
    cited = {report.document for fact in graph.facts for report in fact.reports}
    return GraphChange(
        batches=tuple(batches),
        facts=graph.facts,
        reporting=frozenset(reach.documents),
        whole=graph.whole,
        gone_facts=tuple(sorted(could_be - known)),
        entities=name_entities(ends, evidence, ontology.entity_types),
        documents=tuple(standing[key] for key in sorted(reach.documents | cited) if key in standing),
        gone_documents=tuple(key for key in sorted(reach.documents) if key not in standing),
    )


def history_of(
    log: EvidenceLog,
    rules: Rules,
    questions: Collection[Question],
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    histories: bool = True,
) -> Graph:
    """The fold of some questions only, with their histories, as of a day and as known at a moment; entities are called as now."""
    evidence = about(log, questions)
    return fold(evidence, rules, as_of=as_of, known_at=known_at, questions=questions, histories=histories)


def everything(log: EvidenceLog, *, limited: bool = True) -> Evidence:
    """All that the log says; not `limited` where it is not asked as of a day or as known at a moment, which is faster."""
    deletions = tuple(log.records(Deletion))
    return Evidence(
        table=log.table(),
        lines=log.lines(),
        documents=tuple(log.editions()),
        readings=tuple(log.records(Reading)),
        retractions=tuple(log.records(Retraction)),
        deletions=deletions,
        restorations=tuple(log.records(Restoration)),
        rulings=tuple(log.records(Ruling)),
        withdrawals=tuple(log.records(RulingWithdrawal)),
        preferences=tuple(log.records(Preference)),
        namings=tuple(log.names() if limited else log.names(documents={r.record.document for r in deletions}) if deletions else ()),
        votes=None if limited else log.votes(),
        judgements=log.judgements(),
    )


def one_by_one(log: EvidenceLog) -> Evidence:
    """All that the log says, each observation by itself: for small logs that are looked through."""
    return replace(everything(log), observations=tuple(log.records(Observation)), table=None, lines=None)


def about(
    log: EvidenceLog, questions: Collection[Question], documents: Collection[DocumentId] = (), entities: Collection[EntityKey] = ()
) -> Evidence:
    """All that bears on some questions, some documents and the names of some entities."""
    table = pl.DataFrame(log.table(questions))
    said = {*table["document"].unique().to_list(), *documents}
    rulings = tuple(log.records(Ruling))
    ends = {*table["head"].unique().to_list(), *table["tail"].unique().to_list(), *entities}
    judgements = pl.DataFrame(log.judgements(ends | {end for r in rulings for end in r.record.ends}))
    retractions = tuple(log.records(Retraction, said))
    # A deleted document has no vote on names, a deleted notice retracts nothing.
    silenced = log.deleted_speakers()
    deletable = said | silenced | {r.record.notice for r in retractions if r.record.notice is not None}
    return Evidence(
        table=table,
        lines=log.lines(said),
        documents=tuple(log.editions(said)),
        readings=tuple(log.records(Reading, said)),
        retractions=retractions,
        deletions=tuple(log.records(Deletion, deletable)),
        restorations=tuple(log.records(Restoration, deletable)),
        rulings=rulings,
        withdrawals=tuple(log.records(RulingWithdrawal)),
        preferences=tuple(log.records(Preference)),
        namings=tuple(log.names(documents=silenced)) if silenced else (),
        votes=log.votes(ends | _judged(judgements)),
        judgements=judgements,
    )


def rulings_in(log: EvidenceLog, known_at: datetime | None = None) -> Evidence:
    """Everything that was ruled and withdrawn, by now or as known at a moment, and what its ends count as."""
    rulings = tuple(log.records(Ruling))
    judgements = log.judgements({end for recorded in rulings for end in recorded.record.ends})
    told = Evidence(rulings=rulings, withdrawals=tuple(log.records(RulingWithdrawal)), judgements=judgements)
    return told.known_at(known_at).identified()


def said_of_all(log: EvidenceLog) -> Table:
    """All observations as a table, their ends as the entities that they count as."""
    return identity_in(log.judgements()).rows(pl.DataFrame(log.table()))


def _judged(judgements: pl.DataFrame) -> set[EntityKey]:
    """The names that judgements are on, and what they name."""
    return {*judgements["name"].unique().to_list(), *judgements["key"].unique().to_list()}


def _apply_among_others(log: EvidenceLog, store: GraphStore, rules: Rules, change: GraphChange, seen: int) -> None:
    """Write a change while others write theirs. The markers come last: what is cut short before is done again."""

    def still_current(part: GraphChange) -> GraphChange:
        # Called while the change's facts are locked. What newer evidence is about is left to whoever recorded that: they read it
        # after ours was in, and write it after us.
        news = log.touched_since(seen)
        return _without(part, log, rules, news) if news else part

    store.apply(replace(change, batches=()), still_current)
    # Entities are not locked, for hubs are everybody's. So names are looked at again once they are written: whoever writes last
    # sees what everybody said before.
    written = change.entities
    while (now := named(log, rules, [entity.key for entity in written])) != written:
        store.apply(GraphChange(batches=(), entities=now))
        written = now
    store.apply(GraphChange(batches=change.batches))


def _without(change: GraphChange, log: EvidenceLog, rules: Rules, news: Touched) -> GraphChange:
    """What of a change does not bear on what has been recorded since."""
    if news.everything:
        return GraphChange(batches=change.batches)
    reach = affected_by(log, rules, news)
    return replace(
        change,
        facts=tuple(fact for fact in change.facts if rules.question(fact.triple) not in reach.questions),
        reporting=None if change.reporting is None else change.reporting - reach.documents,
        gone_facts=tuple(triple for triple in change.gone_facts if rules.question(triple) not in reach.questions),
        only_missing=frozenset(reach.ends),
        documents=tuple(source for source in change.documents if source.id not in reach.documents),
        gone_documents=tuple(key for key in change.gone_documents if key not in reach.documents),
    )


def named(log: EvidenceLog, rules: Rules, keys: Collection[EntityKey]) -> tuple[Entity, ...]:
    """What entities are called, by all that documents say."""
    silenced = log.deleted_speakers()
    judgements = pl.DataFrame(log.judgements(keys))
    evidence = Evidence(
        deletions=tuple(log.records(Deletion, silenced)),
        restorations=tuple(log.records(Restoration, silenced)),
        namings=tuple(log.names(documents=silenced)) if silenced else (),
        votes=log.votes({*keys} | _judged(judgements)),
        judgements=judgements,
    )
    return name_entities(keys, evidence, rules.ontology.entity_types)


def _triples(rows: pl.DataFrame, rules: Rules, questions: Collection[Question]) -> set[Triple]:
    triples = {Triple(*cells) for cells in rows.select("head", "relation", "tail").unique().iter_rows()}
    return {triple for triple in triples if rules.question(triple) in questions}


def _groups(pending: dict[BatchId, int]) -> Iterator[list[BatchId]]:
    """Batches that are folded together: many small ones, or one large."""
    group: list[BatchId] = []
    size = 0
    for batch, observations in pending.items():
        if group and size + observations > OBSERVATIONS_AT_ONCE:
            yield group
            group, size = [], 0
        group.append(batch)
        size += observations
    if group:
        yield group
