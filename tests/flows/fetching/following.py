"""A home that follows sources on this machine, with a scripted model."""

import json
from pathlib import Path
from typing import Any

from flows.engine.collecting import Ingestion
from flows.home.homes import Home
from flows.jobs.ingesting import run_ingestion
from flows.jobs.syncing import sync_source
from pipeline.sources.sync_outcome import SyncResult
from tests.flows.commands.running import script, write_lines
from tests.flows.jobs.reading_here import exported, home_at

ONE, TWO, THREE, FOUR = (f"pubmed26n000{number}.xml.gz" for number in range(1, 5))

QUICK = {"attempts": 3, "wait": 0.01, "timeout": 5.0}


def home_of(tmp_path: Path, source: dict[str, Any], *numbers: int) -> Home:
    """A home with one source, `lit`; the model says that drug one prevents illness one in each paper of these numbers."""
    said = [script(number, "prevent") for number in numbers or range(1, 60)]
    answers = write_lines(tmp_path / "said.jsonl", said)
    return home_at(tmp_path / "home", f"scripted:{answers}", sources={"lit": {**QUICK, **source} if source["kind"] != "folder" else source})


class Taking:
    """Ingests, and remembers what it was given."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.given: list[str] = []

    def __call__(self, paths: Any) -> Any:
        self.given += [path.name for path in paths]
        return run_ingestion(self.home, Ingestion(tuple(paths)))


def followed(home: Home, *named: str) -> tuple[SyncResult, list[str]]:
    """One run, whose counts must reconcile, and the names of the files that were read."""
    reading = Taking(home)
    result = sync_source(home, "lit", reading, named)
    assert result.reconciles, result
    return result, reading.given


def names(held: Any) -> list[str]:
    return [each.name for each in held]


def documents(home: Home) -> list[str]:
    return [told["id"] for told in map(json.loads, exported(home)) if told["kind"] == "document"]


def facts(home: Home) -> list[dict[str, Any]]:
    return [told for told in map(json.loads, exported(home)) if told["kind"] == "fact"]
