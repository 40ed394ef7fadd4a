"""A real Prefect server for the tests of runs and schedules, and what a run without a fault reads and comes to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.timetable.own_server import HomesPrefect
from tests.flows.scheduling.running_flows import NUMBERS, answers, export_of, papers, run


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of its API; it is one of ours, as a home has it."""
    with HomesPrefect(tmp_path_factory.mktemp("prefect")).running() as address:
        yield address


@pytest.fixture
def model(tmp_path: Path) -> str:
    return answers(tmp_path, *NUMBERS)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return papers(tmp_path, *NUMBERS)


@pytest.fixture
def clean(model: str, documents: Path, tmp_path: Path) -> list[str]:
    """The graph of a run in which nothing went wrong."""
    assert run("ingest", tmp_path / "clean", {"model": model}, paths=[str(documents)]).failure(0.0) == ""
    return export_of(tmp_path / "clean")
