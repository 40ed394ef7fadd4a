"""Telling Prefect what a run came to: where that fails it is said, and the run is as good; whoever ended a run has the last word."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import State
from prefect.states import Cancelling, Completed, Running

from flows.home.homes import now
from flows.scheduling import lineage, run_artifacts, run_state
from flows.scheduling.job_result import JobResult
from flows.scheduling.living_runs import tag_of
from flows.scheduling.parameters import IngestParameters
from schema.errors import StoreUnavailable
from tests.flows.jobs.reading_here import home_at


@pytest.mark.parametrize("error", [StoreUnavailable("the log is away"), OSError("the disk is gone")])
def test_what_cannot_be_looked_up_for_its_pages_fails_no_run(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away(*_: object) -> None:
        raise error

    monkeypatch.setattr(run_artifacts, "_changes", away)
    monkeypatch.setattr(lineage, "_assets_of", away)
    home = home_at(tmp_path / "home", "scripted:none")
    asyncio.run(run_artifacts.show_run("ingest", home, JobResult(), "done", now()))
    asyncio.run(lineage.show_lineage(home, IngestParameters(paths=["x"]), JobResult()))
    told = capsys.readouterr().err
    assert f"Prefect could not be shown what the run came to: {error}" in told
    assert f"Prefect could not be told what came from what: {error}" in told


@pytest.mark.parametrize(("standing", "is_set"), [(Running(), True), (Completed(), False), (Cancelling(), False)])
def test_the_state_of_a_run_that_somebody_has_ended_meanwhile_stays(
    standing: "State[None]", is_set: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[Any] = []

    @contextmanager
    def client(**_: object) -> Iterator[Any]:
        yield SimpleNamespace(
            read_flow_run=lambda _: SimpleNamespace(state=standing), set_flow_run_state=lambda _, state: states.append(state)
        )

    monkeypatch.setattr(run_state, "get_client", client)
    goes_on = Running(message="the server answers again")
    assert run_state._StateTeller(uuid4())._told(goes_on, quietly=True)
    assert states == ([goes_on] if is_set else [])


def test_a_copy_of_a_home_has_runs_of_its_own_and_the_same_home_at_another_path_has_not(tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", "scripted:none")
    home.log.version()
    copytree(home.path, tmp_path / "copy")
    (tmp_path / "link").symlink_to(home.path)
    copy, link = home_at(tmp_path / "copy", "scripted:none"), home_at(tmp_path / "link", "scripted:none")
    assert copy.log.version().log == home.log.version().log
    assert tag_of(copy) != tag_of(home)
    assert tag_of(link) == tag_of(home)
