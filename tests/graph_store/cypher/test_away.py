"""A database that goes and comes back, a commit that nobody heard the end of, and clusters by their routing URI: on real servers."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from graph_store.cypher import driver
from graph_store.cypher.cypher_store import CypherStore
from graph_store.cypher.driver import Connection
from schema.errors import StoreUnavailable
from tests.graph_store.builders import FINGERPRINT, ONTOLOGY, change, fact, holding, report, source, triple

COMMIT = b"\x00\x02\xb0\x12\x00\x00"
"""The message as Bolt writes it."""


class Cut:
    """Stands before a server, and as often as it is told to hands on a commit and then drops the line before the answer comes back."""

    def __init__(self, port: int) -> None:
        self.cuts = 0
        self.done = 0
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                is_cut = threading.Event()
                for one, other, up in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass_on, args=(one, other, up, is_cut), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, up: bool, is_cut: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                if up and COMMIT in data and self.cuts:
                    self.cuts -= 1
                    is_cut.set()
                if not up and is_cut.is_set():
                    self.done += 1  # the server has answered: it is committed
                    break
                other.sendall(data)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listening.close()


def way_to(server: CypherStore) -> tuple[int, str, str, str]:
    """Port, user, password and database."""
    uri = server._connection.place.split(",")[0]
    if server._host is not None:
        return urlsplit(uri).port or 0, "root", server._host.credentials.root, server._connection._database  # type: ignore[attr-defined]
    return urlsplit(uri).port or 0, "neo4j", os.environ["CHRONOKG_TEST_NEO4J_PASSWORD"], "neo4j"


@pytest.fixture
def cut(server: CypherStore) -> Iterator[Cut]:
    between = Cut(way_to(server)[0])
    yield between
    between.close()


def test_a_commit_that_nobody_heard_the_end_of_is_written_once(server: CypherStore, cut: Cut) -> None:
    _, *rest = way_to(server)
    store = CypherStore(Connection(f"bolt://127.0.0.1:{cut.port}", *rest))
    store.prepare(ONTOLOGY, FINGERPRINT)
    cut.cuts = 3
    store.apply(change(fact(triple(), holding(2001), reports=[report()]), documents=[source()], batch="b1"))
    assert cut.done == 3
    assert server.applied() == {"b1"}
    assert len(list(server.facts())) == 1
    assert server.query("MATCH ()-[r:REPORTS]->() RETURN count(r) AS n") == [{"n": 1}]
    assert server.query("MATCH ()-[r:TREAT]->() RETURN count(r) AS n") == [{"n": 1}]
    store.close()


@pytest.mark.neo4j
def test_by_a_routing_uri_each_read_sees_what_was_written_before(neo4j_store: CypherStore) -> None:
    neo4j_store.clear()
    port, *rest = way_to(neo4j_store)
    connection = Connection(f"neo4j://127.0.0.1:{port}", *rest)
    store = CypherStore(connection)
    store.prepare(ONTOLOGY, FINGERPRINT)
    seen: set[str] = set()
    for number in range(20):
        store.apply(change(fact(triple(tail=f"MESH:D{number}"), holding(2001)), batch=f"b{number}"))
        seen |= set(connection._bookmarks.get_bookmarks())  # type: ignore[union-attr]
        assert store.counts()["facts"] == number + 1
        assert store.query("MATCH (b:Batch) RETURN count(b) AS n") == [{"n": number + 1}]
    assert len(seen) >= 20  # each write left a bookmark of its own, which the next read has waited for
    store.close()


@pytest.mark.neo4j
def test_an_index_that_a_killed_database_left_without_its_constraint_is_removed(
    neo4j_store: CypherStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    neo4j_store.clear()
    port, *rest = way_to(neo4j_store)
    connection = Connection(f"bolt://127.0.0.1:{port}", *rest)
    CypherStore(connection).prepare(ONTOLOGY, FINGERPRINT)
    connection.define("DROP CONSTRAINT Entity_key")
    connection.define("CREATE INDEX Entity_key FOR (n:Entity) ON (n.other)")
    monkeypatch.setattr(driver, "_RETRY_S", 0.5)
    store = CypherStore(connection)
    assert store.prepare(ONTOLOGY, FINGERPRINT)
    assert store.undefined(ONTOLOGY) == []
    store.close()


@pytest.mark.nightly
@pytest.mark.neo4j
def test_a_database_killed_and_started_again_under_writers_gets_each_batch_once(
    neo4j_store: CypherStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    neo4j_store.clear()
    neo4j_store.prepare(ONTOLOGY, FINGERPRINT)
    port, *rest = way_to(neo4j_store)
    start = Path(os.environ["CHRONOKG_TEST_NEO4J_START"])
    pid = start.parent / "pid"
    stores = [CypherStore(Connection(f"{scheme}://127.0.0.1:{port}", *rest)) for scheme in ("bolt", "neo4j")]
    reader = Connection(f"bolt://127.0.0.1:{port}", *rest)
    with monkeypatch.context() as short:
        short.setattr(driver, "_RETRY_S", 0.3)
        impatient = Connection(f"neo4j://127.0.0.1:{port}", *rest)
    is_up_again = threading.Event()

    def write(writer: int) -> int:
        store, number = stores[writer], 0
        store.prepare(ONTOLOGY, FINGERPRINT)
        after = 0
        while after < 5:
            after += is_up_again.is_set()
            own = fact(triple(tail=f"MESH:D{writer}{number:05}"), holding(2001))
            common = fact(triple(tail="MESH:D1"), holding(2001), reports=[report()])
            store.apply(change(own, common, documents=[source()], batch=f"{writer}.{number}"))
            number += 1
        return number

    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write, number) for number in range(2)]
        time.sleep(0.5)
        os.kill(int(pid.read_text()), signal.SIGKILL)
        with pytest.raises(StoreUnavailable, match="no graph server answers"):
            impatient.write(lambda run: run("CREATE (x:Lost)"))
        subprocess.run([str(start)], check=True, timeout=120)
        is_up_again.set()
        numbers = [writer.result(timeout=120) for writer in writers]
    assert neo4j_store.counts()["facts"] == sum(numbers) + 1
    assert len(neo4j_store.applied()) == sum(numbers)
    assert neo4j_store.query("MATCH ()-[r:REPORTS]->() RETURN count(r) AS n") == [{"n": 1}]
    assert neo4j_store.query("MATCH ()-[r:TREAT]->() RETURN count(r) AS n") == [{"n": sum(numbers) + 1}]
    assert reader.read(lambda run: run("MATCH (x:Lost) RETURN count(x) AS n")) == [{"n": 0}]
    for each in (*stores, reader, impatient):
        each.close()
