"""Writing to a graph that others add to: what is left out for newer evidence is not forgotten, whatever the graph tells besides."""

from datetime import UTC, datetime

import pytest

from flows.home.configuration.settings import load_ontology
from graph_store.memory_store import MemoryStore
from pipeline.believing.rules import Rules
from pipeline.line import bring_up_to_date
from pipeline.updating.verification import graph_differences
from schema.dates import PartialDate
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Observation
from schema.ports import EvidenceLog, GraphChange, Revise
from schema.records import Recorded
from tests.graph_store.log.memory_log import MemoryEvidenceLog

RULES = Rules(load_ontology("biomedical"))
AT = datetime(2026, 1, 1, tzinfo=UTC)


def say(log: EvidenceLog, document: int, tail: str = "MESH:D1") -> None:
    said = Observation(
        document=DocumentId(f"PMID:{document}"),
        published=PartialDate.parse(f"{2000 + document}"),
        source="pubmed",
        head=Entity(EntityKey("MESH:C1"), "Chemical", "a drug"),
        relation="treat",
        tail=Entity(EntityKey(tail), "Disease", f"illness {tail}"),
        confidence=0.8,
    )
    log.append(BatchId(f"batch {document}"), [Recorded(said, AT)])


class Meanwhile(MemoryStore):
    """A graph; while a change is written that was folded before, another process records something about the same."""

    def __init__(self, log: EvidenceLog, times: int) -> None:
        super().__init__()
        self.log, self.times = log, times

    def apply(self, change: GraphChange, revise: Revise | None = None) -> None:
        if revise is not None and self.times:
            self.times -= 1
            say(self.log, 10 + self.times)
        super().apply(change, revise)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_what_is_left_out_for_newer_evidence_is_written_with_it(times: int) -> None:
    log = MemoryEvidenceLog()
    say(log, 1)
    say(log, 2, "MESH:D2")
    store = Meanwhile(log, times)
    while bring_up_to_date(log, store, RULES, alone=False):
        pass
    assert list(graph_differences(log, store, RULES, None, 0)) == []
    assert store.applied() == set(log.batches())


def test_a_graph_that_lacks_something_does_not_say_that_it_is_up_to_date() -> None:
    log = MemoryEvidenceLog()
    say(log, 1)
    store = Meanwhile(log, 1)
    bring_up_to_date(log, store, RULES, alone=False, tries=1)
    meta = store.meta(RULES.ontology, RULES.fingerprint)
    assert meta is not None
    assert meta.followed != log.version()
    assert store.applied() == set()
