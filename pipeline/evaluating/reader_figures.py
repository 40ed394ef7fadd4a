"""All that is measured of a reader, with intervals from drawing documents again and again."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from random import Random
from typing import Any

from pipeline.evaluating.judged_claims import Judged, JudgedClaim
from pipeline.evaluating.precision_recall import LEVELS, Found, Level, best_of, best_threshold, found_at
from pipeline.evaluating.reliability import Row, equal_mass, of_ordered, reliability

FLOOR = 0.1
"""Raw score from which a claim counts for what its confidence is worth."""

DRAWS = 300
SEED = 20260101

Score = Callable[[JudgedClaim], float]


def raw_score(candidate: JudgedClaim) -> float:
    """The score as the model gave it."""
    return candidate.raw


def confidence(candidate: JudgedClaim) -> float:
    """What a user sees: calibrated where a map is known."""
    return candidate.confidence


def reader_figures(
    judged: Sequence[Judged],
    score: Score,
    threshold: float,
    *,
    floor: float = FLOOR,
    draws: int = DRAWS,
    cuts: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Extraction and reliability by one of the two scores; documents whose reading failed are among them, without candidates.

    `cuts` are thresholds by level that were chosen on other documents.
    Intervals hold 95 % of `draws` samples of as many documents, drawn with replacement from a fixed seed.
    """
    rows = _rows(judged, score, floor)
    whole = reliability([row for _, row in rows])
    intervals = _intervals(judged, score, threshold, rows, draws) if judged and draws else {}
    return {
        "extraction": {level.name: _extraction(judged, level, score, threshold, (cuts or {}).get(level.name)) for level in LEVELS},
        "reliability": asdict(whole) if whole else None,
        "bins": [asdict(each) for each in equal_mass([row for _, row in rows])],
        "intervals": intervals,
        "by_relation": _by_relation(judged, score, floor),
    }


def _extraction(judged: Sequence[Judged], level: Level, score: Score, threshold: float, cut: float | None) -> dict[str, Any]:
    documents = [(best_of(one, level, score), level.gold(one)) for one in judged]
    admitted = sum((found_at(best, gold, threshold) for best, gold in documents), Found())
    best, found = best_threshold(documents)
    told = {"threshold": threshold, **admitted.told, "best": {"threshold": best, **found.told}}
    if cut is None:
        return told
    at_cut = sum((found_at(scores, gold, cut) for scores, gold in documents), Found())
    return {**told, "cut": {"threshold": cut, **at_cut.told}}


def _rows(judged: Sequence[Judged], score: Score, floor: float) -> list[tuple[int, Row]]:
    """Each candidate of at least the floor with its document's number, in the order of the scores."""
    found = [(number, (score(c), c.right, 1)) for number, one in enumerate(judged) for c in one.candidates if c.raw >= floor]
    return sorted(found, key=lambda each: each[1])


def _by_relation(judged: Sequence[Judged], score: Score, floor: float) -> dict[str, Any]:
    groups: Mapping[str, list[Row]] = defaultdict(list)
    for one in judged:
        for candidate in one.candidates:
            if candidate.raw >= floor:
                groups[candidate.relation].append((score(candidate), candidate.right, 1))
    return {name: asdict(found) for name, rows in sorted(groups.items()) if (found := reliability(rows))}


def _intervals(
    judged: Sequence[Judged], score: Score, threshold: float, rows: Sequence[tuple[int, Row]], draws: int
) -> dict[str, tuple[float, float]]:
    random = Random(SEED)  # noqa: S311  a sample, not a secret
    counts = {level.name: [found_at(best_of(one, level, score), level.gold(one), threshold) for one in judged] for level in LEVELS[:2]}
    samples: dict[str, list[float]] = defaultdict(list)
    for _ in range(draws):
        times = [0] * len(judged)
        for number in random.choices(range(len(judged)), k=len(judged)):
            times[number] += 1
        for name, found in counts.items():
            hits, said, gold = (
                sum(t * getattr(one, part) for t, one in zip(times, found, strict=True)) for part in ("hits", "said", "gold")
            )
            samples[f"f1, {name}"].append(Found(hits, said, gold).f1)
        drawn = [(value, right, times[number]) for number, (value, right, _) in rows if times[number]]
        if drawn:
            measured = asdict(of_ordered(drawn))
            for name in ("ece", "brier", "skill", "average_precision"):
                if measured[name] is not None:
                    samples[name].append(measured[name])
    return {name: _middle(values) for name, values in samples.items()}


def _middle(values: Sequence[float]) -> tuple[float, float]:
    """The bounds of the middle 95 %."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return ordered[round(0.025 * last)], ordered[round(0.975 * last)]
