"""A real Prefect server for the tests of runs and schedules."""

from collections.abc import Iterator

import pytest

from flows.timetable.own_server import HomesPrefect


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of its API; it is one of ours, as a home has it."""
    with HomesPrefect(tmp_path_factory.mktemp("prefect")).running() as address:
        yield address
