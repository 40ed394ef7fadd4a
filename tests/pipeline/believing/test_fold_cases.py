"""The fold by example: observations in, facts out."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.home.configuration.settings import load_ontology
from pipeline.believing.fold import fold
from pipeline.believing.gathering import all_evidence
from pipeline.believing.rules import Rules
from pipeline.exports.canonical import canonical_lines
from pipeline.intake.batches import observe_lines
from tests.graph_store.log.memory_log import MemoryEvidenceLog

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CASES = [
    "below_threshold_and_self",
    "denied_and_back",
    "late_and_precise_dates",
    "margin_contested_then_wins",
    "office_ended_and_again",
    "offices",
    "same_day_tie",
    "sources_of_one_document",
    "term_of_a_day",
    "terms_in_one_document",
    "treat_and_cause_side_by_side",
    "worked_example",
]


@pytest.mark.parametrize("case", CASES)
def test_the_case_gives_just_the_facts_it_says(case: str, shared: Path) -> None:
    folder = shared / "fold_cases"
    ontology = load_ontology("general" if case.startswith(("office", "term")) else "biomedical")
    text = (folder / f"{case}.observations.jsonl").read_text()
    intake = observe_lines(list(enumerate(text.splitlines(), 1)), case, ontology, NOW)
    log = MemoryEvidenceLog()
    log.append(intake.batch, intake.with_report("observe", NOW))
    settings = folder / f"{case}.toml"
    trust = tomllib.loads(settings.read_text())["trust"] if settings.exists() else {}
    graph = fold(all_evidence(log), Rules(ontology, trust=trust))
    expected = (folder / f"{case}.facts.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in canonical_lines(graph.facts, [], [])] == [json.loads(line) for line in expected]
