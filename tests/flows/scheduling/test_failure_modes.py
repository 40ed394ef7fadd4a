"""What goes wrong in systems like this one, through the jobs that flows run: nothing lost, doubled, paid for twice or called a success."""

import asyncio
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agents.models.scripted import ScriptedExtractor
from flows.engine.held_leases import leases_of
from flows.home import homes
from flows.home.homes import open_home
from flows.scheduling.job_result import JobResult
from flows.wiring.readers import extractor_for
from schema.document import Document, Passage
from schema.ids import DocumentId
from schema.ports import Extraction
from schema.records import Reading
from tests.agents.fakes import FakeServer
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, environ, paper, write_lines
from tests.flows.jobs.reading_here import home_at
from tests.flows.scheduling.running_flows import BROKEN, NONSENSE, NUMBERS, answers, counts_of, export_of, papers, run

pytestmark = pytest.mark.usefixtures("quick")


# 1. Silent outage


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_1_whatever_share_of_requests_fails_counts_reconcile_and_what_was_set_aside_replays_to_the_clean_graph(
    share: float, model_server: FakeServer, documents: Path, tmp_path: Path
) -> None:
    home, settings = tmp_path / "home", {"model": model_server.url, "batch": 4, "concurrency": 2}
    run("ingest", tmp_path / "clean", settings, paths=[str(documents)])
    chance = Random(7)
    faults = [chance.choice([BROKEN, NONSENSE]) if chance.random() < share else None for _ in range(1000)]
    model_server.faults["/v1/completions"] = list(faults)
    told = run("ingest", home, settings, paths=[str(documents)])
    counts = counts_of(told)
    aside = sum(counts["set_aside"].values())
    assert (counts["submitted"], counts["skipped"]) == (len(NUMBERS), {})
    assert (0 < aside < len(NUMBERS)) if share < 1 else aside == len(NUMBERS)
    assert told.failure(0.0).startswith(f"{aside} of 12 documents set aside (")
    model_server.faults.clear()
    chronokg("replay", home=home)
    assert export_of(home) == export_of(tmp_path / "clean")


def test_1_answers_that_break_the_schema_for_some_are_set_aside_and_replay_to_the_clean_graph(
    documents: Path, clean: list[str], model: str, tmp_path: Path
) -> None:
    said = [json.loads(line) for line in Path(model.partition(":")[2]).read_text().splitlines()]
    broken = [{"document": one["document"], "fail": "failed"} if n % 3 == 0 else one for n, one in enumerate(said)]
    home = tmp_path / "home"
    told = run("ingest", home, {"model": f"scripted:{write_lines(tmp_path / 'broken.jsonl', broken)}"}, paths=[str(documents)])
    assert counts_of(told)["set_aside"] == {"ModelFailed": 4}
    assert told.failure(0.0) == "4 of 12 documents set aside (4 ModelFailed)"
    assert told.failure(0.4) == ""
    chronokg("replay", "--model", model, home=home)
    assert export_of(home) == clean


# 4 and 11. Double counting, and orchestrators

LOG, STORE = "graph_store.log.delta_log.DeltaEvidenceLog", "graph_store.memory_store.MemoryStore"
KILLS = [(LOG, "append", "after", 2), ("flows.engine.held_leases.HeldLeases", "release", "before", 2)]
MORE_KILLS = [
    *((LOG, "append", moment, count) for moment in ("before", "after") for count in (1, 3)),
    *((STORE, "apply", moment, count) for moment in ("before", "after") for count in (1, 2)),
    ("flows.engine.held_leases.HeldLeases", "take", "after", 1),
    ("graph_store.leasing.kept_leases.KeptLeases", "_make_next", "after", 2),
    ("flows.engine.spool.Spool", "share_out", "after", 1),
    ("agents.models.scripted.ScriptedExtractor", "read", "before", 5),
]


@pytest.mark.parametrize("job", ["ingest", pytest.param("backfill", marks=pytest.mark.nightly)])
@pytest.mark.parametrize("kill", [*KILLS, *(pytest.param(kill, marks=pytest.mark.nightly) for kill in MORE_KILLS)], ids=str)
def test_4_after_kill_9_and_three_more_runs_the_export_is_that_of_a_clean_one(
    job: str, kill: Sequence[Any], documents: Path, clean: list[str], model: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    command = [job, str(documents), "--model", model, "--home", str(home), "--graph", "memory:"]
    killed = subprocess.run(
        [sys.executable, "-m", "tests.flows.commands.killing", *map(str, kill), *command],
        cwd=ROOT, env=environ(CHRONOKG_BATCH="3"), capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    # A backfill reads in processes of its own, in which nobody is killed.
    assert killed.returncode == -signal.SIGKILL or job == "backfill", killed.stderr
    committed = [counts_of(run("ingest", home, {"model": model, "batch": 3}, paths=[str(documents)]))["committed"] for _ in range(3)]
    assert committed[1:] == [0, 0]
    assert export_of(home) == clean
    readings = Counter(each.record.document for each in open_home(home).log.records(Reading))
    assert set(readings.values()) == {1}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the scripted model, which takes a moment, was asked about a document."""
    found: Counter[str] = Counter()
    read = ScriptedExtractor.read

    async def counted(self: ScriptedExtractor, document: Document) -> Extraction:
        found[document.id] += 1
        await asyncio.sleep(0.02)
        return await read(self, document)

    monkeypatch.setattr(ScriptedExtractor, "read", counted)
    return found


def test_11_overlapping_runs_never_ask_the_model_twice_for_one_document(
    documents: Path, clean: list[str], model: str, asked: Counter[str], tmp_path: Path
) -> None:
    home, asked_before = tmp_path / "home", asked.copy()

    def one(number: int) -> JobResult:
        return run("ingest", home, {"model": model, "batch": 2 + number}, paths=[str(documents)])

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(one, range(3)))
    assert set((asked - asked_before).values()) == {1}
    told = [counts_of(result) for result in results]
    assert sum(each["committed"] for each in told) == len(NUMBERS)
    assert all(result.failure(0.0) == "" for result in results)
    assert export_of(home) == clean


def test_11_a_run_that_failed_holds_nothing_that_the_next_would_wait_for(model: str, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", model)
    reader, one = extractor_for(home).reader, Document(DocumentId("PMID:1"), "A title.", (Passage("A text."),))

    def fails() -> None:
        with leases_of(home, "ingest") as failed:
            assert failed.take([one], reader) == ([one], [])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with leases_of(home, "ingest") as following:
        assert following.take([one], reader) == ([one], [])


# 3. Wrong dates


def test_3_no_fact_is_later_than_its_documents_whatever_day_it_is(
    documents: Path, model: str, clean: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Frozen(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2030, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(homes, "datetime", Frozen)
    undated = {**paper(50, None), "published": None}
    year = paper(51, "2007")
    more = write_lines(tmp_path / "more.jsonl", [undated, year])
    home = tmp_path / "home"
    told = run("ingest", home, {"model": model}, paths=[str(documents), str(more)])
    assert counts_of(told)["set_aside"] == {"UndatedDocument": 1}
    assert told.failure(0.0) == "1 of 14 documents set aside (1 UndatedDocument)"
    lines = export_of(home)
    assert not [line for line in lines if "2030" in line and '"kind":"meta"' not in line.replace(" ", "")]
    (in_2007,) = [line for line in map(json.loads, lines) if line["kind"] == "document" and line["id"] == "PMID:51"]
    assert (in_2007["published"], in_2007["precision"]) == ("2007-01-01", "year")


# 8. Deletion


def test_8_a_document_taken_out_again_leaves_the_graph_of_a_run_without_it(model: str, tmp_path: Path, asked: Counter[str]) -> None:
    first, home = [1, 2, 3, 4], tmp_path / "home"
    run("ingest", tmp_path / "without", {"model": model}, paths=[str(papers(tmp_path, *first))])
    run("ingest", home, {"model": model}, paths=[str(papers(tmp_path, *first, 7, 9))])
    before = asked.total()
    deletions = tmp_path / "deleted.xml"
    ids = "".join(f'<PMID Version="1">{number}</PMID>' for number in (7, 9))
    deletions.write_text(f"<PubmedArticleSet><DeleteCitation>{ids}</DeleteCitation></PubmedArticleSet>")
    told = run("ingest", home, {"model": model}, paths=[str(deletions)])
    assert counts_of(told, "event")["committed"] == 2
    assert asked.total() == before
    assert export_of(home) == export_of(tmp_path / "without")


# 9. Contention


@pytest.mark.parametrize("writers", [4, pytest.param(16, marks=pytest.mark.nightly)])
def test_9_writers_at_the_same_time_lose_and_double_nothing(writers: int, tmp_path: Path) -> None:
    numbers = range(1, 4 * writers + 1)
    model = answers(tmp_path, *numbers)
    for writer in range(writers):  # each shares half of its documents with the next
        (tmp_path / str(writer)).mkdir()
        papers(tmp_path / str(writer), *(n for n in numbers if n % writers in {writer, (writer + 1) % writers}))

    def one(writer: int) -> JobResult:
        return run("ingest", tmp_path / "home", {"model": model, "batch": 3}, paths=[str(tmp_path / str(writer))])

    with ThreadPoolExecutor(writers) as pool:
        results = list(pool.map(one, range(writers)))
    assert sum(counts_of(result)["committed"] for result in results) == len(numbers)
    assert [result.failure(0.0) for result in results] == [""] * writers
    run("ingest", tmp_path / "clean", {"model": model}, paths=[str(papers(tmp_path, *numbers))])
    assert export_of(tmp_path / "home") == export_of(tmp_path / "clean")
