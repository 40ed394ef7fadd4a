"""The graph at two days as rows to draw: the same places in both, each edge with what became of it."""

import math
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flows.report.report_data import Row, fact_in_words, spoken
from flows.report.report_layout import Places, positions
from pipeline.answering.histories import Names, name_of
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import fold
from pipeline.believing.rules import Rules
from schema.fact import Fact, Status, Triple
from schema.ids import EntityKey

WIDTH = 720
NAME_WIDTH = 17
BESIDE = 16.0
"""Distance of edges between the same two entities, in pixels."""
LETTER = 5.8
"""Width of a letter, in pixels."""
ALONG = (0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74)
"""Where on an edge its words may stand, best first."""

_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class View:
    """One day's picture. `state` of an edge is stays or falls on the first day, stays, new or fallen on the second."""

    day: date
    nodes: Sequence[Row]
    edges: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Network:
    """Two days of one graph, in pixels."""

    first: View
    second: View
    width: float
    height: float


def network(evidence: Evidence, rules: Rules, names: Names, days: tuple[date, date]) -> Network:
    """What held on two days, with the beliefs of each; edges that hold on neither are left out."""
    first, second = ({f.triple: f for f in fold(evidence, rules, as_of=day).facts if f.status is Status.CURRENT} for day in days)
    places, height = positions([(t.head, t.tail) for t in {*first, *second}], WIDTH)
    offsets = _offsets({*first, *second})
    symmetric = {name for name, relation in rules.ontology.relations.items() if relation.symmetric}

    def view(day: date, shown: Mapping[Triple, tuple[Fact, str]]) -> View:
        edges = [_edge(fact, state, places, offsets[t], names, directed=t.relation not in symmetric) for t, (fact, state) in shown.items()]
        known = {end for triple in shown for end in (triple.head, triple.tail)}
        nodes = [_node(key, place, names, known=key in known) for key, place in sorted(places.items())]
        return View(day, nodes, _with_words(sorted(edges, key=lambda edge: str(edge["fact"])), nodes))

    stays_or_falls = {t: (fact, "stays" if t in second else "falls") for t, fact in first.items()}
    now = {t: (fact, "stays" if t in first else "new") for t, fact in second.items()}
    fallen = {t: (fact, "fallen") for t, fact in first.items() if t not in second}
    return Network(view(days[0], stays_or_falls), view(days[1], now | fallen), WIDTH, height)


def _node(key: EntityKey, place: tuple[float, float], names: Names, *, known: bool) -> Row:
    entity, name = names.get(key), name_of(key, names)
    return {
        "key": key,
        "name": name,
        "label": "\n".join(textwrap.wrap(name, NAME_WIDTH, break_long_words=False, max_lines=2, placeholder=" …")),
        "type": entity.type if entity else "",
        "x": round(place[0], 1),
        "y": round(place[1], 1),
        "known": known,
    }


def _edge(fact: Fact, state: str, places: Places, offset: float, names: Names, *, directed: bool) -> Row:
    head, relation, tail = fact.triple
    # The side on which an edge lies must not depend on its direction, else opposite edges would cover each other.
    (ax, ay), (bx, by) = sorted((places[head], places[tail]))
    length = math.hypot(bx - ax, by - ay) or 1.0
    dx, dy = -(by - ay) / length * offset, (bx - ax) / length * offset
    (x1, y1), (x2, y2) = places[head], places[tail]
    x1, y1, x2, y2 = x1 + dx, y1 + dy, x2 + dx, y2 + dy
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    return {
        "fact": fact_in_words(fact.triple, names),
        "relation": spoken(relation),
        "state": state,
        "belief": fact.belief,
        "support": fact.support,
        "since": fact.holdings[-1].interval.start.isoformat(),
        "x": round(x1, 1),
        "y": round(y1, 1),
        "x2": round(x2, 1),
        "y2": round(y2, 1),
        "tip_x": round(x2 - ux * 13, 1),
        "tip_y": round(y2 - uy * 13, 1),
        "angle": round(math.degrees(math.atan2(uy, ux)) + 90, 1),
        "directed": directed,
    }


def _offsets(triples: Iterable[Triple]) -> dict[Triple, float]:
    """How far beside the straight line each edge lies, so that edges between the same two entities can be told apart."""
    between: dict[frozenset[str], list[Triple]] = defaultdict(list)
    for triple in sorted(triples):
        between[frozenset((triple.head, triple.tail))].append(triple)
    return {t: (i - (len(same) - 1) / 2) * BESIDE for same in between.values() for i, t in enumerate(same)}


def _with_words(edges: Sequence[Row], nodes: Sequence[Row]) -> list[Row]:
    """Each edge with the place of its words: near its middle, where they cover the least of names and of other words."""
    taken = [box for node in nodes if node["known"] for box in (_name_box(node), (node["x"], node["y"], 12.0, 12.0))]
    placed = []
    for edge in edges:
        spots = [_words_box(edge, along) for along in ALONG]
        best = min(spots, key=lambda spot: (sum(_common(spot, box) for box in taken), spots.index(spot)))
        taken.append(best)
        placed.append({**edge, "words_x": round(best[0], 1), "words_y": round(best[1], 1)})
    return placed


def _name_box(node: Row) -> _Box:
    lines = node["label"].split("\n")
    return node["x"], node["y"] + 9 + 6.0 * len(lines), max(map(len, lines)) * LETTER, 12.0 * len(lines)


def _words_box(edge: Row, along: float) -> _Box:
    x, y = edge["x"] + (edge["x2"] - edge["x"]) * along, edge["y"] + (edge["y2"] - edge["y"]) * along
    return x, y, len(edge["relation"]) * LETTER, 12.0


def _common(one: _Box, other: _Box) -> float:
    """The area that two boxes (middle, width, height) share."""
    across = (one[2] + other[2]) / 2 - abs(one[0] - other[0])
    down = (one[3] + other[3]) / 2 - abs(one[1] - other[1])
    return across * down if across > 0 and down > 0 else 0.0
