"""`maintain`: the log's small files are put together, a graph that differs is folded anew, export and backup are brought up to date."""

import json
from pathlib import Path

import pytest

from tests.flows.commands.running import chronokg, paper, run, script, write_lines


@pytest.fixture
def home(tmp_path: Path) -> Path:
    papers = write_lines(tmp_path / "papers.jsonl", [paper(n, f"{1990 + n}-03") for n in range(1, 13)])
    answers = write_lines(tmp_path / "answers.jsonl", [script(n, "prevent" if n < 5 else "cause") for n in range(1, 13)])
    chronokg("ingest", papers, "--model", f"scripted:{answers}", home=tmp_path / "home", CHRONOKG_BATCH="1")
    return tmp_path / "home"


def test_everything_is_looked_after_and_nothing_that_is_believed_changes(home: Path, tmp_path: Path) -> None:
    before = chronokg("export", home=home)
    told = json.loads(chronokg("maintain", "--json", "--export-to", tmp_path / "exports", "--backup-to", tmp_path / "backup", home=home))
    assert told["log"]["before"] >= 12 > told["log"]["after"] == 1
    assert told["graph"] == {"ok": True, "rebuilt": False, "text": told["graph"]["text"]}
    (export,) = (tmp_path / "exports").iterdir()
    assert export.read_text() == before == chronokg("export", home=home)
    chronokg("backup", "restore", tmp_path / "backup", home=tmp_path / "restored")
    assert chronokg("export", home=tmp_path / "restored") == before
    again = json.loads(chronokg("maintain", "--json", "--export-to", tmp_path / "exports", home=home))
    assert (again["log"]["before"], again["log"]["after"]) == (1, 1)
    assert len(list((tmp_path / "exports").iterdir())) == 1


def test_a_graph_that_differs_from_the_log_is_folded_anew_or_told(home: Path) -> None:
    from flows.home.homes import open_home

    def damaged() -> None:
        with open_home(home, graph="embedded").graph() as store:
            store._connection.write(lambda run: run("MATCH (f:Fact) SET f.belief = 0.123"))  # type: ignore[attr-defined]

    damaged()
    short = run("maintain", "--no-mend", "--no-compact", "--verify", "all", home=home, graph="embedded")
    assert short.returncode == 1
    assert "is not the fold of the log" in short.stdout
    mended = chronokg("maintain", "--no-compact", "--verify", "all", home=home, graph="embedded")
    assert "it was folded anew" in mended
    assert "is the fold of the log" in chronokg("verify", "--all", home=home, graph="embedded")


def test_a_home_without_a_log_has_nothing_to_be_looked_after(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "chronokg.toml").write_text("")
    assert "0 files put together into 0" in chronokg("maintain", home=tmp_path / "home")
