"""`ingest --estimate`: what reading would take, before anything is asked of a model or recorded."""

import asyncio
from collections import Counter
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agents.models.forecast import ForecastModel
from agents.reader import ReadingAgent
from flows.engine.collecting import Ingestion, collect
from flows.engine.runs import meter_for
from flows.engine.spool import Spool
from flows.home.homes import Home
from flows.wiring.readers import extractor_for, stand_in_for
from pipeline.intake.costs import Outlook
from pipeline.intake.estimates import NOTHING_TO_PAY, Waiting, by_prompts, by_readings, estimate_as_data, last_readings
from pipeline.intake.rereading import checked_again, to_read
from schema.errors import ModelFailed


def estimate(home: Home, wanted: Ingestion) -> dict[str, Any]:
    """What `ingest` would read, and what that takes: tokens, requests, seconds, money, each from low to high."""
    checked_again(wanted.again)
    return asyncio.run(_estimate(home, wanted))


async def _estimate(home: Home, wanted: Ingestion) -> dict[str, Any]:
    prices, passed_over, waiting = meter_for(home).prices, Counter[str](), Waiting()
    stand_in = stand_in_for(home)
    agent = extractor_for(home, stand_in)
    try:
        # In a folder of its own: a run of the same home may go on meanwhile.
        with TemporaryDirectory() as folder, Spool(Path(folder)) as spool:
            tallies = collect(home, wanted, spool, outcome=None)
            waiting.take(to_read(home.log, spool.documents(), agent.reader, wanted.again, passed_over))
        outlook, how = await _outlook(home, agent, stand_in, waiting)
    finally:
        await agent.close()
    return {**estimate_as_data(agent.reader, waiting, tallies, passed_over, outlook, prices, home.concurrency), "how": how}


async def _outlook(home: Home, agent: ReadingAgent, stand_in: ForecastModel | None, waiting: Waiting) -> tuple[Outlook, str]:
    if stand_in is None:
        return NOTHING_TO_PAY, "a script costs nothing"
    if not waiting.documents:
        return NOTHING_TO_PAY, "there is nothing to read"
    if known := by_readings(last_readings(home.log, agent.reader), waiting):
        return known
    cached = 0
    for document in waiting.sample:
        with suppress(ModelFailed):  # an answer that says nothing is no use to a reader, but it was counted
            cached += bool((await agent.read(document)).usage.cached)
    return by_prompts(stand_in, waiting, cached)
