"""Fitting maps: to scores whose worth is known because we made them."""

import random
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.confidence.calibrating import ENOUGH_CLAIMS, LEAST_CLAIMS, LEAST_EACH, LEAST_IN_BIN, Sample, _platt, fit
from agents.confidence.calibration import GoldData
from schema.errors import WrongUse
from schema.observation import Reader
from tests.conftest import examples

READER = Reader("labels", "tiny", "labels-1", "biomedical-1")
GOLD = GoldData(files={"train.txt": "ab12"}, documents=100)
DAY = date(2026, 1, 31)


def made(count: int, worth, *, relation: str = "treat", seed: int = 1, per_document: int = 10) -> list[Sample]:
    """Claims whose score is right with the probability `worth(score)`."""
    draw = random.Random(seed)
    scores = [draw.uniform(0.1, 1.0) for _ in range(count)]
    return [Sample(f"{relation}{n // per_document}", relation, score, draw.random() < worth(score)) for n, score in enumerate(scores)]


def brier(values, samples) -> float:
    return sum((value - sample.right) ** 2 for value, sample in zip(values, samples, strict=True)) / len(samples)


@pytest.mark.parametrize("worth", [lambda s: s / 3, lambda s: s**3, lambda s: 0.8 if s > 0.7 else 0.1], ids=["third", "cube", "step"])
def test_the_map_says_what_scores_are_worth_on_claims_it_has_not_seen(worth) -> None:
    fitted = fit(made(3000, worth), READER, GOLD, DAY).map
    curve = fitted.relations["treat"]
    unseen = made(3000, worth, seed=2)
    off = [abs(curve(sample.score) - worth(sample.score)) for sample in unseen]
    assert sum(off) / len(off) < 0.03
    assert brier([curve(s.score) for s in unseen], unseen) < brier([s.score for s in unseen], unseen) - 0.01
    assert (curve.claims, fitted.fitted, fitted.reader) == (3000, "2026-01-31", READER.name)


def test_the_better_of_the_two_curves_on_held_out_documents_is_taken() -> None:
    assert fit(made(3000, lambda s: 0.8 if s > 0.7 else 0.1), READER, GOLD, DAY).map.relations["treat"].method == "isotonic"
    assert fit(made(400, lambda s: s * 0.9, seed=4), READER, GOLD, DAY).map.relations["treat"].method == "platt"


def test_held_out_figures_come_from_curves_that_never_saw_the_document() -> None:
    # Each document is all right or all wrong, at one score of its own: only a curve that saw it could tell.
    draw = random.Random(3)
    samples = []
    for number in range(60):
        score, right = draw.uniform(0.1, 1.0), draw.random() < 0.5
        samples += [Sample(f"d{number}", "treat", score, right)] * 25
    fitted = fit(samples, READER, GOLD, DAY)
    share = sum(sample.right for sample in samples) / len(samples)
    assert brier(fitted.held_out, samples) > share * (1 - share) - 0.005
    assert brier(fitted.held_out, samples) == pytest.approx(fitted.map.relations["treat"].brier_after)


def test_a_relation_with_too_little_is_in_the_pooled_curve_and_one_with_enough_is_not() -> None:
    often, seldom = made(600, lambda s: 0.9, relation="cause"), made(260, lambda s: 0.4, relation="treat")
    few = made(ENOUGH_CLAIMS - 1, lambda s: 0.1, relation="inhibit") + made(150, lambda s: 0.1, relation="compare", seed=5)
    fitted = fit([*often, *seldom, *few], READER, GOLD, DAY).map
    assert set(fitted.relations) == {"cause", "treat"}
    assert fitted.pooled.claims == len(few)
    assert fitted.pooled(0.9) < 0.25 < fitted.relations["treat"](0.9) < 0.6 < fitted.relations["cause"](0.9)


def test_where_the_rest_is_too_little_the_pooled_curve_rests_on_all() -> None:
    samples = made(600, lambda s: s, relation="cause") + made(20, lambda s: s, relation="treat")
    fitted = fit(samples, READER, GOLD, DAY).map
    assert set(fitted.relations) == {"cause"}
    assert fitted.pooled.claims == 620


def test_scores_that_mislead_end_as_the_base_rate_not_upside_down() -> None:
    fitted = fit(made(2000, lambda s: 0.5 - s / 4), READER, GOLD, DAY).map.relations["treat"]
    assert fitted(0.95) == pytest.approx(fitted(0.3), abs=0.08)
    assert fitted(0.95) == pytest.approx(fitted.right / fitted.claims, abs=0.06)
    misled = made(2000, lambda s: 0.5 - s / 4)
    assert dict(_platt(misled))[0.5] == pytest.approx(sum(sample.right for sample in misled) / 2000, abs=1e-6)


def test_a_few_lucky_claims_at_the_top_are_no_certainty() -> None:
    samples = made(1000, lambda s: 0.2)
    lucky = [Sample(f"lucky{n}", "treat", 0.9999, True) for n in range(4)]
    assert len(lucky) < LEAST_IN_BIN
    assert fit([*samples, *lucky], READER, GOLD, DAY).map.relations["treat"](0.9999) < 0.55


def test_unanimous_votes_tied_at_one_are_worth_what_they_are_right() -> None:
    draw = random.Random(9)
    samples = [
        Sample(f"d{n // 5}", "treat", score, draw.random() < worth) for n in range(1500) for score, worth in ((1.0, 0.7), (0.25, 0.1))
    ]
    fitted = fit(samples, READER, GOLD, DAY).map.relations["treat"]
    assert fitted(1.0) == pytest.approx(0.7, abs=0.05)
    assert fitted(0.25) == pytest.approx(0.1, abs=0.05)


def test_the_order_of_claims_changes_nothing() -> None:
    samples = made(500, lambda s: s)
    shuffled = random.Random(2).sample(samples, len(samples))
    assert fit(samples, READER, GOLD, DAY).map == fit(shuffled, READER, GOLD, DAY).map


@pytest.mark.parametrize(
    "samples",
    [[], made(LEAST_CLAIMS - 1, lambda s: 0.5), made(1000, lambda s: 0.0), made(1000, lambda s: 1.0), made(300, lambda s: 0.01)],
    ids=["none", "few", "none right", "all right", "few right"],
)
def test_too_little_to_calibrate_by_is_refused_with_the_numbers(samples) -> None:
    with pytest.raises(WrongUse, match=f"{len(samples)} claims, .* too few to calibrate by: it takes {LEAST_CLAIMS}, {LEAST_EACH} of them"):
        fit(samples, READER, GOLD, DAY)


@settings(max_examples=examples(15))
@given(st.integers(0, 10_000), st.sampled_from([(0.0, 0.0, 1.0), (0.1, 0.1, 0.5, 1.0), (1.0,), (0.3, 0.3000001)]))
def test_whatever_the_scores_the_map_rises_within_bounds(seed, scores) -> None:
    draw = random.Random(seed)
    samples = [Sample(f"d{n % 7}", draw.choice(["a", "b"]), draw.choice(scores), draw.random() < 0.5) for n in range(400)]
    fitted = fit(samples, READER, GOLD, DAY)
    assert all(0.0 <= value <= 1.0 for value in fitted.held_out)
    assert fitted.map == replace_version(fitted.map)
    for curve in (fitted.map.pooled, *fitted.map.relations.values()):
        values = [curve(n / 50) for n in range(51)]
        assert values == sorted(values)


def replace_version(known):
    """The same by way of its file's form, which checks every rule."""
    return type(known).model_validate_json(known.model_dump_json())


def test_one_document_alone_can_be_fitted_but_tells_nothing_of_others() -> None:
    samples = [replace(sample, document="only") for sample in made(400, lambda s: s)]
    assert fit(samples, READER, GOLD, DAY).map.relations["treat"](0.9) > 0.5
