"""What is told first; one paper is one voice; a budget is kept."""

import json
import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.answers.answers_from_log import context_for
from flows.home.homes import Home, open_home
from flows.home.settings import load_ontology
from flows.jobs.observing import observe_file
from pipeline.believing.rules import Rules
from pipeline.retrieving.chosen_facts import quarter_of_characters
from pipeline.retrieving.fact_filter import EVERY_STATUS, FactFilter
from pipeline.retrieving.neighbourhood import all_facts
from pipeline.retrieving.ranking import HALF_LIFE_DAYS, NOT_ASKED, UNCHANGED, one_of_each, ranked
from schema.errors import WrongUse
from schema.fact import Triple
from schema.observation import Polarity
from tests.conftest import ROOT, examples
from tests.histories import histories
from tests.pipeline.believing.test_laws import History, log_of

ONTOLOGY = load_ontology("biomedical")


def said(number: int, relation: str, tail: str, **other: Any) -> dict[str, Any]:
    kinds = {"D": "Disease", "G": "Gene"}
    return {
        "document": f"PMID:{number}", "published": "2001-05", "source": "pubmed", "confidence": 0.8,
        "head": {"key": "MESH:C1", "type": "Chemical", "name": "aspro"}, "relation": relation,
        "tail": {"key": f"MESH:{tail}", "type": kinds[tail[0]], "name": f"ailment {tail}" if tail[0] == "D" else f"GEN{tail[1:]}"},
        "quote": f"Sentence {number} on {relation}.", **other,
    }  # fmt: skip


def asked(tmp_path: Path, lines: list[dict[str, Any]], question: str, **options: Any) -> dict[str, Any]:
    file = tmp_path / "said.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    home = open_home(tmp_path / "home", graph="memory:")
    observe_file(home, file)
    return context_for(home, question, **options)


def tails(told: dict[str, Any]) -> list[str]:
    return [fact["tail"].removeprefix("MESH:") for fact in told["facts"]]


def test_what_the_question_asks_for_comes_before_what_is_believed_a_little_more(tmp_path: Path) -> None:
    lines = [said(1, "associate", "D1", confidence=0.95), said(2, "treat", "D2", confidence=0.7), said(3, "cause", "D3", confidence=0.7)]
    assert tails(asked(tmp_path, lines, "What does aspro treat?"))[0] == "D2"
    assert tails(asked(tmp_path, lines, "What does aspro cause?"))[0] == "D3"
    assert tails(asked(tmp_path, lines, "aspro?"))[0] == "D1"


def test_of_two_as_likely_the_recent_one_comes_first(tmp_path: Path) -> None:
    lines = [said(1, "treat", "D1", published="1970"), said(2, "treat", "D2", published="2020"), said(3, "treat", "D3", published="1990")]
    assert tails(asked(tmp_path, lines, "What does aspro treat?")) == ["D2", "D3", "D1"]


def test_a_preprint_and_its_paper_are_one_voice_when_facts_are_ranked_and_cited(tmp_path: Path) -> None:
    """Belief is the fold's and counts both; rank and citations count the sentence once."""
    twice = [said(n, "treat", "D1", quote=f"Aspro eased ailment one in {'most' if n else 'Most'} patients.") for n in (1, 2)]
    other = [said(3, "treat", "D2"), said(4, "treat", "D2")]
    told = asked(tmp_path, [*twice, *other], "What does aspro treat?")
    assert tails(told) == ["D2", "D1"]
    assert [len(fact["citations"]) for fact in told["facts"]] == [2, 1]
    assert {fact["support"] for fact in told["facts"]} == {2}


def test_nearly_the_same_sentence_is_one() -> None:
    quotes = [
        "It eased pain in most patients.",
        "It eased pain, in most patients",
        "It eased pain in few patients, and killed one.",
        "",
        "",
    ]
    assert one_of_each(quotes) == [True, False, True, True, True]


def test_words_of_change_bring_back_what_was_overturned_named_as_such(tmp_path: Path) -> None:
    lines = [
        said(1, "prevent", "D1"),
        said(2, "cause", "D1", published="2010", confidence=0.95),
        said(3, "treat", "D2"),
    ]
    assert "prevent" not in asked(tmp_path, lines, "What does aspro do?")["text"]
    told = asked(tmp_path, lines, "What does aspro no longer do?")
    assert told["of_change"]
    first = told["facts"][0]
    assert (first["relation"], first["status"], first["until"], first["because"]) == ("prevent", "superseded", "2010-01-01", ["PMID:2"])
    assert "is closed by 'aspro cause ailment D1' because of PMID:2" in told["text"]
    plain = asked(tmp_path, lines, "What does aspro no longer do?", wanted=FactFilter(relations=frozenset({"treat", "prevent"})))
    assert tails(plain) == ["D2"]
    chosen = asked(tmp_path, lines, "What does aspro do?", wanted=FactFilter(EVERY_STATUS, types=frozenset({"Disease"})))
    assert len(chosen["facts"]) == 3


def test_ways_between_two_are_told_with_the_markers_of_their_facts(tmp_path: Path) -> None:
    other = {"key": "MESH:C2", "type": "Chemical", "name": "brodol"}
    lines = [said(1, "inhibit", "G1"), said(2, "inhibit", "G1", head=other, confidence=0.9), said(3, "treat", "D1")]
    told = asked(tmp_path, lines, "aspro and brodol")
    (way,) = told["paths"]
    assert way == {"weight": pytest.approx(0.72), "facts": [1, 2]}
    assert told["between"] == 0
    assert "By way of others:" in told["text"]
    assert "[1] and [2] together: 0.72" in told["text"]
    assert tails(told) == ["G1", "G1", "D1"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = open_home(tmp_path_factory.mktemp("budget") / "home", graph="memory:")
    observe_file(home, ROOT / "examples" / "demo" / "curated.jsonl")
    return home


QUESTION = "Does rofecoxib cause myocardial infarction or stroke?"


@pytest.mark.parametrize("budget", [1, 20, 60, 120, 250, 500, 1000, 5000])
def test_a_budget_is_kept_and_what_is_left_out_is_counted(demo: Home, budget: int) -> None:
    whole = context_for(demo, QUESTION)
    told = context_for(demo, QUESTION, budget=budget)
    assert told["tokens"] == quarter_of_characters(told["text"])
    assert told["tokens"] <= budget or not told["facts"]
    assert len(told["facts"]) + told["left_out"] == len(whole["facts"]) + whole["left_out"]
    same = {each["marker"]: (each["head"], each["relation"], each["tail"]) for each in whole["facts"]}
    for fact in told["facts"]:
        assert same[fact["marker"]] == (fact["head"], fact["relation"], fact["tail"])
        assert f"[{fact['marker']}] " in told["text"]
        assert fact["citations"]
    assert told["between"] == sum(fact["marker"] <= whole["between"] for fact in told["facts"])


def test_the_more_room_the_more_is_told_and_the_first_fact_comes_first(demo: Home) -> None:
    numbers = [len(context_for(demo, QUESTION, budget=budget)["facts"]) for budget in (60, 150, 400, 2000)]
    assert numbers == sorted(numbers)
    assert context_for(demo, QUESTION, budget=150)["facts"][0]["marker"] == 1


def test_any_tokenizer_counts(demo: Home) -> None:
    def words(text: str) -> int:
        return len(text.split())

    told = context_for(demo, QUESTION, budget=100, tokens=words)
    assert told["tokens"] == words(told["text"]) <= 100
    assert told["facts"]


def test_no_room_at_all_is_wrong_use(demo: Home) -> None:
    for wrong in ({"budget": 0}, {"limit": 0}):
        with pytest.raises(WrongUse, match="at least 1"):
            context_for(demo, QUESTION, **wrong)


@given(histories(ONTOLOGY), st.integers(1, 5), st.booleans(), st.sampled_from([{}, {"treat": 1.0, "cause": 0.9}]))
@settings(max_examples=examples(60), deadline=None)
def test_the_first_facts_are_those_of_a_plain_sort_of_all(
    history: History, room: int, of_change: bool, relevance: dict[str, float]
) -> None:
    """Not all are looked at closely; nothing that would have come first is missed."""
    found = all_facts(log_of(history), Rules(ONTOLOGY))
    last = max((fact["last_seen"] for fact in found.facts.iter_rows(named=True) if fact["last_seen"]), default=None)

    def score(row: dict[str, Any]) -> float:
        triple = Triple(row["head"], row["relation"], row["tail"])
        reports = [r for r in found.reports([triple]).get(triple, ()) if r.polarity is Polarity.ASSERTS]
        papers = len({re.sub(r"\W+", " ", r.quote.lower()) or r.document for r in reports})
        recent = 0.5 + 0.5 * 2 ** (-(last - row["last_seen"]).days / HALF_LIFE_DAYS) if row["last_seen"] else 1.0
        asked = NOT_ASKED + (1 - NOT_ASKED) * relevance.get(row["relation"], 0.0) if relevance else 1.0
        changed = UNCHANGED if of_change and row["status"] == "current" else 1.0
        return round(row["belief"] * asked * recent * changed * (1 - 0.5**papers), 9)

    with patch("pipeline.retrieving.ranking._LOOKED_AT", 0):
        told = ranked(found.facts, found, relevance, of_change=of_change, room=room)
    expected = sorted(found.facts.iter_rows(named=True), key=lambda row: (-score(row), row["head"], row["relation"], row["tail"]))[:room]
    assert [pytest.approx(score(row), abs=1e-8) for row in expected] == told["score"].to_list()
    assert told.select("head", "relation", "tail").rows() == [(row["head"], row["relation"], row["tail"]) for row in expected]
