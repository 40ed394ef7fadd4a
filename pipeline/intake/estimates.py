"""What reading some documents would take: from what their reader took before, or from the prompts that it would make."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Any, Protocol

from pipeline.intake.costs import Outlook, Prices, Range, for_each_character, money_in_words
from pipeline.intake.status import totals
from schema.document import Document
from schema.observation import Reader
from schema.ports import EvidenceLog
from schema.records import Reading, Tally
from schema.usage import Usage

SAMPLE = 48
"""Documents whose prompts are made and counted; of more the rest is taken to be like them."""

READINGS = 400
"""Readings of the log that an estimate rests on, the last ones."""

SPREAD = 4 / 3
"""How far a rule for tokens can be off, up or down, as far as is likely."""

NOTHING_TO_PAY = Outlook(seconds=Range(0.0, 0.0, 0.0))


class Forecast(Protocol):
    """What a model would take, counted from the prompts that were made for it; by its own tokenizer where it `is_measured`."""

    low: Usage
    likely: Usage
    high: Usage

    @property
    def is_measured(self) -> bool:
        """Whether tokens were counted as the model counts them."""


@dataclass
class Waiting:
    """Documents that are to be read: how many, how long, and some of them, chosen evenly, the same ones every time."""

    documents: int = 0
    characters: int = 0
    without_mentions: int = 0
    sample: list[Document] = field(default_factory=list)

    def take(self, documents: Iterable[Document]) -> None:
        """Count them all."""
        chance = random.Random(0)  # noqa: S311  no secret
        for document in documents:
            self.documents += 1
            self.characters += len(document.text)
            self.without_mentions += not document.mentions
            place = self.documents - 1 if self.documents <= SAMPLE else chance.randrange(self.documents)
            if place < SAMPLE:
                self.sample[place : place + 1] = [document]


def by_readings(known: Sequence[tuple[int, Usage]], waiting: Waiting) -> tuple[Outlook, str] | None:
    """What waiting documents take, and how that is known, from what readings took; None where there are too few of them."""
    each = for_each_character(known)
    if each is None:
        return None
    return each.times(waiting.characters), f"from what this reader took for {len(known)} documents, by characters of text"


def by_prompts(forecast: Forecast, waiting: Waiting, cached: int) -> tuple[Outlook, str]:
    """The same from the prompts of the sample, of which so many are answered from the cache."""
    share = waiting.characters / max(1, sum(len(document.text) for document in waiting.sample))
    return _counted(forecast).times(share), _how(forecast, waiting, cached)


def estimate_as_data(
    reader: Reader,
    waiting: Waiting,
    tallies: Sequence[Tally],
    passed_over: Mapping[str, int],
    outlook: Outlook,
    prices: Prices,
    at_once: int,
) -> dict[str, Any]:
    """What would be read and what would not, and what that takes where so many documents are read `at_once`."""
    found = totals(tallies)
    collected = found.get("document", Tally())
    return {
        "reader": reader.name,
        "to_read": waiting.documents,
        "skipped": dict(Counter(collected.skipped) + Counter(passed_over)),
        "set_aside": dict(collected.set_aside),
        "unreadable_files": sum(found.get("file", Tally("file")).set_aside.values()),
        "characters": waiting.characters,
        "without_mentions": waiting.without_mentions,
        **_outlook_as_data(outlook, prices, at_once),
    }


def estimate_in_words(answer: Mapping[str, Any]) -> str:
    """The estimate as a person reads it."""
    skipped = "".join(f", {number:,} {reason}" for reason, number in {**answer["skipped"], **answer["set_aside"]}.items())
    parts = ("requests", "prompt_tokens", "completion_tokens", "seconds", "money")
    return "\n".join(
        [
            f"to read: {answer['to_read']:,} documents, {answer['characters']:,} characters{skipped}",
            *(
                [f"of the files {answer['unreadable_files']:,} cannot be read, wholly or from some place on"]
                if answer["unreadable_files"]
                else []
            ),
            f"reader: {answer['reader']}",
            *(_part(name, answer[name]) for name in parts if answer[name] is not None or name == "seconds"),
            f"estimated {answer['how']}; nothing was asked or recorded",
        ]
    )


def _part(name: str, told: Mapping[str, float] | None) -> str:
    if told is None:
        return "seconds: not known before this reader has read some documents"
    likely, low, high = (money_in_words(told[part]) if name == "money" else f"{told[part]:,}" for part in ("likely", "low", "high"))
    return f"{name.replace('_', ' ')}: {likely} ({low} to {high})"


def last_readings(log: EvidenceLog, reader: Reader) -> Sequence[tuple[int, Usage]]:
    """Characters and cost of the last documents that this reader asked a model about."""
    made = (r for r in log.records(Reading) if r.record.usage.requests and r.record.reader.is_known_as(reader))
    last = nlargest(READINGS, made, key=lambda r: (r.at, r.record.id))
    texts = log.records(Document, {r.record.document for r in last})
    lengths = {(r.record.id, r.record.revision): len(r.record.text) for r in texts}
    found = [(lengths.get((r.record.document, r.record.revision), 0), r.record.usage) for r in last]
    return [(length, usage) for length, usage in found if length]


def _counted(forecast: Forecast) -> Outlook:
    spread = 1.0 if forecast.is_measured else SPREAD
    low, likely, high = forecast.low, forecast.likely, forecast.high
    return Outlook(
        Range(low.requests, likely.requests, high.requests),
        Range(low.prompt_tokens / spread, likely.prompt_tokens, high.prompt_tokens * spread),
        Range(low.completion_tokens, likely.completion_tokens, high.completion_tokens),
    )


def _how(forecast: Forecast, waiting: Waiting, cached: int) -> str:
    by = "the model's own tokenizer" if forecast.is_measured else "the rule of four characters for a token"
    parts = [f"from the prompts of {len(waiting.sample)} documents, counted by {by}"]
    if cached:
        parts.append(f"{cached} of them are answered from the cache")
    if waiting.without_mentions:
        parts.append(f"{waiting.without_mentions} of all bring no mentions: what follows once names are found in them is not in it")
    return "; ".join(parts)


def _outlook_as_data(outlook: Outlook, prices: Prices, at_once: int) -> dict[str, Any]:
    money = outlook.money(prices)
    seconds = None if outlook.seconds is None else outlook.seconds.times(1 / at_once)
    whole = {name: _range(getattr(outlook, name), 0) for name in ("requests", "prompt_tokens", "completion_tokens")}
    return {**whole, "seconds": seconds and _range(seconds, 1), "money": money and _range(money, 6)}


def _range(value: Range, digits: int) -> dict[str, float]:
    parts = {"low": value.low, "likely": value.likely, "high": value.high}
    return {name: round(part, digits) if digits else round(part) for name, part in parts.items()}
