"""A home's log, index and embedded graph: what was put back, damaged or deleted is told by who reads, and mended by who writes."""

import gc
import json
import shutil
from pathlib import Path

import pytest

from flows.home.homes import open_home
from tests.conftest import some
from tests.flows.commands.running import chronokg, line, run, write_lines

EMBEDDED = "embedded"
FIRST = [line("PMID:1", "2001", "prevent"), line("PMID:2", "2010", "cause", 0.9)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    chronokg("observe", write_lines(tmp_path / "first.jsonl", FIRST), home=tmp_path / "home", graph=EMBEDDED)
    return tmp_path / "home"


def files_in(home: Path) -> dict[str, bytes]:
    """Log, index and database; what the database's server keeps for itself is left out."""
    gc.collect()  # commands that ran in this process let go of the index, as one does that ends
    kept = [home / "log", home / "log-index.sqlite", home / "graph" / "databases"]
    return {str(each): each.read_bytes() for folder in kept for each in sorted([folder, *folder.rglob("*")]) if each.is_file()}


def graph_of(home: Path, graph: str = EMBEDDED) -> dict[str, str]:
    told: dict[str, str] = json.loads(chronokg("status", "--json", home=home, graph=graph))["graph"]
    return told


def test_an_older_log_put_back_is_told_by_who_reads_and_followed_by_who_writes(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "log", tmp_path / "older")
    exported = chronokg("export", home=home, graph=EMBEDDED)
    more = write_lines(tmp_path / "more.jsonl", [line("PMID:3", "2012", "prevent", 0.95)])
    chronokg("observe", more, home=home, graph=EMBEDDED)
    shutil.rmtree(home / "log")
    shutil.move(tmp_path / "older", home / "log")
    before = files_in(home)
    read = run("export", home=home, graph=EMBEDDED)
    assert (read.returncode, read.stdout) == (0, exported)
    assert "folded from the log" in read.stderr
    assert (graph_of(home)["condition"], graph_of(home)["up_to_date"]) == ("ahead of the log", False)
    assert run("verify", home=home, graph=EMBEDDED).returncode == 1
    assert {name: size for name, size in files_in(home).items() if "/log" in name} == {
        name: size for name, size in before.items() if "/log" in name
    }
    given = run("observe", more, "--json", home=home, graph=EMBEDDED)
    assert json.loads(given.stdout)["line"]["committed"] == 1, "what was lost can be given again"
    assert "folded again from the log" in given.stderr
    chronokg("verify", "--all", home=home, graph=EMBEDDED)
    assert graph_of(home)["condition"] == "up to date"


@pytest.mark.parametrize("harm", some(["a bucket is emptied", "the schema is halved", "an index is gone"]))
def test_a_damaged_embedded_graph_is_told_by_who_reads_and_made_anew_by_who_writes(harm: str, home: Path) -> None:
    exported = chronokg("export", home=home, graph=EMBEDDED)
    database = home / "graph" / "databases" / "graph"
    if harm == "a bucket is emptied":
        next(database.glob("Fact_0.*.bucket")).write_bytes(b"")
    elif harm == "an index is gone":
        next(database.glob("Fact_0_*idx")).unlink()
    else:
        schema = database / "schema.json"
        schema.write_bytes(schema.read_bytes()[: schema.stat().st_size // 2])
    before = files_in(home)
    read = run("export", home=home, graph=EMBEDDED)
    assert (read.returncode, read.stdout) == (0, exported)
    assert "is damaged" in read.stderr
    asked = run("query", "RETURN 1 AS one", home=home, graph=EMBEDDED)
    assert (asked.returncode, asked.stdout, asked.stderr.count("\n")) == (2, "", 1)
    assert graph_of(home)["condition"] == "damaged"
    assert run("doctor", home=home, graph=EMBEDDED).returncode == 1
    assert files_in(home) == before
    mended = run("replay", home=home, graph=EMBEDDED)
    assert (mended.returncode, "folded again from the log" in mended.stderr) == (0, True)
    chronokg("verify", "--all", home=home, graph=EMBEDDED)


@pytest.mark.parametrize(
    ("harm", "told"),
    some(
        [
            ("MATCH ()-[r:CAUSE]->() WHERE r.fact IS NOT NULL DELETE r", "edges"),
            ("MATCH ()-[r:REPORTS]->() DELETE r", "reports"),
            ("MATCH (f:Fact) SET f.belief = 0.5", "told otherwise"),
            ("MATCH (d:Document {id: 'PMID:1'}) DETACH DELETE d", "documents"),
            ("MATCH (b:Batch) DELETE b", "batches"),
            ("MATCH ()-[r:SUPERSEDED_BY]->() DELETE r", "successors"),
            ("MATCH ()-[r:HEAD]->() DELETE r", "joined to its ends"),
        ]
    ),
)
def test_verify_finds_what_was_taken_out_of_the_graph(harm: str, told: str, home: Path) -> None:
    with open_home(home, graph=EMBEDDED).graph() as store:
        store._do(harm)  # type: ignore[attr-defined]
    found = run("verify", home=home, graph=EMBEDDED)
    assert (found.returncode, told in found.stdout) == (1, True), found.stdout
    chronokg("rebuild", home=home, graph=EMBEDDED)
    chronokg("verify", home=home, graph=EMBEDDED)


def test_changed_settings_are_told_by_who_reads_and_folded_by_who_writes(home: Path) -> None:
    (home / "chronokg.toml").write_text("threshold = 0.85\n", encoding="utf-8")
    read = run("export", home=home, graph=EMBEDDED)
    assert "folded by other rules" in read.stderr
    assert read.stdout == chronokg("export", home=home)
    rows = run("query", "MATCH (f:Fact) RETURN count(f) AS n", "--json", home=home, graph=EMBEDDED)
    assert (json.loads(rows.stdout), "folded by other rules" in rows.stderr) == ({"n": 2}, True)
    assert graph_of(home)["condition"] == "folded by other rules"
    chronokg("replay", home=home, graph=EMBEDDED)
    assert graph_of(home)["condition"] == "up to date"


def test_who_only_reads_makes_no_graph(tmp_path: Path) -> None:
    home = tmp_path / "home"
    chronokg("observe", write_lines(tmp_path / "first.jsonl", FIRST), home=home)
    assert not (home / "graph").exists()
    assert run("export", home=home, graph=EMBEDDED).stdout == chronokg("export", home=home)
    assert graph_of(home)["condition"] == "not there"
    asked = run("query", "RETURN 1 AS one", home=home, graph=EMBEDDED)
    assert (asked.returncode, "there is no graph yet" in asked.stderr) == (2, True)
    assert not (home / "graph").exists()
