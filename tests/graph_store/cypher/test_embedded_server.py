"""The embedded server: one process at a time, nothing lost when it is killed, quiet."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from agents.adapters.derived_files import cache_folder
from graph_store.cypher.cypher_store import CypherStore
from graph_store.cypher.embedded_server import EmbeddedServer, embedded_unavailable
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
    store = open_store("embedded", tmp_path, cache=cache_folder("java"))
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
        store = open_store("embedded", tmp_path, cache=cache_folder("java"))
        try:
            assert store.prepare(ONTOLOGY, FINGERPRINT)
            assert len(store.applied()) == start
            store.apply(change(fact(triple(tail=f"MESH:D{start}"), holding(2001)), batch=f"b{start}"))
            assert store.query("MATCH (f:Fact) RETURN count(f) AS n") == [{"n": start + 1}]
        finally:
            store.close()


def test_passwords_lie_nowhere_and_their_hashes_in_a_file_of_the_owner_alone(tmp_path: Path) -> None:
    seen = set()
    for _ in range(2):
        server = EmbeddedServer(tmp_path, cache=cache_folder("java"))
        try:
            server.ready()
            path = tmp_path / "config" / "server-users.jsonl"
            assert path.stat().st_mode & 0o777 == 0o600
            secrets = {server.credentials.root, server.credentials.reader}
            assert not any(
                secret in file.read_text(errors="replace") for secret in secrets for file in tmp_path.rglob("*") if file.is_file()
            )
            assert not any(secret in server.name + repr(server.credentials) for secret in secrets)
            command = Path(f"/proc/{server._process._process.pid}/cmdline")
            assert not command.exists() or not any(secret in command.read_text() for secret in secrets)
            seen |= secrets
        finally:
            server.stop()
    assert len(seen) == 4


OWNER = """
import sys, time
from pathlib import Path
from agents.adapters.derived_files import cache_folder
from graph_store.opening import open_store
from tests.graph_store.builders import *
store = open_store("embedded", Path(sys.argv[1]), cache=cache_folder("java"))
store.prepare(ONTOLOGY, FINGERPRINT)
store.apply(change(fact(triple(), holding(2001)), batch="b0"))
print(store._host._process._process.pid, flush=True)
if sys.argv[2] == "in a query":
    store.query("UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y WITH x * y AS z WHERE z < 0 RETURN z")
time.sleep(600)
"""


@pytest.mark.parametrize(
    ("end", "moment"), [(signal.SIGKILL, "idle"), (signal.SIGKILL, "in a query"), (signal.SIGTERM, "idle"), (signal.SIGINT, "in a query")]
)
def test_the_server_ends_with_its_owner_however_that_ends_and_the_next_command_works(
    end: signal.Signals, moment: str, tmp_path: Path
) -> None:
    owner = python(OWNER, str(tmp_path), moment)
    assert owner.stdout is not None
    server = int(owner.stdout.readline())
    time.sleep(0.5)
    owner.send_signal(end)
    begun = time.monotonic()
    owner.communicate(timeout=60)
    assert time.monotonic() - begun < 20  # a query may take 30
    store = open_store("embedded", tmp_path, wait_s=30.0, cache=cache_folder("java"))
    try:
        assert store.applied() == {BatchId("b0")}
    finally:
        store.close()
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(server).wait(20)


def test_a_server_that_is_killed_is_started_again_by_the_next_who_asks(tmp_path: Path) -> None:
    store = open_store("embedded", tmp_path, cache=cache_folder("java"))
    assert isinstance(store, CypherStore)
    assert isinstance(store._host, EmbeddedServer)
    try:
        for number in range(3):
            assert store.prepare(ONTOLOGY, FINGERPRINT)
            store.apply(change(fact(triple(tail=f"MESH:D{number}"), holding(2001)), batch=f"b{number}"))
            os.kill(store._host._process._process.pid, signal.SIGKILL)
            assert store.query("MATCH (f:Fact) RETURN count(f) AS n") == [{"n": number + 1}]
    finally:
        store.close()


@pytest.mark.nightly
def test_what_lets_java_start_faster_is_made_once_used_then_and_does_without_where_it_is_broken(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    open_store("embedded", tmp_path / "graph", cache=cache).close()
    until = time.monotonic() + 200
    while list(cache.glob("*.lock")):
        assert time.monotonic() < until
        time.sleep(0.2)
    (made,) = cache.iterdir()
    at = made.stat().st_mtime_ns
    for broken in (False, True):
        if broken:
            made.write_bytes(made.read_bytes()[:100_000])
            at = made.stat().st_mtime_ns
        store = open_store("embedded", tmp_path / "graph", cache=cache)
        assert store.query("RETURN 1 AS one") == [{"one": 1}]
        store.close()
        assert [(file, file.stat().st_mtime_ns) for file in cache.iterdir()] == [(made, at)]


def test_where_nothing_can_be_kept_the_server_starts_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file is no folder")
    store = open_store("embedded", tmp_path / "graph", cache=tmp_path / "file")
    try:
        assert store.query("RETURN 1 AS one") == [{"one": 1}]
    finally:
        store.close()


def test_closing_lets_others_in_at_once(tmp_path: Path) -> None:
    open_store("embedded", tmp_path, cache=cache_folder("java")).close()
    lock = HolderLock(tmp_path / "holder.lock", "the graph is held")
    lock.acquire(0.0)
    lock.release()
