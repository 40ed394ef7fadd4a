"""Paths between two entities, best first: the product of what is believed of their steps is their weight."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count, islice

import networkx as nx
import polars as pl

from schema.errors import WrongUse
from schema.fact import Triple
from schema.ids import EntityKey

MOST_STEPS = 4
MOST_LOOKED_AT = 400
"""Entities whose facts are looked at, those first that are reached by what is believed most."""

FactsOf = Callable[[Collection[EntityKey], Collection[EntityKey] | None], pl.DataFrame]
"""The wanted facts of some entities, or only those that lead from these to some others; columns of neighbourhood.FACT."""


@dataclass(frozen=True, slots=True)
class Path:
    """A way from one entity to another by facts, whichever way they point; weight 0 to 1."""

    weight: float
    steps: tuple[Triple, ...]


@dataclass(slots=True)
class _Side:
    """What is reached from one end: by which weight, and what of it is still to be looked at."""

    reached: dict[EntityKey, float]
    frontier: set[EntityKey]


@dataclass(slots=True)
class Search:
    """A search for paths of at most `most_steps` facts, looking at no more than `most` entities.

    `searched` says how many were looked at, `complete` whether these were all that could matter.
    """

    most_steps: int
    most: int = MOST_LOOKED_AT
    searched: int = 0
    complete: bool = True
    _graph: "nx.Graph[EntityKey]" = field(default_factory=nx.Graph)

    def __post_init__(self) -> None:
        if not 1 <= self.most_steps <= MOST_STEPS:
            raise WrongUse(f"a path of {self.most_steps} steps: from 1 to {MOST_STEPS} can be looked for")

    def best(self, one: EntityKey, other: EntityKey, facts_of: FactsOf, limit: int) -> list[Path]:
        """The `limit` best paths that meet no entity twice; of equal ones the shorter, then in the order of their facts.

        Of several facts between two entities the one believed most is the step. Both ends are looked at in turn, the narrower first, so
        that a hub on one side is not spread out.
        """
        if limit < 1:
            raise WrongUse(f"limit is {limit}, and must be at least 1")
        if one == other:
            return []
        sides = _Side({one: 1.0}, {one}), _Side({other: 1.0}, {other})
        for number in range(self.most_steps):
            near, far = sorted(sides, key=lambda side: len(side.frontier))
            last = number == self.most_steps - 1
            self._look(near, facts_of, only_to=set(far.reached) if last else None)
        return list(islice(self._ordered(one, other), limit))

    def _look(self, side: _Side, facts_of: FactsOf, only_to: set[EntityKey] | None) -> None:
        room = max(0, self.most - self.searched)
        chosen = sorted(side.frontier, key=lambda key: (-side.reached[key], key))
        if len(chosen) > room:
            self.complete, chosen = False, chosen[:room]
        side.frontier = set()
        if not chosen:
            return
        self.searched += len(chosen)
        for head, relation, tail, belief in facts_of(chosen, only_to).select("head", "relation", "tail", "belief").iter_rows():
            if belief <= 0.0 or head == tail:
                continue
            self._add(Triple(head, relation, tail), belief)
        for key in chosen:
            for neighbour, edge in self._graph.adj[key].items() if key in self._graph else ():
                weight = side.reached[key] * edge["belief"]
                if neighbour not in side.reached:
                    side.frontier.add(neighbour)
                side.reached[neighbour] = max(weight, side.reached.get(neighbour, 0.0))

    def _add(self, triple: Triple, belief: float) -> None:
        known = self._graph.get_edge_data(triple.head, triple.tail)
        if known is None or (-belief, triple) < (-known["belief"], known["triple"]):
            self._graph.add_edge(triple.head, triple.tail, belief=belief, triple=triple)

    def _ordered(self, one: EntityKey, other: EntityKey) -> Iterator[Path]:
        """All simple paths within the bound, by weight: the way so far times the best that can still come is never too low."""
        graph = self._graph
        if one not in graph or other not in graph:
            return
        ahead = _best_ahead(graph, other, self.most_steps)
        ticket = count()
        waiting: list[tuple[float, int, tuple[Triple, ...], int, float, tuple[EntityKey, ...]]] = []
        first = ahead[self.most_steps].get(one)
        if first is not None:
            heappush(waiting, (-first, 0, (), next(ticket), 1.0, (one,)))
        while waiting:
            _, length, steps, _, weight, way = heappop(waiting)
            if way[-1] == other:
                yield Path(round(weight, 6), steps)
                continue
            left = self.most_steps - length - 1
            for neighbour, edge in graph.adj[way[-1]].items() if left >= 0 else ():
                rest = ahead[left].get(neighbour)
                if rest is not None and neighbour not in way:
                    so_far = weight * edge["belief"]
                    steps_on = (*steps, edge["triple"])
                    heappush(waiting, (-so_far * rest, length + 1, steps_on, next(ticket), so_far, (*way, neighbour)))


def _best_ahead(graph: "nx.Graph[EntityKey]", goal: EntityKey, most: int) -> list[dict[EntityKey, float]]:
    """For each number of steps the best weight by which the goal can be reached in no more."""
    ahead = [{goal: 1.0}]
    for _ in range(most):
        best = dict(ahead[-1])
        for key, weight in ahead[-1].items():
            for neighbour, edge in graph.adj[key].items():
                best[neighbour] = max(best.get(neighbour, 0.0), weight * edge["belief"])
        ahead.append(best)
    return ahead
