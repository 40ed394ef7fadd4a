"""`chronokg schedule` as a person leaves it alone: runs come by themselves, and go on whatever is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.scheduling.living_runs import DIED
from tests.conftest import ROOT
from tests.flows.commands.running import call, chronokg, environ, run_process
from tests.flows.scheduling.asked_server import answers_in, asked, documents_in, waited

Started = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """Starts `chronokg schedule` in tmp_path/home, from a folder where nothing of ours lies; what it says goes into tmp_path/said."""
    running: list[subprocess.Popen[bytes]] = []
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])

    def start(*words: object) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "flows", "schedule", *map(str, words), "--home", str(tmp_path / "home"), "--graph", "memory:"]
        with (tmp_path / "said").open("ab") as said:
            process = subprocess.Popen(command, cwd=tmp_path, env=environ(HOME=str(tmp_path), PYTHONPATH=path), stdout=said, stderr=said)
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()
    if told := _server(tmp_path):
        with_suppressed(os.kill, told["process"], signal.SIGKILL)


def with_suppressed(act: Callable[..., None], *given: Any) -> None:
    try:
        act(*given)
    except ProcessLookupError:
        return


def _server(folder: Path) -> dict[str, Any]:
    file = folder / "home" / "prefect" / "server.json"
    told: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return told


def said(folder: Path, words: str, times: int = 1) -> Callable[[], bool]:
    return lambda: (folder / "said").read_text(errors="replace").count(words) >= times


@pytest.mark.nightly
def test_one_command_on_a_laptop_runs_a_job_again_and_again_and_survives_kill_9_of_itself_and_of_its_server(
    started: Started, tmp_path: Path
) -> None:
    words = ("ingest", documents_in(tmp_path), "--model", answers_in(tmp_path), "--every", "10s", "--name", "nightly")
    first = started(*words)
    waited(said(tmp_path, "Completed: all committed", 2), 250)
    told = _server(tmp_path)
    api = f"http://127.0.0.1:{told['port']}/api"
    assert {run["state_name"] for run in asked(api, "flow_runs") if run["start_time"]} <= {"Completed", "Running"}
    listed = json.loads(run_process("schedule", "--list", "--json", home=tmp_path / "home", HOME=str(tmp_path)).stdout)
    assert (listed["schedule"], listed["when"], listed["served"]) == ("ingest/nightly", "every 0:00:10", "yes")
    assert listed["last"][-1]["state"] == "Completed"

    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    started(*words)
    done = (tmp_path / "said").read_text().count("Completed")
    waited(said(tmp_path, "Completed", done + 1), 250)
    assert _server(tmp_path) == told  # the server lived, and is run by the second one now

    os.kill(told["process"], signal.SIGKILL)
    waited(said(tmp_path, "started anew"), 60)
    done = (tmp_path / "said").read_text().count("Completed")
    waited(said(tmp_path, "Completed", done + 1), 250)
    assert _server(tmp_path)["port"] == told["port"]
    assert "Traceback" not in (tmp_path / "said").read_text()
    status = json.loads(chronokg("status", "--json", home=tmp_path / "home"))
    assert status["counts"]["document"]["committed"] == 8
    ended = [run for run in asked(api, "flow_runs") if run["state_type"] == "FAILED"]
    assert {run["state"]["message"] for run in ended} <= {DIED}


@pytest.mark.nightly
def test_sigterm_ends_a_schedule_within_seconds_and_its_server_with_it(started: Started, tmp_path: Path) -> None:
    process = started("ingest", documents_in(tmp_path), "--model", answers_in(tmp_path), "--cron", "0 0 1 1 *")
    waited(said(tmp_path, "/deployments/deployment/"), 250)
    asked_for = run_process("schedule", "ingest", "--once", home=tmp_path / "home", HOME=str(tmp_path))
    assert asked_for.stdout.endswith("of ingest/home is due now\n"), asked_for
    waited(said(tmp_path, "Completed: all committed"), 250)
    twice = run_process("schedule", "ingest", "--cron", "0 0 1 1 *", home=tmp_path / "home", HOME=str(tmp_path))
    assert twice.returncode == 2
    assert "ingest/home is served by process" in twice.stderr
    since = time.monotonic()
    process.terminate()
    assert process.wait(60) == 0
    assert time.monotonic() - since < 30
    assert (tmp_path / "said").read_text().endswith("ingest/home: stopped; the same command goes on\n")
    with pytest.raises(ProcessLookupError):
        os.kill(_server(tmp_path)["process"], 0)


def test_where_nothing_is_served_that_is_said(tmp_path: Path) -> None:
    chronokg("status", home=_made(tmp_path))
    for words in (("--list",), ("ingest", "--once")):
        told = call("schedule", *words, "--home", tmp_path / "home", "--graph", "memory:", folder=tmp_path, HOME=str(tmp_path))
        assert (told.returncode, told.stdout) == (2, "")
        assert "nothing is served at the moment" in told.stderr


def test_settings_that_only_look_as_if_they_named_a_server_leave_it_to_the_homes_own(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project.optional-dependencies]\napi = ["fastapi"]\n')
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "flows", "schedule", "--list", "--home", str(_made(tmp_path)), "--graph", "memory:"]
    where = environ(HOME=str(tmp_path), PYTHONPATH=path)
    told = subprocess.run(command, cwd=tmp_path, env=where, capture_output=True, text=True, timeout=100, check=False)
    assert (told.returncode, told.stdout) == (2, "")
    assert "nothing is served at the moment" in told.stderr


def _made(folder: Path) -> Path:
    (folder / "home").mkdir()
    (folder / "home" / "chronokg.toml").write_text("")
    return folder / "home"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("injest", "--every", "1h"), "did you mean ingest"),
        (("ingest", "papers", "--every", "1h", "--cron", "0 3 * * *"), "choose one"),
        (("ingest", "papers", "--collision", "fight"), "--collision 'fight'"),
        (("ingest", "papers", "--every", "1h", "--name", "a/b"), "--name 'a/b'"),
        (("ingest", "papers", "--at", "2020-01-01T00:00"), "lies in the past"),
        (("ingest", "papers", "--every", "1h", "--sinse", "2020"), "no parameter --sinse"),
    ],
)
def test_a_schedule_that_cannot_be_right_is_refused_before_anything_is_started(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    told = call("schedule", *words, "--home", tmp_path / "home", "--graph", "memory:", folder=tmp_path, HOME=str(tmp_path))
    assert told.returncode == 2
    assert said in told.stderr
    assert not (tmp_path / "home" / "prefect").exists()
