"""Many writers over the same hubs: nothing is lost, nothing doubled, and names come out right too."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.home.configuration.settings import load_ontology
from graph_store.log.delta_log import DeltaEvidenceLog
from pipeline.believing.fold import fold
from pipeline.believing.gathering import all_evidence
from pipeline.believing.rules import Rules
from pipeline.exports.canonical import canonical_lines
from pipeline.line import bring_up_to_date
from pipeline.updating.verification import graph_differences
from schema.dates import PartialDate
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Observation, Polarity
from schema.ports import GraphStore
from schema.records import Deletion, Recorded, Restoration, Retraction

RULES = Rules(load_ontology("biomedical"))
WRITERS = 16
START = datetime(2026, 1, 1, tzinfo=UTC)


def batches(seed: int, count: int) -> list[tuple[Recorded[Any], ...]]:
    """Observations around three hubs, with conflicts, denials and names that documents disagree on; some events."""
    rng = random.Random(seed)
    at = START
    made = []
    for _ in range(count):
        records: list[Recorded[Any]] = []
        for _ in range(rng.randint(5, 25)):
            document = rng.randint(1, 60)
            hub, other = rng.randint(1, 3), rng.randint(1, 12)
            said = Observation(
                document=DocumentId(f"PMID:{document}"),
                published=PartialDate.parse(f"{1990 + document % 30}"),
                source="pubmed",
                head=Entity(EntityKey(f"MESH:C{hub}"), "Chemical", f"drug {hub} {rng.choice(['a', 'b', 'c'])}"),
                relation=rng.choice(["treat", "cause", "prevent"]),
                tail=Entity(EntityKey(f"MESH:D{other}"), "Disease", f"illness {other} {rng.choice(['', 'x'])}"),
                confidence=rng.choice([0.5, 0.7, 0.8, 0.95]),
                polarity=rng.choice([Polarity.ASSERTS, Polarity.ASSERTS, Polarity.ASSERTS, Polarity.DENIES]),
            )
            records.append(Recorded(said, at))
        key = DocumentId(f"PMID:{rng.randint(1, 60)}")
        events = [Deletion(key, f"{at}"), Restoration(key, f"{at}"), Retraction(key, PartialDate.parse("2021"), None)]
        if rng.random() < 0.3:
            records.append(Recorded(rng.choice(events), at))
        made.append(tuple(records))
        at += timedelta(minutes=1)
    return made


def exported(store: GraphStore) -> list[str]:
    return list(canonical_lines(store.facts(), store.entities(), store.documents()))


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(1, 10))])
def test_sixteen_writers_at_once_give_the_graph_of_one(store: GraphStore, tmp_path: Path, seed: int) -> None:
    if "ArcadeDB" in store.name and seed > 0:
        pytest.skip("the embedded store has one writer; one run shows that it waits its turn")
    store.clear()
    store.prepare(RULES.ontology, RULES.fingerprint)
    log = DeltaEvidenceLog(tmp_path / "log")
    work = batches(seed, WRITERS * 3)

    def record(number: int) -> None:
        for place in range(number, len(work), WRITERS):
            log.append(BatchId(f"batch {place}"), work[place])
            bring_up_to_date(log, store, RULES, alone=False)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(record, range(WRITERS)))
    expected = fold(all_evidence(log), RULES)
    assert store.applied() == set(log.batches())
    assert exported(store) == list(canonical_lines(expected.facts, expected.entities, expected.documents))
    assert list(graph_differences(log, store, RULES, None, 0)) == []  # what documents report, too
