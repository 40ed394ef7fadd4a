"""Rebuilding by the bulk import of a real server, which these tests stop and start."""

import os
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from graph_store.bulk.bulk_import import rebuild_in_bulk
from graph_store.bulk.import_files import ARGUMENTS, Held, write_import_files
from graph_store.bulk.local_server import LocalServer
from graph_store.cypher.cypher_store import CypherStore
from schema.columns import GraphTables
from schema.errors import ChronoKGError, StoreFailed, WrongUse
from schema.fact import Fact, Report, Status
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Polarity
from schema.ports import GraphChange
from tests.graph_store.builders import FINGERPRINT, ONTOLOGY, change, closure, day, fact, holding, report, source, triple
from tests.graph_store.bulk.tabling import tables_of
from tests.graph_store.conftest import emptied

pytestmark = pytest.mark.neo4j

ODD = (
    "plain",
    "",
    'he said "x"',
    '"',
    "'quoted'",
    '\\"back\\slash\\',
    "a, b; c | d",
    "a\ttab",
    "one\nline",
    "two\r\nlines\rthree",
    "".join(map(chr, range(1, 32))) + "\x7f\x85\u2028",
    "\x1f",
    "  spaces  ",
    "\u00a0",
    "\ufeffbom",
    "\uffff",
    "👩‍🔬🧪 é e\u0301",
    "# no comment",
    "=1+1",
    "null",
    "true",
    "2001-01-01",
    "é" * 1_000_000,
    '"' * 3_000_000,
)
EVERYTHING = """
MATCH (n)
RETURN labels(n) AS labels, coalesce(n.id, n.key, '') AS id, properties(n) AS properties,
  [k IN keys(n) | [k, valueType(n[k])]] AS types
"""
RELATIONSHIPS = """
MATCH (a)-[r]->(b)
RETURN type(r) AS type, coalesce(a.id, a.key) AS start, coalesce(b.id, b.key) AS end, properties(r) AS properties,
  [k IN keys(r) | [k, valueType(r[k])]] AS types, toString(r.recorded_at) AS recorded
"""
DEFINITIONS = "SHOW INDEXES YIELD name, type, entityType, labelsOrTypes, properties, state RETURN *"


@pytest.fixture(scope="module")
def server() -> LocalServer:
    names = ("", "_PASSWORD", "_ADMIN", "_STOP", "_START")
    missing = [f"CHRONOKG_TEST_NEO4J{name}" for name in names if not os.environ.get(f"CHRONOKG_TEST_NEO4J{name}")]
    if missing:
        pytest.skip(f"{', '.join(missing)} not set; .ci/neo4j/up.sh starts a server and says them")
    uri, password, admin, stop, start = (os.environ[f"CHRONOKG_TEST_NEO4J{name}"] for name in names)
    return LocalServer(uri, os.environ.get("CHRONOKG_TEST_NEO4J_USER", "neo4j"), password, "neo4j", admin, stop, start)


@pytest.fixture
def store(server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CypherStore]:
    mend(server, tmp_path_factory.mktemp("before"))
    opened = CypherStore(server.connect())
    emptied(opened)
    yield opened
    opened.close()
    mend(server, tmp_path_factory.mktemp("after"))


def mend(server: LocalServer, folder: Path) -> None:
    """Let the server have a database that opens, whatever a test that failed has left behind."""
    if not server.is_open:
        write_import_files(tables_of([], [], [], []), ONTOLOGY, FINGERPRINT, folder)
        server.stop(folder)
        server.replace(ARGUMENTS, folder)
        server.start(folder, database=True)


def odd_graph() -> tuple[tuple[Fact, ...], tuple[Entity, ...], tuple[Any, ...]]:
    """Every text that could be taken for something else, in every place that text can be; every kind of null and of list."""
    cause, prevent = triple(relation="cause"), triple(relation="prevent")
    documents = [
        source(f"PMID:{n}", title=text, source=text[:50], journal=text or None, precision=text[:20], publication_types=(text,))
        for n, text in enumerate(ODD)
    ]
    documents += [
        source("PMID:none", journal=None, publication_types=(), title=""),
        source("PMID:two", publication_types=("", "a"), published=date(1, 1, 1), retracted=True, retracted_on=date(9999, 12, 31)),
        source("PMID:three", publication_types=("a", "", 'b"\n'), retracted=True),
        source('ODD:"\n\t\\', journal=""),
    ]
    moments = [
        datetime(2020, 1, 1, tzinfo=ZoneInfo("UTC")),
        datetime(1999, 12, 31, 23, 59, 59, 1, tzinfo=UTC),
        datetime(2020, 6, 1, 12, 0, 0, 120_000, tzinfo=UTC),
    ]
    reports = [
        Report(DocumentId(f"PMID:{n}"), Polarity.ASSERTS, (n + 1) / 29, text, text[:9], text, text[:99], moments[n % 3])
        for n, text in enumerate(ODD)
    ]
    facts = [
        fact(
            prevent,
            holding(2001, 2003, 1e-06, 3),
            holding(2004, 2005, 0.1 + 0.2),
            holding(2006, 2009, 1.0),
            closed=[
                closure(2003, cause, ["PMID:0", 'ODD:"\n\t\\', "PMID:two"]),
                closure(2005, None, ["PMID:10", "PMID:11"], "denied"),
                closure(2009, cause, [], "ruling"),
            ],
            reports=[*reports, report("PMID:0", Polarity.DENIES, confidence=0.0), report('ODD:"\n\t\\', quote="")],
        ),
        fact(cause, holding(2003), belief=0.0, reports=[report("PMID:two")]),
        fact(triple("MESH:C1", "treat", "MESH:D2"), status=Status.WITHDRAWN, belief=0.0, support=0, first_seen=None, last_seen=None),
        fact(triple('ODD:"\n', "treat", "ODD:\\\t,;|"), holding(2001), first_seen=day(1), last_seen=date(9999, 12, 31)),
        fact(triple("MESH:C1", "cotreat", "MESH:C1"), holding(2001)),
    ]
    names = {end: ODD[n] for n, end in enumerate(sorted({end for each in facts for end in (each.triple.head, each.triple.tail)}))}
    entities = [
        Entity(EntityKey(end), "Disease" if ":D" in end else "Chemical", name, (name, 'a"b', "c\nd")[: n % 4])
        for n, (end, name) in enumerate(names.items())
    ]
    return tuple(facts), tuple(entities), tuple(documents)


def whole(store: CypherStore) -> tuple[list[Any], list[Any], list[Any]]:
    """All that is in the database, with the types of the values."""
    nodes, relationships, definitions = (store._rows(cypher) for cypher in (EVERYTHING, RELATIONSHIPS, DEFINITIONS))
    for row in (*nodes, *relationships):
        row["types"].sort()
        row["properties"] = dict(
            sorted(row["properties"].items())
        )  # a server gives them in any order, and rows are sorted as they are written
    for row in nodes:
        row["labels"].sort()
    return sorted(nodes, key=repr), sorted(relationships, key=repr), sorted((d | {"id": 0} for d in definitions), key=repr)


def bulk(server: LocalServer, tables: GraphTables, home: Path, steps: list[str] | None = None) -> Held:
    return rebuild_in_bulk(server, lambda: tables, ONTOLOGY, FINGERPRINT, home / "import", (steps if steps is not None else []).append)


def small(batch: str = "b1") -> GraphTables:
    one = fact(triple(), holding(2001), reports=[report()])
    return tables_of([[one]], change(one).entities, change(one).documents, [BatchId(batch)])


def test_an_imported_graph_is_the_one_that_is_written_bit_by_bit(server: LocalServer, store: CypherStore, tmp_path: Path) -> None:
    facts, entities, documents = odd_graph()
    batches = (BatchId("b1"), BatchId('b"2'))
    store.apply(GraphChange(batches=batches, facts=facts, entities=entities, documents=documents))
    nodes, relationships, definitions = whole(store)
    steps: list[str] = []
    held = bulk(server, tables_of([facts[:2], facts[2:]], entities, documents, batches), tmp_path, steps)
    imported = whole(store)
    assert imported[0] == nodes
    assert imported[1] == relationships
    assert imported[2] == definitions
    assert sum(held.nodes.values()) == len(nodes)
    assert sum(held.relationships.values()) == len(relationships)
    assert steps == [
        "look at the database",
        "write the files",
        "stop the server",
        "import",
        "start the server",
        "define constraints",
        "count",
    ]
    assert not (tmp_path / "import").exists()


@pytest.mark.nightly
def test_files_imported_elsewhere_are_completed_by_the_first_command(server: LocalServer, store: CypherStore, tmp_path: Path) -> None:
    facts, entities, documents = odd_graph()
    batches = (BatchId("b1"),)
    store.apply(GraphChange(batches=batches, facts=facts, entities=entities, documents=documents))
    wanted = whole(store)
    write_import_files(tables_of([facts], entities, documents, batches), ONTOLOGY, FINGERPRINT, tmp_path)
    subprocess.run([server.stop_command], check=True)
    told = ["database", "import", "full", "neo4j", "--overwrite-destination", f"@{ARGUMENTS}"]
    done = subprocess.run([server.admin, *told], check=False, cwd=tmp_path, capture_output=True, text=True)
    server.start(tmp_path, database=True)
    assert done.returncode == 0, done.stdout
    opened = CypherStore(server.connect())
    assert opened.prepare(ONTOLOGY, FINGERPRINT)
    assert opened.applied() == set(batches)
    assert whole(opened)[:2] == wanted[:2]
    opened.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE (:Person {name: 'mine'})", "1 nodes labelled otherwise than"),
        ("CREATE (:Document:Mine)", "1 nodes labelled Mine"),
        ("MATCH (e:Entity) WITH e LIMIT 1 CREATE (e)-[:TREAT]->(e)", "1 relationships of the type TREAT"),
        ("MATCH (m:Meta) DELETE m", "none labelled Meta"),
        ("CREATE INDEX mine FOR (d:Document) ON (d.title)", "the index or constraint mine"),
    ],
)
def test_a_database_with_anything_else_in_it_is_refused_before_the_server_is_stopped(
    server: LocalServer, store: CypherStore, tmp_path: Path, statement: str, said: str
) -> None:
    one = fact(triple(), holding(2001), reports=[report()])
    store.apply(change(one))
    store._connection.define(statement)
    trap = f"touch {shlex.quote(str(tmp_path / 'stopped'))}"
    try:
        with pytest.raises(StoreFailed, match=said):
            bulk(replace(server, stop_command=trap), small(), tmp_path)
        assert not (tmp_path / "stopped").exists()
    finally:
        for undo in ("MATCH (n) WHERE n:Person OR n:Mine DETACH DELETE n", "DROP INDEX mine IF EXISTS"):
            store._connection.define(undo)


@pytest.mark.parametrize("setting", ["admin", "stop_command", "start_command"])
def test_a_missing_command_line_is_told_before_anything_happens(server: LocalServer, tmp_path: Path, setting: str) -> None:
    with pytest.raises(WrongUse, match="neo4j_"):
        bulk(replace(server, **{setting: ""}), small(), tmp_path)


@pytest.mark.nightly
def test_a_failed_import_leaves_the_old_graph_and_says_what_the_tool_said(server: LocalServer, store: CypherStore, tmp_path: Path) -> None:
    store.apply(change(fact(triple(), holding(2001), reports=[report()])))
    before = whole(store)
    broken = replace(server, admin=f"bash -c 'echo no space left for {server.password}; exit 3'")
    with pytest.raises(StoreFailed, match=r"import: exit code 3\. It said: no space left for \*\*\*"):
        bulk(broken, small("b2"), tmp_path)
    assert whole(store) == before
    assert [file.name for file in (tmp_path / "import").iterdir()] == ["unfinished"]


@pytest.mark.nightly
def test_an_import_that_is_cut_short_is_done_again(server: LocalServer, store: CypherStore, tmp_path: Path) -> None:
    store.apply(change(fact(triple(), holding(2001), reports=[report()])))
    # What the tool has replaced when it finds a file that it cannot read, no server opens.
    spoil = f"bash -c 'echo 1,2,3 > REPORTS.tsv; exec {server.admin} \"$@\"' admin"
    with pytest.raises(StoreFailed, match="import: exit code"):
        bulk(replace(server, admin=spoil), small("b2"), tmp_path)
    with pytest.raises(ChronoKGError, match="does not open"):
        server.connect()
    held = bulk(server, small("b2"), tmp_path)
    assert held.nodes["Fact"] == 1
    assert store.applied() == {"b2"}
    assert not (tmp_path / "import").exists()


@pytest.mark.nightly
def test_an_import_that_lost_something_is_no_success_and_the_graph_is_folded_again(
    server: LocalServer, store: CypherStore, tmp_path: Path
) -> None:
    lose = f"bash -c 'sed -i \\$d HEAD.tsv; exec {server.admin} \"$@\"' admin"
    with pytest.raises(StoreFailed, match=r"count: .*0 \(\)-\[n:HEAD\]->\(\) instead of 1"):
        bulk(replace(server, admin=lose), small(), tmp_path)
    assert not CypherStore(server.connect()).prepare(ONTOLOGY, FINGERPRINT)


@pytest.mark.nightly
def test_an_import_into_another_servers_files_is_no_success(server: LocalServer, store: CypherStore, tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="serves the same store as before"):
        bulk(replace(server, admin="true"), small(), tmp_path)


def test_a_server_that_does_not_stop_is_left_alone(server: LocalServer, store: CypherStore, tmp_path: Path) -> None:
    store.apply(change(fact(triple(), holding(2001), reports=[report()])))
    before = whole(store)
    with pytest.raises(StoreFailed, match=r"stop the server: exit code 4\. It said: not allowed"):
        bulk(replace(server, stop_command="bash -c 'echo not allowed; exit 4'"), small("b2"), tmp_path)
    assert whole(store) == before
    assert not (tmp_path / "import").exists()
