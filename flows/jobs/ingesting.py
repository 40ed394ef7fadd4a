"""`ingest`: documents into the log and the graph, oldest first, a batch at a time; `extract` leaves the graph to a constructor."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agents.reader import ReadingAgent
from flows.engine.collecting import Ingestion, collect
from flows.engine.constructor import Constructor, constructing
from flows.engine.held_leases import leases_of
from flows.engine.outcomes import Outcome
from flows.engine.patience import Patience
from flows.engine.runs import IngestRun, meter_for
from flows.engine.spool import Spool
from flows.engine.taking import TakeAll, in_this_process, read_spool
from flows.home.homes import Home, now
from flows.home.processes import stop_on_interrupt
from flows.home.watched import watched_run
from flows.wiring.readers import extractor_for
from pipeline.formats.documents import Item
from pipeline.intake.asked_batch import preference
from pipeline.intake.costs import Meter
from pipeline.intake.rereading import checked_again
from schema.errors import ModelUnavailable
from schema.ports import stage
from schema.records import Tally


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
    stop_on_interrupt()
    way = Way(meter or meter_for(home), outcome or Outcome(home))
    with watched_run(home, "ingest") as watched:
        tallies = asyncio.run(ingest_documents(home, wanted, way))
        watched.ends(tallies, way.outcome.facts.as_data())
    return tallies


@dataclass(frozen=True)
class Way:
    """How a run reads: who counts, how long servers that are away are waited for, who takes batches, and whether the graph follows."""

    meter: Meter
    outcome: Outcome
    patience: Patience = field(default_factory=Patience)
    take_all: TakeAll = field(default_factory=in_this_process)
    constructs: bool = True
    constructor: Constructor | None = None  # one that follows already


async def ingest_documents(home: Home, wanted: Ingestion, way: Way, items: Iterator[tuple[Item, str]] | None = None) -> list[Tally]:
    """The same, for who has an event loop; with `items`, and where they come from, instead of those of files."""
    checked_again(wanted.again)
    with (
        Spool(home.spools) as spool,
        leases_of(home, "ingest") as leases,
        _constructor(home, way) as constructor,
    ):
        with stage("collect"):
            collected = await asyncio.to_thread(collect, home, wanted, spool, items, outcome=way.outcome)
        extractor = await extractor_when_there(home, way.patience)
        try:
            run = IngestRun(home, extractor, spool, way.outcome, constructor, leases, way.meter, way.patience, wanted.again)
            run.count(collected)
            if wanted.again is not None:
                way.outcome.record(preference(extractor.reader, at := now()), "ingest", at)
            run.settle()
            await read_spool(run, spool, way.take_all)
        finally:
            await extractor.close()
    return list(run.tallies.values())


async def extractor_when_there(home: Home, patience: Patience) -> ReadingAgent:
    """The reader that the settings name; where its server is away, which may have to tell what it serves, it is waited for."""
    while True:
        try:
            extractor = extractor_for(home)
        except ModelUnavailable as error:
            if not await patience.for_model(str(error)):
                raise
        else:
            patience.answered()
            return extractor


@contextmanager
def _constructor(home: Home, way: Way) -> Iterator[Constructor]:
    """What takes the log into the graph; where nobody is to, one that does nothing."""
    if way.constructor is not None:
        yield way.constructor
    elif way.constructs:
        with constructing(home, way.outcome, way.patience) as constructor:
            yield constructor
    else:
        yield Constructor(home, way.outcome, way.patience)
