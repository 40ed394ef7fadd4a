"""Rows of a read-only Cypher query."""

from collections.abc import Mapping, Sequence
from typing import Any

from flows.home.graph_to_read import graph_to_read
from flows.home.homes import Home
from flows.home.terminal import note
from pipeline.answering.query_parameters import parameters
from schema.errors import StoreFailed


def queried_rows(home: Home, cypher: str, given: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Rows of the graph as it is, with a note where that is not the fold of the log; `given` are parameters such as day=2005-03-01.

    Raises QueryRefused, and StoreFailed where there is no graph.
    """
    return rows_with(home, cypher, parameters(given))


def rows_with(home: Home, cypher: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same, with parameters as they are."""
    with graph_to_read(home) as graph:
        if graph.store is None:
            raise StoreFailed(graph.state.note)
        rows = graph.store.query(cypher, given)
        if not graph.state.is_current:
            note(f"{graph.state.note}; the rows are of the graph as it is")
        return rows
