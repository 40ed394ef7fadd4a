"""Fits calibration maps to claims that were judged by gold data. The only file that imports scikit-learn."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from agents.confidence.calibration import CalibrationMap, Curve, GoldData
from schema.errors import WrongUse
from schema.ids import stable_id
from schema.observation import Reader

FOLDS = 5
MOST_BINS, LEAST_IN_BIN = 25, 40
"""A step of an isotonic curve rests on at least so many claims: a few lucky ones at the top are no certainty."""

ENOUGH_CLAIMS, ENOUGH_RIGHT = 200, 30
"""What a relation needs for a curve of its own."""

LEAST_CLAIMS, LEAST_EACH = 100, 10
"""What the claims of all relations together need, with so many right and so many wrong."""

DECIMALS = 6

Knots = tuple[tuple[float, float], ...]
Method = Literal["identity", "isotonic", "platt"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A claim that was judged."""

    document: str
    relation: str
    score: float
    right: bool


@dataclass(frozen=True, slots=True)
class Fitted:
    """A map, and for each sample in the order given the confidence from curves fitted without its document."""

    map: CalibrationMap
    held_out: tuple[float, ...]


def fit(given: Sequence[Sample], reader: Reader, gold: GoldData, fitted: date) -> Fitted:
    """Fit a map: for relations with enough claims a curve of their own, for all others together the pooled one.

    Each curve is isotonic, Platt's (logistic in the log-odds) or the score as it is, whichever has the smallest Brier score on documents
    it was not fitted on. Raises WrongUse where there are too few claims, or all or none are right.
    """
    # In an order of their own, so that the last bits of sums, too, do not depend on the order given.
    order = sorted(range(len(given)), key=lambda number: _key(given[number]))
    samples = [given[number] for number in order]
    right = sum(sample.right for sample in samples)
    if len(samples) < LEAST_CLAIMS or not LEAST_EACH <= right <= len(samples) - LEAST_EACH:
        raise WrongUse(
            f"{len(samples)} claims, {right} of them right, are too few to calibrate by: it takes {LEAST_CLAIMS}, "
            f"{LEAST_EACH} of them right and {LEAST_EACH} wrong; give more gold documents"
        )
    groups = {name: found for name, found in _by_relation(samples).items() if _is_enough(samples, found)}
    rest = [number for number, sample in enumerate(samples) if sample.relation not in groups]
    whole = list(range(len(samples)))
    # What the pooled curve is for is the other relations; where these are too few, all claims are the nearest guess.
    pooled, held_out = _curve(samples, rest if _is_enough(samples, rest) else whole)
    curves: dict[str, Curve] = {}
    for name, found in groups.items():
        curves[name], own = _curve(samples, found)
        held_out = {**held_out, **own}
    made = CalibrationMap.of(reader, fitted, gold, pooled, curves)
    back = {number: place for place, number in enumerate(order)}
    return Fitted(made, tuple(held_out[back[number]] for number in whole))


def _key(sample: Sample) -> tuple[float, str, str, bool]:
    return sample.score, sample.document, sample.relation, sample.right


def _by_relation(samples: Sequence[Sample]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, sample in enumerate(samples):
        found.setdefault(sample.relation, []).append(number)
    return dict(sorted(found.items()))


def _is_enough(samples: Sequence[Sample], found: Sequence[int]) -> bool:
    right = sum(samples[number].right for number in found)
    return len(found) >= ENOUGH_CLAIMS and right >= ENOUGH_RIGHT and len(found) - right >= 1


def _curve(samples: Sequence[Sample], found: Sequence[int]) -> tuple[Curve, dict[int, float]]:
    """The best of the three curves, and what it says of each claim when fitted without the claim's document."""
    chosen = [samples[number] for number in found]
    tried: list[tuple[float, Method, list[float]]] = []
    for method in _METHODS:
        held_out = _held_out(chosen, method)
        tried.append((_brier(held_out, chosen), method, held_out))
    after, method, held_out = min(tried, key=lambda each: each[0])
    curve = Curve(
        method=method,
        knots=_METHODS[method](chosen),
        claims=len(chosen),
        right=sum(sample.right for sample in chosen),
        brier_before=_brier([sample.score for sample in chosen], chosen),
        brier_after=after,
    )
    return curve, dict(zip(found, held_out, strict=True))


def _held_out(samples: Sequence[Sample], method: Method) -> list[float]:
    folds = _folds(samples)
    found = [0.0] * len(samples)
    for fold in sorted(set(folds.values())):
        others = [sample for sample in samples if folds[sample.document] != fold]
        line = _line(_METHODS[method](others)) if others else float
        for number, sample in enumerate(samples):
            if folds[sample.document] == fold:
                found[number] = line(sample.score)
    return found


def _folds(samples: Sequence[Sample]) -> dict[str, int]:
    """The fold of each document: by its hash, so that the order of documents changes nothing, and folds are equally large."""
    documents = sorted({sample.document for sample in samples}, key=lambda document: (stable_id("fold", document), document))
    return {document: number % FOLDS for number, document in enumerate(documents)}


def _line(knots: Knots) -> Callable[[float], float]:
    return Curve(method="isotonic", knots=knots, claims=1, right=0, brier_before=0.0, brier_after=0.0)


def _brier(confidences: Sequence[float], samples: Sequence[Sample]) -> float:
    return sum((value - sample.right) ** 2 for value, sample in zip(confidences, samples, strict=True)) / len(samples)


def _isotonic(samples: Sequence[Sample]) -> Knots:
    """The best rising line through bins of claims; what a bin says is drawn to the base rate by the weight of one claim."""
    from sklearn.isotonic import IsotonicRegression

    base = sum(sample.right for sample in samples) / len(samples)
    bins = _bins(samples)
    scores = [sum(sample.score for sample in each) / len(each) for each in bins]
    shares = [(sum(sample.right for sample in each) + base) / (len(each) + 1) for each in bins]
    rising = IsotonicRegression(y_min=0.0, y_max=1.0).fit_transform(scores, shares, sample_weight=[len(each) for each in bins])
    return _whole(list(zip(scores, map(float, rising), strict=True)))


def _bins(samples: Sequence[Sample]) -> list[list[Sample]]:
    """Claims of neighbouring scores, equal ones together; the last bin takes what is too little for one of its own."""
    ordered = sorted(samples, key=_key)
    size = max(LEAST_IN_BIN, math.ceil(len(ordered) / MOST_BINS))
    bins: list[list[Sample]] = [[]]
    for number, sample in enumerate(ordered):
        if len(bins[-1]) >= size and sample.score != bins[-1][-1].score and len(ordered) - number >= size:
            bins.append([])
        bins[-1].append(sample)
    return bins


def _platt(samples: Sequence[Sample]) -> Knots:
    """Platt's curve in the log-odds of the score; where higher scores are right less often, the base rate throughout."""
    from sklearn.linear_model import LogisticRegression

    rights = [sample.right for sample in samples]
    base = sum(rights) / len(rights)
    slope, offset = 0.0, _log_odds(base)
    if 0.0 < base < 1.0:
        fitted = LogisticRegression(C=100.0).fit([[_log_odds(sample.score)] for sample in samples], rights)
        if fitted.coef_[0][0] > 0.0:
            slope, offset = float(fitted.coef_[0][0]), float(fitted.intercept_[0])
    grid = [number / 100 for number in range(1, 100)]
    return _whole([(score, _share(slope * _log_odds(score) + offset)) for score in grid])


def _log_odds(share: float) -> float:
    inside = min(1.0 - 1e-4, max(1e-4, share))
    return math.log(inside / (1.0 - inside))


def _share(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))


def _whole(points: Sequence[tuple[float, float]]) -> Knots:
    """Knots from 0 to 1: below the lowest score the confidence falls to 0, above the highest it stays; rounded, rising."""
    knots: list[tuple[float, float]] = [(0.0, 0.0)]
    for score, share in points:
        at, value = round(score, DECIMALS), min(1.0, max(knots[-1][1], round(share, DECIMALS)))
        if knots[-1][0] < at < 1.0:
            knots.append((at, value))
        elif at >= 1.0:
            break
    last = points[-1]
    return (*knots, (1.0, max(knots[-1][1], min(1.0, round(last[1], DECIMALS)))))


def _identity(_samples: Sequence[Sample]) -> Knots:
    """The score itself: of a model that was trained to say how likely it is, few claims teach nothing better."""
    return (0.0, 0.0), (1.0, 1.0)


_METHODS: Mapping[Method, Callable[[Sequence[Sample]], Knots]] = {"identity": _identity, "isotonic": _isotonic, "platt": _platt}
