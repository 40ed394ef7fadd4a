"""Asking about many things at a time, so many in flight."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from schema.errors import ModelFailed, ModelUnavailable

T = TypeVar("T")
R = TypeVar("R")


class ConcurrentBatches(Generic[T, R]):
    """Asks about batches, so many things at a time over all of them; where the server did not answer for a whole one it is left alone.

    A batch can be handed in before the last one has ended, so that the end of one does not leave the server without work: `until_begun`
    says when.
    """

    def __init__(self, ask: Callable[[T], Awaitable[R]], concurrency: int) -> None:
        self._ask, self._concurrency = ask, max(1, concurrency)
        self._places = asyncio.Semaphore(self._concurrency)
        self._waiting = 0  # things that are not begun
        self._begun = asyncio.Event()
        self._begun.set()
        self._is_down = False
        self._alone = asyncio.Lock()

    async def batch(self, things: Sequence[T]) -> list[R | ModelFailed]:
        """What became of each thing, in their order."""
        if self._is_down:
            down = ModelUnavailable("the model server did not answer for a whole batch, so it was not asked again in this run")
            return [down] * len(things)
        left = len(things)
        self._wait(left)

        async def one(thing: T) -> R:
            nonlocal left
            async with self._places:
                left -= 1
                self._wait(-1)
                return await self._ask(thing)

        try:
            results = await ask_many(one, things, self._concurrency)
        finally:
            self._wait(-left)  # what is never begun is not waited for
        self._is_down = bool(results) and all(isinstance(result, ModelUnavailable) for result in results)
        return results

    async def alone(self, thing: T) -> R | ModelFailed:
        """What became of one thing that is asked about with nothing else in flight."""
        places = 0
        self._wait(1)
        try:
            async with self._alone:
                while places < self._concurrency:
                    await self._places.acquire()
                    places += 1
                return await self._ask(thing)
        except ModelFailed as error:
            return error
        finally:
            self._wait(-1)
            for _ in range(places):
                self._places.release()

    def begin_anew(self) -> None:
        """Ask the server again that did not answer for a whole batch."""
        self._is_down = False

    async def until_begun(self) -> None:
        """Wait until everything handed in is begun."""
        await self._begun.wait()

    def _wait(self, more: int) -> None:
        self._waiting += more
        self._begun.clear() if self._waiting > 0 else self._begun.set()


async def ask_many(ask: Callable[[T], Awaitable[R]], things: Iterable[T], concurrency: int = 8) -> list[R | ModelFailed]:
    """What became of each thing, in their order; one that fails stops no other. Other errors stop all and are raised."""
    waiting = enumerate(things)
    done: dict[int, R | ModelFailed] = {}
    workers = [asyncio.create_task(_work(ask, waiting, done)) for _ in range(max(1, concurrency))]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return [done[number] for number in sorted(done)]


async def _work(ask: Callable[[T], Awaitable[R]], waiting: Iterator[tuple[int, T]], done: dict[int, R | ModelFailed]) -> None:
    for number, thing in waiting:
        try:
            done[number] = await ask(thing)
        except ModelFailed as error:
            done[number] = error
