"""`set-aside` as a user calls it: list, show, replay of some, discard, reopen; counts add up all the while."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.flows.commands.running import chronokg, counts, line, paper, run, script, write_lines

BAD = '{"document": "PMID:9", "published": "2001-13"}'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A document without a date, one whose answer was of no use, and two bad lines."""
    papers = [paper(1, "2001"), paper(2, "2002"), paper(3, None)]
    answers = [script(1), {"document": "PMID:2", "reply": "I am sorry, \x1b[31mno"}, script(3)]
    model = write_lines(tmp_path / "model.jsonl", answers)
    chronokg("ingest", write_lines(tmp_path / "papers.jsonl", papers), "--model", f"scripted:{model}", home=tmp_path / "h", expect=1)
    lines = tmp_path / "lines.jsonl"
    lines.write_text(f"not json\n{json.dumps(line('PMID:5', '2004'))}\n{BAD}\n", encoding="utf-8")
    chronokg("observe", lines, home=tmp_path / "h", expect=1)
    return tmp_path / "h"


def listed(home: Path, *options: object) -> list[dict[str, Any]]:
    return [json.loads(each) for each in chronokg("set-aside", "list", "--json", *options, home=home).splitlines()]


def reckoned(home: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(chronokg("status", "--json", home=home))["set_aside"]
    assert told["recorded"] == told["open"] + sum(told["settled"].values())
    return told


def test_a_list_says_what_why_where_how_long_ago_and_what_the_model_answered(home: Path) -> None:
    rows = listed(home)
    assert sorted((row["unit"], row["stage"]) for row in rows) == [
        ("document", "dating"),
        ("document", "model"),
        ("line", "grounding"),
        ("line", "grounding"),
    ]
    (asked,) = [row for row in rows if row["stage"] == "model"]
    assert (asked["reply"], asked["document"], asked["age_days"], asked["state"]) == ("I am sorry, \x1b[31mno", "PMID:2", 0, "open")
    table = chronokg("set-aside", "list", home=home)
    assert "I am sorry, \\x1b[31mno" in table, "a reply acts on no terminal"
    assert "lines.jsonl line 3 PMID:9" in table
    assert "nothing is set aside that is so" in chronokg("set-aside", "list", "--text", "elephant", home=home)


def test_pages_of_a_list_make_the_whole_of_it(home: Path) -> None:
    ids: list[str] = []
    after: list[object] = []
    while page := listed(home, "--limit", 1, *after):
        ids += [row["id"] for row in page]
        after = ["--after", page[-1]["cursor"]]
    assert ids == [row["id"] for row in listed(home)]
    assert len(ids) == 4
    assert "3 more follow: --after" in run("set-aside", "list", "--limit", 1, home=home).stderr


def test_one_is_shown_whole_by_how_its_id_begins(home: Path) -> None:
    (bad,) = listed(home, "--document", "9")
    shown = chronokg("set-aside", "show", bad["id"][:10], home=home)
    assert BAD in shown
    assert "state: open" in shown
    as_data = json.loads(chronokg("set-aside", "show", bad["id"], "--json", home=home))
    assert (as_data["payload"], as_data["complete"]) == (BAD, True)
    assert "nothing that was set aside begins with 'zz'" in run("set-aside", "show", "zz", home=home).stderr


def test_only_what_is_selected_is_tried_again(home: Path) -> None:
    told = counts(chronokg("set-aside", "replay", "--stage", "dating", "--published", "2003", "--json", home=home))
    assert (told["submitted"], told["committed"]) == (1, 1)
    assert {row["stage"] for row in listed(home)} == {"model", "grounding"}
    assert reckoned(home)["settled"] == {"read": 1}
    refused = run("set-aside", "replay", home=home)
    assert (refused.returncode, "`chronokg replay` tries everything" in refused.stderr) == (2, True)


def test_what_is_discarded_is_not_tried_again_stays_on_record_and_comes_back(home: Path) -> None:
    assert run("set-aside", "discard", "--note", "x", home=home).returncode == 2
    assert run("set-aside", "discard", "--unit", "line", home=home).returncode == 2, "a note is asked for"
    assert run("set-aside", "discard", "--unit", "line", "--note", " ", home=home).returncode == 2
    assert reckoned(home) == {**reckoned(home), "open": 4, "settled": {}}
    export = chronokg("export", home=home)
    said = chronokg("set-aside", "discard", "--unit", "line", "--note", "a test file", "--by", "Ann", home=home)
    assert said.startswith("2 things discarded")
    assert reckoned(home) == {**reckoned(home), "open": 2, "settled": {"discarded": 2}}
    assert "besides, discarded by a person: 2" in chronokg("status", home=home)
    assert "line" not in json.loads(chronokg("replay", "--json", home=home, expect=1))
    gone = listed(home, "--discarded")
    assert [(row["settled"][0]["by"], row["settled"][0]["note"]) for row in gone] == [("Ann", "a test file")] * 2
    assert "state: discarded by Ann" in chronokg("set-aside", "show", gone[0]["id"], home=home)
    again = run("set-aside", "discard", gone[0]["id"], "--note", "again", home=home)
    assert (again.returncode, "is not open: it is discarded by Ann" in again.stderr) == (2, True)
    assert chronokg("set-aside", "reopen", gone[0]["id"][:8], home=home).startswith("1 thing set aside again")
    assert reckoned(home)["open"] == 3
    assert chronokg("set-aside", "discard", gone[0]["id"][:8], "--note", "again", home=home).startswith("1 thing discarded")
    assert chronokg("export", home=home) == export


def test_old_things_go_by_a_persons_word_only(home: Path) -> None:
    assert chronokg("set-aside", "discard", "--older-than", "1d", "--note", "old", home=home).startswith("0 things discarded")
    assert chronokg("set-aside", "discard", "--older-than", "0d", "--note", "old", home=home).startswith("4 things discarded")
    assert listed(home) == []
    assert "set aside and not settled: 0" in chronokg("status", home=home)
