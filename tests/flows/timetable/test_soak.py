"""Days of updates through a served schedule, while worker, schedule, model server, Prefect server and database are killed."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.scheduling.soak import soak
from benchmarks.scheduling.soak_plan import Plan
from tests.graph_store.conftest import open_neo4j


@pytest.fixture
def _empty_graph() -> Iterator[None]:
    if not os.environ.get("CHRONOKG_TEST_NEO4J_START"):
        pytest.skip("CHRONOKG_TEST_NEO4J and _START name no server that can be killed; .ci/neo4j/up.sh starts one")
    for turn in range(2):
        with closing(open_neo4j()) as store:
            store.clear()
        if turn == 0:
            yield


@pytest.mark.neo4j
@pytest.mark.usefixtures("_empty_graph")
def test_a_schedule_survives_all_that_it_needs_being_killed_and_its_graph_is_that_of_one_clean_run(tmp_path: Path) -> None:
    plan = Plan(days=3, day_s=6, kill_s=5, kills=6)
    found = soak(plan, tmp_path)
    assert found.faults == []
    assert len(found.days) == plan.days
    # Each of the five once, and one of them twice; a run may have ended just before it was to be killed.
    assert found.kills.total() >= plan.kills - 1
    assert set(found.kills) >= {"database", "model", "prefect", "schedule"}
    assert found.lines > 50
