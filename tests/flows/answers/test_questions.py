"""Questions about the demo's graph, with a small vocabulary of ours: what they name is found, and what was overturned is told."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.answers.answers_from_log import context_for, timeline_of, why_of
from flows.answers.entities import key_or_name
from flows.home.homes import Home, open_home
from flows.jobs.observing import observe_file
from flows.wiring.home_vocabularies import Loading, load_vocabularies
from tests.conftest import ROOT
from tests.flows.answers.questions import QUESTIONS, Asked

DEMO = ROOT / "examples" / "demo"
TERMS = Path(__file__).with_name("terms.tsv")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = open_home(tmp_path_factory.mktemp("questions") / "home", graph="memory:")
    for name in ("curated.jsonl", "curated_late.jsonl"):
        observe_file(made, DEMO / name)
    assert load_vocabularies(made, [TERMS], Loading())[0].aside == 0
    return made


def asked(home: Home, each: Asked) -> Mapping[str, Any]:
    return context_for(home, each.question, date.fromisoformat(each.day) if each.day else None)


def found(told: Mapping[str, Any]) -> set[str]:
    return {entity["key"] for entity in told["entities"]}


def test_at_least_57_of_60_questions_reach_their_entities_and_at_most_one_a_wrong_one(home: Home) -> None:
    reached = {each: found(asked(home, each)) for each in QUESTIONS}
    missed = {each.question: keys ^ each.keys for each, keys in reached.items() if keys != each.keys}
    wrong = {each.question: keys - each.keys for each, keys in reached.items() if keys - each.keys}
    assert len(QUESTIONS) == 60
    assert len(QUESTIONS) - len(missed) >= 57, missed
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize("each", [each for each in QUESTIONS if each.overturned], ids=lambda each: each.question)
def test_the_overturned_fact_is_told_before_all_that_is_not_about_it(home: Home, each: Asked) -> None:
    told = asked(home, each)
    between = told["facts"][: told["between"]]
    (fact,) = [fact for fact in between if fact["relation"] == each.overturned]
    assert fact["status"] != "current" or len(fact["intervals"]) > 1
    assert any(change["what"] == "closed" and change["because"] for change in fact["changes"])
    assert f"{fact['head_name']} {each.overturned} {fact['tail_name']}" in told["text"]
    assert told["complete"]


@pytest.mark.parametrize("each", [each for each in QUESTIONS if each.unknown], ids=lambda each: each.question)
def test_what_is_not_known_is_told(home: Home, each: Asked) -> None:
    told = asked(home, each)
    (name,) = [name for name in told["names"] if each.unknown in name["text"]]
    assert name["entity"] is None
    assert name["text"] in told["text"]
    assert not told["complete"]


def test_entities_are_shown_under_the_vocabularys_names_in_reading_order(home: Home) -> None:
    assert timeline_of(home, "NSCLC")["name"] == "Non-Small-Cell Lung Carcinoma"
    assert why_of(home, "Vioxx", "cause", "heart attack")["fact"]["tail_name"] == "Myocardial Infarction"


def test_a_person_who_reviews_names_may_say_an_entity_by_name(home: Home) -> None:
    assert key_or_name(home, "heart attack", "Disease") == "MESH:D009203"
    assert key_or_name(home, "Warfarin", "Chemical") == "MESH:D014859"  # which only the vocabulary knows
    assert key_or_name(home, "D009203", "Disease") == "D009203"
    assert key_or_name(home, "no such thing", "Disease") == "no such thing"
