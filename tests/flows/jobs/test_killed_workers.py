"""Workers that read into one log and are killed: nobody alive pays for what another one has paid for, and nothing is lost."""

from pathlib import Path

import pytest

from benchmarks.scheduling.killed_workers import Found, Plan, kill_workers, object_store


def test_of_workers_that_are_killed_no_two_pay_for_one_document_and_nothing_is_lost(tmp_path: Path) -> None:
    _check(kill_workers(plan := Plan(workers=3, kills=4, documents=120), tmp_path), plan)


@pytest.mark.nightly
def test_of_workers_whose_log_lies_on_s3_no_two_pay_for_one_document_and_nothing_is_lost(tmp_path: Path) -> None:
    with object_store() as (log, more):
        _check(kill_workers(plan := Plan(workers=3, kills=4, documents=120, on_s3=True), tmp_path, log, more), plan)


def _check(found: Found, plan: Plan) -> None:
    assert found.faults == []
    assert (found.kills, found.read, found.questions) == (plan.kills, plan.documents, plan.documents)
    # What was answered when its reader was killed, and could not be kept: of each no more than it had asked at the same time.
    assert found.answers - found.questions == found.dying + len(found.unkept_ms) <= plan.kills * plan.concurrency
