"""Traces and metrics of real runs, sent to a collector and fetched as Prometheus does; and what it costs where there is nobody."""

import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from flows.watching import metrics
from flows.watching.instruments import INSTRUMENTS
from flows.watching.telemetry import begin_telemetry, end_telemetry
from schema.errors import StoreFailed, WrongUse
from tests.agents.fakes import FakeServer
from tests.flows.commands.running import chronokg, line, paper, write_lines
from tests.flows.jobs.reading_here import ingest
from tests.flows.watching.collector import Collector
from tests.flows.watching.watched_homes import PAPERS, PASSWORD, SECRET_TEXT, watched_home


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
    metrics.request_began("GET")  # of `serve`, whose own tests have it measured
    metrics.request_ended("GET", "/status", 200, 0.1)
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


def test_a_home_that_cannot_be_looked_at_tells_what_was_seen_last_or_nothing(collector: Collector) -> None:
    def broken() -> metrics.Glance:
        raise StoreFailed("the log is being restored")

    assert begin_telemetry(collector.url, None)
    metrics.observe_home("a", broken)
    metrics.observe_home("b", lambda: metrics.Glance("b", 7))
    end_telemetry()
    assert collector.points["chronokg.log.batches"] == [({"chronokg.log.id": "b"}, 7)]


def test_a_home_that_cannot_be_looked_at_is_not_looked_at_by_each_instrument_and_what_was_seen_stands(collector: Collector) -> None:
    looks: list[str] = []

    def broken() -> metrics.Glance:
        looks.append("a")
        raise StoreFailed("the log is being restored")

    def once() -> metrics.Glance:
        looks.append("b")
        if looks.count("b") > 1:
            raise StoreFailed("the log is being restored")
        return metrics.Glance("b", 7)

    assert begin_telemetry(collector.url, None)
    metrics.observe_home("a", broken)
    metrics.observe_home("b", once)
    assert [glance.batches for glance in metrics._glances()] == [7]
    metrics._Observed.seen["b"] = (0.0, metrics._Observed.seen["b"][1])  # FRESH_S later
    end_telemetry()
    assert sorted(looks) == ["a", "b", "b"]
    assert collector.points["chronokg.log.batches"] == [({"chronokg.log.id": "b"}, 7)]
