"""`ingest`: documents into the log and the graph, oldest first, one Prefect task for a batch."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from agents.reading_agent import ReadingAgent, make_extractor
from agents.side_by_side import Asker
from flows.collecting import Ingestion, collect
from flows.home import Home, now
from flows.keeping import open_set_aside
from flows.processes import stop_on_interrupt, sweep
from flows.progress import Progress
from flows.spool import Spool
from pipeline.intake import read_batch
from schema.document import Document
from schema.errors import WrongUse
from schema.ids import BatchId, DocumentId
from schema.log import Preference, Recorded, Settled, Tally
from schema.ports import Extraction, Extractor, GraphStore

AGAIN = ("model", "prompt", "schema")


@dataclass
class Run:
    """One run of `ingest`: what it works with, and what became of everything so far."""

    home: Home
    store: GraphStore
    extractor: Extractor
    spool: Spool
    tallies: dict[str, Tally] = field(default_factory=dict)
    failure: Exception | None = None  # what ended a run that Prefect drives
    graph_due: float = 0.0  # seconds on the monotonic clock
    settles: dict[DocumentId, list[str]] = field(default_factory=dict)  # set-aside records that reading a document settles

    @cached_property
    def asker(self) -> Asker[Document, Extraction]:
        """What asks the extractor about the documents of a batch."""
        return Asker(self.extractor.read, self.home.concurrency)

    def count(self, tallies: Sequence[Tally]) -> None:
        """Add to the totals."""
        for tally in tallies:
            self.tallies[tally.unit] = self.tallies.get(tally.unit, Tally(tally.unit)) + tally

    def batches(self) -> Iterator[list[Document]]:
        """What this reader has not read yet, oldest first, so many documents at a time."""
        done = self.home.log.read_by(self.extractor.reader.name)
        fresh = (document for document in self.spool.documents() if (document.id, str(document.revision)) not in done)
        while batch := list(islice(fresh, self.home.settings.batch)):
            yield batch

    def take_into_graph(self, *, now: bool = False) -> None:
        """Bring the graph up to date, `now` or where that takes no more than a tenth of the time of a run.

        A batch is safe once it is in the log; how often the graph follows is a question of speed only.
        """
        begun = time.monotonic()
        if now or begun >= self.graph_due:
            self.home.follow(self.store)
            ended = time.monotonic()
            self.graph_due = ended + 9 * (ended - begun)

    def note_set_aside(self) -> None:
        """Look up what was set aside of documents before, so that it is settled when they are read at last."""
        for aside in open_set_aside(self.home):
            if aside.document is not None and aside.unit == "document":
                self.settles.setdefault(aside.document, []).append(aside.id)


def run_ingestion(home: Home, wanted: Ingestion) -> list[Tally]:
    """Ingest; returns what became of every document, claim, event and file."""
    if wanted.again is not None and wanted.again not in AGAIN:
        raise WrongUse(f"--again is {wanted.again!r}, and must be one of {', '.join(AGAIN)}")
    stop_on_interrupt()
    return asyncio.run(_ingest(home, wanted))


async def _ingest(home: Home, wanted: Ingestion) -> list[Tally]:
    with home.writing("ingest"), Spool(home.path) as spool:
        collected = collect(home, wanted, spool)
        extractor = extractor_for(home)
        try:
            with home.graph() as store:
                run = Run(home, store, extractor, spool)
                run.count(collected)
                if wanted.again is not None:
                    prefer(home, extractor)
                run.note_set_aside()
                await take_all(run)
                run.take_into_graph(now=True)
        finally:
            await extractor.close()
    return list(run.tallies.values())


def extractor_for(home: Home) -> ReadingAgent:
    """The reader that the settings name."""
    settings = home.settings
    votes: dict[str, Any] = {"votes": settings.votes, "threshold": settings.threshold} if settings.reading == "votes" else {}
    return make_extractor(
        settings.model,
        reading=settings.reading,
        ontology=home.rules.ontology,
        home=home.path,
        name=settings.model_name,
        key=settings.model_key.get_secret_value() or None,
        **votes,
    )


def prefer(home: Home, extractor: Extractor) -> None:
    """From now on this reader's readings come first."""
    at = now()
    batch = BatchId(f"preference {extractor.reader.name} {at.isoformat()}")
    home.log.append(batch, [Recorded(Preference(extractor.reader.name), at)])


async def take_all(run: Run) -> None:
    """Every batch, as Prefect tasks, with a temporary server of its own unless one is configured; or directly, in turn."""
    if run.home.settings.orchestration == "direct":
        await each_batch(run, take_batch)
        return
    sweep(os.environ.setdefault("PREFECT_HOME", str(run.home.path.resolve() / "prefect")))
    from flows.orchestration import ingest_batches

    await ingest_batches(run)


async def each_batch(run: Run, take: Callable[[Run, Sequence[Document], Progress], Awaitable[None]]) -> None:
    """Let `take` have every batch, oldest first, and count what was read before."""
    total, done = run.spool.size(), 0
    with Progress("reading", total) as progress:
        for documents in run.batches():
            await take(run, documents, progress)
            done += len(documents)
    if total > done:
        run.count([Tally("document", 0, {"read before": total - done})])


async def take_batch(run: Run, documents: Sequence[Document], progress: Progress) -> None:
    """Read one batch, record it, and take it into the graph. Doing it again changes nothing."""
    results = await run.asker.batch(documents)
    at = now()
    intake = read_batch(documents, results, run.extractor.reader, run.home.asked, run.home.rules.ontology, at)
    settled = [
        Recorded(Settled(aside, "read"), at)
        for document, result in zip(documents, results, strict=True)
        if isinstance(result, Extraction)
        for aside in run.settles.get(document.id, ())
    ]
    run.home.log.append(intake.batch, [*intake.with_report("ingest", at), *settled])
    run.take_into_graph()
    run.count(intake.tallies)
    progress.advance(len(documents))
