"""A run tells what is believed because of it: claims that count, and what became of facts."""

import json
from pathlib import Path
from typing import Any

import pytest

from flows.engine.outcomes import Outcome
from flows.home.homes import open_home
from flows.jobs.observing import observe_file
from graph_store.memory_store import MemoryStore
from schema.errors import StoreFailed
from tests.flows.commands.running import chronokg, line, paper, script, write_lines


@pytest.mark.parametrize("graph", ["memory:", "embedded"])
def test_observing_tells_how_many_claims_count_and_what_became_of_facts(graph: str, tmp_path: Path) -> None:
    home = tmp_path / "home"

    def observed(name: str, *lines: dict[str, Any]) -> dict[str, Any]:
        told = chronokg("observe", write_lines(tmp_path / name, lines), "--json", home=home, graph=graph)
        return believed(told)

    prevents, weak = line("PMID:1", "2001", "prevent"), line("PMID:2", "2002", "prevent", 0.3)
    assert observed("one", prevents, weak) == {"threshold": 0.6, "claims": 2, "below_threshold": 1, "end_before_start": 0, "opened": 1}
    assert observed("one", prevents, weak) == {"threshold": 0.6, "claims": 0, "below_threshold": 0, "end_before_start": 0}
    assert observed("two", line("PMID:3", "2002", "prevent")) == counted(1, reinforced=1)
    assert observed("three", line("PMID:4", "2003", "cause", 0.65)) == counted(1, contested=1)
    # What comes in is opened now, and what it overturns is told beside.
    many = [line(f"PMID:{number}", "2012", "cause", 0.9) for number in (5, 6, 7)]
    assert observed("four", *many) == counted(3, opened=1, overturned=1)
    told = chronokg("observe", write_lines(tmp_path / "five", [line("PMID:8", "2013", "cause", 0.5)]), home=home, graph=graph)
    assert told.splitlines()[1:] == [
        "believed: 0 of 1 claims (1 below the threshold of 0.6, only kept)",
        "facts: nothing changed",
    ]


def test_terms_that_end_before_they_begin_are_counted_and_not_folded(tmp_path: Path) -> None:
    said = [
        line("N:1", "2004", "held_by", stated=["2003", "2001"]),
        line("N:2", "2004", "held_by", stated=[None, "2003"]),
        line("N:3", "2004", "held_by", stated=["2003-05-05", "2003-05-05"]),
    ]
    ends = {"head": {"key": "office:z", "type": "Role", "name": "z"}, "tail": {"key": "person:a", "type": "Person", "name": "a"}}
    lines = write_lines(tmp_path / "lines.jsonl", [{**each, **ends} for each in said])
    told = chronokg("observe", lines, "--ontology", "general", home=tmp_path / "home", graph="memory:")
    assert "believed: 1 of 3 claims (2 whose stated end lies before their start, only kept)" in told.splitlines()


def test_ingesting_and_replaying_tell_the_same(tmp_path: Path) -> None:
    home = tmp_path / "home"
    papers = write_lines(tmp_path / "papers.jsonl", [paper(1, "2001"), paper(2, "2002"), paper(3, "2003")])
    answers = tmp_path / "script.jsonl"
    write_lines(answers, [script(1), script(2, "cause", 0.2), {"document": "PMID:3", "reply": "no answer"}])
    asked = ("--model", f"scripted:{answers}", "--json")
    told = chronokg("ingest", papers, *asked, home=home, expect=1)
    assert believed(told) == {"threshold": 0.6, "claims": 2, "below_threshold": 1, "end_before_start": 0, "opened": 1}
    write_lines(answers, [script(3)])
    assert believed(chronokg("replay", *asked, home=home)) == counted(1, reinforced=1)


def test_where_the_graph_goes_away_what_is_safe_in_the_log_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = open_home(tmp_path / "home", graph="memory:", model="scripted:none")
    lines = write_lines(tmp_path / "lines.jsonl", [line("PMID:1", "2001"), line("PMID:2", "2002")])

    def away(*_: object) -> None:
        raise StoreFailed("the graph bolt://127.0.0.1:7687 does not answer")

    monkeypatch.setattr(MemoryStore, "apply", away)
    with pytest.raises(StoreFailed) as failed:
        observe_file(home, lines)
    assert str(failed.value) == (
        "the graph bolt://127.0.0.1:7687 does not answer; 1 batch with 2 claims is safe in the log, and the same command goes on from there"
    )
    monkeypatch.undo()
    outcome = Outcome(home)
    assert observe_file(home, lines, outcome=outcome)[0].skipped == {"recorded before": 2}


def counted(claims: int, **facts: int) -> dict[str, Any]:
    return {"threshold": 0.6, "claims": claims, "below_threshold": 0, "end_before_start": 0, **facts}


def believed(told: str) -> dict[str, Any]:
    """What is believed, without what there is none of."""
    found = json.loads(told)["believed"]
    facts = found.pop("facts")
    return {**found, **{kind: number for kind, number in facts.items() if number}}
