"""`rebuild` by bulk import, as a user runs it."""

import json
import os
from contextlib import closing
from pathlib import Path

import pytest

from tests.flows.commands.running import chronokg, line, run, write_lines
from tests.graph_store.conftest import open_neo4j

DENIAL = line("PMID:4", "2012", polarity="denies", confidence=0.9, quote='it does "not"\nat all')


@pytest.fixture
def home(tmp_path: Path) -> Path:
    kept = tmp_path / "kb"
    lines = [line("PMID:1", "2001", "prevent"), line("PMID:2", "2004", "prevent"), line("PMID:3", "2010", "cause", 0.9), DENIAL]
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", lines), home=kept)
    return kept


def test_files_are_written_with_what_to_do_with_them(home: Path, tmp_path: Path) -> None:
    said = chronokg("rebuild", "--to-files", tmp_path / "files", home=home)
    assert "neo4j-admin database import full neo4j @import-args" in said
    told = (tmp_path / "files" / "import-args").read_text(encoding="utf-8")
    assert "--relationships=PREVENT=./PREVENT.tsv" in told
    assert "# 1. Bring this folder" in told


def test_files_are_not_written_among_others(home: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    done = run("rebuild", "--to-files", tmp_path, home=home)
    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert not (tmp_path / "import-args").exists()


@pytest.mark.parametrize(
    ("graph", "options", "said"),
    [
        ("memory:", ["--bulk"], "--bulk is for a graph on Neo4j"),
        ("bolt://127.0.0.1:9", ["--bulk"], "the setting neo4j_admin is empty"),
        ("bolt://127.0.0.1:9", ["--bulk", "--to-files", "x"], "choose one"),
    ],
)
def test_a_bulk_rebuild_that_cannot_be_is_refused_with_the_reason(home: Path, graph: str, options: list[str], said: str) -> None:
    done = run("rebuild", *options, home=home, graph=graph)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.neo4j
def test_a_bulk_rebuild_gives_the_same_export(home: Path) -> None:
    names = ("", "_PASSWORD", "_ADMIN", "_STOP", "_START")
    if not all(os.environ.get(f"CHRONOKG_TEST_NEO4J{name}") for name in names):
        pytest.skip("CHRONOKG_TEST_NEO4J, _PASSWORD, _ADMIN, _STOP and _START name no server; .ci/neo4j/up.sh starts one")
    with closing(open_neo4j()) as store:
        store.clear()  # else it may be the graph of another home
    uri, password, admin, stop, start = (os.environ[f"CHRONOKG_TEST_NEO4J{name}"] for name in names)
    server = {
        "CHRONOKG_GRAPH_PASSWORD": password,
        "CHRONOKG_NEO4J_ADMIN": admin,
        "CHRONOKG_NEO4J_STOP": stop,
        "CHRONOKG_NEO4J_START": start,
    }
    chronokg("rebuild", home=home, graph=uri, **server)
    done = json.loads(chronokg("rebuild", "--bulk", "--json", home=home, graph=uri, **server))
    assert done["nodes"]["Fact"] == 2
    assert {"stop the server", "import", "start the server"} <= done["seconds"].keys()
    assert chronokg("export", home=home, graph=uri, **server) == chronokg("export", home=home)
    assert json.loads(chronokg("status", "--json", home=home, graph=uri, **server))["graph"]["up_to_date"]
    assert not (home / "import").exists()
