"""A document that ends its server each time, and servers that only seem so: every run gets further, and a corpus is never set aside."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.serving.protocols import Dialect
from flows.engine import document_asker
from flows.engine.document_asker import TIMES_LOST
from flows.home.homes import Home
from pipeline.intake.asked_batch import MODEL_AWAY
from pipeline.intake.set_aside_list import open_set_aside
from schema.records import Reading, Tally
from tests.agents.fakes import QUICK, FakeServer
from tests.flows.commands.running import paper, write_lines
from tests.flows.engine.test_waiting_for_servers import AWAY, Told, read
from tests.flows.jobs.reading_here import exported, home_at

pytestmark = pytest.mark.usefixtures("quick")

NUMBER = 8


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(Dialect.VLLM) as fake:
        fake.likes = {" treats": 90.0, " none": 1.0}
        fake.gone_s = 0.4
        yield fake
        until_it_is_back(fake)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "papers.jsonl", [paper(number, f"{1990 + number}-03") for number in range(1, NUMBER + 1)])


def until_it_is_back(server: FakeServer) -> None:
    while server.is_killed:
        time.sleep(0.01)


def aside(home: Home) -> set[str]:
    return {each.document or "" for each in open_set_aside(home.log)}


def committed(home: Home) -> set[str]:
    return {each.record.document for each in home.log.records(Reading)}


def test_with_patience_it_is_found_out_alone_and_set_aside_and_all_else_is_read(server: FakeServer, papers: Path, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", server.url, batch=4, concurrency=3)
    server.deadly = "Paper 3:"
    tally = read(home, papers, Told(30.0))["document"]
    assert (tally.committed, tally.set_aside, tally.skipped) == (NUMBER - 1, {"ModelLost": 1}, {})
    assert 1 + TIMES_LOST <= server.deaths <= QUICK.attempts * (1 + TIMES_LOST), "one question is several attempts"
    before = server.deaths
    assert aside(home) == {"PMID:3"}
    again = read(home, papers, Told(30.0))["document"]
    assert (again.set_aside, again.skipped) == ({"ModelLost": 1}, {"read before": NUMBER - 1})
    assert TIMES_LOST <= server.deaths - before <= QUICK.attempts * TIMES_LOST, "the next run asks about it alone at once"
    until_it_is_back(server)
    server.deadly = ""
    assert read(home, papers, Told(0.0))["document"].committed == 1
    clean = home_at(tmp_path / "clean", server.url)
    read(clean, papers, Told(0.0))
    assert (exported(home), aside(home)) == (exported(clean), set())


def test_without_patience_each_run_gets_further_until_only_that_one_is_left(server: FakeServer, papers: Path, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", server.url, batch=4, concurrency=2)
    server.deadly = "Paper 3:"
    first = read(home, papers, Told(0.0))["document"]
    lost = sum(first.set_aside.values())
    assert (first.set_aside.keys(), 1 <= lost <= 2) == ({"ModelLost"}, True)
    assert first.skipped == {MODEL_AWAY: NUMBER - first.committed - lost}
    assert first.skipped[MODEL_AWAY] >= 1
    until_it_is_back(server)
    second = read(home, papers, Told(0.0))["document"]
    assert second.committed >= first.skipped[MODEL_AWAY], "what an earlier run was lost with comes last"
    for _ in range(20):  # by chance the one that is well comes first
        if len(committed(home)) == NUMBER - 1:
            break
        until_it_is_back(server)
        read(home, papers, Told(0.0))
    assert committed(home) == {f"PMID:{n}" for n in range(1, NUMBER + 1)} - {"PMID:3"}
    assert aside(home) == {"PMID:3"}


def test_a_server_that_every_document_ends_is_no_reason_to_set_all_of_them_aside(server: FakeServer, papers: Path, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", server.url, batch=4, concurrency=1)
    server.deadly = "Paper"
    tally = read(home, papers, Told(30.0))["document"]
    assert sum(tally.set_aside.values()) <= 4
    assert tally.skipped == {MODEL_AWAY: NUMBER - sum(tally.set_aside.values())}


def test_what_comes_after_a_batch_without_an_answer_is_asked_about(server: FakeServer, papers: Path, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", server.url, batch=1, concurrency=1)
    server.faults["/v1/completions"] = [AWAY] * 3
    tally = read(home, papers, Told(0.0))["document"]
    assert (tally.committed, tally.set_aside, tally.skipped) == (NUMBER - 1, {"ModelUnavailable": 1}, {})


def test_a_server_that_answers_nothing_is_asked_no_more_after_a_while(
    server: FakeServer, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_asker, "UNANSWERED_IN_A_ROW", 2)
    home = home_at(tmp_path / "home", server.url, batch=1, concurrency=1)
    server.always["/v1/completions"] = AWAY
    tally = read(home, papers, Told(0.0))["document"]
    unanswered = tally.set_aside["ModelUnavailable"]
    assert 2 <= unanswered <= 4, "some are under way"
    assert tally == Tally("document", 0, {MODEL_AWAY: NUMBER - unanswered}, {"ModelUnavailable": unanswered})
