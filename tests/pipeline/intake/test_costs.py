"""Arithmetic of costs: laws, and a worked example."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.intake.costs import Budget, Outlook, Prices, Range, for_each_character
from schema.usage import NOTHING_PAID, Usage

numbers = st.integers(0, 10**7)
usages = st.builds(Usage, st.integers(1, 200), numbers, numbers, st.just(0), st.floats(0, 1e4))
prices = st.builds(Prices, st.none() | st.floats(0, 1e3), st.none() | st.floats(0, 1e3))
limits = st.none() | st.integers(0, 10**7)


def test_a_worked_example() -> None:
    read = [(1000, Usage(2, tokens, 20, seconds=1.0)) for tokens in (100, 200, 300, 400, 1000)]
    each = for_each_character([*read, (500, Usage(cached=1))])
    assert each is not None
    assert each.prompt_tokens == Range(0.2, 0.4, 0.4)  # the long tail is in the mean
    whole = each.times(10_000)
    assert (whole.prompt_tokens.likely, whole.completion_tokens.likely) == (4000, 200)
    assert whole.seconds is not None
    assert whole.seconds.likely == pytest.approx(10)
    money = whole.money(Prices(1.0, 10.0))
    assert money is not None
    assert money.likely == pytest.approx(0.004 + 0.002)
    assert whole.money(Prices()) is None


def test_too_few_readings_say_nothing_of_costs() -> None:
    assert for_each_character([(500, Usage(cached=1)), (0, Usage(1, 5, 5))] * 10) is None
    assert for_each_character([(500, Usage(1, 5, 5))] * 4) is None


@given(st.lists(st.tuples(st.integers(1, 100_000), usages), min_size=5, max_size=30))
def test_what_was_read_is_estimated_at_what_it_took(readings: list[tuple[int, Usage]]) -> None:
    each = for_each_character(readings)
    assert each is not None
    total = sum((usage for _, usage in readings), NOTHING_PAID)
    whole = each.times(sum(length for length, _ in readings))
    for name in ("requests", "prompt_tokens", "completion_tokens"):
        found: Range = getattr(whole, name)
        assert found.likely == pytest.approx(getattr(total, name))
        assert 0 <= found.low <= found.likely * (1 + 1e-9)
        assert found.likely <= found.high * (1 + 1e-9)


@given(limits, limits, limits, prices, usages, usages, st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_budget_once_spent_stays_spent(
    tokens: int | None, money: int | None, seconds: int | None, cost: Prices, one: Usage, more: Usage, at: float, later: float
) -> None:
    budget = Budget(tokens, money, seconds)
    assume(budget.is_spent(one, cost, at))
    assert budget.is_spent(one + more, cost, at + later)


@given(prices, usages, usages)
def test_money_adds_up(cost: Prices, one: Usage, other: Usage) -> None:
    assume(cost.are_known)
    assert cost.of(one + other) == pytest.approx((cost.of(one) or 0) + (cost.of(other) or 0))


def test_no_limit_is_never_spent_and_a_limit_of_nothing_always() -> None:
    assert not Budget().is_spent(Usage(9, 9, 9), Prices(1.0), 1e9)
    assert not Budget(money=1.0).is_spent(Usage(9, 9, 9), Prices(), 1.0)
    assert Budget(tokens=0).is_spent(NOTHING_PAID, Prices(), 0.0)


def test_seconds_that_one_part_does_not_know_the_whole_does_not_know() -> None:
    known = Outlook(seconds=Range(1, 2, 3))
    assert (known + Outlook()).seconds is None
    assert (known + known).seconds == Range(2, 4, 6)
