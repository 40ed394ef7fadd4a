"""What reading costs: counted, estimated before, and held to a budget."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.models.embedded_model import embedded_model_available
from agents.serving.protocols import Dialect
from flows.engine.collecting import Ingestion
from flows.engine.constructor import Constructor
from flows.engine.held_leases import leases_of
from flows.engine.outcomes import Outcome
from flows.engine.patience import Patience
from flows.engine.runs import IngestRun, costs_by
from flows.engine.spool import Spool
from flows.home.homes import open_home
from flows.home.showing import show_tallies
from flows.jobs.estimating import estimate
from flows.jobs.keeping import status_of
from flows.jobs.replaying import replay_all
from pipeline.formats.documents import read
from pipeline.intake.status import shortfall
from schema.document import Document
from schema.errors import StoreFailed, WrongUse
from schema.records import Expense, Tally
from schema.usage import Usage
from tests.agents.fakes import FakeServer
from tests.flows.commands.running import paper, write_lines
from tests.flows.jobs.reading_here import exported, home_at, ingest

PAPERS = [paper(number, f"{1990 + number}-03") for number in range(1, 9)]
EACH = Usage(1, 10, 1)
"""What a paper takes of the server below: one pair, one question, 90 of 100 tokens from its cache. A run asks for its labels first."""


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(Dialect.VLLM) as fake:
        fake.likes = {" treats": 90.0, " none": 1.0}
        yield fake


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "papers.jsonl", PAPERS)


def spent(usage: Usage) -> tuple[int, int, int]:
    return usage.requests, usage.prompt_tokens, usage.completion_tokens


def test_a_run_says_what_it_spent_and_the_log_and_status_say_the_same(server: FakeServer, papers: Path, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", server.url, price_prompt=2.0, price_completion=10.0, concurrency=1)
    tallies, meter = ingest(home, papers)
    assert tallies["document"].committed == 8
    assert spent(meter.usage) == (9, 90, 9)
    told = meter.as_data()
    assert (told["documents"], told["from_cache"], told["money"]) == (8, 0, pytest.approx((90 * 2 + 9 * 10) / 1e6))
    assert told["seconds"] > 0
    assert told["documents_per_second"] == pytest.approx(8 / told["seconds"], rel=0.01)
    assert "9 requests, 90 prompt tokens, 9 tokens of answers, money 0.00027" in meter.sentence()
    (row,) = status_of(home)["spent"]
    assert (row["readings"], row["requests"], row["prompt_tokens"], row["completion_tokens"]) == (8, 9, 90, 9)
    assert row["money"] == told["money"]
    (document,) = costs_by(home, "document", ["3"])
    assert (document["document"], document["prompt_tokens"]) == ("PMID:3", 10)
    assert sum(row["prompt_tokens"] for row in costs_by(home, "day")) == 90


def test_answers_from_the_cache_cost_nothing_and_are_counted_as_such(server: FakeServer, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", server.url, concurrency=1)
    ingest(home, write_lines(tmp_path / "one.jsonl", PAPERS[:3]))
    moved = [{**each, "journal": "Another Journal"} for each in PAPERS[:3]]  # another revision of the same text
    tallies, meter = ingest(home, write_lines(tmp_path / "two.jsonl", [*moved, PAPERS[4]]))
    assert tallies["document"].committed == 4
    assert (meter.documents, meter.from_cache, spent(meter.usage)) == (4, 3, spent(EACH + EACH))
    assert "3 of 4 documents answered from the cache" in meter.sentence()
    (row,) = costs_by(home, "reader")
    assert (row["readings"], row["from_cache"], row["requests"]) == (7, 3, 6)


def test_what_was_paid_failed_is_not_lost_however_often(server: FakeServer, tmp_path: Path) -> None:
    server.answers = ["I would rather not say."]
    home = home_at(tmp_path / "home", server.url, reading="votes", votes=5)
    tallies, meter = ingest(home, write_lines(tmp_path / "one.jsonl", PAPERS[:2]))
    assert sum(tallies["document"].set_aside.values()) == 2
    asked = server.counts["/v1/chat/completions"]
    assert asked >= 2
    assert spent(meter.failed) == spent(meter.usage) == (asked, 50 * asked, 7 * asked)
    for _ in range(2):
        replay_all(home, dates=None, published=None, model_given=False)
    asked = server.counts["/v1/chat/completions"]
    (row,) = status_of(home)["spent"]
    assert (row["readings"], row["failed"], row["requests"], row["completion_tokens"]) == (0, 6, asked, 7 * asked)
    assert status_of(home)["set_aside"]["open"] == 2
    server.answers = ['{"claims":[{"head":"C1","relation":"treat","tail":"D1","polarity":"asserts"}]}']
    replay_all(home, dates=None, published=None, model_given=False)
    assert status_of(home)["set_aside"]["open"] == 0


def test_of_several_that_wait_for_one_answer_one_pays_for_its_failure(server: FakeServer, tmp_path: Path) -> None:
    server.answers, server.delay = ["no"], 0.05
    same = [{**PAPERS[0], "id": f"PMID:{number}"} for number in range(1, 5)]
    home = home_at(tmp_path / "home", server.url, reading="votes", votes=5, concurrency=4)
    tallies, meter = ingest(home, write_lines(tmp_path / "same.jsonl", same))
    assert sum(tallies["document"].set_aside.values()) == 4
    assert meter.usage.requests == server.counts["/v1/chat/completions"]
    assert sum(r.record.usage.requests for r in home.log.records(Expense)) == meter.usage.requests


def test_an_estimate_is_exact_where_it_can_be_and_leaves_no_trace(server: FakeServer, papers: Path, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", server.url, price_prompt=1.0, concurrency=1)
    undated = write_lines(tmp_path / "undated.jsonl", [{**paper(99, None), "published": None}])
    before = estimate(home, Ingestion((papers, undated), since="1992-01-01"))
    assert (before["to_read"], before["skipped"], before["set_aside"]) == (7, {"outside --since and --until": 1}, {"UndatedDocument": 1})
    assert server.counts["/v1/completions"] == server.counts["/v1/chat/completions"] == 0
    assert home.log.batches() == []
    assert not (tmp_path / "home" / "spool.sqlite").exists()
    assert (before["seconds"], "tokenizer" in before["how"]) == (None, True)
    _, meter = ingest(home, papers, since="1992-01-01")
    for name in ("requests", "completion_tokens"):
        assert {before[name][key] for key in ("low", "likely", "high")} == {getattr(meter.usage, name)}
    assert before["prompt_tokens"]["low"] <= before["prompt_tokens"]["likely"] <= before["prompt_tokens"]["high"]


def test_once_the_reader_has_read_an_estimate_rests_on_that(server: FakeServer, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", server.url, price_prompt=1.0, price_completion=0.0, concurrency=1)
    ingest(home, write_lines(tmp_path / "one.jsonl", PAPERS[:5]))
    rest = write_lines(tmp_path / "rest.jsonl", PAPERS)
    before = estimate(home, Ingestion((rest,)))
    assert (before["to_read"], before["skipped"]) == (3, {"read before": 5})
    assert before["how"].startswith("from what this reader took for 5 documents")
    _, meter = ingest(home, rest)
    for name in ("requests", "prompt_tokens", "completion_tokens"):
        assert before[name]["likely"] == pytest.approx(getattr(meter.usage, name), rel=0.2)
        assert before[name]["low"] <= before[name]["likely"] <= before[name]["high"]
    assert before["money"]["likely"] == pytest.approx(meter.as_data()["money"], rel=0.2)
    assert before["seconds"]["low"] <= before["seconds"]["likely"] <= before["seconds"]["high"]
    assert estimate(home, Ingestion((rest,)))["to_read"] == 0


def test_an_estimate_knows_what_the_cache_has_and_what_a_script_costs(server: FakeServer, papers: Path, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", server.url)
    ingest(home, papers)
    edited = (tmp_path / "home" / "ontology.yaml").read_text().replace('version: "1"', 'version: "2"')
    other = home_at(tmp_path / "home", server.url, str(_written(tmp_path / "two.yaml", edited)))
    assert estimate(other, Ingestion((papers,)))["to_read"] == 8
    moved = write_lines(tmp_path / "moved.jsonl", [{**each, "journal": "Another"} for each in PAPERS])
    fresh = home_at(tmp_path / "fresh", server.url)
    (tmp_path / "home" / "replies.sqlite").rename(tmp_path / "fresh" / "replies.sqlite")
    known = estimate(fresh, Ingestion((moved,)))
    assert (known["to_read"], known["requests"]["high"], "8 of them are answered from the cache" in known["how"]) == (8, 0, True)
    script = write_lines(tmp_path / "script.jsonl", [])
    free = estimate(home_at(tmp_path / "scripted", f"scripted:{script}"), Ingestion((papers,)))
    assert (free["to_read"], free["prompt_tokens"]["high"], free["seconds"]["high"]) == (8, 0, 0)


def test_an_estimate_for_another_ontology_does_not_put_it_into_the_home(papers: Path, tmp_path: Path) -> None:
    script = write_lines(tmp_path / "script.jsonl", [])
    home_at(tmp_path / "home", f"scripted:{script}")
    kept = (tmp_path / "home" / "ontology.yaml").read_text()
    opened = open_home(tmp_path / "home", {"graph": "memory:", "model": f"scripted:{script}"}, "general", keep=False)
    assert "/general-" in estimate(opened, Ingestion((papers,)))["reader"]
    assert (tmp_path / "home" / "ontology.yaml").read_text() == kept


@pytest.mark.skipif(embedded_model_available() is not None, reason=f"no embedded model: {embedded_model_available()}")
def test_the_embedded_model_takes_what_was_estimated_within_a_factor_of_two(tmp_path: Path) -> None:
    text = "Drug one relieves illness one. In forty patients it was given for six weeks, and most of them were well at the end."
    home = home_at(tmp_path / "home", "embedded")
    papers = write_lines(tmp_path / "papers.jsonl", [paper(1, "1999", text), paper(2, "2000", "Drug one did not help in illness one.")])
    before = estimate(home, Ingestion((papers,)))
    _, meter = ingest(home, papers)
    assert before["requests"]["likely"] == meter.usage.requests
    for name in ("prompt_tokens", "completion_tokens"):
        taken = getattr(meter.usage, name)
        assert taken / 2 <= before[name]["likely"] <= taken * 2
        assert before[name]["low"] / 1.2 <= taken <= before[name]["high"] * 1.2


@pytest.mark.parametrize(("at_once", "most"), [(1, 2), (4, 3 + 3)])
def test_a_budget_stops_between_documents_and_the_next_run_goes_on(
    at_once: int, most: int, server: FakeServer, papers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = home_at(tmp_path / "home", server.url, budget_tokens=25, concurrency=at_once, batch=4)
    server.delay = 0.02
    tallies, meter = ingest(home, papers)
    documents = tallies["document"]
    assert documents.submitted == 8
    # 11 tokens each, and the first as much again for the labels: it and another go over 25, or three others; those beside them end.
    assert 1 <= documents.committed <= most
    assert documents.skipped == {"budget spent": 8 - documents.committed}
    assert meter.usage.tokens == 11 * server.counts["/v1/completions"] >= 25
    assert show_tallies([documents], as_json=False) == 1
    assert "goes on with the rest" in capsys.readouterr().err
    for _ in range(8):
        tallies, _ = ingest(home, papers)
        assert tallies["document"].submitted == 8
        if "budget spent" not in tallies["document"].skipped:
            break
    assert tallies["document"].committed + tallies["document"].skipped["read before"] == 8
    clean = home_at(tmp_path / "clean", server.url)
    ingest(clean, papers)
    assert exported(home) == exported(clean)


def test_budgets_of_money_and_seconds_stop_as_well(server: FakeServer, papers: Path, tmp_path: Path) -> None:
    dear = home_at(tmp_path / "dear", server.url, price_completion=1e6, budget_money=2.0, concurrency=1)
    assert ingest(dear, papers)[0]["document"].committed == 1
    late = home_at(tmp_path / "late", server.url, budget_seconds=0.0)
    assert ingest(late, papers)[0]["document"].skipped == {"budget spent": 8}
    server.delay = 0.2
    slow = home_at(tmp_path / "slow", server.url, budget_seconds=1.0, concurrency=1)
    assert 1 <= ingest(slow, papers)[0]["document"].committed <= 3
    with pytest.raises(WrongUse, match=r"budget_money is 2, and without price_prompt"):
        ingest(home_at(tmp_path / "poor", server.url, budget_money=2.0), papers)


def test_counts_reconcile_where_the_server_fails_and_the_budget_ends(server: FakeServer, papers: Path, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", server.url, budget_tokens=22, concurrency=1, batch=3)
    server.faults["/v1/completions"] = [(400, {}, "{}")] * 2
    documents = ingest(home, papers)[0]["document"]
    assert (documents.submitted, documents.committed, documents.set_aside) == (8, 1, {"ModelFailed": 2})
    assert documents.skipped == {"budget spent": 5}
    told = status_of(home)
    assert told["set_aside"]["open"] == 2
    assert {example["error"] for example in told["set_aside"]["examples"]} == {"ModelFailed"}
    replay_all(home_at(tmp_path / "home", server.url), dates=None, published=None, model_given=False)
    ingest(home_at(tmp_path / "home", server.url), papers)
    clean = home_at(tmp_path / "clean", server.url)
    ingest(clean, papers)
    assert exported(home) == exported(clean)


def test_a_batch_that_is_tried_again_is_not_paid_again(
    server: FakeServer, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.wiring.readers import extractor_for

    home = home_at(tmp_path / "home", server.url, budget_tokens=1, concurrency=1)
    with papers.open("rb") as stream:
        documents = [item for item in read(stream, "papers.jsonl") if isinstance(item, Document)]
    append, tried = home.log.append, []

    def once_busy(*arguments: object) -> bool:
        tried.append(arguments)
        if len(tried) == 1:
            raise StoreFailed("busy")
        return append(*arguments)  # type: ignore[arg-type]

    async def twice(run: IngestRun) -> None:
        run.share_out(spool)
        with pytest.raises(StoreFailed):
            await run.take(0)
        await run.take(0)
        await run.extractor.close()  # type: ignore[attr-defined]

    monkeypatch.setattr(type(home.log), "append", lambda _, *arguments: once_busy(*arguments))
    with Spool(home.spools) as spool, leases_of(home, "ingest") as leases:
        for document in documents:
            spool.add(document)
        outcome = Outcome(home)
        run = IngestRun(home, extractor_for(home), spool, outcome, Constructor(home, outcome, Patience()), leases)
        asyncio.run(twice(run))
    assert (run.tallies["document"].committed, server.counts["/v1/completions"], shortfall(list(run.tallies.values()))) == (8, 9, "")
    run.count([Tally("document", 0, {"budget spent": 2}, {"ModelFailed": 1})])
    assert shortfall(list(run.tallies.values())) == "1 set aside, 2 not read: budget spent"  # so that the flow of Prefect is not green


def test_the_command_line_estimates_spends_and_stops(server: FakeServer, papers: Path, tmp_path: Path) -> None:
    from tests.flows.commands.running import chronokg, counts

    home = tmp_path / "home"
    before = json.loads(chronokg("ingest", papers, "--model", server.url, "--estimate", "--json", home=home))
    assert before["requests"]["likely"] == 9
    told = chronokg(
        "ingest", papers, "--model", server.url, "--budget-tokens", "1", "--json", home=home, expect=1, CHRONOKG_CONCURRENCY="1"
    )
    assert counts(told)["skipped"] == {"budget spent": 7}
    assert json.loads(told)["spent"]["requests"] == 2
    told = chronokg("ingest", papers, "--model", server.url, home=home, CHRONOKG_CONCURRENCY="1")
    assert told.splitlines()[-1].startswith("spent: 8 requests, 80 prompt tokens, 8 tokens of answers in ")
    assert "10 requests" in chronokg("status", home=home)


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
