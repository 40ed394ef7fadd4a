"""Taking all batches of a run: some at a time, oldest first, no faster than model server and graph keep up."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

from tenacity import AsyncRetrying

from flows.engine.held_leases import LEASE_S
from flows.engine.patience import worth_another_attempt
from flows.engine.runs import IngestRun, Taken
from flows.engine.spool import Spool
from flows.home.showing import Progress

Take = Callable[[int], Awaitable[Taken]]
"""Reads the batch of a number and records it."""

Driver = Callable[[IngestRun, Sequence[int]], Take]
"""How batches of these numbers are taken: by the process itself, or seen by an orchestrator; others may be asked for at the end."""

TakeAll = Callable[[IngestRun, int], Awaitable[None]]
"""Takes so many batches of a run, oldest first."""

BATCHES_AT_ONCE = 3
"""Batches that are read or wait for being recorded: enough for the server to have work, few enough to be held in memory."""

LOOK_AGAIN_S = (0.2, 5.0)
"""Seconds, at first and at most, before documents that another run is reading are looked at again."""


def directly(run: IngestRun, numbers: Sequence[int] = ()) -> Take:
    """By this process, with further attempts where log or graph fail."""
    del numbers

    def is_worth_it(error: BaseException) -> bool:
        # A constructor that has given up had attempts of its own, and does not come back.
        return error is not run.constructor.failure and worth_another_attempt(error)

    async def take(number: int) -> Taken:
        return await AsyncRetrying(**run.patience.attempts(is_worth_it))(run.take, number)

    return take


async def read_spool(run: IngestRun, spool: Spool, take_all: TakeAll) -> None:
    """Read and record what a run has not read of a spool."""
    run.meter.begin()
    try:
        await take_all(run, run.share_out(spool))
    finally:
        run.end()


def in_this_process(driver: Driver = directly) -> TakeAll:
    """Batches by this process, some at a time."""

    async def take_all(run: IngestRun, batches: int) -> None:
        await take_each(run, range(batches), driver)

    return take_all


async def take_each(run: IngestRun, numbers: Sequence[int], driver: Driver = directly) -> None:
    """Read and record these batches; documents that another run is reading are looked at again at the end."""
    with Progress("reading", len(numbers) * run.home.settings.batch) as progress:
        under_way = BatchesUnderWay(run, driver(run, numbers), progress)
        await _take_left(run, under_way, await under_way.take(numbers))


async def _take_left(run: IngestRun, under_way: "BatchesUnderWay", left: list[int]) -> None:
    """Documents of other runs: they are read there, or are ours when those runs are dead; with a live one it is left at that."""
    pause, most = LOOK_AGAIN_S
    waiting, since = None, time.monotonic()
    while left:
        documents = sum(len(run.documents(number)) for number in left)
        if documents != waiting:
            waiting, since = documents, time.monotonic()
        elif time.monotonic() - since > 2 * LEASE_S:
            run.give_up(left)
            return
        await asyncio.sleep(pause)
        pause = min(most, 2 * pause)
        left = await under_way.take(left)


class BatchesUnderWay:
    """Begins a batch when there is room for it, and hears what became of each."""

    def __init__(self, run: IngestRun, take: Take, progress: Progress) -> None:
        self._run, self._take, self._progress = run, take, progress
        self._under_way: set[asyncio.Task[Taken]] = set()
        self._left: list[int] = []

    async def take(self, numbers: Iterable[int]) -> list[int]:
        """Take these batches; returns the numbers under which what other runs hold can be taken later. Raises what ended one."""
        self._left = []
        try:
            for number in numbers:
                await self._room_in_graph()
                self._under_way.add(asyncio.ensure_future(self._take(number)))
                await self._room()
            while self._under_way:
                await self._one_ends(set())
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
            self._under_way.clear()
        return self._left

    async def _room_in_graph(self) -> None:
        while self._run.constructor.is_behind:
            await asyncio.sleep(0.05)

    async def _room(self) -> None:
        """Wait until the next batch can be begun: not too many are under way, and of what they have handed in all is begun.

        A batch hands in its documents once it has the leases on them: the first ones are begun together.
        """
        room = asyncio.ensure_future(self._run.asker.until_begun())
        try:
            while self._under_way and (len(self._under_way) >= BATCHES_AT_ONCE or not room.done()):
                await self._one_ends(set() if room.done() else {room})
        finally:
            room.cancel()

    async def _one_ends(self, others: set[asyncio.Task[None]]) -> None:
        done, _ = await asyncio.wait({*self._under_way, *others}, return_when=asyncio.FIRST_COMPLETED)
        self._under_way, ended = self._under_way - done, self._under_way & done
        for task in ended:
            taken = task.result()
            self._progress.advance(taken.documents)
            self._left += [] if taken.left is None else [taken.left]
