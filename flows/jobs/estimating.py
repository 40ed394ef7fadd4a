"""`ingest --estimate`: what reading would take, before anything is asked of a model or recorded."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agents.models.forecast import ForecastModel
from agents.reader import ReadingAgent
from flows.home.homes import Home
from flows.jobs.choosing import to_read
from flows.jobs.collecting import Ingestion, collect
from flows.jobs.ingesting import checked
from flows.jobs.spending import meter_for
from flows.jobs.spool import Spool
from flows.wiring.readers import extractor_for, stand_in_for
from pipeline.intake.costs import Outlook, Prices, Range, for_each_character, in_words
from schema.document import Document
from schema.errors import ModelFailed
from schema.observation import Reader
from schema.records import Reading, Recorded, Tally
from schema.usage import Usage

SAMPLE = 48
"""Documents whose prompts are made and counted; of more the rest is taken to be like them."""

READINGS = 400
"""Readings of the log that an estimate rests on, the last ones."""

SPREAD = 4 / 3
"""How far a rule for tokens can be off, up or down, as far as is likely."""


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


def estimate(home: Home, wanted: Ingestion) -> dict[str, Any]:
    """What `ingest` would read, and what that takes: tokens, requests, seconds, money, each from low to high."""
    checked(wanted)
    return asyncio.run(_estimate(home, wanted))


async def _estimate(home: Home, wanted: Ingestion) -> dict[str, Any]:
    prices, passed_over, waiting = meter_for(home).prices, Counter[str](), Waiting()
    stand_in = stand_in_for(home)
    agent = extractor_for(home, stand_in)
    try:
        # In a folder of its own: a run of the same home may go on meanwhile.
        with TemporaryDirectory() as folder, Spool(Path(folder)) as spool:
            tallies = collect(home, wanted, spool, dry=True)
            waiting.take(to_read(home.log, spool.documents(), agent.reader, wanted.again, passed_over))
        outlook, how = await _outlook(home, agent, stand_in, waiting)
    finally:
        await agent.close()
    total = sum(tallies, Tally()) if len(tallies) == 1 else next(tally for tally in tallies if tally.unit == "document")
    return {
        "reader": agent.reader.name,
        "to_read": waiting.documents,
        "skipped": dict(Counter(total.skipped) + passed_over),
        "set_aside": dict(total.set_aside),
        "characters": waiting.characters,
        "without_mentions": waiting.without_mentions,
        **_as_data(outlook, prices, home.concurrency),
        "how": how,
    }


async def _outlook(home: Home, agent: ReadingAgent, stand_in: ForecastModel | None, waiting: Waiting) -> tuple[Outlook, str]:
    if stand_in is None:
        return Outlook(seconds=Range(0.0, 0.0, 0.0)), "a script costs nothing"
    if not waiting.documents:
        return Outlook(seconds=Range(0.0, 0.0, 0.0)), "there is nothing to read"
    known = readings_by(home, agent.reader)
    each = for_each_character(known)
    if each is not None:
        return each.times(waiting.characters), f"from what this reader took for {len(known)} documents, by characters of text"
    cached = 0
    for document in waiting.sample:
        try:
            cached += bool((await agent.read(document)).usage.cached)
        except ModelFailed:
            continue  # an answer that says nothing is no use to a reader, but it was counted
    share = waiting.characters / max(1, sum(len(document.text) for document in waiting.sample))
    return _counted(stand_in).times(share), _told(stand_in, waiting, cached)


def _counted(stand_in: ForecastModel) -> Outlook:
    spread = 1.0 if stand_in.is_measured else SPREAD
    low, likely, high = stand_in.low, stand_in.likely, stand_in.high
    return Outlook(
        Range(low.requests, likely.requests, high.requests),
        Range(low.prompt_tokens / spread, likely.prompt_tokens, high.prompt_tokens * spread),
        Range(low.completion_tokens, likely.completion_tokens, high.completion_tokens),
    )


def _told(stand_in: ForecastModel, waiting: Waiting, cached: int) -> str:
    by = "the model's own tokenizer" if stand_in.is_measured else "the rule of four characters for a token"
    parts = [f"from the prompts of {len(waiting.sample)} documents, counted by {by}"]
    if cached:
        parts.append(f"{cached} of them are answered from the cache")
    if waiting.without_mentions:
        parts.append(f"{waiting.without_mentions} of all bring no mentions: what follows once names are found in them is not in it")
    return "; ".join(parts)


def readings_by(home: Home, reader: Reader) -> Sequence[tuple[int, Usage]]:
    """Characters and cost of the last documents that this reader asked a model about."""
    made = (r for r in home.log.records(Reading) if r.record.usage.requests and r.record.reader.is_known_as(reader))
    last = nlargest(READINGS, made, key=_moment)
    texts = home.log.records(Document, {r.record.document for r in last})
    lengths = {(r.record.id, r.record.revision): len(r.record.text) for r in texts}
    found = [(lengths.get((r.record.document, r.record.revision), 0), r.record.usage) for r in last]
    return [(length, usage) for length, usage in found if length]


def _moment(recorded: Recorded[Reading]) -> Any:
    return recorded.at, recorded.record.id


def _as_data(outlook: Outlook, prices: Prices, at_once: int) -> dict[str, Any]:
    money = outlook.money(prices)
    seconds = None if outlook.seconds is None else outlook.seconds.times(1 / at_once)
    whole = {name: _range(getattr(outlook, name), 0) for name in ("requests", "prompt_tokens", "completion_tokens")}
    return {**whole, "seconds": seconds and _range(seconds, 1), "money": money and _range(money, 6)}


def _range(value: Range, digits: int) -> dict[str, float]:
    parts = {"low": value.low, "likely": value.likely, "high": value.high}
    return {name: round(part, digits) if digits else round(part) for name, part in parts.items()}


def show_estimate(answer: dict[str, Any], *, as_json: bool) -> None:
    """The estimate in words, or as it is."""
    from flows.home.showing import show_json

    if as_json:
        show_json(answer)
        return
    skipped = "".join(f", {number:,} {reason}" for reason, number in {**answer["skipped"], **answer["set_aside"]}.items())
    print(f"to read: {answer['to_read']:,} documents, {answer['characters']:,} characters{skipped}")
    print(f"reader: {answer['reader']}")
    for name in ("requests", "prompt_tokens", "completion_tokens", "seconds", "money"):
        told = answer[name]
        if told is not None:
            likely, low, high = (in_words(told[part]) if name == "money" else f"{told[part]:,}" for part in ("likely", "low", "high"))
            print(f"{name.replace('_', ' ')}: {likely} ({low} to {high})")
        elif name == "seconds":
            print("seconds: not known before this reader has read some documents")
    print(f"estimated {answer['how']}; nothing was asked or recorded")
