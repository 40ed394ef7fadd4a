"""The server as a process: it listens, answers while another process adds, and ends tidily."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import httpx
import pytest

from flows.home.homes import Home
from tests.conftest import ROOT
from tests.flows.api.conftest import READS, WRITE_KEY, WRITES, filled
from tests.flows.commands.running import environ, line, run, run_process, write_lines

BATCHES = 3
EVEN = [("MESH:C1", "MESH:D1"), ("MESH:C1", "MESH:D2")]


def test_it_answers_and_ends_tidily(demo: Home) -> None:
    with serving(demo.path) as (server, address):
        told = httpx.get(f"{address}/entities/flecainide/timeline")
        assert (told.status_code, told.json()["entity"]) == (200, "MESH:D005424")
        assert "server" not in told.headers
        assert httpx.get(f"{address}/export").text.count("\n") > 50
        server.send_signal(signal.SIGTERM)
        _, said = server.communicate(timeout=30)
        assert server.returncode == 0, said
        assert "no longer served" in said
        assert "Traceback" not in said


@pytest.mark.parametrize("clients", [4, pytest.param(64, marks=pytest.mark.nightly)])
def test_clients_never_see_half_a_batch_while_another_process_adds(tmp_path: Path, clients: int) -> None:
    """Each batch says as much of one fact as of another: an answer with different support is torn."""
    home = filled(tmp_path / "home", write_lines(tmp_path / "0.jsonl", said(0)))
    seen: list[set[int]] = [set() for _ in range(clients)]
    wrong: list[str] = []
    adding = threading.Event()
    adding.set()

    def ask(numbers: set[int], address: str) -> None:
        with httpx.Client(base_url=address, timeout=60) as client:
            while adding.is_set() or max(numbers, default=0) < BATCHES + 1:
                told = client.get("/entities/MESH:C1/timeline")
                supports = {fact["support"] for fact in told.json().get("facts", [])}
                if told.status_code != 200 or len(supports) != 1 or len(told.json()["facts"]) != 2:
                    wrong.append(told.text)
                    return
                numbers |= supports
                sleep(0.05)

    with serving(home.path, CHRONOKG_SERVE_RATE="0") as (server, address):
        threads = [threading.Thread(target=ask, args=(numbers, address)) for numbers in seen]
        for thread in threads:
            thread.start()
        try:
            for number in range(1, BATCHES + 1):
                run_process("observe", write_lines(tmp_path / f"{number}.jsonl", said(number)), home=home.path)
        finally:
            adding.clear()
            for thread in threads:
                thread.join(60)
        assert server.poll() is None
    assert wrong == []
    assert all(BATCHES + 1 in numbers for numbers in seen)
    assert len(set().union(*seen)) > 2, "they are to have asked meanwhile"


def said(number: int) -> list[dict[str, object]]:
    ends = [({"key": head, "type": "Chemical", "name": head}, {"key": tail, "type": "Disease", "name": tail}) for head, tail in EVEN]
    return [line(f"PMID:{number + 1}", "2001", head=head, tail=tail) for head, tail in ends]


@pytest.mark.nightly
def test_what_one_worker_records_all_of_them_answer(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run("observe", write_lines(tmp_path / "lines.jsonl", said(0)), home=home)
    (home / "chronokg.toml").write_text(f'[serve_keys.one]\nkey = "{WRITE_KEY}"\nscopes = ["read", "write"]\n', encoding="utf-8")
    with serving(home, "--workers", "2", "--write") as (_, address):
        sent = httpx.post(f"{address}/observations", json={"observations": said(1)}, headers=WRITES, timeout=60)
        assert sent.json()["recorded"] is True
        for _ in range(6):  # by a new connection each
            told = httpx.get(f"{address}/entities/MESH:C1/timeline", headers=WRITES, timeout=60).json()
            assert {fact["support"] for fact in told["facts"]} == {2}
        assert httpx.get(f"{address}/status", headers=READS).status_code == 401


def test_requests_are_logged_by_id_and_measured(demo: Home) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"CHRONOKG_LOG_LEVEL": "info", "CHRONOKG_LOG_FORMAT": "json", "CHRONOKG_TELEMETRY_PROMETHEUS": str(port)}
    with serving(demo.path, **told) as (server, address):
        httpx.get(f"{address}/entities/flecainide/timeline?known_at=2020-01-01", headers={"X-Request-ID": "mine"})
        httpx.get(f"{address}/entities/xyzzy/timeline")
        measured = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=30)
    labels = 'http_request_method="GET",http_response_status_code="404",http_route="/entities/{key}/timeline"'
    assert f"http_server_request_duration_seconds_count{{{labels}}} 1.0" in measured
    assert 'http_server_active_requests{http_request_method="GET"} 0.0' in measured
    events = [json.loads(each) for each in said.splitlines() if each.startswith("{")]
    request = next(event for event in events if event.get("request") == "mine")
    assert (request["event"], request["status"], request["path"]) == ("request", 200, "/entities/flecainide/timeline")
    assert server.returncode == 0


def test_what_cannot_be_served_is_told(demo: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = run("serve", "--port", port, home=demo.path)
        assert (told.returncode, f"127.0.0.1:{port} cannot be listened at" in told.stderr) == (2, True)
    for words in (["--host", "0.0.0.0"], ["--write"]):
        told = run("serve", *words, home=demo.path)
        assert (told.returncode, "serve_keys" in told.stderr) == (2, True)
    told = run("serve", home=demo.path / "nothing")
    assert (told.returncode, "is no home" in told.stderr) == (2, True)


@contextmanager
def serving(home: Path, *words: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`chronokg serve` in a process of its own, once it listens, and its address."""
    command = [sys.executable, "-m", "flows", "serve", "--port", "0", "--home", str(home), "--graph", "memory:", *words]
    server = subprocess.Popen(
        command, cwd=ROOT, env={**environ(**environment), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert server.stderr is not None
        address = ""
        for said in server.stderr:
            if found := re.search(r"http://[\d.:]+", said):
                address = found[0]
                break
        assert address, "it ended before it listened"
        yield server, address
    finally:
        if server.poll() is None:
            server.terminate()
            try:
                server.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                pytest.fail("it did not end within 30 s")
