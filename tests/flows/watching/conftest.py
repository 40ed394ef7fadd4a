"""A collector and a model server to watch runs with; afterwards nothing is watched."""

from collections.abc import Iterator

import pytest

from agents.serving.protocols import Dialect
from flows.watching import metrics
from flows.watching.telemetry import end_telemetry
from tests.agents.fakes import FakeServer
from tests.flows.watching.collector import Collector


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as listening:
        yield listening


@pytest.fixture(autouse=True)
def _off_afterwards() -> Iterator[None]:
    yield
    end_telemetry()
    metrics.forget_homes()


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(Dialect.VLLM) as fake:
        fake.likes = {" treats": 90.0, " none": 1.0}
        yield fake
