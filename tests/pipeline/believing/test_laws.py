"""The three laws, as properties of random histories."""

import itertools
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.home.configuration.settings import load_ontology
from graph_store.memory_store import MemoryStore
from pipeline.believing.fold import Graph, fold
from pipeline.believing.gathering import all_evidence
from pipeline.believing.rules import Rules
from pipeline.exports.canonical import canonical_lines
from pipeline.line import bring_up_to_date, rebuild
from schema.ids import DocumentId
from schema.ports import EvidenceLog, GraphStore
from schema.records import Deletion, Recorded, Restoration, Retraction, RetractionWithdrawal
from tests.conftest import examples
from tests.graph_store.log.memory_log import MemoryEvidenceLog
from tests.histories import START, batch_of, days, histories, moments, rules_for
from tests.pipeline.believing.reference import plain_fold

ONTOLOGY = load_ontology("biomedical")
History = list[tuple[Recorded[Any], ...]]


def exported(graph: Graph | GraphStore) -> list[str]:
    if isinstance(graph, Graph):
        return list(canonical_lines(graph.facts, graph.entities, graph.documents))
    return list(canonical_lines(graph.facts(), graph.entities(), graph.documents()))


def log_of(history: History) -> EvidenceLog:
    log = MemoryEvidenceLog()
    for records in history:
        log.append(batch_of(records), records)
    return log


def partition(history: History, seed: int) -> History:
    """The same records in another order, cut into other batches."""
    shuffled = list(history)
    random.Random(seed).shuffle(shuffled)
    batches: History = []
    rng = random.Random(seed + 1)
    while shuffled:
        size = rng.randint(1, len(shuffled))
        batches.append(tuple(record for records in shuffled[:size] for record in records))
        shuffled = shuffled[size:]
    return batches


@given(histories(ONTOLOGY), rules_for(ONTOLOGY), st.integers(0, 10**6))
@settings(max_examples=examples(200), deadline=None)
def test_any_order_and_any_partition_gives_the_same_graph(history: History, rules: Rules, seed: int) -> None:
    store, log = MemoryStore(), MemoryEvidenceLog()
    for records in partition(history, seed):
        log.append(batch_of(records), records)
        bring_up_to_date(log, store, rules)
    assert exported(store) == exported(fold(all_evidence(log_of(history)), rules))


@given(histories(ONTOLOGY), rules_for(ONTOLOGY), st.integers(0, 10**6))
@settings(max_examples=examples(100), deadline=None)
def test_repeating_what_was_said_changes_nothing(history: History, rules: Rules, seed: int) -> None:
    store, log = MemoryStore(), MemoryEvidenceLog()
    for records in [*history, *partition(history, seed), *history]:
        log.append(batch_of(records), records)
    bring_up_to_date(log, store, rules)
    assert exported(store) == exported(fold(all_evidence(log_of(history)), rules))


@given(histories(ONTOLOGY), rules_for(ONTOLOGY))
@settings(max_examples=examples(100), deadline=None)
def test_a_rebuild_gives_the_graph_that_was_forgotten(history: History, rules: Rules) -> None:
    store, log = MemoryStore(), log_of(history)
    bring_up_to_date(log, store, rules)
    before = exported(store)
    rebuild(log, store, rules)
    assert exported(store) == before


@given(histories(ONTOLOGY), rules_for(ONTOLOGY), days())
@settings(max_examples=examples(150), deadline=None)
def test_the_edges_that_hold_on_a_day_are_those_of_the_fold_up_to_that_day(history: History, rules: Rules, day: Any) -> None:
    evidence = all_evidence(log_of(history))
    whole, then = fold(evidence, rules), fold(evidence, rules, as_of=day)
    assert {f.triple for f in whole.facts if f.holds_on(day)} == {f.triple for f in then.facts if f.status == "current"}
    for fact in then.facts:
        if fact.status == "current":
            holding = next(h for f in whole.facts if f.triple == fact.triple for h in f.holdings if h.interval.contains(day))
            assert holding.interval.start == fact.holdings[-1].interval.start


@given(histories(ONTOLOGY), rules_for(ONTOLOGY), st.data())
@settings(max_examples=examples(100), deadline=None)
def test_what_we_knew_at_a_moment_is_the_fold_of_what_was_recorded_by_then(history: History, rules: Rules, data: Any) -> None:
    moment = data.draw(moments(len(history)))
    deletions = [r for records in history for r in records if isinstance(r.record, Deletion | Restoration)]
    by_then = [tuple(r for r in records if r.at <= moment or r in deletions) for records in history]
    known = fold(all_evidence(log_of([records for records in by_then if records])), rules)
    assert exported(fold(all_evidence(log_of(history)), rules, known_at=moment)) == exported(known)


@given(histories(ONTOLOGY), rules_for(ONTOLOGY), st.integers(1, 6))
@settings(max_examples=examples(80), deadline=None)
def test_a_deleted_document_might_as_well_never_have_been(history: History, rules: Rules, number: int) -> None:
    gone = DocumentId(f"PMID:{number}")

    def concerns(record: Any) -> bool:
        return gone in (getattr(record, "document", None), getattr(record, "id", None), getattr(record, "notice", None))

    without = [tuple(r for r in records if not concerns(r.record)) for records in history]
    last = (Recorded(Deletion(gone, "command last"), START.replace(year=2027)),)
    for deleted in ([*history, last], [last, *history]):
        store, log = MemoryStore(), MemoryEvidenceLog()
        for records in deleted:
            log.append(batch_of(records), records)
            bring_up_to_date(log, store, rules)
        assert exported(store) == exported(fold(all_evidence(log_of([r for r in without if r])), rules))


@given(histories(ONTOLOGY), rules_for(ONTOLOGY), st.integers(1, 6))
@settings(max_examples=examples(80), deadline=None)
def test_a_document_whose_retractions_are_taken_back_is_as_it_was_without_them(history: History, rules: Rules, number: int) -> None:
    key = DocumentId(f"PMID:{number}")
    kept = [
        tuple(r for r in records if not (isinstance(r.record, Retraction | RetractionWithdrawal) and r.record.document == key))
        for records in history
    ]
    taken_back = (Recorded(RetractionWithdrawal(key, "command last"), START.replace(year=2028)),)
    expected = exported(fold(all_evidence(log_of([r for r in kept if r])), rules))
    assert exported(fold(all_evidence(log_of([*history, taken_back])), rules)) == expected


@given(histories(ONTOLOGY), rules_for(ONTOLOGY), st.integers(1, 6))
@settings(max_examples=examples(50), deadline=None)
def test_a_restored_document_is_back_as_it_was(history: History, rules: Rules, number: int) -> None:
    key = DocumentId(f"PMID:{number}")
    kept = [tuple(r for r in records if not isinstance(r.record, Deletion | Restoration)) for records in history]
    deleted = (Recorded(Deletion(key, "command last"), START.replace(year=2027)),)
    restored = (Recorded(Restoration(key, "command last"), START.replace(year=2028)),)
    before = exported(fold(all_evidence(log_of([r for r in kept if r])), rules))
    assert exported(fold(all_evidence(log_of([*(r for r in kept if r), deleted, restored])), rules)) == before


@given(histories(ONTOLOGY), rules_for(ONTOLOGY))
@settings(max_examples=examples(100), deadline=None)
def test_beliefs_are_probabilities_and_intervals_do_not_overlap(history: History, rules: Rules) -> None:
    for fact in fold(all_evidence(log_of(history)), rules).facts:
        assert 0.0 <= fact.belief < 1.0
        ends = [(h.interval.start, h.interval.end) for h in fact.holdings]
        assert all(end is not None and end <= start for (_, end), (start, _) in itertools.pairwise(ends))
        assert len(fact.closed) == sum(1 for _, end in ends if end is not None)


@pytest.mark.parametrize("count", [1, 10, 200])
def test_ten_sentences_of_one_paper_are_one_paper(count: int) -> None:
    from dataclasses import replace

    from pipeline.believing.weights import CONFIDENCE_CAP
    from tests.pipeline.believing.examples import asserts

    said = [replace(asserts("PMID:1", "2001"), quote=f"sentence {n}", confidence=0.99) for n in range(count)]
    graph = fold(all_evidence(log_of([tuple(Recorded(o, START) for o in said)])), Rules(ONTOLOGY))
    assert [fact.belief for fact in graph.facts] == [CONFIDENCE_CAP]


@pytest.mark.parametrize("count", [1, 5, 100])
def test_planted_papers_never_lift_a_belief_above_the_trust_in_their_source(count: int) -> None:
    from tests.pipeline.believing.examples import asserts

    said = [asserts(f"PMID:{n}", "2001", source="planted", confidence=0.95) for n in range(count)]
    rules = Rules(ONTOLOGY, trust={"planted": 0.4})
    graph = fold(all_evidence(log_of([tuple(Recorded(o, START) for o in said)])), rules)
    assert graph.facts[0].belief <= 0.4


@given(histories(ONTOLOGY), rules_for(ONTOLOGY), st.integers(0, 10**6))
@settings(max_examples=examples(100), deadline=None)
def test_a_log_that_is_ahead_is_taken_in_group_by_group(history: History, rules: Rules, seed: int) -> None:
    store, log = MemoryStore(), MemoryEvidenceLog()
    store.prepare(rules.ontology, rules.fingerprint)
    for records in partition(history, seed):
        log.append(batch_of(records), records)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pipeline.line.OBSERVATIONS_AT_ONCE", 1)
        bring_up_to_date(log, store, rules)
    assert exported(store) == exported(fold(all_evidence(log_of(history)), rules))


@given(histories(ONTOLOGY), rules_for(ONTOLOGY), st.none() | days(), st.none() | moments(12))
@settings(max_examples=examples(200), deadline=None)
def test_the_fold_in_tables_is_the_plain_fold(history: History, rules: Rules, day: Any, moment: Any) -> None:
    evidence = all_evidence(log_of(history))
    wanted = plain_fold(log_of(history), rules, as_of=day, known_at=moment)
    walked = fold(evidence, rules, as_of=day, known_at=moment)
    quick = fold(evidence, rules, as_of=day, known_at=moment, histories=False)
    assert walked.facts == wanted.facts == quick.facts
    assert walked.documents == wanted.documents == quick.documents
    assert [e.name for e in walked.entities] == [e.name for e in wanted.entities]
    assert {q: tuple(e) for q, e in walked.histories.items() if e} == {q: tuple(e) for q, e in wanted.histories.items() if e}
