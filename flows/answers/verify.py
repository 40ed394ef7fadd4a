"""`verify`: whether the graph is the fold of the log."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from flows.home.graph_to_read import graph_to_read
from flows.home.homes import Home
from pipeline.updating.graph_state import state_as_data
from pipeline.updating.verification import graph_differences

SAMPLE = 1_000
_AT_MOST = 100


def verify_graph(home: Home, *, everything: bool = False, sample: int = SAMPLE, seed: int = 0) -> dict[str, Any]:
    """Compare the graph with the fold of the log; nothing is written.

    Constraints, indexes and totals; and a sample of facts with their edges, reports, entities and documents, or `everything`.
    A dictionary of `ok`, `graph` (store, up_to_date, condition, note) and `differences`, at most a hundred, in words.
    """
    with graph_to_read(home) as graph:
        told = {"store": home.graph_here if graph.store is None else graph.store.name, **state_as_data(graph.state)}
        found: list[str] = []
        if graph.current is not None:
            wrong = graph_differences(home.log, graph.current, home.rules, None if everything else sample, seed)
            found = list(islice(wrong, _AT_MOST))
    return {"ok": graph.state.is_current and not found, "graph": told, "differences": found}


def verified_in_words(found: Mapping[str, Any]) -> str:
    """As a person reads it."""
    if found["ok"]:
        return f"{found['graph']['store']} is the fold of the log"
    if not found["differences"]:
        return str(found["graph"]["note"])
    shown = found["differences"][:20]
    left = len(found["differences"]) - len(shown)
    more = [f"and {left} more" if left < _AT_MOST - len(shown) else "and more"] if left else []
    head = f"{found['graph']['store']} is not the fold of the log; `chronokg rebuild` makes it anew:"
    return "\n".join([head, *(f"  {each}" for each in [*shown, *more])])
