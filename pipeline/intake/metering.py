"""What a run spends while it reads, and whether its budget lets it go on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipeline.intake.costs import Budget, Prices, usage_as_data, usage_in_words
from schema.usage import NOTHING_PAID, Usage


@dataclass
class Meter:
    """What was spent so far. `in_vain` is what documents took that came to nothing; it is part of `usage`."""

    clock: Callable[[], float]  # seconds since any moment
    prices: Prices = field(default_factory=Prices)
    budget: Budget = field(default_factory=Budget)
    usage: Usage = NOTHING_PAID
    in_vain: Usage = NOTHING_PAID
    documents: int = 0
    from_cache: int = 0
    begun: float | None = None
    ended: float | None = None

    def begin(self) -> None:
        """From now on time counts, if it does not yet."""
        self.begun = self.clock() if self.begun is None else self.begun
        self.ended = None

    def end(self) -> None:
        """Time does not count any more."""
        self.ended = self.clock()

    @property
    def seconds(self) -> float:
        """How long it has been reading."""
        return 0.0 if self.begun is None else (self.ended or self.clock()) - self.begun

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
        self.from_cache += usage.is_from_cache

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
        if not (self.usage.requests or self.usage.cached):
            return ""
        seconds = self.seconds
        speed = f", {self.documents / seconds:.3g} documents/s" if seconds else ""
        vain = f"; in vain {self.in_vain.tokens:,} tokens" if self.in_vain.tokens else ""
        cached = f"; {self.from_cache:,} of {self.documents:,} documents answered from the cache" if self.from_cache else ""
        return f"spent: {usage_in_words(self.usage, self.prices)} in {seconds:,.1f} s{speed}{vain}{cached}"
