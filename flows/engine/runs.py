"""One run that reads: what it works with, what it has spent, and what became of everything so far."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any
from uuid import uuid4

from agents.asking.concurrency import ConcurrentBatches
from agents.asking.failure_watch import FailureWatch
from flows.engine.constructor import Constructor
from flows.engine.held_leases import HeldLeases
from flows.engine.outcomes import Outcome
from flows.engine.patience import Patience
from flows.engine.spool import Batches, Spool
from flows.home.homes import Home, now
from flows.home.terminal import note, show_note
from flows.watching import metrics
from pipeline.intake.asked_batch import MODEL_AWAY, AskedBatch, Unread, settled_by_reading
from pipeline.intake.costs import BUDGET_SPENT, Budget, Meter, Prices, cost_rows
from pipeline.intake.rereading import READ_ELSEWHERE, to_read
from pipeline.intake.set_aside_list import open_set_aside
from pipeline.intake.status import totals
from pipeline.intake.unused_parts import warnings_on
from schema.document import Document
from schema.errors import ModelFailed, ModelUnavailable
from schema.ids import DocumentId
from schema.ports import NOWHERE, Extraction, Extractor, LogVersion, stage
from schema.records import Tally
from schema.usage import NOTHING_PAID, Usage

TIMES_LEFT_OUT = 5
"""Times that a document is asked about again which a server does not answer that is there: with one that kills it, or that it is too
slow for, waiting as for a server that is away would hold up all the others."""


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
    answered: int = 0  # documents, since it began
    seen: LogVersion = NOWHERE  # up to here it was looked whether others record, too
    others_record: bool = False  # since the batches were shared out
    left: dict[int, Sequence[Document]] = field(default_factory=dict)  # what other runs hold, under numbers below 0
    recording: asyncio.Lock = field(default_factory=asyncio.Lock)  # one batch at a time goes into the log
    tallies: dict[str, Tally] = field(default_factory=dict)
    is_part: bool = False  # of another run, which hears what became of everything and tells it to who watches
    warned: bool = False
    is_unanswered: bool = False  # the model's server was away for longer than there is patience
    waiting: int = 0  # documents that are still to be begun
    settles: Mapping[DocumentId, Sequence[str]] = field(default_factory=dict)  # set-aside records that reading a document settles

    @cached_property
    def asker(self) -> ConcurrentBatches[Document, Extraction | Unread]:
        """What asks the extractor about the documents of a batch."""
        return ConcurrentBatches(self.read, self.home.concurrency)

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
                self._watch(error)
                raise
            usage = replace(found.usage, seconds=time.monotonic() - begun)
            self.answered += 1
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
        """Number the batches that are to be read, oldest documents first; returns how many there are."""
        self.seen = self.home.log.version()
        unread = partial(to_read, self.home.log, reader=self.extractor.reader, again=self.again, passed_over=self.passed_over)
        batches = spool.share_out(unread, self.home.settings.batch)
        self.waiting = spool.shared_out()
        return batches

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
        self.leases.release(asked.documents, self.extractor.reader)
        return taken

    async def _asked(self, number: int) -> tuple[AskedBatch, Taken]:
        documents = self.documents(number)
        if why := self.reads_no_more:
            self.passed_over[why] += len(documents)
            self.begins(len(documents))
            return AskedBatch((), (), now()), Taken(len(documents))
        ours, others = await asyncio.to_thread(self.leases.take, documents, self.extractor.reader)
        unread = await asyncio.to_thread(self._unread, ours)
        results = await self._answers(unread)
        return AskedBatch(unread, results, now()), Taken(len(ours), self._put_back(others) if others else None)

    @property
    def reads_no_more(self) -> str:
        """Why no further document is begun; empty while they are."""
        return MODEL_AWAY if self.is_unanswered else BUDGET_SPENT if self.meter.is_spent else ""

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
        self.passed_over += passed
        self.begins(passed.total())
        needed = {each.id: each.revision for each in unread}
        self.leases.release([each for each in documents if needed.get(each.id) != each.revision], self.extractor.reader)
        return unread

    async def _answers(self, documents: Sequence[Document]) -> list[Extraction | Unread | ModelFailed]:
        """What the reader says of each; while its server is away, and there is patience, it is asked again.

        What a server does not answer that is there is, after some attempts, left to be set aside: it may be the document. Where patience
        ends with no server there, documents are left unread, and no further ones are begun.
        """
        answered, left_out = self.answered, 0
        results = await self.asker.batch(documents)
        while away := {n: result for n, result in enumerate(results) if isinstance(result, ModelUnavailable)}:
            was_there = await self._wait_for_model(reason := str(next(iter(away.values()))))
            if was_there is None:
                return results if await self._is_there() else self._left_unread(results, reason)
            left_out = left_out + 1 if was_there and (left_out or self.answered > answered) else 0
            if left_out > TIMES_LEFT_OUT:
                break
            self.asker.begin_anew()
            answered = self.answered
            self.waiting += len(away)
            answers = await self.asker.batch([documents[n] for n in away])
            for n, answer in zip(away, answers, strict=True):
                results[n] = answer
        self.patience.answered()
        return results

    async def _wait_for_model(self, reason: str) -> bool | None:
        """Wait until the model can be asked again; whether it could be when we first looked. None where patience ends before that."""
        was_there = True
        while await self.patience.for_model(reason):
            try:
                await self.extractor.available()
            except ModelUnavailable as error:
                reason, was_there = str(error), False
            else:
                return was_there
        return None

    async def _is_there(self) -> bool:
        try:
            await self.extractor.available()
        except ModelUnavailable:
            return False
        return True

    def _left_unread(self, results: Sequence[Extraction | Unread | ModelFailed], reason: str) -> list[Extraction | Unread | ModelFailed]:
        if not self.is_unanswered:
            self.is_unanswered = True
            note(f"{reason}; nothing more is read in this run")
        return [Unread(MODEL_AWAY, result.usage) if isinstance(result, ModelUnavailable) else result for result in results]

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
        """Look up what was set aside of documents before, so that it is settled, and this with it, when they are read at last."""
        found = settled_by_reading(open_set_aside(self.home.log))
        self.settles = {document: sorted({*found.get(document, ()), *more.get(document, ())}) for document in {*found, *more}}


def prices_of(home: Home) -> Prices:
    """The prices that the settings name."""
    return Prices(home.settings.price_prompt, home.settings.price_completion)


def meter_for(home: Home, shares: int = 1) -> Meter:
    """A meter with the prices and the budget that the settings name, or one of so many equal shares of what it may spend.

    Raises WrongUse for a budget of money without prices.
    """
    settings, prices = home.settings, prices_of(home)
    tokens = None if settings.budget_tokens is None else settings.budget_tokens // shares
    money = None if settings.budget_money is None else settings.budget_money / shares
    return Meter(time.monotonic, prices, Budget.by(prices, tokens, money, settings.budget_seconds))


def costs_by(home: Home, by: str, documents: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """A row for each reader, document or day: money by the prices that are set now, seconds of all documents one after another."""
    return cost_rows(home.log, prices_of(home), by, documents)
