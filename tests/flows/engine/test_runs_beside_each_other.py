"""Runs that read into one home at the same time: each document is asked about once, and nothing waits for the dead."""

import asyncio
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agents.serving.protocols import Dialect
from flows.engine import taking
from flows.engine.collecting import Ingestion
from flows.engine.held_leases import leases_of
from flows.engine.outcomes import Outcome
from flows.engine.runs import meter_for
from flows.engine.spool import Spool
from flows.jobs.ingesting import Way, ingest_documents
from flows.wiring.readers import extractor_for
from pipeline.formats.documents import read
from schema.document import Document
from schema.records import Tally
from tests.agents.fakes import FakeServer
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, counts, environ, paper, script, write_lines
from tests.flows.jobs.reading_here import exported, home_at

NUMBER = 24


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(Dialect.VLLM) as fake:
        fake.likes = {" treats": 90.0, " none": 1.0}
        fake.delay = 0.02
        yield fake


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "papers.jsonl", [paper(number, f"{1960 + number}-03") for number in range(1, NUMBER + 1)])


def asked(server: FakeServer) -> Counter[str]:
    """How often the server was asked about each paper; what it is asked at first, about its labels, is of none."""
    prompts = (str(prompt) for body in server.asked("/v1/completions") for prompt in body["prompt"])
    return Counter(found[1] for prompt in prompts if (found := re.search(r"Paper (\d+):", prompt)))


def read_into(path: Path, url: str, papers: Path, **settings: object) -> dict[str, Tally]:
    home = home_at(path, url, batch=3, concurrency=2, **settings)
    way = Way(meter_for(home), Outcome(home))
    return {tally.unit: tally for tally in asyncio.run(ingest_documents(home, Ingestion((papers,)), way))}


def test_several_runs_at_once_ask_about_each_document_once_and_each_accounts_for_all(
    server: FakeServer, papers: Path, tmp_path: Path
) -> None:
    # Homes of their own on one log, as machines have them: no cache of answers is shared.
    log = str(tmp_path / "shared")
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(read_into, tmp_path / f"machine{n}", server.url, papers, log=log) for n in range(3)]
        told = [run.result()["document"] for run in runs]
    assert asked(server) == {str(number): 1 for number in range(1, NUMBER + 1)}
    assert sum(tally.committed for tally in told) == NUMBER
    assert all(tally.submitted == NUMBER and set(tally.skipped) <= {"read before"} for tally in told)
    clean = tmp_path / "clean"
    read_into(clean, server.url, papers)
    assert exported(home_at(tmp_path / "machine0", server.url, log=log)) == exported(home_at(clean, server.url))


_DIES = """
import os, sys
from pathlib import Path
from flows.home.homes import open_home
home = open_home(sys.argv[1], graph="memory:", model=sys.argv[2])
lost = home.leases("ingest").take(sys.argv[3].split(","), 3600.0)
os.kill(os.getpid(), 9)
"""


def test_what_a_run_that_was_killed_had_taken_is_free_at_once(server: FakeServer, papers: Path, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", server.url)
    extractor = extractor_for(home)
    with papers.open("rb") as stream:
        things = [f"{d.id} {d.revision} {extractor.reader.name}" for d in read(stream, "papers") if isinstance(d, Document)]
    command = [sys.executable, "-c", _DIES, str(home.path), server.url, ",".join(things)]
    subprocess.run(command, cwd=ROOT, env=environ(), check=False, timeout=60)
    assert read_into(home.path, server.url, papers)["document"].committed == NUMBER


def test_what_a_live_run_holds_is_left_to_it_after_a_while_and_told(
    server: FakeServer, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "LEASE_S", 0.2)
    monkeypatch.setattr(taking, "LOOK_AGAIN_S", (0.05, 0.1))
    home = home_at(tmp_path / "home", server.url)
    extractor = extractor_for(home)
    with papers.open("rb") as stream:
        held = [each for each in read(stream, "papers") if isinstance(each, Document)][:5]
    with leases_of(home, "ingest") as others:
        others.take(held, extractor.reader)
        tally = read_into(home.path, server.url, papers)["document"]
    assert (tally.committed, tally.skipped) == (NUMBER - 5, {"being read by another run": 5})
    assert read_into(home.path, server.url, papers)["document"].committed == 5  # let go of at the end of the block


def test_the_halves_of_ingest_and_what_is_read_again_from_the_log(tmp_path: Path) -> None:
    home, papers = tmp_path / "home", write_lines(tmp_path / "papers.jsonl", [paper(n, f"{1990 + n}-03") for n in range(1, 9)])
    first = f"scripted:{write_lines(tmp_path / 'first.jsonl', [script(n, 'prevent') for n in range(1, 9)])}"
    second = f"scripted:{write_lines(tmp_path / 'zsecond.jsonl', [script(n, 'cause') for n in range(1, 9)])}"
    assert "left to `chronokg construct`" in chronokg("extract", papers, "--model", first, home=home, graph="embedded")
    assert "1 opened" in chronokg("construct", home=home, graph="embedded")
    chronokg("delete", "PMID:3", home=home, graph="embedded")
    papers.unlink()
    again = counts(chronokg("reread", "--model", second, "--json", home=home, graph="embedded"))
    assert again == {"submitted": 7, "committed": 7, "skipped": {}, "set_aside": {}}
    told = [json.loads(line) for line in chronokg("export", home=home, graph="embedded").splitlines()]
    assert {each["relation"]: each["status"] for each in told if each["kind"] == "fact"} == {"cause": "current", "prevent": "withdrawn"}
    assert counts(chronokg("reread", "--model", second, "--json", home=home, graph="embedded"))["skipped"] == {"read before": 7}


def test_spools_of_runs_that_were_killed_are_swept_and_those_of_others_stay(tmp_path: Path) -> None:
    killed = (
        "import os, sys\nfrom pathlib import Path\nfrom flows.engine.spool import Spool\nSpool(Path(sys.argv[1]))\nos.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", killed, str(tmp_path)], cwd=ROOT, check=False, timeout=60)
    assert len(list(tmp_path.glob("*.sqlite"))) == 1
    with Spool(tmp_path) as mine:
        assert list(tmp_path.glob("*.sqlite")) == [mine.file]
        with Spool(tmp_path) as other:
            assert set(tmp_path.glob("*.sqlite")) == {mine.file, other.file}
    assert list(tmp_path.iterdir()) == []
