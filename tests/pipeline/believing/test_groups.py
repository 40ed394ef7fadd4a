"""Batches that are pending together are taken in group by group, and nothing falls between the groups."""

from dataclasses import replace

import pytest

from flows.home.configuration.settings import load_ontology
from graph_store.memory_store import MemoryStore
from pipeline import line as construct
from pipeline.believing.rules import Rules
from schema.fact import Fact
from schema.ids import BatchId
from schema.observation import Polarity
from schema.records import Recorded
from tests.graph_store.log.memory_log import MemoryEvidenceLog
from tests.pipeline.believing.examples import AT, asserts

RULES = Rules(load_ontology("biomedical"))


def reported(store: MemoryStore) -> list[tuple[str, Polarity]]:
    (fact,) = store._facts.values()
    assert isinstance(fact, Fact)
    return [(report.document, report.polarity) for report in fact.reports]


def test_a_fact_that_several_groups_bring_is_told_with_what_was_denied_before(monkeypatch: pytest.MonkeyPatch) -> None:
    log, store = MemoryEvidenceLog(), MemoryStore()
    log.append(BatchId("denial"), [Recorded(replace(asserts("PMID:1", "2001"), polarity=Polarity.DENIES), AT)])
    construct.bring_up_to_date(log, store, RULES)
    for number in (2, 3):
        log.append(BatchId(f"batch {number}"), [Recorded(asserts(f"PMID:{number}", f"200{number}"), AT)])
    monkeypatch.setattr(construct, "OBSERVATIONS_AT_ONCE", 1)
    monkeypatch.setattr(construct, "WORTH_A_REBUILD", 1_000)
    construct.bring_up_to_date(log, store, RULES)
    assert reported(store) == [("PMID:1", Polarity.DENIES), ("PMID:2", Polarity.ASSERTS), ("PMID:3", Polarity.ASSERTS)]
