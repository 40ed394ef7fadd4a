"""Rebuilding by Neo4j's bulk import: on a server of this machine, or as files for one elsewhere."""

from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from flows.home.homes import Home
from flows.home.terminal import is_terminal, show_note
from flows.home.watched import watched_run
from graph_store.bulk.bulk_import import rebuild_in_bulk
from graph_store.bulk.import_files import ARGUMENTS, Held, Origin, write_import_files
from graph_store.bulk.local_server import LocalServer
from pipeline.line import tables
from pipeline.updating.graph_state import require_own, state_of
from schema.errors import WrongUse


class Steps:
    """How long each step took; on a terminal each is told as it begins."""

    def __init__(self) -> None:
        self._begun: list[tuple[str, float]] = []

    def begin(self, step: str) -> None:
        """A step begins, and the one before has ended."""
        self._begun.append((step, monotonic()))
        if is_terminal():
            show_note(f"{step} …")

    def seconds(self) -> dict[str, float]:
        """The seconds of each step, the last one until now."""
        ends = [*(at for _, at in self._begun[1:]), monotonic()]
        return {step: round(end - at, 1) for (step, at), end in zip(self._begun, ends, strict=True)}


def rebuild_server(home: Home, *, take_over: bool = False) -> dict[str, object]:
    """Fold the log into files, and put them in the place of the server's database; another home's only to `take_over`."""
    server = _server(home)
    steps = Steps()
    with watched_run(home, "rebuild"), home.writing("rebuild", graph_of_others=True), home.alone():
        held = rebuild_in_bulk(
            server,
            lambda: tables(home.log, home.rules),
            home.rules.ontology,
            home.rules.fingerprint,
            home.path / "import",
            steps.begin,
            _origin(home),
            lambda store: require_own(state_of(home.log, store, home.rules, home.name_on_server), take_over=take_over),
        )
        home.complete_index()
    told = ", ".join(f"{step} {seconds:g} s" for step, seconds in steps.seconds().items())
    return {"text": f"rebuilt in bulk: {_counted(held)}\n({told})", **_as_data(held), "seconds": steps.seconds()}


def write_files(home: Home, folder: Path) -> dict[str, object]:
    """Fold the log into files for the bulk import of a server elsewhere; refuses a folder that holds anything."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise WrongUse(f"--to-files {folder} is not empty: name a new folder")
    origin = _origin(home)
    held = write_import_files(tables(home.log, home.rules), home.rules.ontology, home.rules.fingerprint, folder, origin)
    said = (folder / ARGUMENTS).read_text(encoding="utf-8").splitlines()
    words = "\n".join(line.removeprefix("#").removeprefix(" ") for line in said if line.startswith("#"))
    return {"text": f"{folder} holds {_counted(held)}\n\n{words}", "folder": str(folder), **_as_data(held)}


def _origin(home: Home) -> Origin:
    return Origin(home.log.version(), str(home.path.resolve()))


def _server(home: Home) -> LocalServer:
    settings = home.settings
    if not home.on_server:
        raise WrongUse(f"--bulk is for a graph on Neo4j (--graph bolt://…), and the graph is {settings.graph}")
    return LocalServer(
        uri=settings.graph,
        user=settings.graph_user,
        password=settings.graph_password.get_secret_value(),
        database=settings.graph_database,
        admin=settings.neo4j_admin,
        stop_command=settings.neo4j_stop,
        start_command=settings.neo4j_start,
    )


def _as_data(held: Held) -> Mapping[str, object]:
    return {"nodes": dict(held.nodes), "relationships": dict(held.relationships)}


def _counted(held: Held) -> str:
    return (
        f"{held.nodes.get('Fact', 0)} facts, {sum(held.nodes.values())} nodes and {sum(held.relationships.values())} relationships in all"
    )
