"""The graph of a home for who only reads: opened as it is, never made, mended or brought along."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flows.home.homes import EMBEDDED, Home
from graph_store.cypher.embedded_files import database_in, name_in
from graph_store.cypher.left_graph import counts_of
from graph_store.holder_lock import may_write
from graph_store.memory_store import MemoryStore
from pipeline.line import bring_up_to_date
from pipeline.updating.graph_state import Condition, GraphState, state_as_data, state_of
from schema.errors import StoreBusy, StoreFailed
from schema.ports import GraphStore


@dataclass(frozen=True, slots=True)
class GraphToRead:
    """A graph as it is, None where there is none that can be opened; and how it stands to the log."""

    store: GraphStore | None
    state: GraphState

    @property
    def current(self) -> GraphStore | None:
        """The graph where it is the fold of the whole log by the rules in force."""
        return self.store if self.state.is_current else None


def graph_in_numbers(home: Home) -> dict[str, object]:
    """Name and counts of the graph, and how it stands to the log; an embedded one that was left in order is not opened for that."""
    if home.graph_here == EMBEDDED:
        rules = home.rules
        counts = counts_of(home.graph_folder, rules.ontology, rules.fingerprint, home.log.version())
        if counts is not None:
            return {"store": name_in(home.graph_folder.absolute()), **counts, **state_as_data(GraphState(Condition.CURRENT))}
    with graph_to_read(home) as graph:
        told = {"store": home.graph_here} if graph.store is None else {"store": graph.store.name, **graph.store.counts()}
        return {**told, **state_as_data(graph.state)}


@contextmanager
def graph_to_read(home: Home) -> Iterator[GraphToRead]:
    """Open it; one in memory is folded from the log.

    Raises StoreFailed where a server does not answer, StoreBusy where another process holds it.
    """
    opened = _opened(home)
    try:
        yield opened
    finally:
        if opened.store is not None:
            opened.store.close()


def _opened(home: Home) -> GraphToRead:
    where = home.graph_here
    if home.is_in_memory:
        memory = MemoryStore()
        bring_up_to_date(home.log, memory, home.rules)
        return GraphToRead(memory, GraphState(Condition.CURRENT))
    if where != EMBEDDED:
        return _seen(home, home.open_store())
    database = database_in(home.graph_folder)
    if not database.exists():
        return GraphToRead(None, GraphState(Condition.ABSENT, f"there is no graph yet in {home.graph_folder}"))
    if not may_write(database):
        return GraphToRead(None, GraphState(Condition.CLOSED, f"the embedded graph in {home.graph_folder} needs a folder to write to"))
    try:
        store = home.open_store()
    except StoreBusy:
        raise
    except StoreFailed as cause:
        return GraphToRead(None, GraphState(Condition.DAMAGED, str(cause)))
    return _seen(home, store)


def _seen(home: Home, store: GraphStore) -> GraphToRead:
    try:
        return GraphToRead(store, state_of(home.log, store, home.rules, home.name_on_server))
    except BaseException:
        store.close()
        raise
