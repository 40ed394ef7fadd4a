"""Which pairs of a document's entities are worth asking about, in which order, where they are nearest, and what is asked of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from agents.asking.tagging import Place, TaggedDocument
from schema.document import Span
from schema.ontology import Ontology

LOOK_AHEAD = 200
"""How many mentions further on a mention is paired with: keeps the work linear in a text of any length."""

MOST_COUNTED = 9
"""What a digit of a relative position can say."""

UNINFORMATIVE = frozenset({"Species", "CellLine"})
"""Types whose pairs are left out where `associate` is all they can be."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entities (numbers in the document), where they are nearest and in which window."""

    one: int
    other: int
    nearest: tuple[Place, Place]
    window: int

    @property
    def distance(self) -> tuple[int, int]:
        """Sentences, then characters between the nearest mentions."""
        first, last = sorted(self.nearest, key=lambda place: place.start)
        return last.sentence - first.sentence, max(0, last.start - first.end)


class Pairing:
    """The pairs of types that an ontology relates, and in which order to ask about them.

    `taught` tells whether a model can say a relation of a head and a tail type; without it, it can say all.
    """

    def __init__(
        self, ontology: Ontology, left_out: frozenset[str] = UNINFORMATIVE, taught: Callable[[str, str, str], bool] | None = None
    ) -> None:
        self._ontology = ontology
        self._taught = taught or (lambda *_: True)
        self.left_out = left_out
        self.orders = cache(self._orders)
        self.relations = cache(self._relations)

    def _relations(self, head: str, tail: str) -> tuple[str, ...]:
        """The relations allowed from a head type to a tail type, in the ontology's order."""
        found = tuple(
            name for name in self._ontology.relations if self._ontology.allows(head, name, tail) and self._taught(head, name, tail)
        )
        return () if found == ("associate",) and self.left_out & {head, tail} else found

    def _orders(self, one: str, other: str) -> tuple[bool, ...]:
        """In which orders to ask: False as given, True turned round; both where directed relations go both ways."""
        directed = [
            any(not self._ontology.relations[name].symmetric for name in self.relations(head, tail))
            for head, tail in ((one, other), (other, one))
        ]
        if any(directed):
            return tuple(turned for turned in (False, True) if directed[turned])
        return (False,) if self.relations(one, other) else ()


def nearest_pairs(tagged: TaggedDocument, windows: list[Span], pairing: Pairing, limit: int) -> tuple[list[Pair], int]:
    """The allowed pairs that share a window, nearest first, at most `limit`; and how many were left out."""
    best: dict[tuple[int, int], Pair] = {}
    for number, window in enumerate(windows):
        for pair in _in_window(tagged, window, number, pairing):
            known = best.get((pair.one, pair.other))
            if known is None or pair.distance < known.distance:
                best[pair.one, pair.other] = pair
    ranked = sorted(best.values(), key=lambda pair: (pair.distance, pair.one, pair.other))
    return ranked[:limit], max(0, len(ranked) - limit)


def _in_window(tagged: TaggedDocument, window: Span, number: int, pairing: Pairing) -> list[Pair]:
    places = tagged.within(window)
    best: dict[tuple[int, int], tuple[int, int, Place, Place]] = {}
    for at, first in enumerate(places):
        for second in places[at + 1 : at + 1 + LOOK_AHEAD]:
            if first.entity == second.entity:
                continue
            one, other = (first, second) if first.entity < second.entity else (second, first)
            known = best.get((one.entity, other.entity))
            apart = (second.sentence - first.sentence, max(0, second.start - first.end))
            if known is None or apart < known[:2]:
                best[one.entity, other.entity] = (*apart, one, other)
    kinds = tagged.entities
    return [
        Pair(*ends, (one, other), number)
        for ends, (_, _, one, other) in best.items()
        if pairing.orders(kinds[ends[0]].type, kinds[ends[1]].type)
    ]


@dataclass(frozen=True, slots=True)
class PairQuery:
    """A question about a head and a tail: which relations may be the answer, and where the two are nearest."""

    head: Place
    tail: Place
    relations: tuple[str, ...]


def pair_queries(tagged: TaggedDocument, pairs: Sequence[Pair], pairing: Pairing) -> list[PairQuery]:
    """One question for each order in which a pair's types can be related, in the order of the text."""
    kinds = tagged.entities
    found = []
    for pair in sorted(pairs, key=lambda pair: (pair.one, pair.other)):
        for turned in pairing.orders(kinds[pair.one].type, kinds[pair.other].type):
            head, tail = reversed(pair.nearest) if turned else pair.nearest
            found.append(PairQuery(head, tail, pairing.relations(kinds[head.entity].type, kinds[tail.entity].type)))
    return found


def relative_position(tagged: TaggedDocument, one: int, other: int) -> str:
    """Where two entities stand in a document, in four digits, which a small model sees badly: title, together, often, often.

    The first digit tells which of the two the title (or first sentence) names: 1 the one, 2 the other, 3 both. Then in how many
    sentences both are, how often the one is named and how often the other; 9 stands for more as well.
    """
    ones, others = tagged.sentences_of[one], tagged.sentences_of[other]
    title = (0 in ones) + 2 * (0 in others)
    counts = (len(ones & others), len(tagged.entities[one].spans), len(tagged.entities[other].spans))
    return "".join(str(min(MOST_COUNTED, count)) for count in (title, *counts))
