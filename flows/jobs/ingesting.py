"""`ingest`: documents into the log and the graph, oldest first, a batch at a time."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from flows.home.homes import Home, now
from flows.home.processes import stop_on_interrupt
from flows.home.showing import Progress
from flows.home.terminal import show_note
from flows.home.watched import watched_run
from flows.jobs.collecting import Ingestion, Spool, collect
from flows.jobs.orchestration import driven
from flows.jobs.outcomes import Outcome
from flows.jobs.runs import IngestRun, Take, meter_for
from flows.wiring.readers import extractor_for
from pipeline.intake.asked_batch import AskedBatch, preference
from pipeline.intake.costs import BUDGET_SPENT, Meter
from pipeline.intake.rereading import checked_again
from pipeline.intake.unused_parts import warnings_on
from schema.document import Document
from schema.ports import stage
from schema.records import Tally

BATCHES_AT_ONCE = 3
"""Batches that are read or wait for being recorded: enough for the server to have work, few enough to be held in memory."""


def ingest(
    home: Home,
    *paths: Path | str,
    model: str | None = None,
    since: str | None = None,
    until: str | None = None,
    dates: Path | str | None = None,
    published: str | None = None,
    again: str | None = None,
) -> list[Tally]:
    """Read documents of files and folders, oldest first, with a language model, and fold what they say into the graph.

    `model` is embedded, a URL or scripted:FILE, by default the home's; days are ISO text; `dates` is a table of ids and dates, `published`
    the date of documents that bring none; `again` (model, prompt or schema) reads again what another one has read. Returns a tally for
    each unit (document, claim, event, file): submitted = committed + skipped (by reason) + set aside (by error). Running it again goes
    on where a run was stopped.

        ingest(home, "pubmed24n0001.xml.gz", model="http://localhost:8000/v1", since="2001-01-01")

    Raises WrongUse, ModelUnavailable, StoreFailed; what a single document does wrong is set aside.
    """
    wanted = Ingestion(tuple(map(Path, paths)), since, until, Path(dates) if dates else None, published, again)
    return run_ingestion(home.with_settings(model=model), wanted)


def run_ingestion(home: Home, wanted: Ingestion, meter: Meter | None = None, outcome: Outcome | None = None) -> list[Tally]:
    """Ingest; returns what became of every document, claim, event and file.

    The meter, by default the settings', counts the cost; `outcome` what is believed because of it.
    """
    checked_again(wanted.again)
    stop_on_interrupt()
    outcome = outcome or Outcome(home)
    with watched_run(home, "ingest") as watched:
        tallies = asyncio.run(_ingest(home, wanted, meter or meter_for(home), outcome))
        watched.ends(tallies, outcome.facts.as_data())
    return tallies


async def _ingest(home: Home, wanted: Ingestion, meter: Meter, outcome: Outcome) -> list[Tally]:
    with home.writing("ingest"), Spool(home.path) as spool, home.graph() as store, outcome.telling_what_is_safe():
        with stage("collect"):
            collected = collect(home, wanted, spool, outcome=outcome)
        extractor = extractor_for(home)
        try:
            run = IngestRun(home, store, extractor, spool, outcome, meter, wanted.again)
            run.count(collected)
            if wanted.again is not None:
                outcome.record(preference(extractor.reader, at := now()), "ingest", at)
            run.settle()
            await take_all(run)
            run.take_into_graph(now=True)
        finally:
            await extractor.close()
    return list(run.tallies.values())


async def take_all(run: IngestRun) -> None:
    """Every batch of a run, read, recorded and taken into the graph; afterwards its clock stands."""
    try:
        await driven(run, each_batch, take_batch)
    finally:
        run.meter.end()


async def each_batch(run: IngestRun, take: Take) -> None:
    """Let `take` have every batch, oldest first, until the budget is spent, and count what is not read."""
    run.meter.begin()
    under_way: set[asyncio.Task[None]] = set()
    with Progress("reading", run.spool.size()) as progress:
        try:
            for documents in run.batches():
                if run.meter.is_spent:
                    run.passed_over[BUDGET_SPENT] += len(documents)
                else:
                    under_way.add(asyncio.ensure_future(take(run, documents, progress)))
                    under_way = await _room(run, under_way)
            while under_way:
                under_way = await _ended(under_way, set())
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
    run.count([Tally("document", 0, dict(run.passed_over))])


async def _room(run: IngestRun, under_way: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    """Wait until the next batch can be begun: all documents of these are, and not too many batches wait for being recorded."""
    await asyncio.sleep(0)  # a batch that was only just made asks for its documents first
    room = asyncio.ensure_future(run.asker.until_begun())
    try:
        while under_way and (len(under_way) >= BATCHES_AT_ONCE or not room.done()):
            under_way = await _ended(under_way, set() if room.done() else {room})
    finally:
        room.cancel()
    return under_way


async def _ended(under_way: set[asyncio.Task[None]], others: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    """Wait for one of all these; returns the batches that go on, and raises what ended one."""
    done, _ = await asyncio.wait({*under_way, *others}, return_when=asyncio.FIRST_COMPLETED)
    for task in done & under_way:
        task.result()
    return under_way - done


async def take_batch(run: IngestRun, documents: Sequence[Document], progress: Progress) -> None:
    """Read one batch, record it, and take it into the graph. Doing it again changes nothing."""
    with stage("batch", documents=len(documents), reader=run.reader):
        asked = await run.ask(documents)
        async with run.recording:
            await asyncio.to_thread(record, run, asked)  # beside the reading: the server is not to wait for it
    run.asked.pop(id(documents), None)
    progress.advance(len(documents))


def record(run: IngestRun, asked: AskedBatch) -> None:
    """What was read of a batch into the log, and the log into the graph."""
    intakes = list(asked.intakes(run.extractor.reader, run.home.asked, run.home.rules.ontology, run.settles))
    for intake in intakes:
        if run.outcome.record(intake, "ingest", asked.at):
            for warning in warnings_on(intake.tallies):
                show_note(warning)
    run.take_into_graph()
    # At last: where the graph is busy all of this is done again.
    run.count([*(tally for intake in intakes for tally in intake.tallies), asked.left])
