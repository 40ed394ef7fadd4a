"""A model server or a graph that is away: who has patience waits, says so, and loses nothing; who has none is told."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.serving.protocols import Dialect
from flows.home.homes import Home
from flows.jobs import patience as waiting
from flows.jobs.collecting import Ingestion
from flows.jobs.ingesting import Way, ingest_documents
from flows.jobs.outcomes import Outcome
from flows.jobs.patience import Patience
from flows.jobs.runs import meter_for
from schema.records import Tally
from tests.agents.fakes import FakeServer
from tests.flows.commands.running import paper, write_lines

AWAY = (503, {"Content-Type": "application/json"}, '{"error": {"message": "starting"}}')


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FIRST_S", (0.01, 0.02))
    monkeypatch.setattr(waiting, "LATER_S", 0.2)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(Dialect.VLLM) as fake:
        fake.likes = {" treats": 90.0, " none": 1.0}
        yield fake


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "papers.jsonl", [paper(number, f"{1990 + number}-03") for number in range(1, 7)])


class Told:
    """What is heard of waiting, as patience with so many seconds tells it."""

    def __init__(self, seconds: float) -> None:
        self.reasons: list[str] = []
        self.over = 0
        self.patience = Patience(seconds, lambda reason, _: self.reasons.append(reason), self._over)

    def _over(self) -> None:
        self.over += 1


def read(home: Home, papers: Path, told: Told) -> dict[str, Tally]:
    way = Way(meter_for(home), Outcome(home), told.patience)
    return {tally.unit: tally for tally in asyncio.run(ingest_documents(home, Ingestion((papers,)), way))}
