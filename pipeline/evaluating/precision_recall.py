"""Precision, recall and F1 of what is admitted, at a threshold and at the best one."""

from collections.abc import Callable, Hashable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.evaluating.judged_claims import Judged, JudgedClaim


@dataclass(frozen=True, slots=True)
class Found:
    """How many were said, how many of these are in the gold, and how many the gold has."""

    hits: int = 0
    said: int = 0
    gold: int = 0

    def __add__(self, other: "Found") -> "Found":
        return Found(self.hits + other.hits, self.said + other.said, self.gold + other.gold)

    @property
    def precision(self) -> float:
        """The share of what was said that is in the gold; 0 where nothing was said."""
        return self.hits / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        """The share of the gold that was said; 0 where the gold has nothing."""
        return self.hits / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.hits / (self.said + self.gold) if self.said + self.gold else 0.0

    @property
    def told(self) -> dict[str, Any]:
        """Counts and measures as data."""
        return {**asdict(self), "precision": self.precision, "recall": self.recall, "f1": self.f1}


@dataclass(frozen=True, slots=True)
class Level:
    """In which grain what was said is compared with the gold; `summed` where the candidates of one thing exclude each other."""

    name: str
    gold: Callable[[Judged], Set[Hashable]]
    of: Callable[[JudgedClaim], Hashable]
    summed: bool = False


LEVELS = (
    Level("pair", lambda judged: judged.pairs, lambda candidate: candidate.pair, summed=True),
    Level("pair and type", lambda judged: judged.units, lambda candidate: candidate.unit),
    Level("pair and type, the gold's words", lambda judged: judged.worded, lambda candidate: candidate.worded),
)


def best_of(judged: Judged, level: Level, score: Callable[[JudgedClaim], float]) -> dict[Hashable, float]:
    """What a document's candidates say, each thing once with its highest score.

    That a pair is related at all is as likely as its relations together, which annotators take to exclude each other.
    """
    highest: dict[tuple[Hashable, str], float] = {}
    for candidate in judged.candidates:
        part = level.of(candidate), candidate.relation if level.summed else ""  # asked about in both orders, it is still one relation
        highest[part] = max(highest.get(part, 0.0), score(candidate))
    best: dict[Hashable, float] = {}
    for (key, _), known in highest.items():
        best[key] = min(1.0, best.get(key, 0.0) + known)
    return best


def best_cuts(judged: Sequence[Judged], score: Callable[[JudgedClaim], float]) -> dict[str, float]:
    """For pairs, and for pairs and types, the confidence from which F1 can be expected to be best.

    Expected, that is, if confidences mean what they say: of few documents, which claims just happen to be right would move the best cut
    of the past far more than the best one of the future.
    """
    return {level.name: _expected_cut([(best_of(one, level, score), level.gold(one)) for one in judged]) for level in LEVELS[:2]}


def _expected_cut(documents: Sequence[tuple[Mapping[Hashable, float], Set[Hashable]]]) -> float:
    scores = sorted((score for best, _ in documents for score in best.values()), reverse=True)
    gold = sum(len(found) for _, found in documents)
    cut = highest = hits = 0.0
    for number, score in enumerate(scores, 1):
        hits += score
        expected = 2.0 * hits / (number + gold)
        if expected > highest:
            cut, highest = score, expected
    return cut if scores else 1.0


def found_at(best: Mapping[Hashable, float], gold: Set[Hashable], threshold: float) -> Found:
    """What of one document is admitted at a threshold."""
    said = {key for key, score in best.items() if score >= threshold}
    return Found(len(said & gold), len(said), len(gold))


def best_threshold(documents: Sequence[tuple[Mapping[Hashable, float], Set[Hashable]]]) -> tuple[float, Found]:
    """The threshold with the highest F1 over all documents, the highest one of equals; chosen on the very gold it is judged by."""
    scored = sorted(((score, key in gold) for best, gold in documents for key, score in best.items()), reverse=True)
    total = sum(len(gold) for _, gold in documents)
    threshold, chosen = 1.0, Found(0, 0, total)
    hits = 0
    for number, (score, right) in enumerate(scored, 1):
        hits += right
        is_last = number == len(scored) or scored[number][0] != score
        if is_last and (found := Found(hits, number, total)).f1 > chosen.f1:
            threshold, chosen = score, found
    return threshold, chosen
