"""What a run shows in Prefect, what it says while it waits, and what becomes of one that dies: by a real server."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from prefect import flow
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.home.homes import open_home
from flows.scheduling import living_runs
from flows.scheduling.living_runs import DIED, living, sweep, tag_of
from flows.scheduling.run_state import current_run, patience_of_run, until_prefect_answers
from tests.conftest import ROOT
from tests.flows.commands.running import environ, run_process
from tests.flows.scheduling.asked_server import answers_in, asked, documents_in, of_run, post, waited


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def shown(server: str, folder: Path) -> dict[str, Any]:
    """A run that read everything, as the server knows it."""
    before = {run["id"] for run in asked(server, "flow_runs")}
    documents, answers = documents_in(folder), answers_in(folder)
    done = run_process("ingest", documents, "--model", answers, home=folder / "home", CHRONOKG_ORCHESTRATION="auto", PREFECT_API_URL=server)
    assert done.returncode == 0, done.stderr
    (run,) = [run for run in asked(server, "flow_runs") if run["id"] not in before]
    return run


def test_a_run_leaves_a_page_a_table_and_a_picture_of_what_it_came_to(server: str, shown: dict[str, Any]) -> None:
    left = {artifact["key"]: artifact for artifact in of_run(server, "artifacts", shown["id"])}
    assert {key: each["type"] for key, each in left.items()} == {
        "ingest-summary": "markdown",
        "ingest-numbers": "table",
        "ingest-picture": "image",
    }
    page = left["ingest-summary"]["data"]
    assert page.startswith("**all committed**")
    assert "| documents | 8 | 8 | 0 | 0 |" in page
    assert "causes illness one" in page
    assert "PMID:8" in page
    numbers = {row["what"]: row["number"] for row in json.loads(left["ingest-numbers"]["data"])}
    assert (numbers["documents committed"], numbers["claims committed"], numbers["facts opened"]) == (8, 8, 1)
    assert left["ingest-picture"]["data"].startswith("data:image/svg+xml;base64,")


def test_assets_lead_from_the_file_to_the_log_and_from_the_log_to_the_graph(server: str, shown: dict[str, Any], folder: Path) -> None:
    wanted = {"filter": {"event": {"name": ["prefect.asset.materialization.succeeded"]}}}

    def made() -> dict[str, list[str]]:
        events = post(server, "events/filter", wanted)["events"]
        ours = [e for e in events if any(shown["id"] in related["prefect.resource.id"] for related in e["related"])]
        return {
            e["resource"]["prefect.resource.id"]: [r["prefect.resource.id"] for r in e["related"] if r["prefect.resource.role"] == "asset"]
            for e in ours
        }

    found = waited(lambda: made() if len(made()) == 2 else None, 30)
    log = open_home(folder / "home", reads_only=True).log.version().log
    assert found == {
        f"chronokg://{log}/log": [f"file://{folder / 'papers.jsonl'}"],
        f"chronokg://{log}/graph": [f"chronokg://{log}/log"],
    }


class _NeverAnswers(BaseHTTPRequestHandler):
    asked = Event()

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"object": "list", "data": [{"id": "m", "object": "model"}]}')

    def do_POST(self) -> None:
        self.asked.set()
        Event().wait(60)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def silent_model() -> Iterator[str]:
    serving = ThreadingHTTPServer(("127.0.0.1", 0), _NeverAnswers)
    serving.daemon_threads = True
    Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}/v1"
    serving.shutdown()


def test_a_run_that_was_killed_is_ended_by_the_next_one_and_one_that_lives_is_not(
    server: str, folder: Path, silent_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    documents, answers = documents_in(tmp_path), answers_in(tmp_path)
    command = [sys.executable, "-m", "flows", "ingest", str(documents), "--model", silent_model, "--home", str(home), "--graph", "memory:"]
    before = {run["id"] for run in asked(server, "flow_runs")}
    killed = subprocess.Popen(command, cwd=ROOT, env=environ(CHRONOKG_ORCHESTRATION="auto", PREFECT_API_URL=server))

    def standing(run: str) -> tuple[str, str]:
        told = next(each for each in asked(server, "flow_runs") if each["id"] == run)
        return told["state_name"], told["state"]["message"] or ""

    try:
        run = waited(lambda: [r for r in asked(server, "flow_runs") if r["id"] not in before and len(r["tags"]) == 2])[0]["id"]
        monkeypatch.setattr(living_runs, "SETTLED_S", 0.0)
        with temporary_settings({PREFECT_API_URL: server}):
            assert sweep(open_home(home, graph="memory:")) == {}
        assert standing(run)[0] == "Running"
    finally:
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
    monkeypatch.undo()
    waited(lambda: _age_of(server, run) > living_runs.SETTLED_S)
    done = run_process("ingest", documents, "--model", answers, home=home, CHRONOKG_ORCHESTRATION="auto", PREFECT_API_URL=server)
    assert done.returncode == 0, done.stderr
    assert standing(run) == ("Failed", DIED)
    assert DIED in done.stderr


def _age_of(server: str, run: str) -> float:
    from datetime import UTC, datetime

    told = next(each for each in asked(server, "flow_runs") if each["id"] == run)
    return (datetime.now(UTC) - datetime.fromisoformat(told["state"]["timestamp"])).total_seconds()


def test_a_run_that_waits_says_so_keeps_its_type_and_runs_again_afterwards(server: str) -> None:
    seen: list[tuple[str, str, str]] = []

    def state(run: object) -> tuple[str, str, str]:
        told = next(each for each in asked(server, "flow_runs") if each["id"] == str(run))
        return told["state_type"], told["state_name"], told["state"]["message"] or ""

    @flow(name="waits", persist_result=False)
    async def waits() -> None:
        run = current_run()
        assert run is not None
        with patience_of_run(60.0) as patience:
            patience.told("the model is away", 5.0)
            seen.append(await asyncio.to_thread(waited, lambda: state(run.id) if state(run.id)[1] == "AwaitingRetry" else None, 20))
            patience.over()
            seen.append(await asyncio.to_thread(waited, lambda: state(run.id) if state(run.id)[1] == "Running" else None, 20))
        assert await until_prefect_answers(5.0)

    with temporary_settings({PREFECT_API_URL: server}):
        ended = asyncio.run(waits(return_state=True))
    assert ended.is_completed()
    assert seen == [
        ("RUNNING", "AwaitingRetry", "the model is away; tried again in 5 s"),
        ("RUNNING", "Running", "the server answers again"),
    ]


def test_a_run_is_known_by_the_log_that_it_works_on(server: str, tmp_path: Path) -> None:
    one, other = open_home(tmp_path / "one", graph="memory:"), open_home(tmp_path / "other", graph="memory:")
    assert tag_of(one) != tag_of(other)

    @flow(name="lives", persist_result=False)
    async def lives() -> list[str]:
        with living(one):
            return await asyncio.to_thread(waited, lambda: _tags(server), 20)

    def _tags(server: str) -> list[str]:
        return next((run["tags"] for run in asked(server, "flow_runs") if tag_of(one) in run["tags"]), [])

    with temporary_settings({PREFECT_API_URL: server}):
        assert set(asyncio.run(lives())) >= {"chronokg", tag_of(one)}


def test_prefects_server_that_stays_away_is_waited_for_so_long_and_no_longer(capsys: pytest.CaptureFixture[str]) -> None:
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        assert not asyncio.run(until_prefect_answers(4.0))
    assert "Prefect's server is away" in capsys.readouterr().err


def test_a_home_that_cannot_be_opened_is_one_sentence(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    from flows.scheduling.prefect_flows import construct

    with temporary_settings({PREFECT_API_URL: server}):
        from flows.scheduling.parameters import ConstructParameters

        ended = asyncio.run(construct(ConstructParameters(home=str(tmp_path / "file")), return_state=True))
    assert ended.is_failed()
    assert ended.message == f"the home {tmp_path / 'file'} is a file, and a home is a folder"
