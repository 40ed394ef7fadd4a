"""The whole line on one page, from a document to the graph and to what can be asked of it.

Document → Claim → Observation → [evidence log] → Fact → [graph] → Context

`construct` goes the whole way once; each step has a room of its own: readers are `agents`, claims become observations in
`grounding`, batches are made in `intake`, evidence becomes facts in `believing`, news reaches the graph by `updating`,
`answering` puts into words what `history_of` finds, and `retrieving` chooses what answers a question.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import date, datetime
from functools import partial

from pipeline.believing.fold import Graph, fold, fold_into_tables, name_entities
from pipeline.believing.fold_tables import graph_tables
from pipeline.believing.gathering import all_evidence, evidence_about
from pipeline.believing.rules import Rules
from pipeline.believing.standing import without_deleted
from pipeline.intake.batches import Intake, read_batch
from pipeline.updating.changed_facts import ChangedFacts
from pipeline.updating.graph_changes import apply_among_others, change_of, whole_graph
from pipeline.updating.graph_state import Condition, require_own, state_of
from schema.columns import GraphTables
from schema.document import Document
from schema.errors import ModelFailed
from schema.ids import BatchId
from schema.ports import EvidenceLog, Extraction, Extractor, GraphChange, GraphStore, LogVersion, Question, Watched, unwatched

OBSERVATIONS_AT_ONCE = 8_000
WORTH_A_REBUILD = 50_000
"""So many new observations, where they are most of all there are, are folded faster with everything else than looked up."""


async def construct(
    documents: Sequence[Document], reader: Extractor, log: EvidenceLog, store: GraphStore, rules: Rules, now: datetime
) -> Intake:
    """Read dated documents, record what stands up, and fold it into the graph; what does not is set aside with its reason.

    `now` is the moment from which all of it is known.
    """
    results = [await _extraction(document, reader) for document in documents]  # claims, untrusted
    intake = read_batch(documents, results, reader.reader, "", rules.ontology, now)  # observations, grounded
    log.append(intake.batch, intake.with_report("construct", now))  # kept for good, once
    bring_up_to_date(log, store, rules)  # facts, folded
    return intake


async def _extraction(document: Document, reader: Extractor) -> Extraction | ModelFailed:
    try:
        return await reader.read(document)
    except ModelFailed as error:
        return error


class RebuildNeeded(Exception):
    """Only a rebuild brings the graph up to date, and whoever rebuilds must be alone."""


def bring_up_to_date(
    log: EvidenceLog,
    store: GraphStore,
    rules: Rules,
    *,
    alone: bool = True,
    home: str = "",
    told: ChangedFacts | None = None,
    tell: Callable[[str], None] = lambda remark: None,
    watched: Watched = unwatched,
    tries: int = 3,
) -> int:
    """Fold what the log has and the graph has not; returns the number of batches taken in.

    Whatever came before, a crash included, afterwards the graph is the fold of the log. Where others may do the same at the same
    time (not `alone`) it raises RebuildNeeded instead of rebuilding; what bears on evidence that comes in meanwhile is folded again
    together with that, so many `tries` in all, and then left to the next call or to others. `home` is whose graph it is to be, empty
    where it lies in the home itself: raises ForeignGraph, before anything is written, where it is another's. `tell` hears why a graph
    is made anew, what changes is `told`; folding and writing are `watched`.
    """
    at = log.version()  # before anything is read: all that is in by then will be in the graph
    state = state_of(log, store, rules, home)
    require_own(state)
    if state.is_current and store.prepare(rules.ontology, rules.fingerprint):
        store.follow(at, home)
        return 0
    if state.condition is Condition.AHEAD:
        tell(f"{state.remark}: it is folded again from the log")
    if state.condition not in (Condition.EMPTY, Condition.BEHIND) or not store.prepare(rules.ontology, rules.fingerprint):
        return _rebuild_if(alone, log, store, rules, home, told, watched)
    store.follow(LogVersion(at.log, -1, ""), home)
    sizes = log.sizes()
    pending = {batch: sizes[batch] for batch in state.missing}
    new = sum(pending.values())
    if new >= WORTH_A_REBUILD and 2 * new > sum(sizes.values()):
        return _rebuild_if(alone, log, store, rules, home, told, watched)
    unwritten = log.touched(list(pending)).documents  # by other processes, too, which may be about to write them
    is_whole = True
    # The next change is folded while the last is written: it comes from the log alone.
    with ThreadPoolExecutor(max_workers=1) as writer:
        written: Future[bool] | None = None
        for batches in _folded_together(pending):
            seen = log.position()  # before anything is read: what comes in later may or may not be in what we read
            with watched("fold", batches=len(batches)) as folding:
                touched = log.touched(batches)
                change = None if touched.everything else change_of(log, rules, batches, touched, unwritten)
                folding.tell(facts=0 if change is None else len(change.facts))
            is_whole = is_whole and (written is None or written.result())
            if change is None:
                return _rebuild_if(alone, log, store, rules, home, told, watched)
            if told is not None:
                _tell(change, store, told)
            write = partial(store.apply, change) if alone else partial(apply_among_others, log, store, rules, change, seen)
            written = writer.submit(copy_context().run, _write, write, change, watched)
        is_whole = is_whole and (written is None or written.result())
    if is_whole:
        store.follow(at, home)
    elif tries > 1:
        # What others recorded meanwhile is about the same; together with that it is folded once more.
        again = bring_up_to_date(log, store, rules, alone=alone, home=home, told=told, tell=tell, watched=watched, tries=tries - 1)
        return max(len(pending), again)
    return len(pending)


def _tell(change: GraphChange, store: GraphStore, told: ChangedFacts) -> None:
    gone = [triple.fact_id for triple in change.gone_facts]
    told.take(store.fact_states([*gone, *(fact.id for fact in change.facts)]), change.facts, gone)


def _write(write: Callable[[], bool | None], change: GraphChange, watched: Watched) -> bool:
    """False where something was left out."""
    with watched("write", facts=len(change.facts), batches=len(change.batches)):
        return write() is not False


def _rebuild_if(
    alone: bool, log: EvidenceLog, store: GraphStore, rules: Rules, home: str, told: ChangedFacts | None, watched: Watched
) -> int:
    if not alone:
        raise RebuildNeeded
    return rebuild(log, store, rules, told, home=home, watched=watched)


def rebuild(
    log: EvidenceLog,
    store: GraphStore,
    rules: Rules,
    told: ChangedFacts | None = None,
    *,
    home: str = "",
    take_over: bool = False,
    watched: Watched = unwatched,
) -> int:
    """Forget the graph and fold the whole log into it; returns the number of batches. What changes by it is `told`.

    Raises ForeignGraph where it is another home's and not to be taken over (see bring_up_to_date).
    """
    require_own(state_of(log, store, rules, home), take_over=take_over)
    at = log.version()
    before = store.fact_states() if told is not None else {}
    store.clear()
    store.prepare(rules.ontology, rules.fingerprint)
    store.follow(LogVersion(at.log, -1, ""), home)
    batches = log.batches()
    with watched("fold", batches=len(batches)):
        evidence = without_deleted(all_evidence(log, limited=False), rules).identified()
        folded = fold_into_tables(evidence, rules)
    for part in whole_graph(folded, evidence, rules):
        if told is not None:
            told.take_anew(before, part.facts)
        _write(partial(store.apply, part), part, watched)
    if told is not None:
        told.removed(before)
    # The markers come last: a rebuild that is cut short is seen as not done and done again.
    store.apply(GraphChange(batches=tuple(batches)))
    store.follow(at, home)
    return len(batches)


def tables(log: EvidenceLog, rules: Rules, *, as_of: date | None = None, known_at: datetime | None = None) -> GraphTables:
    """The whole graph as tables, for a bulk import or for analysts; as of a day and as known at a moment."""
    batches = log.batches()
    evidence = all_evidence(log, limited=as_of is not None or known_at is not None)
    evidence = without_deleted(evidence, rules).known_at(known_at).identified()
    folded = fold_into_tables(evidence, rules, as_of=as_of)
    voters = None if as_of is None else set(folded.documents["document"])
    return graph_tables(folded, name_entities(None, evidence, rules, voters), batches)


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
    evidence = evidence_about(log, questions)
    return fold(evidence, rules, as_of=as_of, known_at=known_at, questions=questions, histories=histories)


def _folded_together(pending: dict[BatchId, int]) -> Iterator[list[BatchId]]:
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
