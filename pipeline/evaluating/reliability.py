"""What a confidence is worth: whether 80 of 100 claims said with 0.8 are right, and whether it tells right from wrong."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

BINS = 10
LEAST = 1e-6
"""How near to 0 or 1 a confidence counts as certain: the logarithm of a wrong certainty would be infinite."""

Row = tuple[float, bool, int]
"""A confidence, whether the claim is right, and how often it counts (0 or more: a bootstrap draws documents with replacement)."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Claims of neighbouring confidences: how many, their mean confidence, and the share that is right."""

    claims: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of so many claims: shares from 0 to 1; `ece`, `brier`, `log_loss` the smaller the better.

    `skill` is 1 - brier / (base rate · (1 - base rate)): 0 for always saying the base rate, 1 for an oracle, negative for worse than
    the base rate; None, as is `average_precision`, where all or none are right.
    """

    claims: int
    base_rate: float
    ece: float
    brier: float
    skill: float | None
    log_loss: float
    average_precision: float | None


def reliability(rows: Iterable[Row], bins: int = BINS) -> Reliability | None:
    """The measures of these claims, None where there are none; the order of the rows does not matter."""
    ordered = sorted(row for row in rows if row[2])
    return of_ordered(ordered, bins) if ordered else None


def of_ordered(rows: Sequence[Row], bins: int = BINS) -> Reliability:
    """The same of rows in the order of their confidences; of these some may count 0 times, not all."""
    total = positives = 0
    squares = logs = 0.0
    for confidence, right, times in rows:
        total += times
        positives += times if right else 0
        missed = 1.0 - confidence if right else confidence
        squares += times * missed * missed
        logs -= times * math.log(max(LEAST, 1.0 - missed))
    base = positives / total
    spread = base * (1.0 - base)
    gap = sum(each.claims * abs(each.confidence - each.right) for each in equal_mass(rows, bins))
    brier = squares / total
    skill = 1.0 - brier / spread if spread else None
    return Reliability(total, base, gap / total, brier, skill, logs / total, _average_precision(rows, positives) if spread else None)


def equal_mass(rows: Sequence[Row], bins: int = BINS) -> list[Bin]:
    """At most `bins` bins of equally many claims, as far as equal confidences, which are never parted, allow; rows in order."""
    left = sum(times for _, _, times in rows)
    found: list[Bin] = []
    count, confidences, right = 0, 0.0, 0
    for confidence, hits, times in _tied(rows):
        count, confidences, right = count + times, confidences + confidence * times, right + hits
        # What a large bin took is not asked of those that follow it: they share what is left.
        if count and count * (bins - len(found)) >= left:
            found.append(Bin(count, confidences / count, right / count))
            left -= count
            count, confidences, right = 0, 0.0, 0
    return found


def _tied(rows: Sequence[Row]) -> Iterator[tuple[float, int, int]]:
    """Each distinct confidence with how many claims are right and how many there are."""
    at, hits, count = None, 0, 0
    for confidence, right, times in rows:
        if at is not None and confidence != at:
            yield at, hits, count
            hits = count = 0
        at = confidence
        hits, count = hits + (times if right else 0), count + times
    if at is not None:
        yield at, hits, count


def _average_precision(rows: Sequence[Row], positives: int) -> float:
    """The mean, over the claims that are right, of the precision among those with at least their confidence."""
    found = seen = 0
    area = 0.0
    for _, hits, count in _tied(rows[::-1]):
        found, seen = found + hits, seen + count
        area += hits * found / seen if seen else 0.0
    return area / positives
