"""A home's own Prefect server: whose answer counts, when it is started anew, and at which port."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from types import SimpleNamespace

import psutil
import pytest

from flows.timetable import own_server
from flows.timetable.own_server import SILENT_S, START_S, HomesPrefect
from schema.errors import StoreFailed
from tests.flows.fetching.servers import Answer, serving

HOLDER = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); print(flush=True); time.sleep(60)"


def told(folder: Path, port: int, process: int) -> HomesPrefect:
    """The server of a home, which tells that it runs there."""
    started = psutil.Process(process).create_time() if psutil.pid_exists(process) else 0.0
    (folder / "server.json").write_text(json.dumps({"port": port, "process": process, "started": started}))
    return HomesPrefect(folder)


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[HomesPrefect]:
    """One that runs, has its port, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(port)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield told(tmp_path, port, process.pid)
        process.kill()


def test_another_homes_server_at_our_port_is_not_ours(tmp_path: Path) -> None:
    with serving(lambda asked: Answer(b"true")) as server:
        port = int(server.url.rpartition(":")[2])
        assert told(tmp_path, port, os.getpid()).answers()
        assert not told(tmp_path, port, 2**22 + 1).answers()


@pytest.mark.parametrize(
    ("has_answered", "seconds", "anew"),
    [(True, SILENT_S - 5, False), (True, SILENT_S + 5, True), (False, SILENT_S + 5, False), (False, START_S + 5, True)],
)
def test_one_that_is_silent_is_started_anew_in_time_and_at_its_port(
    silent: HomesPrefect, monkeypatch: pytest.MonkeyPatch, has_answered: bool, seconds: float, anew: bool
) -> None:
    ports: list[str] = []
    monkeypatch.setattr(HomesPrefect, "_start", lambda self: ports.append(f"http://127.0.0.1:{self._free_port()}/api"))
    silent._has_answered, silent._answered = has_answered, time.monotonic() - seconds
    silent._start_unless_alive()
    assert ports == ([silent.address] if anew else [])


def test_who_waits_for_it_in_another_thread_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HomesPrefect, "_start_unless_alive", lambda self: None)
    own, since = HomesPrefect(tmp_path), time.monotonic()
    Timer(0.2, own.give_up).start()
    with pytest.raises(StoreFailed, match="is not waited for any more"):
        own.ensure()
    assert time.monotonic() - since < 5
    own.stop()


def test_prefects_client_is_told_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    refreshed: list[str | None] = []
    context = SimpleNamespace(refresh_global_settings_context=lambda: refreshed.append(os.environ.get("PREFECT_API_URL")))
    monkeypatch.setitem(sys.modules, "prefect.context", context)  # type: ignore[arg-type]
    monkeypatch.setenv("PREFECT_API_URL", "http://one/api")
    own_server.use_server("")
    own_server.use_server("http://two/api")
    assert refreshed == ["http://one/api", "http://two/api"]
