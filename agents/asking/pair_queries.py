"""The questions about the pairs of a document: in which order the two stand, and which relations may be the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.asking.pairs import Pair, Pairing
from agents.asking.tagging import Place, TaggedDocument


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
