"""The entry for Python users: the jobs of every day, each a function, loaded when it is used."""

import ast
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import flows as chronokg
from schema.errors import WrongUse
from tests.conftest import ROOT
from tests.flows.commands.running import line, paper, script, write_lines

LINES = [line("PMID:1", "2001", "prevent"), line("PMID:2", "2004", "prevent", 0.7), line("PMID:3", "2010", "cause", 0.9)]


@pytest.fixture
def home(tmp_path: Path) -> chronokg.Home:
    opened = chronokg.open_home(str(tmp_path / "home"), graph="memory:", orchestration="direct")
    chronokg.observe_file(opened, str(write_lines(tmp_path / "lines.jsonl", LINES)))
    return opened


def test_importing_it_loads_nothing_else() -> None:
    code = "import sys, flows; print([m for m in sys.modules if m.startswith(('flows.', 'pipeline', 'pydantic', 'polars'))])"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_name_is_there_has_a_docstring_and_is_what_types_are_checked_by() -> None:
    tree = ast.parse((ROOT / "flows" / "__init__.py").read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name: f"{node.module}:{alias.name}"
        for checked in tree.body
        if isinstance(checked, ast.If)
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == chronokg._PLACES
    assert sorted(imported) == chronokg.__all__ == dir(chronokg)
    for name in chronokg.__all__:
        assert getattr(chronokg, name).__doc__, name


def test_a_name_that_is_not_there_is_missed_in_the_usual_way() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'forget'"):
        _ = chronokg.forget


def test_a_home_answers_as_the_command_line_does(home: chronokg.Home) -> None:
    told = chronokg.why(home, "a drug", "prevent", "an illness")
    assert [step["on"] for step in told["history"]] == ["2001-01-01", "2004-01-01", "2010-01-01"]
    assert chronokg.timeline(home, "a drug")["events"][0]["what"] == "opened"
    assert [fact["relation"] for fact in chronokg.ask(home, "a drug", as_of=date(2005, 1, 1), limit=5)["facts"]] == ["prevent"]
    told = chronokg.ask(home, "the history of a drug")["facts"]
    assert sorted((fact["relation"], fact["status"]) for fact in told) == [("cause", "current"), ("prevent", "superseded")]
    assert [found.key for found in chronokg.find(home, "a drug")] == ["MESH:C1"]
    assert chronokg.status(home)["counts"]["line"]["committed"] == 3
    with pytest.raises(WrongUse, match="nothing is known of 'absent'"):
        chronokg.timeline(home, "absent")


def test_documents_are_retracted_deleted_restored_and_the_graph_is_rebuilt(home: chronokg.Home) -> None:
    before = list(chronokg.export_lines(home))
    assert chronokg.delete(home, "PMID:3")["recorded"]
    assert list(chronokg.export_lines(home)) != before
    assert chronokg.restore(home, "PMID:3")["recorded"]
    assert list(chronokg.export_lines(home)) == before
    assert chronokg.retract(home, "PMID:3", "2021-05")["recorded"]
    statuses = {fact["relation"]: fact["status"] for fact in map(json.loads, chronokg.export_lines(home)) if fact["kind"] == "fact"}
    assert statuses == {"prevent": "current", "cause": "withdrawn"}
    assert chronokg.rebuild(home)["batches"] == 4


def test_the_graph_comes_as_networkx_and_as_tables(home: chronokg.Home) -> None:
    graph = chronokg.networkx_graph(home, as_of=date(2005, 1, 1))
    assert [edge["type"] for _, _, edge in graph.edges(data=True)] == ["PREVENT"]
    assert chronokg.tables(home)["facts"]["relation"].to_list() == ["cause", "prevent"]


def test_documents_are_ingested_by_a_model_that_is_named(home: chronokg.Home, tmp_path: Path) -> None:
    papers = write_lines(tmp_path / "papers.jsonl", [paper(number, f"199{number}") for number in (1, 2, 3)])
    answers = write_lines(tmp_path / "script.jsonl", [script(number) for number in (1, 2, 3)])
    tallies = {
        tally.unit: tally for tally in chronokg.ingest(home, papers, model=f"scripted:{answers}", since="1992-01-01", until="1992-12-31")
    }
    assert (tallies["document"].committed, tallies["document"].skipped) == (1, {"outside --since and --until": 2})
    with pytest.raises(WrongUse, match="--again"):
        chronokg.ingest(home, papers, model=f"scripted:{answers}", again="everything")
