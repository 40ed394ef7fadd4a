"""Traces and metrics of real runs, sent to a collector and fetched as Prometheus does; and what it costs where there is nobody."""

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from agents.serving.protocols import Dialect
from flows.home.homes import Home
from flows.home.settings import load_settings
from flows.watching import metrics
from flows.watching.instruments import INSTRUMENTS
from flows.watching.places import place_to_listen
from flows.watching.telemetry import LAST_S, begin_telemetry, end_telemetry
from schema.errors import StoreFailed, WrongUse
from schema.ports import stage
from tests.agents.fakes import FakeServer
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, environ, line, paper, run_process, script, write_lines
from tests.flows.jobs.reading_here import home_at, ingest
from tests.flows.watching.collector import Collector

SECRET_TEXT = "Drug one relieves illness one."
PAPERS = [paper(number, f"{1990 + number}-03", SECRET_TEXT) for number in range(1, 7)]
PASSWORD = "correct-horse-battery"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as listening:
        yield listening


@pytest.fixture(autouse=True)
def _off_afterwards() -> Iterator[None]:
    yield
    end_telemetry()
    metrics.forget_homes()


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(Dialect.VLLM) as fake:
        fake.likes = {" treats": 90.0, " none": 1.0}
        yield fake


def watched_home(path: Path, model: str, **flags: object) -> Home:
    return home_at(path, model, **{"batch": 2, "graph_password": PASSWORD, "model_key": PASSWORD, **flags})


def test_a_run_is_a_trace_from_run_to_model_call_and_to_what_is_written(collector: Collector, server: FakeServer, tmp_path: Path) -> None:
    papers = write_lines(tmp_path / "papers.jsonl", PAPERS)
    home = watched_home(tmp_path / "home", server.url, telemetry_otlp=collector.url)
    ingest(home, papers)
    end_telemetry()
    (run,) = collector.named("run ingest")
    assert run.attributes["chronokg.outcome"] == "completed"
    assert run.attributes["chronokg.log.id"] == home.log.version().log
    assert len(run.attributes["chronokg.run.id"]) == 32
    assert {span.trace for span in collector.spans} == {run.trace}
    assert sorted(each.attributes["chronokg.document.id"] for each in collector.named("document")) == [f"PMID:{n}" for n in range(1, 7)]
    assert {tuple(collector.way_up(each)) for each in collector.named("document")} == {("document", "batch", "run ingest")}
    calls = [span for span in collector.spans if span.name.startswith("text_completion ")]
    # The first document also pays for looking at the labels' tokens.
    assert {tuple(collector.way_up(call)[1:]) for call in calls} == {("document", "batch", "run ingest")}
    assert sum(call.attributes["gen_ai.usage.input_tokens"] for call in calls) == 70
    assert {call.attributes["gen_ai.provider.name"] for call in calls} == {"vllm"}
    assert {tuple(collector.way_up(each)) for each in collector.named("append")} == {("append", "batch", "run ingest")}
    recorded = {each.attributes["chronokg.batch.id"] for each in collector.named("append")}
    assert recorded == set(home.log.batches())
    for name in ("fold", "write"):
        ways = {tuple(collector.way_up(each)[1:]) for each in collector.named(name)}
        assert ways
        assert ways <= {("follow", "batch", "run ingest"), ("follow", "run ingest")}, "threads keep the context"


def test_nothing_that_documents_say_and_no_secret_leaves(collector: Collector, server: FakeServer, tmp_path: Path) -> None:
    server.always["/v1/completions"] = (400, {}, json.dumps({"message": f"bad: {SECRET_TEXT} {PASSWORD}"}))
    papers = write_lines(tmp_path / "papers.jsonl", PAPERS[:2])
    tallies, _ = ingest(watched_home(tmp_path / "home", server.url, telemetry_otlp=collector.url), papers)
    end_telemetry()
    assert sum(tallies["document"].set_aside.values()) == 2
    failed = collector.named("document")
    assert {(each.failed, each.status, each.attributes["error.type"]) for each in failed} == {(True, "ModelFailed", "ModelFailed")}
    (run,) = collector.named("run ingest")
    assert run.attributes["chronokg.outcome"] == "short"
    sent = b"".join(collector.raw)
    for text in ("relieves", "illness one", "Paper 1", PASSWORD):
        assert text.encode() not in sent


def test_metrics_say_what_became_of_documents_tokens_facts_and_the_log(collector: Collector, server: FakeServer, tmp_path: Path) -> None:
    papers = write_lines(tmp_path / "papers.jsonl", [*PAPERS, paper(7, None)])
    home = watched_home(tmp_path / "home", server.url, telemetry_otlp=collector.url, price_prompt=1e6, price_completion=0.0)
    tallies, meter = ingest(home, papers)
    metrics.newest_of_source("pubmed", datetime.now(UTC).date() - timedelta(days=3))
    metrics.newest_of_source("pubmed", date(2001, 1, 1))
    end_telemetry()
    assert set(collector.points) == set(INSTRUMENTS), "every metric of the table is sent, and no other"
    told = collector.value
    assert told("chronokg.documents", chronokg__outcome="committed") == tallies["document"].committed == 6
    assert told("chronokg.documents", chronokg__outcome="set_aside", chronokg__reason="UndatedDocument") == 1
    assert told("chronokg.items", chronokg__unit="claim", chronokg__outcome="committed") == tallies["claim"].committed == 6
    assert told("gen_ai.client.token.usage", gen_ai__token__type="input") == meter.usage.prompt_tokens
    assert told("gen_ai.client.token.usage", gen_ai__token__type="output") == meter.usage.completion_tokens
    assert told("chronokg.cost") == meter.usage.prompt_tokens
    assert told("chronokg.facts.changed", chronokg__change="opened") == 1
    assert told("chronokg.facts", chronokg__status="current") == 1
    assert told("chronokg.batches", chronokg__command="ingest") == told("chronokg.log.batches") == len(home.log.batches())
    assert told("chronokg.graph.lag") == 0
    assert told("chronokg.runs", chronokg__job="ingest", chronokg__outcome="short") == 1
    assert told("chronokg.set_aside.open") == 1
    assert told("chronokg.set_aside.share") == pytest.approx(1 / 7, abs=1e-5)
    assert told("chronokg.documents.in_flight") == 0
    assert told("chronokg.documents.waiting") == 0
    assert told("chronokg.source.lag", chronokg__source="pubmed") == pytest.approx(3.5 * 86400, abs=86400)
    assert time.time() - told("chronokg.log.committed") < 60
    stages = {each["chronokg.stage"] for each, _ in collector.points["chronokg.stage.duration"]}
    assert stages == {"run", "collect", "batch", "document", "append", "follow", "fold", "write"}


def test_the_graphs_lag_grows_with_what_others_record(collector: Collector, tmp_path: Path) -> None:
    first = write_lines(tmp_path / "first.jsonl", [line("PMID:1", "2001")])
    second = write_lines(tmp_path / "second.jsonl", [line("PMID:2", "2002")])
    chronokg("observe", first, home=tmp_path / "home")
    from flows.home.homes import open_home
    from flows.home.watched import watch_home
    from flows.jobs.observing import observe_file

    home = open_home(tmp_path / "home", graph="memory:", telemetry_otlp=collector.url)
    watch_home(home)
    with home.graph():
        pass
    observe_file(home, second, into_graph=False)
    end_telemetry()
    assert collector.value("chronokg.graph.lag") == 1
    assert collector.value("chronokg.log.batches") == 2


def test_a_run_that_fails_says_so_by_the_class_of_its_error(collector: Collector, tmp_path: Path) -> None:
    home = watched_home(tmp_path / "home", "scripted:none.jsonl", telemetry_otlp=collector.url)
    with pytest.raises(WrongUse):
        ingest(home, tmp_path / "missing.jsonl")
    end_telemetry()
    (run,) = collector.named("run ingest")
    assert (run.failed, run.attributes["error.type"]) == (True, "WrongUse")
    assert collector.value("chronokg.runs", chronokg__outcome="failed") == 1


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
        ("telemetry_otlp", "http://me:secret@collector:4318", "OTEL_EXPORTER_OTLP_HEADERS"),
        ("log_level", "loud", "Input should be"),
        ("log_format", "xml", "Input should be"),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused(setting: str, value: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=rf"{setting} .*\(flag\): .*{re.escape(why)}"):
        load_settings(tmp_path, {setting: value})


def test_a_failing_store_fails_the_span_of_its_stage(collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from graph_store.memory_store import MemoryStore

    def broken(*_: object) -> None:
        raise StoreFailed(f"bolt://neo4j:{PASSWORD}@host is away")

    home = watched_home(tmp_path / "home", "scripted:none.jsonl", telemetry_otlp=collector.url)
    monkeypatch.setattr(MemoryStore, "apply", broken)
    from flows.jobs.observing import observe_file

    with pytest.raises(StoreFailed):
        observe_file(home, write_lines(tmp_path / "l.jsonl", [line("PMID:1", "2001")]))
    end_telemetry()
    assert [each.status for each in collector.spans if each.failed] == ["StoreFailed"] * 3
    assert collector.way_up(next(each for each in collector.named("write"))) == ["write", "follow", "run observe"]
    assert PASSWORD.encode() not in b"".join(collector.raw)
