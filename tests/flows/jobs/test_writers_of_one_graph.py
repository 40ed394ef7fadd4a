"""Commands of several processes on one home at the same time, with the graph on a real Neo4j."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, environ, line, write_lines
from tests.graph_store.conftest import open_neo4j

WRITERS = 6


def said(number: int, writer: int) -> dict[str, Any]:
    """One of few facts about few things; writers call them by different names and contradict each other."""
    return line(
        f"PMID:{number}",
        f"{1990 + number % 30}",
        ["treat", "cause", "prevent"][(number + writer) % 3],
        [0.5, 0.7, 0.9][number % 3],
        head={"key": f"MESH:C{number % 3}", "type": "Chemical", "name": f"drug {'ab'[writer % 2]}"},
        tail={"key": f"MESH:D{number % 7}", "type": "Disease", "name": f"illness {number % 7}"},
        polarity=["asserts", "asserts", "denies"][(number * writer) % 3],
    )


def forget_everything() -> None:
    """The server as it was made: the first commands also define constraints and indexes at once."""
    store = open_neo4j()
    store.clear()
    connection = store._connection
    for kind, kinds in (("CONSTRAINT", "CONSTRAINTS"), ("INDEX", "INDEXES")):
        for row in connection.read(lambda run, kinds=kinds: run(f"SHOW {kinds} YIELD name, type WHERE type <> 'LOOKUP' RETURN name")):
            connection.define(f"DROP {kind} {row['name']}")
    store.close()


@pytest.mark.neo4j
def test_processes_that_observe_and_retract_at_once_leave_the_graph_of_one(tmp_path: Path) -> None:
    forget_everything()
    home, uri = tmp_path / "home", os.environ["CHRONOKG_TEST_NEO4J"]
    access = {f"CHRONOKG_GRAPH_{what}": os.environ.get(f"CHRONOKG_TEST_NEO4J_{what}", "") for what in ("USER", "PASSWORD")}

    def started(*words: object) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "flows", *map(str, words), "--home", str(home), "--graph", uri]
        return subprocess.Popen(command, cwd=ROOT, env=environ(**access), stdout=subprocess.DEVNULL)

    files = [
        write_lines(tmp_path / f"{writer}.jsonl", (said(number, writer) for number in range(writer * 5, writer * 5 + 60)))
        for writer in range(WRITERS)
    ]
    running = [started("observe", file) for file in files]
    running += [started("retract", "PMID:7", "--on", "2021-01-01", "--anyway"), started("delete", "PMID:33")]
    assert [process.wait(timeout=240) for process in running] == [0] * len(running)
    assert chronokg("export", home=home, graph=uri, **access) == chronokg("export", home=home)
