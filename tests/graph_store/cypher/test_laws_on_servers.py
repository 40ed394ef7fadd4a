"""The laws through the whole line, log to graph, on every store: few random histories, many orders."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.home.configuration.settings import load_ontology
from graph_store.memory_store import MemoryStore
from pipeline.believing.fold import fold
from pipeline.believing.gathering import all_evidence
from pipeline.believing.rules import Rules
from pipeline.exports.canonical import canonical_lines
from pipeline.line import bring_up_to_date, rebuild
from schema.ports import GraphStore
from schema.records import Recorded
from tests.conftest import examples
from tests.graph_store.log.memory_log import MemoryEvidenceLog
from tests.histories import batch_of, histories, rules_for
from tests.pipeline.believing.test_laws import log_of, partition

BIOMEDICAL = load_ontology("biomedical")
REPORTED = "MATCH (d:Document)-[r:REPORTS]->(f:Fact) RETURN d.id AS document, f.id AS fact, r.polarity AS polarity"


@given(history=histories(BIOMEDICAL), rules=rules_for(BIOMEDICAL), seed=st.integers(0, 10**6))
@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_partition_repetition_and_rebuild_give_the_same_export(
    store: GraphStore, history: list[tuple[Recorded[Any], ...]], rules: Rules, seed: int
) -> None:
    expected = fold(all_evidence(log_of(history)), rules)
    wanted = list(canonical_lines(expected.facts, expected.entities, expected.documents))
    store.clear()
    log = MemoryEvidenceLog()
    for records in [*partition(history, seed), *history[:3]]:
        log.append(batch_of(records), records)
        bring_up_to_date(log, store, rules)
    assert list(canonical_lines(store.facts(), store.entities(), store.documents())) == wanted
    if not isinstance(store, MemoryStore):
        reported = {(r["document"], r["fact"], r["polarity"]) for r in store.query(REPORTED)}
        assert reported == {(r.document, f.id, r.polarity.value) for f in expected.facts for r in f.reports}
    rebuild(log, store, rules)
    assert list(canonical_lines(store.facts(), store.entities(), store.documents())) == wanted


@given(history=histories(BIOMEDICAL), rules=rules_for(BIOMEDICAL), seed=st.integers(0, 10**6))
@settings(max_examples=examples(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_change_that_is_written_in_steps_comes_to_the_same(
    server: GraphStore, monkeypatch: pytest.MonkeyPatch, history: list[tuple[Recorded[Any], ...]], rules: Rules, seed: int
) -> None:
    monkeypatch.setattr("graph_store.cypher.cypher_store._WRITTEN_AT_ONCE", 2)
    expected = fold(all_evidence(log_of(history)), rules)
    server.clear()
    log = MemoryEvidenceLog()
    for records in partition(history, seed):
        log.append(batch_of(records), records)
        bring_up_to_date(log, server, rules)
    assert list(canonical_lines(server.facts(), server.entities(), server.documents())) == list(
        canonical_lines(expected.facts, expected.entities, expected.documents)
    )
    # What a fact rests on is not in the export: the graph shows it, whole.
    reported = {(r["document"], r["fact"], r["polarity"]) for r in server.query(REPORTED)}
    assert reported == {(r.document, f.id, r.polarity.value) for f in expected.facts for r in f.reports}
