"""How variants are judged: log loss and F1 of what they say about each question of some gold documents, and how two differ."""

from collections.abc import Sequence
from math import log
from random import Random
from typing import Any

from agents.asking.prompting import NONE

DRAWS = 1000
CUTS = [number / 50 for number in range(1, 45)]

Judged = tuple[str, dict[str, float]]
"""The right label of a question, and the distribution over all that it may have."""

Judgement = Sequence[Sequence[Judged]]
"""For each document all its questions."""


def told(found: Judgement, first: Judgement) -> dict[str, Any]:
    """Log loss of a question, by how much it differs from the first variant's (95 % interval), and F1 at the best threshold.

    The interval is from documents drawn anew, the same for both; the best threshold makes F1 an upper bound.
    """
    random, draws = Random(7), []
    for _ in range(DRAWS):
        numbers = random.choices(range(len(found)), k=len(found))
        draws.append(loss([found[number] for number in numbers]) - loss([first[number] for number in numbers]))
    draws.sort()
    return {
        "questions": sum(map(len, found)),
        "loss": round(loss(found), 4),
        "loss differs": [round(each, 4) for each in (loss(found) - loss(first), draws[DRAWS // 40], draws[-DRAWS // 40])],
        "pair": max(f1(found, cut, typed=False) for cut in CUTS),
        "typed": max(f1(found, cut, typed=True) for cut in CUTS),
    }


def loss(found: Judgement) -> float:
    """Minus the mean logarithm of the right label's share."""
    each = [-log(max(1e-9, shares.get(right, 0.0))) for document in found for right, shares in document]
    return sum(each) / len(each)


def f1(found: Judgement, cut: float, *, typed: bool) -> float:
    """Of related pairs; or, `typed`, of pairs with their relation, where one pair may be claimed to have several."""
    said = hits = gold = 0
    for right, shares in (each for document in found for each in document):
        gold += right != NONE
        claimed = [label for label, share in shares.items() if label != NONE and share >= cut] if typed else [1] * (1 - shares[NONE] >= cut)
        said += len(claimed)
        hits += right in claimed if typed else right != NONE and bool(claimed)
    return round(2 * hits / max(1, said + gold), 4)
