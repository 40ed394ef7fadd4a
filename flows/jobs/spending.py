"""What a run spends while it reads, and whether its budget lets it go on."""

import time
from dataclasses import dataclass, field
from typing import Any

from flows.home.homes import Home
from pipeline.intake.costs import Budget, Prices, in_words
from schema.errors import WrongUse
from schema.usage import NOTHING_PAID, Usage


@dataclass
class Meter:
    """What was spent so far. `in_vain` is what documents took that came to nothing; it is part of `usage`."""

    prices: Prices = field(default_factory=Prices)
    budget: Budget = field(default_factory=Budget)
    usage: Usage = NOTHING_PAID
    in_vain: Usage = NOTHING_PAID
    documents: int = 0
    from_cache: int = 0
    begun: float | None = None  # seconds on the monotonic clock
    ended: float | None = None

    def begin(self) -> None:
        """From now on time counts, if it does not yet."""
        self.begun = time.monotonic() if self.begun is None else self.begun
        self.ended = None

    def end(self) -> None:
        """Time does not count any more."""
        self.ended = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has been reading."""
        return 0.0 if self.begun is None else (self.ended or time.monotonic()) - self.begun

    @property
    def is_spent(self) -> bool:
        """Whether no further document may be started."""
        return self.budget.is_spent(self.usage, self.prices, self.seconds)

    def add(self, usage: Usage, *, in_vain: bool = False) -> None:
        """A document was read, or in vain."""
        self.usage += usage
        if in_vain:
            self.in_vain += usage
            return
        self.documents += 1
        self.from_cache += bool(usage.cached and not usage.requests)

    def as_data(self) -> dict[str, Any]:
        """For machines. Seconds are those that the run took; money is null without prices."""
        seconds = self.seconds
        return {
            "documents": self.documents,
            "from_cache": self.from_cache,
            **usage_as_data(self.usage, self.prices),
            "seconds": round(seconds, 3),
            "documents_per_second": round(self.documents / seconds, 3) if seconds else None,
            "in_vain": usage_as_data(self.in_vain, self.prices),
        }

    def sentence(self) -> str:
        """For a person; empty where no model was asked and nothing came from the cache."""
        if self.usage == NOTHING_PAID or not (self.usage.requests or self.usage.cached):
            return ""
        seconds = self.seconds
        speed = f", {self.documents / seconds:.3g} documents/s" if seconds else ""
        vain = f"; in vain {self.in_vain.tokens:,} tokens" if self.in_vain.tokens else ""
        cached = f"; {self.from_cache:,} of {self.documents:,} documents answered from the cache" if self.from_cache else ""
        return f"{used(self.usage, self.prices)} in {seconds:,.1f} s{speed}{vain}{cached}"


def meter_for(home: Home) -> Meter:
    """A meter with the prices and the budget that the settings name; raises WrongUse for a budget of money without prices."""
    settings = home.settings
    prices = Prices(settings.price_prompt, settings.price_completion)
    if settings.budget_money is not None and not prices.are_known:
        raise WrongUse(f"budget_money is {settings.budget_money:g}, and without price_prompt and price_completion money cannot be counted")
    return Meter(prices, Budget(settings.budget_tokens, settings.budget_money, settings.budget_seconds))


def shown(meter: Meter, *, as_json: bool) -> dict[str, Any]:
    """What a run spent, to be shown beside what became of its documents."""
    if as_json:
        return {"spent": meter.as_data()}
    told = meter.sentence()
    return {"spent": told} if told else {}


def usage_as_data(usage: Usage, prices: Prices) -> dict[str, Any]:
    """Requests, tokens and money."""
    money = prices.of(usage)
    return {
        "requests": usage.requests,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "money": None if money is None else round(money, 6),
    }


def used(usage: Usage, prices: Prices) -> str:
    """The same for a person."""
    money = prices.of(usage)
    cost = "" if money is None else f", money {in_words(money)}"
    return f"{usage.requests:,} requests, {usage.prompt_tokens:,} prompt tokens, {usage.completion_tokens:,} tokens of answers{cost}"
