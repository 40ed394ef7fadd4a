"""Asking about many things at a time, so many in flight."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from schema.errors import ModelFailed, ModelUnavailable

T = TypeVar("T")
R = TypeVar("R")


class Asker(Generic[T, R]):
    """Asks about one batch after another; where the server did not answer for a whole one it is not asked again."""

    def __init__(self, ask: Callable[[T], Awaitable[R]], concurrency: int) -> None:
        self._ask, self._concurrency = ask, concurrency
        self._is_down = False

    async def batch(self, things: Sequence[T]) -> list[R | ModelFailed]:
        """What became of each thing, in their order."""
        if self._is_down:
            down = ModelUnavailable("the model server did not answer for a whole batch, so it was not asked again in this run")
            return [down] * len(things)
        results = await ask_many(self._ask, things, self._concurrency)
        self._is_down = all(isinstance(result, ModelUnavailable) for result in results)
        return results


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
