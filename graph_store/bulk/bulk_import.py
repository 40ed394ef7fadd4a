"""Putting a whole graph in the place of a Neo4j database, by the server's own bulk import."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from graph_store.bulk.import_files import ARGUMENTS, Held, Origin, write_import_files
from graph_store.bulk.local_server import IMPORT, START, STOP, LocalServer
from graph_store.cypher.cypher_store import CypherStore
from graph_store.cypher.definitions import KEYS, definitions
from graph_store.cypher.driver import RunCypher
from graph_store.cypher.graph_writing import set_rules
from schema.columns import GraphTables
from schema.errors import StoreFailed, WrongUse
from schema.ontology import Ontology
from schema.ports import GraphStore

LOOK = "look at the database"
WRITE = "write the files"
DEFINE = "define constraints"
COUNT = "count"

_LABELS = tuple(label for label, _ in KEYS)
_STRUCTURE = ("HEAD", "TAIL", "REPORTS", "SUPERSEDED_BY")
_DEFINED = re.compile(r"(?:CONSTRAINT|INDEX) (\w+) IF NOT EXISTS")


def rebuild_in_bulk(
    server: LocalServer,
    tables: Callable[[], GraphTables],
    ontology: Ontology,
    fingerprint: str,
    folder: Path,
    tell: Callable[[str], None] = lambda step: None,
    origin: Origin | None = None,
    allow: Callable[[GraphStore], None] = lambda store: None,
) -> Held:
    """Put the graph of these tables in the place of the database; returns what it then holds.

    `folder` is ours: the files go there and go away again, and while it holds `unfinished` the database may be half of one, which
    only another import mends. `tell` hears of each step as it begins; `allow` is asked of the graph that is there, and raises what it
    likes; `origin` is which log the tables are folded from. Raises StoreFailed with the step that failed; before anything
    is stopped, StoreFailed where the database holds what ChronoKG did not write, WrongUse where it is no Neo4j or a command is none.
    """
    server.check()
    unfinished = folder / "unfinished"
    tell(LOOK)
    before = _look(server, ontology, unfinished, allow)
    tell(WRITE)
    _empty(folder, keep=unfinished)
    try:
        # Until it is counted, the graph says that it was folded by other rules: so the next command folds it again.
        held = write_import_files(tables(), ontology, _uncounted(fingerprint), folder, origin)
        tell(STOP)
        server.stop(folder)
        unfinished.write_text(_place(server), encoding="utf-8")
        _replace(server, folder, tell)
        tell(DEFINE)
        _finish(server, before, held, ontology, fingerprint, lambda: tell(COUNT))
        unfinished.unlink()
    finally:
        _empty(folder, keep=unfinished)
        if not unfinished.exists():
            shutil.rmtree(folder)
    return held


def _look(server: LocalServer, ontology: Ontology, unfinished: Path, allow: Callable[[GraphStore], None]) -> str | None:
    """The identity of the store that is there; None where an import was cut short and there may be none."""
    try:
        connection = server.connect()
    except StoreFailed:
        if unfinished.exists() and unfinished.read_text(encoding="utf-8") == _place(server):
            return None
        raise
    try:
        if "ArcadeDB" in connection.agent:
            raise WrongUse(f"{connection.place} is {connection.agent}: only Neo4j has this bulk import")
        connection.read(lambda run: require_ours(run, ontology, connection.place))
        allow(CypherStore(connection))
        return connection.read(store_id)
    finally:
        connection.close()


def _replace(server: LocalServer, folder: Path, tell: Callable[[str], None]) -> None:
    """The server is started whatever becomes of the import: it may have other databases."""
    tell(IMPORT)
    try:
        server.replace(ARGUMENTS, folder)
    except StoreFailed as failure:
        tell(START)
        server.start(folder, database=False)
        raise StoreFailed(
            f"{failure}\nThe server is started again. The log is untouched; the graph is the old one, or the database does not open:"
            " mend the cause and rebuild in bulk again"
        ) from failure
    tell(START)
    server.start(folder, database=True)


def _finish(server: LocalServer, before: str | None, held: Held, ontology: Ontology, fingerprint: str, tell: Callable[[], None]) -> None:
    connection = server.connect()
    store = CypherStore(connection)
    try:
        if before is not None and connection.read(store_id) == before:
            raise StoreFailed(
                f"{IMPORT}: it succeeded, but {connection.place} serves the same store as before:"
                " the command neo4j_admin works on another server's files"
            )
        if not store.prepare(ontology, _uncounted(fingerprint)):
            raise StoreFailed(f"{IMPORT}: {connection.place} holds another graph than the one that was imported")
        connection.define("CALL db.awaitIndexes(3600)")
        tell()
        wrong = connection.read(lambda run: differences(run, held))
        if wrong:
            raise StoreFailed(f"{COUNT}: {connection.place} does not hold what was imported: {wrong}; the next command folds it again")
        connection.write(lambda run: set_rules(run, fingerprint))
    finally:
        store.close()


def _uncounted(fingerprint: str) -> str:
    return f"{fingerprint}, imported and not counted"


def _place(server: LocalServer) -> str:
    return f"{server.uri} {server.database}\n"


def _empty(folder: Path, keep: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        if file != keep:
            file.unlink()


def require_ours(run: RunCypher, ontology: Ontology, place: str) -> None:
    """Raise StoreFailed where the database holds nodes, relationships, indexes or constraints that ChronoKG did not make."""
    for foreign in (*_foreign_nodes(run), *_foreign_relationships(run), *_foreign_definitions(run, ontology)):
        raise StoreFailed(
            f"{place} holds {foreign}, which ChronoKG did not make and a bulk import would remove with all else:"
            " give the graph a database of its own, or rebuild without it"
        )


def store_id(run: RunCypher) -> str:
    """The identity of the files that the server has opened as this database."""
    return str(run("CALL db.info() YIELD id RETURN id")[0]["id"])


def differences(run: RunCypher, held: Held) -> str:
    """Where the database holds more or fewer nodes and relationships than this, in words; empty where it does not."""
    wanted = {f"(n:{label})": number for label, number in held.nodes.items()}
    wanted |= {f"()-[n:{kind}]->()": number for kind, number in held.relationships.items()}
    wanted |= {"(n)": sum(held.nodes.values()), "()-[n]->()": sum(held.relationships.values())}
    found = {pattern: _counted(run, pattern) for pattern in wanted}
    return ", ".join(f"{found[each]} {each} instead of {number}" for each, number in wanted.items() if found[each] != number)


def _foreign_nodes(run: RunCypher) -> Iterator[str]:
    total = _counted(run, "(n)")
    others = total - sum(_counted(run, f"(n:{label})") for label in _LABELS)
    if others:
        yield f"{abs(others)} nodes labelled otherwise than {', '.join(_LABELS)}"
    elif total and not _counted(run, "(n:Meta)"):
        yield f"{total} nodes and none labelled Meta"
    for label in _names(run, "CALL db.labels() YIELD label AS name RETURN name"):
        # A second label is an entity's type, by this ontology or by another.
        others = 0 if label in _LABELS else _counted(run, f"(n:{_quoted(label)}) WHERE n.type IS NULL OR n.type <> $name", label)
        if others:
            yield f"{others} nodes labelled {label}"


def _foreign_relationships(run: RunCypher) -> Iterator[str]:
    for kind in _names(run, "CALL db.relationshipTypes() YIELD relationshipType AS name RETURN name"):
        # All others are edges, by this ontology or by another.
        others = 0 if kind in _STRUCTURE else _counted(run, f"()-[n:{_quoted(kind)}]->() WHERE n.fact IS NULL OR n.valid_from IS NULL")
        if others:
            yield f"{others} relationships of the type {kind}"


def _foreign_definitions(run: RunCypher, ontology: Ontology) -> Iterator[str]:
    ours = {found[1] for statement in definitions(ontology.relations, arcadedb=False) if (found := _DEFINED.search(statement))}
    for name in (
        *_names(run, "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"),
        *_names(run, "SHOW CONSTRAINTS YIELD name RETURN name"),
    ):
        if name not in ours and not name.endswith("_interval"):
            yield f"the index or constraint {name}"


def _counted(run: RunCypher, pattern: str, name: str = "") -> int:
    return int(run(f"MATCH {pattern} RETURN count(n) AS n", name=name)[0]["n"])


def _names(run: RunCypher, cypher: str) -> list[str]:
    return [row["name"] for row in run(cypher)]


def _quoted(name: str) -> str:
    escaped = name.replace("`", "``")
    return f"`{escaped}`"
