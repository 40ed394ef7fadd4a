"""`backfill`: parts that processes read at the same time give the counts and the graph of one process."""

import asyncio
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from flows.scheduling import parts
from flows.scheduling.parameters import BackfillParameters, IngestParameters
from flows.scheduling.parts import ranges
from schema.errors import StoreFailed
from tests.flows.commands.running import chronokg, counts, paper, run, script, write_lines
from tests.flows.engine.parts_that_end import end_as_told

PAPERS = [paper(n, f"{1990 + n}-03") for n in range(1, 13)]
ANSWERS = [script(n, "prevent" if n < 5 else "cause", 0.6 + n / 40) for n in range(1, 13)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backfill")


@pytest.fixture(scope="module")
def documents(folder: Path) -> Path:
    return write_lines(folder / "papers.jsonl", [*PAPERS, {**paper(99, "2001"), "published": None}])


@pytest.fixture(scope="module")
def answers(folder: Path) -> str:
    return f"scripted:{write_lines(folder / 'answers.jsonl', ANSWERS)}"


@pytest.fixture(scope="module")
def clean(documents: Path, answers: str, folder: Path) -> tuple[str, str]:
    """Counts and export of one process."""
    told = chronokg("ingest", documents, "--model", answers, "--json", home=folder / "clean", expect=1)
    return told, chronokg("export", home=folder / "clean")


def test_parts_by_processes_count_and_believe_what_one_process_does(
    documents: Path, answers: str, clean: tuple[str, str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    told = chronokg("backfill", documents, "--model", answers, "--parts", "3", "--json", home=home, expect=1, CHRONOKG_BATCH="2")
    assert counts(told) == counts(clean[0])
    assert json.loads(told)["believed"] == json.loads(clean[0])["believed"]
    assert chronokg("export", home=home) == clean[1]
    again = chronokg("backfill", documents, "--model", answers, "--json", home=home, expect=1)
    assert counts(again)["skipped"] == {"read before": 12}


def test_a_budget_is_shared_among_the_parts_that_there_are(documents: Path, answers: str, tmp_path: Path) -> None:
    few = {"CHRONOKG_BUDGET_TOKENS": "500", "CHRONOKG_BATCH": "6"}
    told = chronokg("backfill", documents, "--model", answers, "--parts", "1000", "--json", home=tmp_path / "home", expect=1, **few)
    assert counts(told)["committed"] == 12


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.mark.parametrize("runner", ["processes", *(pytest.param(name, marks=pytest.mark.nightly) for name in ("dask", "ray"))])
def test_parts_by_a_task_runner_of_prefect_do_the_same(
    runner: str, server: None, documents: Path, answers: str, clean: tuple[str, str], tmp_path: Path
) -> None:
    del server
    if runner != "processes" and find_spec(f"prefect_{runner}") is None:
        pytest.skip(f"the extra `{runner}` is not installed")
    from flows.scheduling import by_prefect

    home, settings = tmp_path / "home", {"model": answers, "graph": "memory:", "batch": 2}
    told = {"home": str(home), "settings": settings, "paths": [str(documents)], "parts": 3, "runner": runner}
    result = asyncio.run(by_prefect.conducted(BackfillParameters.model_validate(told)))
    assert json.loads(json.dumps(result.as_data()))["document"] == counts(clean[0])
    assert chronokg("export", home=home) == clean[1]


def test_another_runner_than_processes_takes_a_server_of_prefect(documents: Path, answers: str, tmp_path: Path) -> None:
    done = run("backfill", documents, "--model", answers, "--runner", "dask", home=tmp_path / "home")
    assert (done.returncode, done.stderr) == (
        2, "chronokg: runner is 'dask', which Prefect runs: name a server of it by PREFECT_API_URL\n",
    )  # fmt: skip
    wrong = run("backfill", documents, "--model", answers, "--runner", "spark", home=tmp_path / "home")
    assert wrong.returncode == 2
    assert "'spark'" in wrong.stderr


def run_all(ends: list[dict[str, Any]], workers: int, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], Exception]:
    """The first batches of the parts that were heard, and what was raised."""
    heard: list[int] = []
    given = [{"first": 10 * n, "end": 10 * n + 10, **each} for n, each in enumerate(ends)]
    monkeypatch.setattr(parts, "read_part", end_as_told)
    with pytest.raises(StoreFailed) as raised:
        asyncio.run(parts.in_processes(BackfillParameters(workers=workers), given, lambda part: heard.append(part["first"])))
    return heard, raised.value


def test_what_is_under_way_is_heard_and_what_is_queued_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = {"ends": "well", "seconds": 0.5}
    heard, error = run_all([{"ends": "fails"}, *([slow] * 12)], 2, monkeypatch)
    assert str(error) == "the part with the batches 0 to 9: no disk"
    assert 10 in heard
    assert len(heard) < 8


def test_a_process_that_was_killed_is_told_in_a_sentence_with_its_part(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, error = run_all([{"ends": "well"}, {"ends": "killed", "seconds": 0.2}, {"ends": "well"}], 1, monkeypatch)
    assert heard == [0]
    assert str(error) == f"the part with the batches 10 to 19: {parts.ENDED}"


@pytest.mark.parametrize(("batches", "parts"), [(0, 2), (1, 3), (7, 3), (10, 10), (100, 7)])
def test_ranges_hold_every_batch_once_and_are_even(batches: int, parts: int) -> None:
    found = ranges(batches, parts)
    assert [number for first, end in found for number in range(first, end)] == list(range(batches))
    assert len(found) == min(batches, parts)
    sizes = [end - first for first, end in found]
    assert not sizes or max(sizes) - min(sizes) <= 1


def test_a_secret_and_a_setting_that_there_is_not_are_no_parameters() -> None:
    with pytest.raises(ValidationError, match="graph_password is a secret"):
        IngestParameters(settings={"graph_password": "x"})
    with pytest.raises(ValidationError, match="'modle' is not a setting; did you mean model"):
        IngestParameters(settings={"modle": "x"})
