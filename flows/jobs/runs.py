"""One run that reads: what it works with, what it has spent, and what became of everything so far."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any

from agents.asking.concurrency import ConcurrentBatches
from flows.home.homes import Home, now
from flows.home.showing import Progress
from flows.jobs.collecting import Spool
from flows.jobs.outcomes import Outcome
from flows.watching import metrics
from flows.watching.instruments import is_measured
from pipeline.intake.asked_batch import AskedBatch, Unstarted, settled_by_reading
from pipeline.intake.costs import Budget, Meter, Prices, cost_rows
from pipeline.intake.rereading import to_read
from pipeline.intake.status import open_set_aside, shortfall, totals
from schema.document import Document
from schema.errors import ModelFailed, StoreFailed
from schema.ids import DocumentId
from schema.ports import Extraction, Extractor, GraphStore, stage
from schema.records import Tally
from schema.usage import NOTHING_PAID, Usage

Take = Callable[["IngestRun", Sequence[Document], Progress], Awaitable[None]]
"""Reads a batch, records it and takes it into the graph."""


TRIED_AGAIN_AFTER_S = (1, 5, 15)
"""Seconds before each further attempt at a batch: there is one more attempt than there are waits."""


def worth_another_attempt(error: object) -> bool:
    """Whether the same may succeed some seconds later: log and graph may be busy or restarting, what a model said does not change."""
    return isinstance(error, StoreFailed)


@dataclass
class IngestRun:
    """One run of `ingest`: what it works with, and what became of everything so far."""

    home: Home
    store: GraphStore
    extractor: Extractor
    spool: Spool
    outcome: Outcome
    meter: Meter = field(default_factory=lambda: Meter(time.monotonic))
    again: str | None = None
    passed_over: Counter[str] = field(default_factory=Counter)  # documents that are not to be read, by reason
    asked: dict[int, AskedBatch] = field(default_factory=dict)  # about batches under way: trying one again asks no more
    recording: asyncio.Lock = field(default_factory=asyncio.Lock)  # one batch at a time goes into log and graph
    tallies: dict[str, Tally] = field(default_factory=dict)
    begun: int = 0  # documents
    failure: Exception | None = None  # what ended a run that Prefect drives
    graph_due: float = 0.0  # seconds on the monotonic clock
    settles: Mapping[DocumentId, Sequence[str]] = field(default_factory=dict)  # set-aside records that reading a document settles

    @cached_property
    def asker(self) -> ConcurrentBatches[Document, Extraction | Unstarted]:
        """What asks the extractor about the documents of a batch."""
        return ConcurrentBatches(self.read, self.home.concurrency)

    @cached_property
    def reader(self) -> str:
        """Method, model, prompt and schema of who reads."""
        return self.extractor.reader.name

    async def read(self, document: Document) -> Extraction | Unstarted:
        """Read a document, if the budget still lets it be begun, and count what that took."""
        if self.meter.is_spent:
            return Unstarted()
        self.begun += 1
        if is_measured():
            metrics.waiting(max(0, self.spool.size() - self.begun - self.passed_over.total()))
        begun = time.monotonic()
        with stage("document", document=document.id, reader=self.reader) as reading:
            try:
                found = await self.extractor.read(document)
            except ModelFailed as error:
                error.usage = replace(error.usage or NOTHING_PAID, seconds=time.monotonic() - begun)
                self._pay(error.usage, failed=True)
                raise
            usage = replace(found.usage, seconds=time.monotonic() - begun)
            self._pay(usage)
            reading.tell(claims=len(found.claims), cached=usage.cached)
        return replace(found, usage=usage)

    def _pay(self, usage: Usage, *, failed: bool = False) -> None:
        self.meter.add(usage, failed=failed)
        metrics.paid(self.meter.prices.of(usage))

    async def ask(self, documents: Sequence[Document]) -> AskedBatch:
        """What comes of asking about a batch; asking again about the same one says the same."""
        known = self.asked.get(id(documents))
        if known is None:
            results = await self.asker.batch(documents)
            known = self.asked[id(documents)] = AskedBatch(documents, results, now())
        return known

    def count(self, tallies: Sequence[Tally]) -> None:
        """Add to the totals."""
        metrics.counted(tallies)
        self.tallies = totals([*self.tallies.values(), *tallies])

    def batches(self) -> Iterator[list[Document]]:
        """What this reader is to read, oldest first, so many documents at a time."""
        chosen = to_read(self.home.log, self.spool.documents(), self.extractor.reader, self.again, self.passed_over)
        while batch := list(islice(chosen, self.home.settings.batch)):
            yield batch

    @property
    def shortfall(self) -> str:
        """Why the run is no full success; empty where it is."""
        return shortfall(list(self.tallies.values()))

    def take_into_graph(self, *, now: bool = False) -> None:
        """Bring the graph up to date, `now` or where that takes no more than a tenth of the time of a run.

        A batch is safe once it is in the log; how often the graph follows is a question of speed only.
        """
        begun = time.monotonic()
        if now or begun >= self.graph_due:
            self.outcome.follow(self.store)
            ended = time.monotonic()
            self.graph_due = ended + 9 * (ended - begun)

    def settle(self, more: Mapping[DocumentId, Sequence[str]] = {}) -> None:
        """Look up what was set aside of documents before, so that it is settled, and this with it, when they are read at last."""
        found = settled_by_reading(open_set_aside(self.home.log))
        self.settles = {document: sorted({*found.get(document, ()), *more.get(document, ())}) for document in {*found, *more}}


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
