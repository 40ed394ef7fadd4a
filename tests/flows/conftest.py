"""What tests of runs share: a model server, and waiting that takes no time."""

from collections.abc import Iterator

import pytest

from agents.serving.protocols import Dialect
from tests.agents.fakes import FakeServer
from tests.flows.jobs.reading_here import hurried


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long."""
    hurried(monkeypatch)


@pytest.fixture
def model_server() -> Iterator[FakeServer]:
    """A server of a model that says of every pair that one treats the other."""
    with FakeServer(Dialect.VLLM) as fake:
        fake.likes = {" treats": 90.0, " none": 1.0}
        yield fake
