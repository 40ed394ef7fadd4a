"""Putting a whole graph in the place of a Neo4j database, by the server's own bulk import."""

import shutil
from collections.abc import Callable
from pathlib import Path

from graph_store.bulk.database_contents import differences, mark, require_ours, store_id
from graph_store.bulk.import_files import ARGUMENTS, Held, write_import_files
from graph_store.bulk.local_server import IMPORT, START, STOP, LocalServer
from graph_store.cypher.cypher_store import CypherStore
from schema.columns import GraphTables
from schema.errors import StoreFailed, WrongUse
from schema.ontology import Ontology

LOOK = "look at the database"
WRITE = "write the files"
DEFINE = "define constraints"
COUNT = "count"


def rebuild_in_bulk(
    server: LocalServer,
    tables: Callable[[], GraphTables],
    ontology: Ontology,
    fingerprint: str,
    folder: Path,
    tell: Callable[[str], None] = lambda step: None,
) -> Held:
    """Put the graph of these tables in the place of the database; returns what it then holds.

    `folder` is ours: the files go there and go away again, and while it holds `unfinished` the database may be half of one, which
    only another import mends. `tell` hears of each step as it begins. Raises StoreFailed with the step that failed; before anything
    is stopped, StoreFailed where the database holds what ChronoKG did not write, WrongUse where it is no Neo4j or a command is none.
    """
    server.check()
    unfinished = folder / "unfinished"
    tell(LOOK)
    before = _look(server, ontology, unfinished)
    tell(WRITE)
    _empty(folder, keep=unfinished)
    try:
        # Until it is counted, the graph says that it was folded by other rules: so the next command folds it again.
        held = write_import_files(tables(), ontology, _uncounted(fingerprint), folder)
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


def _look(server: LocalServer, ontology: Ontology, unfinished: Path) -> str | None:
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
        connection.write(lambda run: mark(run, fingerprint))
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
