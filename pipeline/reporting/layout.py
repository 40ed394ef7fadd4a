"""Where the entities of a graph are drawn: by their distances in it, no name over another. Always the same for the same graph."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

from schema.ids import EntityKey

Point = tuple[float, float]
Places = dict[EntityKey, Point]

EDGE_ACROSS, EDGE_DOWN = 124.0, 84.0
"""Length that an edge would like to have, in pixels: names are wide, so what lies across is longer."""
LABEL_WIDTH, LABEL_HEIGHT = 104.0, 46.0
"""Room for a node with its name below it."""
FEW = 24
"""Entities whose distances are worked out while a person waits."""
NODE = 14.0
"""Room above a node."""


Arrangement = Callable[["nx.Graph[EntityKey]"], Mapping[EntityKey, Any]]
"""Where a part's entities lie, each as x and y, in no unit."""


def by_distances(graph: "nx.Graph[EntityKey]") -> Mapping[EntityKey, Any]:
    """As far apart as they are in the graph: the clearest picture, and seconds of work from a hundred entities on."""
    found: Mapping[EntityKey, Any] = nx.kamada_kawai_layout(graph)
    return found


def while_one_waits(graph: "nx.Graph[EntityKey]") -> Mapping[EntityKey, Any]:
    """The same for few entities; many as springs would hold them, which is done in a moment."""
    if graph.number_of_nodes() <= FEW:
        return by_distances(graph)
    found: Mapping[EntityKey, Any] = nx.spring_layout(graph, seed=1, iterations=100)
    return found


def positions(pairs: Sequence[tuple[EntityKey, EntityKey]], width: float, arrange: Arrangement = by_distances) -> tuple[Places, float]:
    """Pixel positions of all ends (y grows downwards) within a width, and the height they take."""
    graph = nx.Graph(pairs)
    parts = [_arranged(_sorted(graph, part), width, arrange) for part in nx.connected_components(graph)]
    return _in_rows(sorted(parts, key=lambda part: (-part.tall, part.wide, min(part.places))), width)


@dataclass(frozen=True, slots=True)
class _Part:
    """Entities that hang together: the places of them, from 0, and the room that they take with their names."""

    places: Places
    wide: float
    tall: float


def _sorted(graph: "nx.Graph[EntityKey]", part: Collection[EntityKey]) -> "nx.Graph[EntityKey]":
    """A part by itself, in an order that does not depend on how it was put together."""
    found: nx.Graph[EntityKey] = nx.Graph()
    found.add_nodes_from(sorted(part))
    found.add_edges_from(sorted((min(pair), max(pair)) for pair in graph.edges(part)))
    return found


def _arranged(graph: "nx.Graph[EntityKey]", width: float, arrange: Arrangement) -> _Part:
    """One part by the distances in it, upright or lying, whichever takes less room."""
    places = {key: (float(x), float(y)) for key, (x, y) in sorted(arrange(graph).items())}
    both = (places, {key: (y, x) for key, (x, y) in places.items()})
    return min((_part(_spread(_in_pixels(graph, each, width), width)) for each in both), key=lambda part: part.wide * part.tall)


def _in_pixels(graph: "nx.Graph[EntityKey]", places: Places, width: float) -> Places:
    """Edges get their length; what is then too wide is squeezed to the width, and grows downwards instead."""
    edge = sum(math.dist(places[a], places[b]) for a, b in graph.edges) / graph.number_of_edges() or 1.0
    left, right = min(x for x, _ in places.values()), max(x for x, _ in places.values())
    across = (right - left) * EDGE_ACROSS / edge
    squeeze = min(1.0, (width - LABEL_WIDTH) / across) if across else 1.0
    middle = (left + right) / 2
    return {
        key: (width / 2 + (x - middle) * EDGE_ACROSS / edge * squeeze, y * EDGE_DOWN / edge / math.sqrt(squeeze))
        for key, (x, y) in places.items()
    }


def _part(places: Places) -> _Part:
    left, top = min(x for x, _ in places.values()), min(y for _, y in places.values())
    moved = {key: (x - left + LABEL_WIDTH / 2, y - top + NODE) for key, (x, y) in places.items()}
    return _Part(moved, max(x for x, _ in moved.values()) + LABEL_WIDTH / 2, max(y for _, y in moved.values()) + LABEL_HEIGHT)


def _in_rows(parts: Sequence[_Part], width: float) -> tuple[Places, float]:
    """Parts side by side, in rows: each where the row is that has room for it, from above."""
    rows: list[tuple[float, float]] = []
    found: Places = {}
    height = 0.0
    for part in parts:
        at = next((n for n, (used, _) in enumerate(rows) if used + part.wide <= width), len(rows))
        if at == len(rows):
            rows.append((0.0, height))
            height += part.tall
        used, top = rows[at]
        found |= {key: (used + x, top + y) for key, (x, y) in part.places.items()}
        rows[at] = (used + part.wide, top)
    return found, height


def _spread(places: Places, width: float) -> Places:
    """Names pushed apart, within the width, until none covers another."""
    for _ in range(500):
        pushed = _pushed(places, width)
        if pushed == places:
            break
        places = pushed
    return places


def _pushed(places: Places, width: float) -> Places:
    moved = dict(places)
    for one, other in _covering(places):
        (x1, y1), (x2, y2) = moved[one], moved[other]
        over_x, over_y = LABEL_WIDTH - abs(x1 - x2), LABEL_HEIGHT - abs(y1 - y2)
        if over_x <= 0.5 or over_y <= 0.5:
            continue  # pushed apart already, with others
        # What lies at the rim cannot give way sideways.
        if over_x < over_y and all(LABEL_WIDTH / 2 < x < width - LABEL_WIDTH / 2 for x in (x1, x2)):
            shift = math.copysign(over_x / 2, x1 - x2)
            moved[one], moved[other] = (_within(x1 + shift, width), y1), (_within(x2 - shift, width), y2)
        else:
            shift = math.copysign(over_y / 2, y1 - y2)
            moved[one], moved[other] = (x1, y1 + shift), (x2, y2 - shift)
    return moved


def _covering(places: Places) -> Iterator[tuple[EntityKey, EntityKey]]:
    """Pairs of names that cover each other, in the order of keys; all pairs are looked at together, for of a hub there are thousands."""
    keys = sorted(places)
    spots = np.array([places[key] for key in keys])
    apart = np.abs(spots[:, None, :] - spots[None, :, :])
    covering = (LABEL_WIDTH - apart[..., 0] > 0.5) & (LABEL_HEIGHT - apart[..., 1] > 0.5)
    for one, other in np.argwhere(np.triu(covering, 1)).tolist():
        yield keys[one], keys[other]


def _within(x: float, width: float) -> float:
    return min(max(x, LABEL_WIDTH / 2), width - LABEL_WIDTH / 2)
