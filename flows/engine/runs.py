"""One run that reads: what it works with, what it has spent, and what became of everything so far."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any
from uuid import uuid4

from agents.asking.failure_watch import FailureWatch
from flows.engine.constructor import Constructor
from flows.engine.document_asker import DocumentAsker
from flows.engine.held_leases import HeldLeases
from flows.engine.outcomes import Outcome
from flows.engine.patience import Patience
from flows.engine.spool import Batches, Spool
from flows.home.homes import Home, now
from flows.home.terminal import show_note
from flows.watching import metrics
from pipeline.intake.asked_batch import MODEL_AWAY, AskedBatch, Unread, settled_by_reading
from pipeline.intake.costs import BUDGET_SPENT, Budget, Meter, Prices, cost_rows
from pipeline.intake.rereading import READ_ELSEWHERE, to_read
from pipeline.intake.set_aside_list import open_set_aside
from pipeline.intake.status import totals
from pipeline.intake.unused_parts import warnings_on
from schema.document import Document
from schema.errors import ModelFailed, ModelLost, ModelUnavailable, StoreFailed
from schema.ids import DocumentId
from schema.ports import NOWHERE, Extraction, Extractor, LogVersion, stage
from schema.records import Tally
from schema.usage import NOTHING_PAID, Usage


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: how many documents were settled, and the number under which those wait that another run holds, if any."""

    documents: int
    left: int | None = None


@dataclass
class IngestRun:
    """One run of a job that reads, in the process that reads. Others know it by its `name`."""

    home: Home
    extractor: Extractor
    batches: Batches
    outcome: Outcome
    constructor: Constructor
    leases: HeldLeases
    meter: Meter = field(default_factory=lambda: Meter(time.monotonic))
    patience: Patience = field(default_factory=Patience)
    again: str | None = None
    failures: FailureWatch | None = field(default_factory=FailureWatch)  # None where only hard documents are asked about
    name: str = field(default_factory=lambda: uuid4().hex)
    passed_over: Counter[str] = field(default_factory=Counter)  # documents that are not to be read, by reason
    asked: dict[int, tuple[AskedBatch, Taken]] = field(default_factory=dict)  # under way: trying a batch again asks no more
    seen: LogVersion = NOWHERE  # up to here it was looked whether others record, too
    others_record: bool = False  # since the batches were shared out
    left: dict[int, Sequence[Document]] = field(default_factory=dict)  # what other runs hold, under numbers below 0
    recording: asyncio.Lock = field(default_factory=asyncio.Lock)  # one batch at a time goes into the log
    tallies: dict[str, Tally] = field(default_factory=dict)
    is_part: bool = False  # of another run, which hears what became of everything and tells it to who watches
    warned: bool = False
    waiting: int = 0  # documents that are still to be begun
    settles: Mapping[DocumentId, Sequence[str]] = field(default_factory=dict)  # set-aside records that reading a document settles

    @cached_property
    def asker(self) -> DocumentAsker:
        """What asks the extractor about the documents of a batch."""
        return DocumentAsker(self.read, self.extractor.available, self.patience, self.home.concurrency)

    async def read(self, document: Document) -> Extraction | Unread:
        """Read a document, if the budget still lets it be begun, and count what that took."""
        if self.meter.is_spent:
            return Unread(BUDGET_SPENT)
        self.begins(1)
        begun = time.monotonic()
        with stage("document", document=document.id, reader=self.extractor.reader.name) as reading:
            try:
                found = await self.extractor.read(document)
            except ModelFailed as error:
                error.usage = replace(error.usage or NOTHING_PAID, seconds=time.monotonic() - begun)
                self._pay(error.usage, failed=True)
                self.begins(-isinstance(error, ModelUnavailable))  # it waits to be asked about again
                self._watch(error)
                raise
            usage = replace(found.usage, seconds=time.monotonic() - begun)
            self._pay(usage)
            reading.tell(claims=len(found.claims), cached=usage.cached)
        self._watch(found)
        return replace(found, usage=usage)

    def begins(self, documents: int) -> None:
        """So many documents wait no more."""
        self.waiting -= documents
        if not self.is_part:
            metrics.waiting(max(0, self.waiting))

    def _pay(self, usage: Usage, *, failed: bool = False) -> None:
        self.meter.add(usage, failed=failed)
        if not self.is_part:
            metrics.paid(self.meter.prices.of(usage))

    def _watch(self, result: Extraction | ModelFailed) -> None:
        if self.failures is not None:
            self.failures.take(result)

    def share_out(self, spool: Spool) -> int:
        """Number the batches that are to be read, oldest documents first, but suspects last; returns how many there are."""
        self.seen = self.home.log.version()
        unread = partial(to_read, self.home.log, reader=self.extractor.reader, again=self.again, passed_over=self.passed_over)
        batches = spool.share_out(lambda documents: unread(self._suspects_last(documents)), self.home.settings.batch)
        self.waiting = spool.shared_out()
        return batches

    def _suspects_last(self, documents: Iterable[Document]) -> Iterator[Document]:
        last = []
        for document in documents:
            if document.id in self.asker.suspects:
                last.append(document)
            else:
                yield document
        yield from last

    async def take(self, number: int) -> Taken:
        """Read a batch and record it. Doing it again after an error asks no more than is missing."""
        with stage("batch", reader=self.extractor.reader.name) as under_way:
            if number not in self.asked:
                self.asked[number] = await self._asked(number)
            asked, taken = self.asked[number]
            under_way.tell(documents=len(asked.documents))
            async with self.recording:
                await asyncio.to_thread(self._record, asked)  # beside the reading: the server is not to wait for it
        del self.asked[number]
        with suppress(StoreFailed):  # it is recorded: what is still held is let go of at the end of the run
            await asyncio.to_thread(self.leases.release, asked.documents, self.extractor.reader)
        return taken

    async def _asked(self, number: int) -> tuple[AskedBatch, Taken]:
        documents = self.documents(number)
        if why := self.reads_no_more:
            self.passed_over[why] += len(documents)
            self.begins(len(documents))
            return AskedBatch((), (), now()), Taken(len(documents))
        ours, others = await asyncio.to_thread(self.leases.take, documents, self.extractor.reader)
        unread = await asyncio.to_thread(self._unread, ours)
        results = await self.asker.answers(unread)
        self.begins(sum(isinstance(result, Unread | ModelUnavailable) for result in results))
        return AskedBatch(unread, results, now()), Taken(len(ours), self._put_back(others) if others else None)

    @property
    def reads_no_more(self) -> str:
        """Why no further document is begun; empty while they are."""
        return MODEL_AWAY if self.asker.is_over else BUDGET_SPENT if self.meter.is_spent else ""

    def documents(self, number: int) -> Sequence[Document]:
        """Those of a batch, or of what was left of one."""
        return self.left[number] if number in self.left else self.batches.batch(number)

    def _put_back(self, documents: Sequence[Document]) -> int:
        number = -1 - len(self.left)
        self.left[number] = documents
        return number

    def _unread(self, documents: Sequence[Document]) -> Sequence[Document]:
        """Without those that other runs have read since they were shared out: who held them before us may have."""
        seen = self.home.log.version()
        self.others_record = self.others_record or not self.home.log.recorded_since(self.seen) <= self.outcome.batches
        self.seen = seen
        if not self.others_record:
            return documents
        passed: Counter[str] = Counter()
        unread = list(to_read(self.home.log, documents, self.extractor.reader, self.again, passed))
        needed = {(each.id, each.revision) for each in unread}
        self.leases.release([each for each in documents if (each.id, each.revision) not in needed], self.extractor.reader)
        # At last: where the leases cannot be changed all of this is done again.
        self.passed_over += passed
        self.begins(passed.total())
        return unread

    def _record(self, asked: AskedBatch) -> None:
        """What was read of a batch into the log."""
        intakes = list(asked.intakes(self.extractor.reader, self.home.asked, self.home.rules.ontology, self.settles))
        for intake in intakes:
            if self.outcome.record(intake, "ingest", asked.at):
                self._warn(intake.tallies)
        self.constructor.wake()
        # At last: where the log is busy all of this is done again.
        self.count([*(tally for intake in intakes for tally in intake.tallies), asked.left])

    def _warn(self, tallies: Sequence[Tally]) -> None:
        """Say aloud what is odd about a batch, once a run: with the next ones it is the same."""
        if not self.warned and (warnings := warnings_on(tallies)):
            self.warned = True
            for warning in warnings:
                show_note(warning)

    def give_up(self, numbers: Sequence[int]) -> None:
        """Leave batches to the other runs that are reading them."""
        documents = sum(len(self.left[number]) for number in numbers)
        self.passed_over[READ_ELSEWHERE] += documents
        self.begins(documents)

    def end(self) -> None:
        """Count what was not read; the clock stands from now on."""
        self.meter.end()
        self.count([Tally("document", 0, dict(self.passed_over))])
        self.passed_over.clear()

    def count(self, tallies: Sequence[Tally]) -> None:
        """Add to the totals."""
        if not self.is_part:
            metrics.counted(tallies)
        self.tallies = totals([*self.tallies.values(), *tallies])

    def settle(self, more: Mapping[DocumentId, Sequence[str]] = {}) -> None:
        """Look up what was set aside of documents before, so that it is settled, and this with it, when they are read at last.

        Those with which a server was lost are suspects.
        """
        asides = open_set_aside(self.home.log)
        self.asker.suspects |= {each.document for each in asides if each.document is not None and each.error == ModelLost.__name__}
        found = settled_by_reading(asides)
        self.settles = {document: sorted({*found.get(document, ()), *more.get(document, ())}) for document in {*found, *more}}


def prices_of(home: Home) -> Prices:
    """The prices that the settings name."""
    return Prices(home.settings.price_prompt, home.settings.price_completion)


def meter_for(home: Home, shares: int = 1, until: float | None = None) -> Meter:
    """A meter with the prices and the budget that the settings name, or one of so many equal shares of what it may spend.

    Shares are of tokens, rounded up, and of money; time goes on for all alike, `until` a moment in seconds since 1970 where they began
    together. Raises WrongUse for a budget of money without prices.
    """
    settings, prices = home.settings, prices_of(home)
    tokens = None if settings.budget_tokens is None else -(-settings.budget_tokens // shares)
    money = None if settings.budget_money is None else settings.budget_money / shares
    seconds = settings.budget_seconds if until is None else max(0.0, until - time.time())
    return Meter(time.monotonic, prices, Budget.by(prices, tokens, money, seconds))


def costs_by(home: Home, by: str, documents: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """A row for each reader, document or day: money by the prices that are set now, seconds of all documents one after another."""
    return cost_rows(home.log, prices_of(home), by, documents)
