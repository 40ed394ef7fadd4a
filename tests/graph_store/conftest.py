"""Stores to test: in memory, embedded ArcadeDB (one server for the session), and Neo4j where one is named."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.adapters.derived_files import cache_folder
from graph_store.cypher.cypher_store import CypherStore
from graph_store.cypher.embedded_server import embedded_unavailable
from graph_store.folders.places import Place
from graph_store.opening import open_store
from schema.ports import GraphStore
from tests.graph_store.builders import FINGERPRINT, ONTOLOGY
from tests.object_store import object_server, object_store

__all__ = ["object_server", "object_store"]

STORES = ["memory", "embedded", pytest.param("neo4j", marks=pytest.mark.neo4j)]
SERVERS = STORES[1:]


@pytest.fixture(scope="session")
def embedded_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embedded")


@pytest.fixture(scope="session")
def embedded_store(embedded_directory: Path) -> Iterator[CypherStore]:
    reason = embedded_unavailable()
    if reason is not None:
        pytest.skip(reason)
    store = open_store("embedded", embedded_directory, heap="1g", cache=cache_folder("java"))
    assert isinstance(store, CypherStore)
    yield store
    store.close()


def open_neo4j() -> CypherStore:
    uri = os.environ.get("CHRONOKG_TEST_NEO4J")
    if not uri:
        pytest.skip("CHRONOKG_TEST_NEO4J names no server; .ci/neo4j/up.sh starts one")
    store = open_store(
        uri,
        Path("unused"),
        user=os.environ.get("CHRONOKG_TEST_NEO4J_USER", "neo4j"),
        password=os.environ.get("CHRONOKG_TEST_NEO4J_PASSWORD", ""),
    )
    assert isinstance(store, CypherStore)
    return store


@pytest.fixture(scope="session")
def neo4j_store() -> Iterator[CypherStore]:
    store = open_neo4j()
    yield store
    store.close()


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> GraphStore:
    """Each store there is, empty and prepared."""
    opened = open_store("memory:", Path("unused")) if request.param == "memory" else request.getfixturevalue(f"{request.param}_store")
    return emptied(opened)


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> CypherStore:
    """Each store that speaks Cypher, empty and prepared."""
    opened = request.getfixturevalue(f"{request.param}_store")
    emptied(opened)
    return opened


def emptied(store: GraphStore) -> GraphStore:
    store.clear()
    assert store.prepare(ONTOLOGY, FINGERPRINT)
    return store


@pytest.fixture(params=["disk", "object store"])
def home_place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where a log may lie, with its leases beside it: a folder of this test's own."""
    if request.param == "disk":
        return tmp_path / "home"
    return request.getfixturevalue("object_store").place(tmp_path.name)
