"""States tell the truth: whatever fault there is, a run of a flow ends Completed or Failed, with one sentence, and waits where it may."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph_store.memory_store import MemoryStore
from pipeline.intake.asked_batch import MODEL_AWAY
from schema.errors import StoreFailed, StoreUnavailable
from tests.agents.fakes import FakeServer
from tests.flows.jobs.reading_here import break_at, exported, home_at
from tests.flows.scheduling.running_flows import AWAY, NONSENSE, Ended, answers, papers, prefect_server, ran

pytestmark = pytest.mark.usefixtures("quick")

NUMBERS = range(1, 7)


@pytest.fixture(scope="module", autouse=True)
def _prefect() -> Iterator[None]:
    with prefect_server():
        yield


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return papers(tmp_path, *NUMBERS)


@pytest.fixture
def read(model_server: FakeServer, documents: Path, tmp_path: Path) -> Any:
    """Runs `ingest` with the model server."""

    def run(settings: dict[str, Any] | None = None, **told: Any) -> Ended:
        asked = {"model": model_server.url, "batch": 2, "concurrency": 2, **(settings or {})}
        return ran("ingest", tmp_path / "home", asked, **{"paths": [str(documents)], **told})

    return run


@pytest.fixture
def scripted(documents: Path, tmp_path: Path) -> Any:
    """Runs `ingest` with a scripted model."""
    model = answers(tmp_path, *NUMBERS)

    def run(home: Path = tmp_path / "home", **told: Any) -> Ended:
        return ran("ingest", home, {"model": model, "batch": 2}, **{"paths": [str(documents)], **told})

    return run


def once(it_is_so: Callable[[], bool], *do: Callable[[], object]) -> None:
    """Do this in the background as soon as it is so, with a pause after each."""

    def wait() -> None:
        while not it_is_so():
            time.sleep(0.005)
        for each in do:
            each()
            time.sleep(0.5)

    threading.Thread(target=wait, daemon=True).start()


# The model server


@pytest.mark.parametrize("paths", [["/v1/completions"], ["/v1/completions", "/v1/models"]])
def test_a_model_server_that_is_away_is_waited_for_and_the_run_completes(paths: list[str], read: Any, model_server: FakeServer) -> None:
    model_server.always.update(dict.fromkeys(paths, AWAY))
    once(lambda: model_server.counts[paths[-1]] >= 8, model_server.always.clear)
    ended = read(patience=60.0)
    assert (ended.state, ended.said) == ("COMPLETED", "all committed")
    assert ended.counts()["committed"] == 6
    waiting = [name for name in ended.states if name in {"AwaitingRetry", "Running"}]
    assert "AwaitingRetry" in waiting
    assert waiting[-1] == "Running", "it said so when it went on"


def test_a_model_server_killed_amid_the_run_is_waited_for(read: Any, model_server: FakeServer) -> None:
    model_server.delay = 0.1
    once(lambda: model_server.counts["/v1/completions"] >= 2, model_server.kill, model_server.start_again)
    ended = read({"concurrency": 1}, patience=60.0)
    assert (ended.state, ended.counts()["committed"]) == ("COMPLETED", 6)


def test_a_model_server_that_stays_away_is_a_failure_before_and_amid_the_run(read: Any, model_server: FakeServer) -> None:
    model_server.always["/v1/models"] = AWAY
    at_first = read()
    assert at_first.state == "FAILED"
    assert "503" in at_first.said
    model_server.always = {}
    once(lambda: model_server.counts["/v1/completions"] >= 2, model_server.kill)
    amid = read({"concurrency": 1, "batch": 2})
    left = amid.counts()["skipped"][MODEL_AWAY]
    assert (amid.state, amid.said) == ("FAILED", f"{left} not read: {MODEL_AWAY}")
    assert amid.counts()["set_aside"] == {"ModelLost": 1}, "what was in flight may have killed it"
    model_server.start_again()
    again = read()
    assert (again.state, again.counts()["committed"]) == ("COMPLETED", 6 - amid.counts()["committed"])


def test_a_slow_server_and_one_that_hangs_once_are_no_failure(read: Any, model_server: FakeServer) -> None:
    model_server.delay, model_server.faults["/v1/completions"] = 0.05, [0.7]
    assert read().state == "COMPLETED"


def test_a_model_that_the_server_has_not_is_told_by_name_and_nothing_is_set_aside(read: Any) -> None:
    ended = read({"model_name": "org/other"})
    assert ended.state == "FAILED"
    assert "org/other" in ended.said
    assert read().state == "COMPLETED"


def test_a_server_out_of_memory_is_asked_again_and_else_set_aside(read: Any, model_server: FakeServer) -> None:
    full = (500, {"Content-Type": "application/json"}, '{"error": {"message": "CUDA out of memory. Tried to allocate 2 GiB"}}')
    model_server.always["/v1/completions"] = full
    ended = read()
    assert (ended.state, ended.said) == ("FAILED", "6 of 6 documents set aside (6 ModelUnavailable)")
    model_server.always, model_server.faults["/v1/completions"] = {}, [full, full]
    assert read().state == "COMPLETED"


def test_nonsense_is_set_aside_and_where_it_is_all_that_comes_the_run_stops(read: Any, model_server: FakeServer, tmp_path: Path) -> None:
    model_server.always["/v1/completions"] = NONSENSE
    few = read()
    assert (few.state, few.said) == ("FAILED", "6 of 6 documents set aside (6 ModelFailed)")
    many = papers(tmp_path, *range(100, 160))
    stopped = read({"batch": 10, "concurrency": 8}, paths=[str(many)])
    assert stopped.state == "FAILED"
    assert stopped.said.startswith("50 of the last 50 documents got no usable answer, so it is the model or its server that is broken")
    model_server.always = {}
    again = read({"batch": 10, "concurrency": 8}, paths=[str(many)])
    assert (again.state, again.counts()["committed"]) == ("COMPLETED", 60)


def test_a_share_that_may_be_set_aside_is_no_failure_but_is_told(read: Any, model_server: FakeServer) -> None:
    break_at(model_server, "Paper 3:")
    assert read(set_aside_share=0.1).said == "1 of 6 documents set aside (1 ModelUnavailable), and 10% may be"
    ended = read(set_aside_share=0.5)
    # The others were read before.
    assert (ended.state, ended.said) == ("COMPLETED", "done; 1 set aside")


# The database


class Graph:
    """Fails, or is slow, as often as it is told to."""

    def __init__(self, patch: pytest.MonkeyPatch, *errors: StoreFailed | None, seconds: float = 0.0) -> None:
        self.left, self.tried = list(errors), 0
        apply = MemoryStore.apply

        def applied(store: MemoryStore, change: Any) -> None:
            self.tried += 1
            time.sleep(seconds)
            if self.left and (error := self.left[0] if len(self.left) == 1 else self.left.pop(0)) is not None:
                raise error
            apply(store, change)

        patch.setattr(MemoryStore, "apply", applied)


DOWN = StoreUnavailable("no graph server answers at bolt://db:7687")


def test_a_database_that_goes_and_comes_back_is_waited_for(scripted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Graph(monkeypatch, *[DOWN] * 5, None)
    ended = scripted(patience=60.0)
    assert (ended.state, ended.said) == ("COMPLETED", "all committed")
    waiting = [name for name in ended.states if name in {"AwaitingRetry", "Running"}]
    assert ("AwaitingRetry" in waiting, waiting[-1]) == (True, "Running")
    monkeypatch.undo()
    assert scripted(tmp_path / "clean").state == "COMPLETED"
    assert exported(home_at(tmp_path / "home", "scripted:none")) == exported(home_at(tmp_path / "clean", "scripted:none"))


def test_a_database_that_stays_away_is_a_failure_that_says_what_is_safe(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Graph(monkeypatch, DOWN)
    ended = scripted()
    assert ended.state == "FAILED"
    assert ended.said.startswith("no graph server answers at bolt://db:7687; ")
    assert ended.said.endswith("safe in the log, and the same command goes on from there")
    monkeypatch.undo()
    assert scripted().state == "COMPLETED"


def test_a_database_that_can_only_be_read_is_a_failure_soon(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph(monkeypatch, StoreFailed("the graph at bolt://db can only be read"))
    ended = scripted(patience=3600.0)
    assert (ended.state, ended.said.partition(";")[0]) == ("FAILED", "the graph at bolt://db can only be read")
    assert graph.tried == 3, "as often as in any case"


def test_a_slow_database_is_no_failure(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Graph(monkeypatch, None, seconds=0.2)
    assert scripted().state == "COMPLETED"
