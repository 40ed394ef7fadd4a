"""Several model servers of one model."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from agents.serving.protocols import Dialect
from tests.agents.fakes import FakeServer
from tests.agents.serving.test_server import LIKES


@pytest.fixture
def three() -> Iterator[list[FakeServer]]:
    with ExitStack() as held:
        servers = [held.enter_context(FakeServer(Dialect.VLLM)) for _ in range(3)]
        for server in servers:
            server.likes = LIKES
        yield servers


@pytest.fixture
def two(three) -> list[FakeServer]:
    return three[:2]
