"""Reading in this process, in a home of its own, with a scripted model or a model server on this machine."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.answers.export_files import shown_lines
from flows.engine import patience
from flows.engine.collecting import Ingestion
from flows.engine.runs import meter_for
from flows.home.homes import Home, open_home
from flows.jobs.ingesting import run_ingestion
from flows.wiring import readers
from pipeline.intake.costs import Meter
from schema.records import Tally
from tests.agents.fakes import QUICK, FakeServer


def home_at(path: Path, model: str, ontology: str | None = None, **flags: Any) -> Home:
    return open_home(path, {"graph": "memory:", "orchestration": "direct", "model": model, **flags}, ontology)


def ingest(home: Home, *paths: Path, **wanted: Any) -> tuple[dict[str, Tally], Meter]:
    """What became of everything, by unit, and what was spent."""
    meter = meter_for(home)
    tallies = {tally.unit: tally for tally in run_ingestion(home, Ingestion(paths, **wanted), meter)}
    return tallies, meter


def exported(home: Home) -> list[str]:
    return list(shown_lines(home, "jsonl"))


def hurried(patch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long: neither between the attempts of one request, nor between those of a run."""
    patch.setattr(readers, "make_extractor", partial(readers.make_extractor, bounds=QUICK))
    patch.setattr(patience, "FIRST_S", (0.01, 0.02))
    patch.setattr(patience, "LATER_S", 0.2)


def break_at(server: FakeServer, text: str) -> None:
    """From now on the server has no answer to a question with this text in it but an error of its own."""
    answer = server.answer

    def answered(path: str, body: dict[str, Any]) -> tuple[int, Any]:
        return (500, {"error": {"message": "internal error"}}) if text in json.dumps(body) else answer(path, body)

    server.answer = answered  # type: ignore[method-assign]
