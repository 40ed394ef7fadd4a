"""`ask`: which facts, how much of it, as a chat, and answered by a model from a file."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, run

DEMO = ROOT / "examples" / "demo" / "curated.jsonl"
QUESTION = "Does rofecoxib cause stroke?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ask") / "home"
    chronokg("observe", str(DEMO), home=made)
    return made


def asked(home: Path, *options: str, expect: int = 0) -> Any:
    return json.loads(chronokg("ask", *options, "--json", home=home, expect=expect))


def refused(home: Path, *options: str) -> str:
    done = run("ask", *options, home=home)
    assert done.returncode == 2
    return done.stderr


def test_the_options_choose_the_facts(home: Path) -> None:
    about = "What is known of rofecoxib?"
    relations = {fact["relation"] for fact in asked(home, about, "--relation", "treat", "--relation", "inhibit")["facts"]}
    assert relations == {"treat", "inhibit"}
    assert {fact["tail_name"] for fact in asked(home, about, "--type", "Gene")["facts"]} == {"PTGS2"}
    assert all(fact["belief"] >= 0.88 for fact in asked(home, about, "--least-belief", "0.88")["facts"])
    assert asked(home, "What is known of flecainide?", "--status", "superseded")["facts"][0]["until"] == "1989-08-10"
    assert asked(home, about, "--journal", "no such", expect=1)["facts"] == []
    assert asked(home, about, "--source", "curated", "--publication-type", "no such", expect=1)["facts"] == []


def test_what_the_ontology_has_not_is_wrong_use(home: Path) -> None:
    assert "treat" in refused(home, QUESTION, "--relation", "treats")
    assert "none of current" in refused(home, QUESTION, "--status", "gone")


def test_a_budget_counts_what_it_leaves_out(home: Path) -> None:
    told = asked(home, QUESTION, "--budget", "120")
    assert told["tokens"] <= 120
    assert told["left_out"] > 0
    assert f"({told['left_out']} more fact" in told["text"]


def test_a_chat_is_what_a_model_is_asked(home: Path) -> None:
    messages = json.loads(chronokg("ask", QUESTION, "--chat", home=home))["messages"]
    assert [message["role"] for message in messages] == ["system", "user"]
    assert "[1] rofecoxib cause stroke" in messages[1]["content"]
    assert "choose one" in refused(home, QUESTION, "--chat", "--answer")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "answers.jsonl"
    lines = [
        {"question": QUESTION, "answer": "It does, since 2005 [1]. It was long denied [77]."},
        {"question": "What does rofecoxib treat?", "reply": '```json\n{"answer": "Pain."}\n```'},
        {"question": "What does flecainide do?", "fail": "failed"},
    ]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return file


def test_an_answer_keeps_the_markers_that_are_there_and_tells_the_others(home: Path, script: Path) -> None:
    told = asked(home, QUESTION, "--answer", "--model", f"scripted:{script}")
    assert told["answer"] == "It does, since 2005 [1]. It was long denied."
    assert (told["cited"], told["removed"]) == ([1], [77])
    assert told["model"].startswith("scripted:answers@")
    words = chronokg("ask", "does ROFECOXIB cause  stroke?", "--answer", "--model", f"scripted:{script}", home=home)
    assert "Taken out: [77], which the evidence does not have." in words
    assert "[1] rofecoxib cause stroke" in words


def test_an_answer_that_cites_nothing_is_told_so(home: Path, script: Path) -> None:
    words = chronokg("ask", "What does rofecoxib treat?", "--answer", "--model", f"scripted:{script}", home=home)
    assert words.startswith("Pain.")
    assert "cites none of the evidence" in words


def test_no_model_is_asked_where_nothing_is_known_and_a_failure_is_one(home: Path, script: Path) -> None:
    told = asked(home, "Will it rain tomorrow?", "--answer", "--model", f"scripted:{script}", expect=1)
    assert told["answer"] is None
    assert "fails for" in refused(home, "What does flecainide do?", "--answer", "--model", f"scripted:{script}")
    assert "has no answer" in refused(home, "What of imatinib?", "--answer", "--model", f"scripted:{script}")


@pytest.mark.nightly
def test_the_embedded_model_answers_offline_and_is_said_to_be_weak(home: Path) -> None:
    told = asked(home, QUESTION, "--answer", "--model", "embedded")
    assert told["answer"]
    assert "too small" in told["remark"]
    assert set(told["cited"]) <= {fact["marker"] for fact in told["facts"]}
    assert told["tokens"] <= 1500
