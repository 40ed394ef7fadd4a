"""Asking a reader about documents while its server comes and goes: what is asked again, what alone, and when a run reads no more.

Every run is to get further, also past a document that ends its server each time, and nothing is set aside because a server is away:

- Nothing is begun before the server was seen to be there. When it gives no answer, it is looked for.
- If it is gone, what was in flight is lost (ModelLost), as one of these documents may have ended it. Nothing else is begun meanwhile.
- When it is back, what was lost is asked about alone, with nothing else in flight. What it is lost with again and again is set aside.
- Where patience ends before that, or there is none, what was lost is set aside, which are a few, and the rest is left for the next run.
  That one asks about what was lost last, and alone, in an order that is another one each time: what is well is read before long.
- A server that is lost with one document after another, and answers nothing in between, is not there: nothing more is read.
- What a server that is there leaves out while it answers other questions is set aside. One that answers none at all is asked for as long
  as there is patience, and no more after some dozens of documents.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from random import sample

from agents.asking.concurrency import ConcurrentBatches
from flows.engine.patience import Patience
from flows.home.terminal import note
from pipeline.intake.asked_batch import MODEL_AWAY, Unread
from schema.document import Document
from schema.errors import ModelFailed, ModelLost, ModelUnavailable
from schema.ids import DocumentId
from schema.ports import Extraction

TIMES_LEFT_OUT = 5
"""Times that a document is asked about again which a server does not answer that is there: it may be too slow for it, and waiting as for
a server that is away would hold up all the others."""

TIMES_LOST = 2
"""Times that a server is lost with a document that it is asked about alone, until that is set aside: once may be chance."""

UNANSWERED_IN_A_ROW = 50
"""Documents that a server which is there may leave unanswered, with no answer in between, before it is the server."""

DocumentResult = Extraction | Unread | ModelFailed

_NOT_BEGUN = Unread(MODEL_AWAY)


class DocumentAsker:
    """Asks about the documents of batches, so many at a time over all of them, by the rule of this module."""

    def __init__(
        self,
        read: Callable[[Document], Awaitable[Extraction | Unread]],
        available: Callable[[], Awaitable[None]],
        patience: Patience,
        concurrency: int,
    ) -> None:
        """`read` raises ModelFailed, as the reader does; `available` ModelUnavailable where its server is not there."""
        self.suspects: set[DocumentId] = set()  # with which a server was lost: asked about alone
        self.is_over = False  # nothing more is begun
        self._read, self._available, self._patience = read, available, patience
        self._batches = ConcurrentBatches(self._begun, concurrency)
        self._looking = asyncio.Lock()
        self._is_there = False
        self._away = MODEL_AWAY  # why, while it is not there
        self._answered = 0  # documents about which the server said anything
        self._blamed_at: int | None = None  # how many that were when a document was last set aside because the server was lost with it
        self._in_a_row = 0

    async def until_begun(self) -> None:
        """Wait until everything that was handed in is begun."""
        await self._batches.until_begun()

    async def answers(self, documents: Sequence[Document]) -> list[DocumentResult]:
        """What became of each document, in their order. Those that are Unread because the server was away were never begun."""
        results: list[DocumentResult] = [_NOT_BEGUN] * len(documents)
        left, times, at_first = list(range(len(documents))), Counter[int](), self._answered
        is_ready, is_first = await self._is_ready(), True
        while left and is_ready:
            before = self._answered
            alone = {n for n in left if documents[n].id in self.suspects}
            for n, result in (await self._asked_about(documents, left, alone, alone_last=is_first)).items():
                if result is _NOT_BEGUN:
                    continue  # what was lost before stays so
                results[n] = _with_cost(result, results[n])
                if isinstance(result, ModelLost):
                    self.suspects.add(documents[n].id)
                    times[n] += n in alone
                elif times[n] or self._answered > before:
                    times[n] += 1
                if self._is_settled(result, times[n], alone=n in alone):
                    left.remove(n)
            is_first = False
            said = next((str(results[n]) for n in left if isinstance(results[n], ModelUnavailable)), MODEL_AWAY)
            is_ready = bool(left) and await self._wait(self._away or said)
        if left and not self._is_there:
            self._end(self._away)
        self._look_at_all(results, any_answer=self._answered > at_first)
        return results

    async def _asked_about(
        self, documents: Sequence[Document], left: Sequence[int], alone: set[int], *, alone_last: bool
    ) -> dict[int, DocumentResult]:
        """What became of each; what an earlier run was lost with comes last, what this one was, first, before more is lost."""
        results: dict[int, DocumentResult] = {}

        async def one_by_one() -> None:
            # By chance: what comes after the one that ends its server is to come before it another time.
            for n in sample(sorted(alone), len(alone)):
                results[n] = await self._batches.alone(documents[n])

        async def together() -> None:
            some = [n for n in left if n not in alone]
            self._batches.begin_anew()
            results.update(zip(some, await self._batches.batch([documents[n] for n in some]), strict=True))

        for ask in (together, one_by_one) if alone_last else (one_by_one, together):
            await ask()
        return results

    async def _begun(self, document: Document) -> Extraction | Unread:
        if self.is_over or not self._is_there:
            return _NOT_BEGUN
        try:
            found = await self._read(document)
        except ModelUnavailable as error:
            if away := await self._lost():
                told = f"{error}; its server was there before it was asked about this, and not after it: {away}"
                raise ModelLost(told, error.reply, error.usage) from error
            raise
        except ModelFailed:
            self._answered += 1
            raise
        # What came from the cache, or needed no question, says nothing of the server.
        self._answered += isinstance(found, Extraction) and found.usage.requests > 0
        return found

    def _is_settled(self, result: DocumentResult, times: int, *, alone: bool) -> bool:
        """Whether a document is not asked about again in this run; `times` it was left out, or the server lost with it alone."""
        if not isinstance(result, ModelLost):
            return not isinstance(result, ModelUnavailable) or times > TIMES_LEFT_OUT
        if not alone or times < TIMES_LOST:
            return False
        if self._blamed_at == self._answered:
            self._end("the model's server is lost with one document after another, and answers nothing in between")
        self._blamed_at = self._answered
        return True

    def _look_at_all(self, results: Sequence[DocumentResult], *, any_answer: bool) -> None:
        unanswered = [str(result) for result in results if isinstance(result, ModelUnavailable)]
        self._in_a_row = 0 if any_answer else self._in_a_row + len(unanswered)
        if unanswered and self._in_a_row >= UNANSWERED_IN_A_ROW:
            self._end(f"{self._in_a_row} documents in a row got no answer; the last: {unanswered[-1]}")
        elif any_answer:
            self._patience.answered()

    async def _is_ready(self) -> bool:
        """Whether the server is there, or was waited for until it was."""
        if self.is_over or self._is_there:
            return not self.is_over
        away = await self._look()
        return not away or await self._wait(away)

    async def _wait(self, reason: str) -> bool:
        """Wait until the server is there; False where patience ends before that, or nothing more is read."""
        while not self.is_over and await self._patience.for_model(reason):
            if not (away := await self._look()):
                return not self.is_over
            reason = away
        return False

    async def _lost(self) -> str:
        """Why the server is gone that was there; those who ask at the same time look once."""
        async with self._looking:
            if not self._is_there:
                return self._away
        return await self._look()

    async def _look(self) -> str:
        """Why the server is not there; empty where it is."""
        async with self._looking:
            try:
                await self._available()
            except ModelUnavailable as error:
                self._is_there, self._away = False, str(error) or MODEL_AWAY
            else:
                if not self._is_there:
                    self._patience.answered()  # that outage is over
                self._is_there, self._away = True, ""
            return self._away

    def _end(self, why: str) -> None:
        if not self.is_over:
            self.is_over = True
            note(f"{why}; nothing more is read in this run")


def _with_cost(result: DocumentResult, before: DocumentResult) -> DocumentResult:
    """A document that is left after all was paid for all the same."""
    return Unread(result.why, before.usage) if isinstance(result, Unread) and isinstance(before, ModelFailed) else result
