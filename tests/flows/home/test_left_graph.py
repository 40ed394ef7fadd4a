"""`status` of an embedded graph: without starting the database where that was left in order, and never by an old summary."""

import json
from pathlib import Path
from typing import Any

import pytest

from flows.home.homes import open_home
from graph_store.cypher import embedded_server
from tests.flows.commands.running import chronokg, line, write_lines


@pytest.fixture
def home(tmp_path: Path) -> Path:
    lines = write_lines(tmp_path / "lines", [line("PMID:1", "2001"), line("PMID:2", "2010", "cause", 0.7)])
    chronokg("observe", lines, home=tmp_path / "h", graph="embedded")
    return tmp_path / "h"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Directories whose database was started."""
    began: list[str] = []

    class Noting(embedded_server.EmbeddedServer):
        def __init__(self, directory: Path, *more: Any) -> None:
            began.append(str(directory))
            super().__init__(directory, *more)

    monkeypatch.setattr(embedded_server, "EmbeddedServer", Noting)
    return began


def graph(home: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(chronokg("status", "--json", home=home, graph="embedded"))["graph"]
    return told


def test_a_graph_that_was_left_in_order_is_not_started_to_be_counted(home: Path, started: list[str]) -> None:
    quick = graph(home)
    assert (quick["condition"], quick["facts"], quick["entities"], started) == ("up to date", 2, 2, [])
    (home / "graph" / "summary.json").unlink()
    assert (graph(home), len(started)) == (quick, 1)  # the graph itself says the same


def test_reading_leaves_the_summary_as_it_is_and_writing_makes_it_anew(home: Path, tmp_path: Path, started: list[str]) -> None:
    chronokg("query", "MATCH (f:Fact) RETURN count(f) AS n", home=home, graph="embedded")
    assert graph(home)["facts"] == 2
    chronokg("observe", write_lines(tmp_path / "more", [line("PMID:3", "2011", "prevent")]), home=home, graph="embedded")
    assert (graph(home)["facts"], len(started)) == (3, 2)


@pytest.mark.parametrize("what", ["behind", "other rules", "damaged", "no summary"])
def test_a_summary_that_is_not_of_today_is_not_believed(what: str, home: Path, started: list[str], tmp_path: Path) -> None:
    if what == "behind":
        chronokg("observe", write_lines(tmp_path / "more", [line("PMID:3", "2011", "prevent")]), home=home, graph="memory:")
    elif what == "other rules":
        (home / "chronokg.toml").write_text("threshold = 0.75\n", encoding="utf-8")
    elif what == "damaged":
        max((home / "graph" / "databases" / "graph").glob("Fact*.bucket")).write_bytes(b"")
    else:
        (home / "graph" / "summary.json").write_text('{"counts": 3', encoding="utf-8")
    told = graph(home)
    assert len(started) == 1
    assert told["condition"] == {"behind": "behind the log", "other rules": "folded by other rules"}.get(what, told["condition"])
    assert (told["condition"] == "damaged") is (what == "damaged")


def test_a_writer_that_is_killed_leaves_no_summary(home: Path) -> None:
    summary = home / "graph" / "summary.json"
    assert summary.exists()

    def stopped() -> None:
        with open_home(home, graph="embedded").graph():
            assert not summary.exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert not summary.exists()
