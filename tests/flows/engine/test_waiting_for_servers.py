"""A model server or a graph that is away: who has patience waits, says so, and loses nothing; who has none is told."""

import asyncio
import json
import socket
import threading
import time
from errno import ENOSPC
from pathlib import Path

import pytest
from tenacity import Retrying

from agents.reader import ReadingAgent
from flows.engine.collecting import Ingestion
from flows.engine.constructor import constructing
from flows.engine.document_asker import TIMES_LEFT_OUT
from flows.engine.outcomes import Outcome
from flows.engine.patience import Patience
from flows.engine.runs import meter_for
from flows.home.homes import Home
from flows.jobs.ingesting import Way, ingest_documents
from pipeline.intake.asked_batch import MODEL_AWAY
from pipeline.intake.set_aside_list import open_set_aside
from schema.errors import LogDamaged, LogTooNew, ModelUnavailable, StoreFailed, StoreUnavailable
from schema.records import Tally
from tests.agents.fakes import FakeServer
from tests.flows.commands.running import paper, write_lines
from tests.flows.jobs.reading_here import break_at, exported, home_at

pytestmark = pytest.mark.usefixtures("quick")

AWAY = (503, {"Content-Type": "application/json"}, '{"error": {"message": "starting"}}')


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


def test_a_model_server_that_is_away_is_waited_for_and_nothing_is_set_aside(model_server: FakeServer, papers: Path, tmp_path: Path) -> None:
    told, home = Told(30.0), home_at(tmp_path / "home", model_server.url, batch=2, concurrency=2)
    model_server.always["/v1/completions"] = AWAY
    model_server.always["/v1/models"] = AWAY

    def comes_back() -> None:
        while not told.reasons:
            time.sleep(0.01)
        model_server.always.clear()

    back = threading.Thread(target=comes_back, daemon=True)
    back.start()
    tallies = read(home, papers, told)
    back.join()
    assert (tallies["document"].committed, tallies["document"].set_aside) == (6, {})
    assert "503" in told.reasons[0]
    assert told.over >= 1


@pytest.mark.parametrize("batch", [2, 6])
@pytest.mark.parametrize("patience", [0.0, 0.5])
def test_when_patience_ends_what_is_unread_is_left_for_the_next_run(
    batch: int, patience: float, model_server: FakeServer, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(agent: ReadingAgent) -> None:
        raise ModelUnavailable("nobody is there")

    home = home_at(tmp_path / "home", model_server.url, batch=batch)
    model_server.always["/v1/completions"] = AWAY
    with monkeypatch.context() as away:
        away.setattr(ReadingAgent, "available", nobody)
        tallies = read(home, papers, Told(patience))
    assert tallies["document"] == Tally("document", 0, {MODEL_AWAY: 6})
    assert open_set_aside(home.log) == []
    model_server.always.clear()
    again = read(home, papers, Told(patience))
    assert again["document"].committed == 6


def test_a_server_that_is_there_and_answers_nothing_leaves_documents_set_aside(
    model_server: FakeServer, papers: Path, tmp_path: Path
) -> None:
    home = home_at(tmp_path / "home", model_server.url, batch=6)
    model_server.always["/v1/completions"] = AWAY
    tallies = read(home, papers, Told(0.5))
    assert (tallies["document"].committed, tallies["document"].set_aside) == (0, {"ModelUnavailable": 6})


@pytest.mark.parametrize("patient", [False, True])
def test_a_graph_that_fails_is_tried_again_and_the_log_goes_on(
    patient: bool, model_server: FakeServer, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from graph_store.memory_store import MemoryStore

    told, home = Told(60.0 if patient else 0.0), home_at(tmp_path / "home", model_server.url, batch=2)
    apply, tried = MemoryStore.apply, []

    def mostly_away(store: MemoryStore, change: object) -> None:
        tried.append(change)
        if len(tried) <= (5 if patient else 2):
            raise StoreUnavailable("the database is away")
        apply(store, change)  # type: ignore[arg-type]

    monkeypatch.setattr(MemoryStore, "apply", mostly_away)
    assert read(home, papers, told)["document"].committed == 6
    assert (told.reasons, told.over) == ((["the database is away"] * 5, 1) if patient else ([], 0))
    monkeypatch.undo()
    clean = home_at(tmp_path / "clean", model_server.url)
    read(clean, papers, Told(0.0))
    assert exported(home) == exported(clean)


def test_a_graph_that_never_comes_back_is_told_with_what_is_safe(
    model_server: FakeServer, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from graph_store.memory_store import MemoryStore

    def away(store: MemoryStore, change: object) -> None:
        del store, change
        raise StoreUnavailable("the database is away")

    home = home_at(tmp_path / "home", model_server.url, batch=6)
    monkeypatch.setattr(MemoryStore, "apply", away)
    with pytest.raises(StoreFailed, match=r"the database is away; .* safe in the log, and the same command goes on from there"):
        read(home, papers, Told(0.0))


def test_patience_begins_anew_for_each_outage(
    model_server: FakeServer, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from graph_store.memory_store import MemoryStore

    told, home = Told(1.0), home_at(tmp_path / "home", model_server.url, batch=1, concurrency=1)
    apply, tried = MemoryStore.apply, []

    def away_every_second_time(store: MemoryStore, change: object) -> None:
        tried.append(change)
        if len(tried) % 2:
            time.sleep(0.4)
            raise StoreUnavailable("the database is away")
        apply(store, change)  # type: ignore[arg-type]

    monkeypatch.setattr(MemoryStore, "apply", away_every_second_time)
    with constructing(home, outcome := Outcome(home), told.patience) as constructor:
        way = Way(meter_for(home), outcome, told.patience, constructor=constructor)
        for paper in range(1, 5):
            one = write_lines(tmp_path / "one.jsonl", [json.loads(papers.read_text().splitlines()[paper - 1])])
            asyncio.run(ingest_documents(home, Ingestion((one,)), way))
            while constructor.lacking:
                time.sleep(0.01)
    assert len(tried) >= 8, "four outages of 0.4 s each, and patience of 1 s"


@pytest.mark.parametrize("error", [LogDamaged("torn"), LogTooNew("upgrade"), StoreFailed("full")])
def test_what_time_does_not_mend_is_told_at_once(error: StoreFailed, tmp_path: Path) -> None:
    if type(error) is StoreFailed:
        error.__cause__ = OSError(ENOSPC, "No space left on device")
    told = Told(60.0)
    tried: list[int] = []

    def fails() -> None:
        tried.append(1)
        raise error

    with pytest.raises(type(error)):
        Retrying(**told.patience.attempts())(fails)
    assert (len(tried), told.reasons) == (1, [])


def test_a_document_that_its_server_never_answers_is_set_aside_and_holds_nothing_up(
    model_server: FakeServer, papers: Path, tmp_path: Path
) -> None:
    told, home = Told(3600.0), home_at(tmp_path / "home", model_server.url, batch=2, concurrency=2)
    break_at(model_server, "Paper 3:")
    tallies = read(home, papers, told)
    assert (tallies["document"].committed, tallies["document"].set_aside) == (5, {"ModelUnavailable": 1})
    assert (len(told.reasons), told.over >= 1) == (TIMES_LEFT_OUT, True)


def test_a_constructor_that_is_far_behind_holds_reading_back(tmp_path: Path) -> None:
    from flows.engine import constructor as followed

    home = home_at(tmp_path / "home", "scripted:none")
    with constructing(home, Outcome(home)) as constructor:
        assert not constructor.is_behind
        constructor._recorded = followed.MOST_BEHIND + 1
        assert constructor.is_behind


def test_a_model_server_that_is_away_before_it_said_which_model_it_has_is_waited_for_too(papers: Path, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"  # where nobody listens
        patient, none = Told(0.5), Told(0.0)
        for told in (patient, none):
            with pytest.raises(ModelUnavailable, match="ConnectError"):
                read(home_at(tmp_path / "home", away), papers, told)
    assert len(patient.reasons) >= 2
    assert none.reasons == []
