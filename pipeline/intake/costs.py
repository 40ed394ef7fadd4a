"""What reading costs: prices, budgets, what a run spends and what is still to come; and what it has cost, as the log tells."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from pipeline.identifiers import document_id
from schema.errors import WrongUse
from schema.ports import EvidenceLog
from schema.records import Expense, Reading, Recorded
from schema.usage import NOTHING_PAID, Usage

BUDGET_SPENT = "budget spent"
"""Why a document was not read: an earlier one took the last of the budget."""

PER = 1_000_000
"""Prices are for so many tokens."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, of prompts as far as they are computed and of answers; None where it is not known."""

    prompt: float | None = None
    completion: float | None = None

    @property
    def are_known(self) -> bool:
        """Whether money can be counted."""
        return self.prompt is not None or self.completion is not None

    def of(self, usage: Usage) -> float | None:
        """Money for what was used, in the prices' currency; a price that is not given is 0 where the other is."""
        if not self.are_known:
            return None
        return (usage.prompt_tokens * (self.prompt or 0.0) + usage.completion_tokens * (self.completion or 0.0)) / PER


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may spend; None where there is no limit. Seconds are those since it began to read."""

    tokens: int | None = None
    money: float | None = None
    seconds: float | None = None

    @classmethod
    def by(cls, prices: Prices, tokens: int | None, money: float | None, seconds: float | None) -> "Budget":
        """The same, refusing (WrongUse) to limit money that cannot be counted."""
        if money is not None and not prices.are_known:
            raise WrongUse(f"budget_money is {money:g}, and without price_prompt and price_completion money cannot be counted")
        return cls(tokens, money, seconds)

    def is_spent(self, usage: Usage, prices: Prices, seconds: float) -> bool:
        """Whether no further document may be started."""
        spent = (usage.tokens, prices.of(usage), seconds)
        return any(
            limit is not None and used is not None and used >= limit
            for used, limit in zip(spent, (self.tokens, self.money, self.seconds), strict=True)
        )


@dataclass(frozen=True, slots=True)
class Range:
    """A number that is not known exactly: most likely, and from where to where."""

    low: float
    likely: float
    high: float

    def times(self, factor: float) -> "Range":
        """Each of the three, multiplied."""
        return Range(self.low * factor, self.likely * factor, self.high * factor)

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.likely + other.likely, self.high + other.high)


FEWEST = 5
"""Readings that an estimate can rest on."""

NOTHING = Range(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What reading some documents will take, or takes for each character. Seconds are one document after another's; None: not known."""

    requests: Range = NOTHING
    prompt_tokens: Range = NOTHING
    completion_tokens: Range = NOTHING
    seconds: Range | None = None

    def times(self, factor: float) -> "Outlook":
        """All of it, multiplied."""
        seconds = None if self.seconds is None else self.seconds.times(factor)
        return Outlook(self.requests.times(factor), self.prompt_tokens.times(factor), self.completion_tokens.times(factor), seconds)

    def __add__(self, other: "Outlook") -> "Outlook":
        both = None if self.seconds is None or other.seconds is None else self.seconds + other.seconds
        return Outlook(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            both,
        )

    def money(self, prices: Prices) -> Range | None:
        """What the tokens cost."""
        if not prices.are_known:
            return None
        return self.prompt_tokens.times((prices.prompt or 0.0) / PER) + self.completion_tokens.times((prices.completion or 0.0) / PER)


def for_each_character(readings: Sequence[tuple[int, Usage]]) -> Outlook | None:
    """What readings of so many characters each took for a character; None where too few asked a model.

    Likely is all that was used over all characters, which is right on average; low and high are the middle half of the documents.
    """
    asked = [(characters, usage) for characters, usage in readings if characters and usage.requests]
    if len(asked) < FEWEST:
        return None
    total = sum((usage for _, usage in asked), NOTHING_PAID)
    characters = sum(length for length, _ in asked)

    def rate(part: str) -> Range:
        likely = getattr(total, part) / characters
        low, high = _middle_half([getattr(usage, part) / length for length, usage in asked])
        return Range(min(low, likely), likely, max(high, likely))

    return Outlook(rate("requests"), rate("prompt_tokens"), rate("completion_tokens"), rate("seconds") if total.seconds else None)


def _middle_half(values: Sequence[float]) -> tuple[float, float]:
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


def usage_as_data(usage: Usage, prices: Prices) -> dict[str, float | int | None]:
    """Requests, tokens and money."""
    money = prices.of(usage)
    return {
        "requests": usage.requests,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "money": None if money is None else round(money, 6),
    }


def usage_in_words(usage: Usage, prices: Prices) -> str:
    """The same for a person."""
    money = prices.of(usage)
    cost = "" if money is None else f", money {money_in_words(money)}"
    return f"{usage.requests:,} requests, {usage.prompt_tokens:,} prompt tokens, {usage.completion_tokens:,} tokens of answers{cost}"


def money_in_words(money: float) -> str:
    """An amount as a person reads it: small ones with more digits."""
    return f"{money:,.2f}" if money >= 1 else f"{money:.6f}"


@dataclass
class Meter:
    """What was spent so far. `failed` is what documents took that were set aside; it is part of `usage`."""

    clock: Callable[[], float]  # seconds since any moment
    prices: Prices = field(default_factory=Prices)
    budget: Budget = field(default_factory=Budget)
    usage: Usage = NOTHING_PAID
    failed: Usage = NOTHING_PAID
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

    def add(self, usage: Usage, *, failed: bool = False) -> None:
        """A document was read, or that failed."""
        self.usage += usage
        if failed:
            self.failed += usage
            return
        self.documents += 1
        self.from_cache += usage.is_from_cache

    def add_all(self, usage: Usage, failed: Usage, documents: int, from_cache: int) -> None:
        """What another meter counted."""
        self.usage += usage
        self.failed += failed
        self.documents += documents
        self.from_cache += from_cache

    def as_data(self) -> dict[str, Any]:
        """For machines. Seconds are those that the run took; money is null without prices."""
        seconds = self.seconds
        return {
            "documents": self.documents,
            "from_cache": self.from_cache,
            **usage_as_data(self.usage, self.prices),
            "seconds": round(seconds, 3),
            "documents_per_second": round(self.documents / seconds, 3) if seconds else None,
            "failed": usage_as_data(self.failed, self.prices),
        }

    def sentence(self) -> str:
        """For a person; empty where no model was asked and nothing came from the cache."""
        if not (self.usage.requests or self.usage.cached):
            return ""
        seconds = self.seconds
        speed = f", {self.documents / seconds:.3g} documents/s" if seconds else ""
        failed = f"; {self.failed.tokens:,} of these tokens for documents that were set aside" if self.failed.tokens else ""
        cached = f"; {self.from_cache:,} of {self.documents:,} documents answered from the cache" if self.from_cache else ""
        return f"spent: {usage_in_words(self.usage, self.prices)} in {seconds:,.1f} s{speed}{failed}{cached}"


Spent = Recorded[Reading] | Recorded[Expense]

_BY: dict[str, Callable[[Spent], str]] = {
    "reader": lambda spent: spent.record.reader.name,
    "document": lambda spent: spent.record.document,
    "day": lambda spent: spent.at.date().isoformat(),
}


@dataclass
class _Sum:
    usage: Usage = NOTHING_PAID
    documents: int = 0
    from_cache: int = 0
    failed: int = 0

    def add(self, record: Reading | Expense) -> None:
        self.usage += record.usage
        if isinstance(record, Expense):
            self.failed += 1
            return
        self.documents += 1
        self.from_cache += record.usage.is_from_cache


def cost_rows(log: EvidenceLog, prices: Prices, by: str, documents: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """A row for each reader, document or day: money by these prices, seconds of all documents one after another."""
    if by not in _BY:
        raise WrongUse(f"--by is {by!r}, and must be one of {', '.join(_BY)}")
    sums: dict[str, _Sum] = {}
    for spent in _spent(log, documents):
        sums.setdefault(_BY[by](spent), _Sum()).add(spent.record)
    return [
        {
            by: key,
            "readings": total.documents,
            "from_cache": total.from_cache,
            "failed": total.failed,
            **usage_as_data(total.usage, prices),
            "seconds": round(total.usage.seconds, 1),
        }
        for key, total in sorted(sums.items())
    ]


def _spent(log: EvidenceLog, documents: Sequence[str] | None) -> Iterator[Spent]:
    wanted = {document_id(document) for document in documents or ()}
    yield from log.records(Reading, wanted or None)
    yield from (expense for expense in log.records(Expense) if not wanted or expense.record.document in wanted)
