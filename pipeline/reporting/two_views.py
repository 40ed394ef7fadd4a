"""The graph on two days as rows to draw: the same places in both, each edge with what became of it."""

import math
import textwrap
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.answering.histories import Names, name_of
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import fold
from pipeline.believing.rules import Rules
from pipeline.reporting.layout import Places, Point, positions
from pipeline.reporting.words import Row, sentence_of, spoken
from schema.fact import Fact, Status, Triple
from schema.ids import EntityKey

WIDTH = 720
NAME_WIDTH = 17
BESIDE = 26.0
"""How much further than the one before an edge between the same two entities bends, in pixels."""
SHORT = 12.0
"""How far from the middle of its tail an arrow's tip is, in pixels."""
LETTER = 5.8
"""Width of a letter, in pixels."""
ALONG = (0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74)
"""Where on an edge its words may stand, best first."""
MOST_DRAWN = 70
"""Facts in a picture; with more nothing can be read in it."""

_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class View:
    """One day's picture. `state` of an edge is stays or falls on the first day, stays, new or fallen on the second."""

    day: date
    nodes: Sequence[Row]
    edges: Sequence[Row]


@dataclass(frozen=True, slots=True)
class TwoViews:
    """Two days of one graph, in pixels; `left_out` are facts for which there was no room."""

    first: View
    second: View
    width: float
    height: float
    left_out: int = 0


def two_views(evidence: Evidence, rules: Rules, names: Names, days: tuple[date, date], drawn: Collection[Triple] | None = None) -> TwoViews:
    """What held on two days (all of it, or of these triples), with the beliefs of each; edges that hold on neither are left out."""
    first, second = (
        {
            f.triple: f
            for f in fold(evidence, rules, as_of=day, histories=False).facts
            if f.status is Status.CURRENT and (drawn is None or f.triple in drawn)
        }
        for day in days
    )
    # What changed comes first, then what is believed most.
    wanted = sorted({**first, **second}.values(), key=lambda f: ((f.triple in first) == (f.triple in second), -f.belief, f.triple))
    shown = {fact.triple for fact in wanted[:MOST_DRAWN]}
    places, height = positions([(t.head, t.tail) for t in shown], WIDTH)
    bends = _bends(shown)
    symmetric = {name for name, relation in rules.ontology.relations.items() if relation.symmetric}

    def view(day: date, states: Mapping[Triple, tuple[Fact, str]]) -> View:
        kept = {t: each for t, each in states.items() if t in shown}
        edges = [_edge(fact, state, places, bends[t], names, directed=t.relation not in symmetric) for t, (fact, state) in kept.items()]
        known = {end for triple in kept for end in (triple.head, triple.tail)}
        nodes = [_node(key, place, names, known=key in known) for key, place in sorted(places.items())]
        return View(day, nodes, _with_words(sorted(edges, key=lambda edge: str(edge["fact"])), nodes))

    stays_or_falls = {t: (fact, "stays" if t in second else "falls") for t, fact in first.items()}
    now = {t: (fact, "stays" if t in first else "new") for t, fact in second.items()}
    fallen = {t: (fact, "fallen") for t, fact in first.items() if t not in second}
    return TwoViews(view(days[0], stays_or_falls), view(days[1], now | fallen), WIDTH, height, len(wanted) - len(shown))


def _node(key: EntityKey, place: Point, names: Names, *, known: bool) -> Row:
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


def _edge(fact: Fact, state: str, places: Places, bend: float, names: Names, *, directed: bool) -> Row:
    """An edge from the middle of one entity to that of the other, by way of a point that it bends towards."""
    head, relation, tail = fact.triple
    (x1, y1), (x2, y2) = places[head], places[tail]
    # The side to which an edge bends must not depend on its direction, else opposite edges would cover each other.
    (ax, ay), (bx, by) = sorted((places[head], places[tail]))
    length = math.hypot(bx - ax, by - ay) or 1.0
    towards = (x1 + x2) / 2 - (by - ay) / length * bend, (y1 + y2) / 2 + (bx - ax) / length * bend
    away = math.dist(towards, (x2, y2)) or 1.0
    ux, uy = (x2 - towards[0]) / away, (y2 - towards[1]) / away
    return {
        "fact": sentence_of(fact.triple, names),
        "relation": spoken(relation),
        "state": state,
        "belief": fact.belief,
        "support": fact.support,
        "since": fact.holdings[-1].interval.start.isoformat(),
        "points": [[round(x, 1), round(y, 1)] for x, y in ((x1, y1), towards, (x2, y2))],
        "tip_x": round(x2 - ux * SHORT, 1),
        "tip_y": round(y2 - uy * SHORT, 1),
        "angle": round(math.degrees(math.atan2(uy, ux)) + 90, 1),
        "directed": directed,
    }


def _bends(triples: Iterable[Triple]) -> dict[Triple, float]:
    """How far each edge bends aside, so that edges between the same two entities can be told apart."""
    between: dict[frozenset[str], list[Triple]] = defaultdict(list)
    for triple in sorted(triples):
        between[frozenset((triple.head, triple.tail))].append(triple)
    return {t: (i - (len(same) - 1) / 2) * BESIDE for same in between.values() for i, t in enumerate(same)}


def _with_words(edges: Sequence[Row], nodes: Sequence[Row]) -> list[Row]:
    """Each edge with the place of its words: near its middle, where they cover the least of names and of other words.

    Where they would cover others whatever the place they are left out (None): the edge says them when it is pointed at.
    """
    taken = [box for node in nodes if node["known"] for box in (_name_box(node), (node["x"], node["y"], 12.0, 12.0))]
    placed = []
    for edge in edges:
        spots = [_words_box(edge, along) for along in ALONG]
        covered = [sum(_common(spot, box) for box in taken) for spot in spots]
        best = min(range(len(spots)), key=lambda spot: (covered[spot], spot))
        x, y, wide, high = spots[best]
        if covered[best] > wide * high / 4:
            placed.append({**edge, "words_x": None, "words_y": None})
            continue
        taken.append(spots[best])
        placed.append({**edge, "words_x": round(x, 1), "words_y": round(y, 1)})
    return placed


def _name_box(node: Row) -> _Box:
    lines = node["label"].split("\n")
    return node["x"], node["y"] + 9 + 6.0 * len(lines), max(map(len, lines)) * LETTER, 12.0 * len(lines)


def _words_box(edge: Row, along: float) -> _Box:
    (x1, y1), (towards_x, towards_y), (x2, y2) = edge["points"]
    # The curve that is drawn: a B-spline that begins and ends at the entities.
    ends, bend = (1 - along, along), along * (1 - along) * 8 / 3
    straight_x, straight_y = ends[0] * x1 + ends[1] * x2, ends[0] * y1 + ends[1] * y2
    x, y = straight_x + (towards_x - (x1 + x2) / 2) * bend, straight_y + (towards_y - (y1 + y2) / 2) * bend
    return x, y, len(edge["relation"]) * LETTER, 12.0


def _common(one: _Box, other: _Box) -> float:
    """The area that two boxes (middle, width, height) share."""
    across = (one[2] + other[2]) / 2 - abs(one[0] - other[0])
    down = (one[3] + other[3]) / 2 - abs(one[1] - other[1])
    return across * down if across > 0 and down > 0 else 0.0
