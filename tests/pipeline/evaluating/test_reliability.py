"""What confidences are worth: against values worked out by hand, and laws."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluating.reliability import Bin, equal_mass, reliability

ROWS = st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.just(1)), min_size=1, max_size=80)


def test_worked_by_hand() -> None:
    found = reliability([(0.2, False, 1), (0.2, True, 1), (0.6, True, 1), (0.8, True, 1)], bins=2)
    assert found is not None
    assert (found.claims, found.base_rate) == (4, 0.75)
    assert found.ece == pytest.approx((2 * abs(0.2 - 0.5) + 2 * abs(0.7 - 1.0)) / 4)
    assert found.brier == pytest.approx((0.04 + 0.64 + 0.16 + 0.04) / 4)
    assert found.skill == pytest.approx(1 - found.brier / (0.75 * 0.25))
    assert found.log_loss == pytest.approx(-(math.log(0.8) + math.log(0.2) + math.log(0.6) + math.log(0.8)) / 4)
    # From the top: 1 of 1, 2 of 2, then a tie of one right and one wrong: 3 of 4.
    assert found.average_precision == pytest.approx((1 + 1 + 3 / 4) / 3)


def test_a_constant_answer_is_calibrated_and_useless() -> None:
    found = reliability([(0.25, number == 0, 1) for number in range(4)] * 25)
    assert found is not None
    assert found.ece == pytest.approx(0.0)
    assert found.skill == pytest.approx(0.0)
    assert found.average_precision == pytest.approx(0.25)


def test_equal_confidences_are_never_parted_and_a_large_tie_leaves_no_crumbs() -> None:
    rows = [(0.1, False, 1)] * 500 + [(0.2 + number / 1000, False, 1) for number in range(500)]
    found = equal_mass(rows, 10)
    assert found[0] == Bin(500, pytest.approx(0.1), 0.0)
    assert len(found) == 10
    assert {each.claims for each in found[1:]} <= {55, 56}


@given(ROWS, st.randoms())
def test_measures_stay_in_bounds_and_order_does_not_matter(rows, random) -> None:
    found = reliability(rows)
    shuffled = list(rows)
    random.shuffle(shuffled)
    other = reliability(shuffled)
    assert found is not None
    assert other is not None
    assert 0.0 <= found.ece <= 1.0
    assert 0.0 <= found.brier <= 1.0
    assert math.isfinite(found.log_loss)
    assert found.ece == pytest.approx(other.ece)
    assert found.average_precision == pytest.approx(other.average_precision)
    assert (found.skill is None) == (found.base_rate in (0.0, 1.0))


@given(ROWS, st.integers(1, 12))
def test_bins_hold_every_claim_once(rows, bins) -> None:
    found = equal_mass(sorted(rows), bins)
    assert sum(each.claims for each in found) == len(rows)
    assert len(found) <= bins
    assert all(one.confidence < other.confidence for one, other in pairwise(found))


@given(ROWS, st.integers(2, 4))
def test_a_claim_that_counts_more_often_is_that_many_claims(rows, times) -> None:
    once = reliability(rows * times)
    more = reliability([(confidence, right, times) for confidence, right, _ in rows])
    assert once is not None
    assert more is not None
    assert (once.claims, once.ece, once.brier) == (more.claims, pytest.approx(more.ece), pytest.approx(more.brier))


def test_of_nothing_there_is_nothing_to_say() -> None:
    assert reliability([]) is None
    assert reliability([(0.5, True, 0)]) is None
    certain = reliability([(0.0, True, 1), (1.0, True, 1)])
    assert certain is not None
    assert (certain.skill, certain.average_precision) == (None, None)
