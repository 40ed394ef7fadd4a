"""Where the entities of a graph are drawn: each part by its distances, the parts side by side. Always the same for the same graph."""

import math
import random
from collections.abc import Sequence

import networkx as nx

from schema.ids import EntityKey

Point = tuple[float, float]
Places = dict[EntityKey, Point]
_Spot = tuple[float, int, float, int, float, Places]

EDGE_ACROSS, EDGE_DOWN = 124.0, 80.0
"""Length that an edge would like to have, in pixels: names are wide, so what lies across is longer."""
LABEL_WIDTH, LABEL_HEIGHT = 104.0, 44.0
"""Room for a node with its name below it."""
GAP = 10.0
ROUNDS, TRIES, SEED = 150, 60, 7
NODE = 14.0
"""Room above a node."""


def positions(pairs: Sequence[tuple[EntityKey, EntityKey]], width: float) -> tuple[Places, float]:
    """Pixel positions of all ends (y grows downwards) within a width, and the height they take."""
    graph: nx.Graph[EntityKey] = nx.Graph()
    graph.add_edges_from(sorted(pairs))
    parts = sorted((sorted(part) for part in nx.connected_components(graph)), key=lambda part: (-len(part), part))
    arranged = [_arrange(graph.subgraph(part), part) for part in parts]
    both_ways = [(_spread(part), _spread({key: (y, x) for key, (x, y) in part.items()})) for part in arranged]
    dice = random.Random(SEED)  # noqa: S311  # for looks only
    orders = [both_ways, *(dice.sample(both_ways, len(both_ways)) for _ in range(TRIES))]
    return min((_side_by_side(order, int(width)) for order in orders), key=lambda found: found[1])


def _arrange(graph: "nx.Graph[EntityKey]", keys: Sequence[EntityKey]) -> Places:
    """Stress majorisation (Gansner and others, 2004) from a circle: distances in the picture, in edges, as the steps in the graph."""
    steps = dict(nx.all_pairs_shortest_path_length(graph))
    count = len(keys)
    places = [(math.cos(2 * math.pi * i / count) * count, math.sin(2 * math.pi * i / count) * count) for i in range(count)]
    for _ in range(ROUNDS):
        for i in range(count):
            places[i] = _pulled(i, keys, places, steps)
    return dict(zip(keys, places, strict=True))


def _pulled(i: int, keys: Sequence[EntityKey], places: Sequence[Point], steps: dict[EntityKey, dict[EntityKey, int]]) -> Point:
    x, y, weight = 0.0, 0.0, 0.0
    for j, (other_x, other_y) in enumerate(places):
        if i == j:
            continue
        wanted = steps[keys[i]][keys[j]]
        away_x, away_y = places[i][0] - other_x, places[i][1] - other_y
        scale = wanted / (math.hypot(away_x, away_y) or 1e-9)
        x += (other_x + away_x * scale) / wanted**2
        y += (other_y + away_y * scale) / wanted**2
        weight += 1 / wanted**2
    return x / weight, y / weight


def _spread(places: Places) -> Places:
    """In pixels, names pushed apart until none covers another."""
    places = {key: (x * EDGE_ACROSS, y * EDGE_DOWN) for key, (x, y) in places.items()}
    for _ in range(300):
        pushed = _pushed(places)
        if pushed == places:
            break
        places = pushed
    return places


def _pushed(places: Places) -> Places:
    moved = dict(places)
    keys = sorted(places)
    for number, one in enumerate(keys):
        for other in keys[number + 1 :]:
            (x1, y1), (x2, y2) = moved[one], moved[other]
            over_x, over_y = LABEL_WIDTH - abs(x1 - x2), LABEL_HEIGHT - abs(y1 - y2)
            if over_x <= 0.5 or over_y <= 0.5:
                continue
            if over_x < over_y * 1.6:
                shift = math.copysign(over_x / 2, x1 - x2)
                moved[one], moved[other] = (x1 + shift, y1), (x2 - shift, y2)
            else:
                shift = math.copysign(over_y / 2, y1 - y2)
                moved[one], moved[other] = (x1, y1 + shift), (x2, y2 - shift)
    return moved


def _side_by_side(parts: Sequence[tuple[Places, Places]], width: int) -> tuple[Places, float]:
    """Put each part, as it is or turned, where it reaches down the least; the sky line says how far down each column is taken."""
    skyline = [0.0] * width
    found: Places = {}
    for both in parts:
        spots = [spot for part in both if (spot := _spot(part, skyline, width)) is not None]
        _, at, base, wide, tall, part = min(spots or [_squeezed(both[0], skyline)], key=lambda spot: spot[:2])
        skyline[at : at + wide] = [base + tall] * len(skyline[at : at + wide])
        left, top = min(x for x, _ in part.values()), min(y for _, y in part.values())
        for key, (x, y) in part.items():
            found[key] = (x - left + at + (LABEL_WIDTH + GAP) / 2, y - top + base + NODE)
    return found, max(skyline)


def _spot(part: Places, skyline: Sequence[float], width: int) -> _Spot | None:
    xs, ys = [x for x, _ in part.values()], [y for _, y in part.values()]
    wide, tall = int(max(xs) - min(xs) + LABEL_WIDTH + GAP), max(ys) - min(ys) + LABEL_HEIGHT + GAP
    if wide > width:
        return None
    base, at = min((max(skyline[x : x + wide]), x) for x in range(0, max(1, len(skyline) - wide + 1), 8))
    return base + tall, at, base, wide, tall, part


def _squeezed(part: Places, skyline: Sequence[float]) -> _Spot:
    """A part that is wider than the picture is scaled to it."""
    left, right = min(x for x, _ in part.values()), max(x for x, _ in part.values())
    scale = (len(skyline) - LABEL_WIDTH - GAP - 1) / (right - left)
    narrow = {key: ((x - left) * scale, y) for key, (x, y) in part.items()}
    tall = max(y for _, y in part.values()) - min(y for _, y in part.values()) + LABEL_HEIGHT + GAP
    return max(skyline) + tall, 0, max(skyline), len(skyline), tall, narrow
