"""What reading costs by the prices of a home, and what a run of it may spend."""

import time
from collections.abc import Sequence
from typing import Any

from flows.home.homes import Home
from pipeline.intake.costs import Budget, Meter, Prices, cost_rows


def prices_of(home: Home) -> Prices:
    """The prices that the settings name."""
    return Prices(home.settings.price_prompt, home.settings.price_completion)


def meter_for(home: Home) -> Meter:
    """A meter with the prices and the budget that the settings name; raises WrongUse for a budget of money without prices."""
    settings, prices = home.settings, prices_of(home)
    return Meter(time.monotonic, prices, Budget.by(prices, settings.budget_tokens, settings.budget_money, settings.budget_seconds))


def costs_by(home: Home, by: str, documents: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """A row for each reader, document or day: money by the prices that are set now, seconds of all documents one after another."""
    return cost_rows(home.log, prices_of(home), by, documents)
