"""Names that are in the log before the vocabulary that knows them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.flows.commands.running import chronokg, line, write_lines


def named(name: str) -> dict[str, str]:
    return {"key": f"NAME:Disease/{name.casefold()}", "type": "Disease", "name": name}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two documents about one illness under two names, one about another."""
    said = [line(f"PMID:{n}", f"200{n}", tail=named(name)) for n, name in enumerate(["Wick Ague", "wicks", "far ague"], 1)]
    chronokg("observe", write_lines(tmp_path / "said.jsonl", said), home=tmp_path / "home")
    (tmp_path / "mine.csv").write_text(
        "key,name,type,synonyms\nX:1,wick ague,Disease,wicks\nX:2,zorb fever,Disease,zorb\n", encoding="utf-8"
    )
    chronokg("vocab", "load", tmp_path / "mine.csv", home=tmp_path / "home")
    return tmp_path / "home"


def tails(home: Path) -> dict[str, int]:
    facts = [each for each in map(json.loads, chronokg("export", home=home).splitlines()) if each["kind"] == "fact"]
    return {fact["tail"]: fact["support"] for fact in facts}


def link(home: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(chronokg("vocab", "link", "--json", home=home))
    return told


def test_they_become_the_vocabularys_entities_and_one_fact(home: Path) -> None:
    before = tails(home)
    assert before == {"NAME:Disease/far ague": 1, "NAME:Disease/wick ague": 1, "NAME:Disease/wicks": 1}
    assert link(home)["linked"] == 2
    assert tails(home) == {"NAME:Disease/far ague": 1, "X:1": 2}
    again = link(home)
    assert (again["linked"], again["names"]) == (0, 3)


def test_what_a_person_decided_stands(home: Path) -> None:
    chronokg("review", "different", "wicks", "Disease", home=home)
    assert link(home)["linked"] == 1
    assert tails(home) == {"NAME:Disease/far ague": 1, "NAME:Disease/wicks": 1, "X:1": 1}
