"""`health`: exit codes that a probe can go by, quick, and nothing is changed."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agents.serving.protocols import Dialect
from flows.answers import health as judged
from flows.answers.health import Limits, health_of
from flows.home.homes import open_home
from flows.jobs.observing import observe_file
from graph_store.cypher.embedded_files import holder_lock
from tests.agents.fakes import FakeServer
from tests.flows.commands.running import Done, chronokg, chronokg_process, line, paper, run, run_process, script, write_lines

LINES = [line(f"PMID:{n}", "2001") for n in range(1, 4)]


def told(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["exit_code"] == done.returncode
    return {"health": found["health"], **{check["name"]: check for check in found["checks"]}}


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(file): (file.stat().st_mtime_ns, file.stat().st_size) for file in folder.rglob("*") if "jvm.out" not in file.name}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", LINES), home=tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []
        threading.Thread(target=lambda: held.append(listening.accept()[0]), daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def test_a_home_that_is_well_says_so_and_is_as_it_was(tmp_path: Path) -> None:
    home = tmp_path / "home"
    chronokg_process("observe", write_lines(tmp_path / "lines.jsonl", LINES), home=home)
    before = listing(home)
    found = told(run_process("health", "--json", home=home))
    assert found["health"] == "healthy"
    assert found["evidence log"]["commits"] == 2
    assert found["evidence log"]["age_seconds"] < 600
    assert found["index"]["unseen_commits"] == 0
    assert found["graph"]["behind"] == 0
    assert found["disk"]["free_bytes"] > 0
    assert listing(home) == before


def test_it_is_said_in_words_too(home: Path) -> None:
    lines = chronokg("health", home=home).splitlines()
    assert lines[0] == "healthy"
    assert lines[1].startswith("healthy   evidence log: 2 commits, the last batch at 20")


def test_a_home_that_is_not_there_or_not_whole_has_failed(home: Path, tmp_path: Path) -> None:
    assert "is no home" in told(run("health", "--json", home=tmp_path / "typo"))["home"]["detail"]
    (home / "log" / "_delta_log" / f"{1:020}.json").write_text("{")
    done = run("health", "--json", home=home)
    assert (done.returncode, told(done)["health"]) == (2, "failed")
    assert "is damaged" in told(done)["home"]["detail"]


def test_what_is_older_than_it_may_be_is_degraded(home: Path) -> None:
    later = datetime.now(UTC) + timedelta(hours=25)
    opened = open_home(home, graph="memory:", reads_only=True)
    assert health_of(opened, Limits(age=timedelta(hours=26)), later)["health"] == "healthy"
    assert health_of(opened, Limits(age=timedelta(days=1)), later)["health"] == "degraded"
    assert run("health", "--max-age", "1d", home=home).returncode == 0


def test_the_last_batch_is_found_behind_the_commits_of_compaction(tmp_path: Path) -> None:
    opened = open_home(tmp_path / "home", graph="memory:")
    for number in range(64):
        observe_file(opened, write_lines(tmp_path / "l.jsonl", [line(f"PMID:{number}", "2001")]), into_graph=False)
    commits = sorted((tmp_path / "home" / "log" / "_delta_log").glob("*.json"))
    assert "OPTIMIZE" in commits[-1].read_text(encoding="utf-8")
    assert (committed := opened.log.committed()) is not None
    assert timedelta(0) <= datetime.now(UTC) - committed < timedelta(minutes=5)


def test_much_set_aside_is_degraded(tmp_path: Path) -> None:
    lines = write_lines(tmp_path / "lines.jsonl", [*LINES, {"document": "PMID:9"}])
    chronokg("observe", lines, home=tmp_path / "home", expect=1)
    assert told(run("health", "--json", "--max-set-aside", "0.25", home=tmp_path / "home"))["set aside"]["share"] == 0.25
    done = run("health", "--json", "--max-set-aside", "0.2", home=tmp_path / "home")
    assert (done.returncode, told(done)["set aside"]["health"]) == (1, "degraded")
    assert json.loads(chronokg("status", "--json", home=tmp_path / "home"))["set_aside"]["share"] == 0.25


def test_a_graph_server_that_is_away_or_silent_has_failed_in_time(home: Path, silent_server: str) -> None:
    begun = time.monotonic()
    refused = run("health", "--json", home=home, graph="bolt://127.0.0.1:9")
    silent = run("health", "--json", "--within", "0.5", home=home, graph=f"bolt://{silent_server}")
    assert time.monotonic() - begun < 10
    assert (refused.returncode, told(refused)["graph"]["health"]) == (2, "failed")
    assert told(silent)["graph"]["detail"] == "no answer within 0.5 s"


def test_a_model_is_asked_only_if_wanted_and_its_silence_degrades(home: Path) -> None:
    away = {"CHRONOKG_MODEL": "http://127.0.0.1:9/v1"}
    assert run("health", home=home, **away).returncode == 0
    done = run("health", "--json", "--model-server", home=home, **away)
    assert (done.returncode, told(done)["model"]["health"]) == (1, "degraded")
    with FakeServer(Dialect.VLLM) as server:
        found = told(run("health", "--json", "--model-server", home=home, CHRONOKG_MODEL=server.url))
    assert found["model"]["detail"].startswith(f"{server.url} serves ")


def test_little_room_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_home(home, graph="memory:", reads_only=True)
    for free, expected in ((2e9, "healthy"), (5e8, "degraded"), (5e7, "failed")):
        monkeypatch.setattr(judged, "disk_usage", lambda _path, free=free: SimpleNamespace(free=int(free)))
        assert health_of(opened, Limits())["health"] == expected


def test_an_embedded_graph_is_judged_by_what_its_writer_left_and_is_not_started(tmp_path: Path) -> None:
    lines, home = write_lines(tmp_path / "lines.jsonl", LINES), tmp_path / "home"
    chronokg_process("observe", lines, home=home, graph="embedded")
    before = listing(home)
    assert told(run_process("health", "--json", home=home, graph="embedded"))["graph"]["behind"] == 0
    assert listing(home) == before
    observe_file(open_home(home, graph="memory:"), write_lines(tmp_path / "more.jsonl", [line("PMID:7", "2001")]))
    behind = told(run("health", "--json", home=home, graph="embedded"))
    assert (behind["health"], behind["graph"]["behind"]) == ("degraded", None)
    opened = open_home(home, graph="embedded")
    with opened.writing("ingest"):
        busy = told(run("health", "--json", home=home, graph="embedded"))
    assert (busy["health"], busy["graph"]["detail"].split(" (")[0]) == ("healthy", f"embedded, being written by process {os.getpid()}")
    with holder_lock(opened.graph_folder).held(1.0):
        followed = told(run("health", "--json", home=home, graph="embedded"))
    assert (followed["health"], followed["graph"]["detail"].split(" (")[0]) == ("healthy", busy["graph"]["detail"].split(" (")[0])
    (home / "writer.txt").write_text("process 4194305 (chronokg ingest, since long ago)")
    assert told(run("health", "--json", home=home, graph="embedded"))["health"] == "degraded", "who was killed writes no more"


def test_an_age_that_is_no_span_of_time_is_refused(home: Path) -> None:
    done = run("health", "--max-age", "soon", home=home)
    assert (done.returncode, done.stderr) == (2, "chronokg: 'soon' is not a span of time such as 90d, 12h or 2w\n")


def test_status_says_when_the_last_batch_came_how_far_the_graph_is_and_what_was_spent(tmp_path: Path) -> None:
    answers = write_lines(tmp_path / "answers.jsonl", [script(1)])
    papers = write_lines(tmp_path / "papers.jsonl", [paper(1, "2001"), paper(2, None)])
    chronokg("ingest", papers, "--model", f"scripted:{answers}", home=tmp_path / "home", expect=1)
    status = json.loads(chronokg("status", "--json", home=tmp_path / "home"))
    assert status["log"]["last_recorded"]["command"] == "ingest"
    assert datetime.now(UTC) - datetime.fromisoformat(status["log"]["last_recorded"]["at"]) < timedelta(minutes=5)
    assert status["graph"]["behind"] == 0
    assert status["set_aside"]["share"] == 0.5
    assert status["tokens"] == {"prompt": 0, "completion": 0}
    words = chronokg("status", home=tmp_path / "home")
    assert "\n  the last recorded at 20" in words
    assert "set aside and not settled: 1\n  50.00% of all documents and lines\n" in words
