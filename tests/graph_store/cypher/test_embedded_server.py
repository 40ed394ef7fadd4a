"""The embedded server: one process at a time, nothing lost when it is killed, quiet."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from graph_store.cypher.cypher_store import CypherStore
from graph_store.cypher.embedded_server import embedded_unavailable
from graph_store.holder_lock import HolderLock
from graph_store.opening import open_store
from schema.ids import BatchId
from tests.graph_store.builders import FINGERPRINT, ONTOLOGY, change, fact, holding, triple

pytestmark = pytest.mark.skipif(embedded_unavailable() is not None, reason=str(embedded_unavailable()))
ROOT = Path(__file__).resolve().parents[3]

WRITER = """
import sys
from itertools import count
from pathlib import Path
from graph_store.opening import open_store
from tests.graph_store.builders import FINGERPRINT, ONTOLOGY, change, fact, holding, triple

store = open_store("embedded", Path(sys.argv[1]), heap="512m")
store.prepare(ONTOLOGY, FINGERPRINT)
for number in count():
    facts = [fact(triple("MESH:C1", "treat", f"MESH:D{number}.{each}"), holding(2001, 2002), holding(2003)) for each in range(20)]
    store.apply(change(*facts, batch=f"b{number}"))
    print(number, flush=True)
"""


def python(code: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("acknowledged", [1, 7])
def test_a_process_killed_while_it_writes_leaves_whole_batches(tmp_path: Path, acknowledged: int) -> None:
    process = python(WRITER, str(tmp_path))
    assert process.stdout is not None
    for _ in range(acknowledged):
        assert process.stdout.readline().strip(), process.communicate()[1]
    time.sleep(0.005 * acknowledged)
    process.send_signal(signal.SIGKILL)
    told, complaints = process.communicate()
    last = int(told.split()[-1]) if told.split() else acknowledged - 1
    assert complaints == ""
    store = open_store("embedded", tmp_path)
    try:
        assert store.prepare(ONTOLOGY, FINGERPRINT)
        applied = store.applied()
        assert applied in ({BatchId(f"b{number}") for number in range(last + 1)}, {BatchId(f"b{number}") for number in range(last + 2)})
        assert len(list(store.facts())) == 20 * len(applied)
        assert store.counts()["edges"] == 40 * len(applied)
        store.apply(change(fact(triple(), holding(2001)), batch="after"))
        assert BatchId("after") in store.applied()
    finally:
        store.close()


def test_a_second_process_is_told_who_holds_the_graph(embedded_store: CypherStore, embedded_directory: Path) -> None:
    code = """
    import sys
    from pathlib import Path
    from graph_store.opening import open_store
    from schema.errors import StoreBusy
    try:
        open_store("embedded", Path(sys.argv[1]), wait_s=0.3)
    except StoreBusy as busy:
        print(busy)
    """
    told, complaints = python(code, str(embedded_directory)).communicate()
    assert complaints == ""
    assert f"held by process {os.getpid()} (" in told
    assert "since 20" in told
    assert str(embedded_directory) in told


def test_opening_using_and_closing_says_nothing_and_leaves_nothing_in_the_working_directory(tmp_path: Path) -> None:
    code = """
    import os, sys
    from pathlib import Path
    from graph_store.opening import open_store
    from tests.graph_store.builders import *
    os.chdir(sys.argv[2])
    store = open_store("embedded", Path(sys.argv[1]), heap="512m")
    store.prepare(ONTOLOGY, FINGERPRINT)
    store.apply(change(fact(triple(), holding(2001))))
    assert len(list(store.facts())) == 1
    store.close()
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    process = python(code, str(tmp_path / "graph"), str(elsewhere))
    assert process.communicate(timeout=120) == ("", "")
    assert process.returncode == 0
    assert list(elsewhere.iterdir()) == []


def test_a_second_start_finds_what_the_first_one_wrote(tmp_path: Path) -> None:
    for start in range(3):
        store = open_store("embedded", tmp_path)
        try:
            assert store.prepare(ONTOLOGY, FINGERPRINT)
            assert len(store.applied()) == start
            store.apply(change(fact(triple(tail=f"MESH:D{start}"), holding(2001)), batch=f"b{start}"))
            assert store.query("MATCH (f:Fact) RETURN count(f) AS n") == [{"n": start + 1}]
        finally:
            store.close()


def test_passwords_lie_in_a_file_of_the_owner_alone_and_can_be_lost(tmp_path: Path) -> None:
    open_store("embedded", tmp_path).close()
    path = tmp_path / "credentials.json"
    assert path.stat().st_mode & 0o777 == 0o600
    first = json.loads(path.read_text())
    path.unlink()
    store = open_store("embedded", tmp_path)
    try:
        assert json.loads(path.read_text()) != first
        assert store.query("RETURN 1 AS one") == [{"one": 1}]
        assert not any(secret in store.name for secret in json.loads(path.read_text()).values())
    finally:
        store.close()


def test_closing_lets_others_in_at_once(tmp_path: Path) -> None:
    open_store("embedded", tmp_path).close()
    lock = HolderLock(tmp_path / "holder.lock", "the graph is held")
    lock.acquire(0.0)
    lock.release()
