"""Asking about many things at a time, so many in flight."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

from schema.errors import ModelFailed

T = TypeVar("T")
R = TypeVar("R")


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
