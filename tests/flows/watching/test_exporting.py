"""Where telemetry goes: fetched as Prometheus does, sent to a collector that may be away; and nothing where nobody asked."""

import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from flows.home.configuration.settings import load_settings
from flows.watching import metrics
from flows.watching.instruments import INSTRUMENTS
from flows.watching.listening_places import place_to_listen
from flows.watching.telemetry import LAST_S, begin_telemetry, end_telemetry
from schema.errors import WrongUse
from schema.ports import stage
from tests.agents.fakes import FakeServer
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, environ, line, paper, run_process, script, write_lines
from tests.flows.jobs.reading_here import ingest
from tests.flows.watching.collector import Collector
from tests.flows.watching.watched_homes import PAPERS, watched_home


def free_port() -> int:
    import socket

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def fetched(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return str(answer.read().decode())


def test_prometheus_fetches_under_the_names_of_the_table(tmp_path: Path, server: FakeServer) -> None:
    port = free_port()
    papers = write_lines(tmp_path / "papers.jsonl", PAPERS)
    ingest(watched_home(tmp_path / "home", server.url, telemetry_prometheus=str(port), price_prompt=1.0), papers)
    metrics.newest_of_source("pubmed", date(2001, 1, 1))
    metrics.request_began("GET")
    metrics.request_ended("GET", "/status", 200, 0.1)
    told = fetched(port)
    assert 'chronokg_documents_total{chronokg_outcome="committed"} 6.0' in told
    families = set(re.findall(r"^# TYPE (\S+)", told, re.MULTILINE))
    ours = {each.in_prometheus for each in INSTRUMENTS.values() if each.name not in ("chronokg.set_aside.open", "chronokg.items")}
    assert ours <= families
    assert {name for name in families if name.startswith(("chronokg", "gen_ai"))} <= {each.in_prometheus for each in INSTRUMENTS.values()}
    assert "process_resident_memory_bytes" in families
    end_telemetry()
    with pytest.raises(OSError, match="refused"):
        fetched(port)


def test_an_address_that_is_taken_is_a_note_and_no_failure(tmp_path: Path) -> None:
    told: list[str] = []
    port = free_port()
    assert begin_telemetry(None, f"127.0.0.1:{port}", told.append)
    done = run_process("observe", write_lines(tmp_path / "l.jsonl", [line("PMID:1", "2001")]), home=tmp_path / "home",
                       CHRONOKG_TELEMETRY_PROMETHEUS=str(port))  # fmt: skip
    assert done.returncode == 0
    assert done.stderr.count("note: ") == 1
    assert f"metrics are not served at 127.0.0.1:{port}" in done.stderr
    assert told == []


@pytest.mark.parametrize("answer", ["refused", "unwell"])
def test_a_collector_that_is_away_costs_one_note_and_little_time(answer: str, collector: Collector, tmp_path: Path) -> None:
    collector.answer = 500
    url = f"http://127.0.0.1:{free_port()}" if answer == "refused" else collector.url
    lines = write_lines(tmp_path / "l.jsonl", [line(f"PMID:{n}", "2001") for n in range(50)])
    done = run_process("observe", lines, home=tmp_path / "other", CHRONOKG_TELEMETRY_OTLP=url)
    assert done.returncode == 0
    assert done.stderr.count("telemetry does not reach") == 1
    assert done.stderr.startswith(f"note: telemetry does not reach {url}")
    assert len(done.stderr.splitlines()) == 1
    assert begin_telemetry(url, None)
    chronokg("observe", lines, home=tmp_path / "home")
    begun = time.monotonic()
    end_telemetry()
    assert time.monotonic() - begun < LAST_S, "who is away is not waited for"


def test_a_collector_that_comes_back_is_sent_to_again(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.3")
    collector.answer = 500
    assert begin_telemetry(collector.url, None, told.append)
    with stage("run", job="one", run="1"):
        pass
    until(lambda: len(told) == 1)
    collector.answer = 200
    with stage("run", job="two", run="2"):
        pass
    until(lambda: bool(collector.named("run two")))
    with stage("run", job="three", run="3"):
        pass
    end_telemetry()
    assert collector.named("run three"), "it is no more taken for away"
    assert len(told) == 1


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_ctrl_c_sends_what_there_is_within_a_second(collector: Collector, server: FakeServer, tmp_path: Path) -> None:
    server.delay = 0.3
    papers = write_lines(tmp_path / "papers.jsonl", [paper(n, "2001") for n in range(1, 100)])
    command = [sys.executable, "-m", "flows", "ingest", str(papers), "--home", str(tmp_path / "home"), "--graph", "memory:"]
    settings = {"CHRONOKG_MODEL": server.url, "CHRONOKG_TELEMETRY_OTLP": collector.url, "CHRONOKG_BATCH": "4", "CHRONOKG_CONCURRENCY": "2"}
    process = subprocess.Popen(command, cwd=ROOT, env=environ(**settings), stderr=subprocess.PIPE, text=True)
    while len(server.asked("/v1/completions")) < 8:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    begun = time.monotonic()
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - begun < 10
    assert "interrupted" in said
    assert collector.named("document")
    assert collector.points["gen_ai.client.operation.duration"]


def test_the_standards_environment_alone_is_enough_and_can_switch_off(collector: Collector, tmp_path: Path) -> None:
    lines = write_lines(tmp_path / "l.jsonl", [line("PMID:1", "2001")])
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "papers"}
    run_process("observe", lines, home=tmp_path / "off", OTEL_SDK_DISABLED="true", **environment)
    assert collector.raw == []
    run_process("observe", lines, home=tmp_path / "on", **environment)
    assert [span.name for span in collector.spans if not span.parent] == ["run observe"]
    assert b"papers" in collector.raw[0]


def test_where_nothing_is_asked_for_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    answers = write_lines(tmp_path / "answers.jsonl", [script(1)])
    papers = write_lines(tmp_path / "papers.jsonl", PAPERS[:1])
    code = (
        "import sys\nfrom flows.commands.chronokg import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('opentelemetry', 'structlog', 'prometheus_client')])"
    )
    for words in (["ingest", str(papers), "--model", f"scripted:{answers}"], ["status"], ["health"]):
        command = [sys.executable, "-c", code, *words, "--home", str(tmp_path / "home"), "--graph", "memory:"]
        done = subprocess.run(command, cwd=ROOT, env=environ(), capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("written", "meant"), [("9464", "127.0.0.1:9464"), (":9464", "127.0.0.1:9464"), ("0.0.0.0:80", "0.0.0.0:80"), ("[::]:80", "[::]:80")]
)
def test_metrics_are_for_this_machine_alone_unless_an_address_is_given(written: str, meant: str) -> None:
    assert place_to_listen(written) == meant


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("telemetry_prometheus", "no port", "is no address and port"),
        ("telemetry_prometheus", "127.0.0.1:99999", "is no address and port"),
        ("telemetry_otlp", "collector:4317", "is not the URL of a collector"),
        ("telemetry_otlp", "http://collector:http", "is not the URL of a collector"),
        ("telemetry_otlp", "http://me:secret@collector:4318", "OTEL_EXPORTER_OTLP_HEADERS"),
        ("log_level", "loud", "Input should be"),
        ("log_format", "xml", "Input should be"),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused(setting: str, value: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=rf"{setting} .*\(flag\): .*{re.escape(why)}"):
        load_settings(tmp_path, {setting: value})


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("telemetry_otlp", "http://me:hunter2@collector:4318"),
        ("telemetry_otlp", "http://me:hunter2/x@collector:4318"),
        ("telemetry_otlp", "ftp://me:hunter2@4@collector"),
        ("log", "s3://me:hunter2@bucket/kg"),
        ("policy", "x://me:hunter2@y"),
    ],
)
def test_a_refusal_does_not_show_the_user_of_an_address(setting: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=rf"{setting} ") as refused:
        load_settings(tmp_path, {setting: value})
    assert "hunter2" not in str(refused.value)
    assert "://**********@" in str(refused.value)


def test_keys_of_sources_are_masked_in_logs_too(tmp_path: Path) -> None:
    text = """graph_password = "one"
[sources.a]
kind = "eutils"
query = "asthma"
since = "2001-01-01"
api_key = "two"
[sources.b]
kind = "pubmed-files"
at = "s3://bucket/x"
options = {secret = "three"}
"""
    (tmp_path / "chronokg.toml").write_text(text)
    assert sorted(load_settings(tmp_path, {})[0].secrets) == ["one", "three", "two"]


def test_prometheus_fetches_from_an_address_in_brackets(tmp_path: Path) -> None:
    import socket

    with socket.socket(socket.AF_INET6) as listening:
        try:
            listening.bind(("::1", 0))
        except OSError as cause:
            pytest.skip(f"there is no IPv6 here ({cause})")
        port = int(listening.getsockname()[1])
    told: list[str] = []
    assert begin_telemetry(None, place_to_listen(f"[::1]:{port}"), told.append)
    assert told == []
    with urllib.request.urlopen(f"http://[::1]:{port}/metrics", timeout=5) as answer:
        assert answer.status == 200
