"""What the tests of the agents share: documents, a language model in memory, and an honest model server on this machine."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from agents.models.embedded_model import EmbeddedModel, embedded_model_available
from agents.serving.protocols import Dialect
from schema.ontology import Ontology
from tests.agents.fakes import GENERAL, FakeServer


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches beyond this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test reached for the network: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def general() -> Ontology:
    return GENERAL


@pytest.fixture(scope="session")
def plain_model() -> Iterator[EmbeddedModel]:
    """The embedded model as it comes, loaded once; a test that closes it lets the next one load it again."""
    reason = embedded_model_available()
    if reason is not None:
        pytest.skip(reason)
    model = EmbeddedModel()
    yield model
    asyncio.run(model.close())


@pytest.fixture
def vllm() -> Iterator[FakeServer]:
    with FakeServer(Dialect.VLLM) as server:
        yield server


@pytest.fixture
def llamacpp() -> Iterator[FakeServer]:
    with FakeServer(Dialect.LLAMACPP) as server:
        yield server


@pytest.fixture
def openai_like() -> Iterator[FakeServer]:
    with FakeServer(Dialect.OPENAI) as server:
        yield server
