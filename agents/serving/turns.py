"""Who may ask next, and whom: first come, first served, as far as there is room at the server that one is meant for."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import islice
from typing import Generic, Protocol, TypeVar

from agents.serving.limits import Again, Throttle

LOOKED_AT = 64
"""Of those that wait, how many are looked at for one that a free server is meant for: bounds what a request costs when very many wait."""


class Throttled(Protocol):
    """Something that takes so many requests at a time."""

    @property
    def throttle(self) -> Throttle:
        """How many."""


Want = TypeVar("Want")
Place = TypeVar("Place", bound=Throttled)


class Turns(Generic[Want, Place]):
    """Gives turns at places.

    `choose` says where a request is best asked now; `begun` hears that it goes there, `ended` that it is over there, whether it came to
    ask or not.
    """

    def __init__(self, choose: Callable[[Want], Place], begun: Callable[[Want, Place], None], ended: Callable[[Place], None]) -> None:
        self._choose, self._begun, self._ended = choose, begun, ended
        self._waiting: deque[tuple[Want, asyncio.Future[Place]]] = deque()

    @asynccontextmanager
    async def turn(self, want: Want) -> AsyncIterator[Place]:
        """Wait for room, and have it meanwhile."""
        place = await self._granted(want)
        has_ended = True
        try:
            yield place
        except Again:
            has_ended = False
            raise
        finally:
            self._leave(place, has_ended=has_ended)

    def give(self) -> None:
        """Let in whoever there is room for."""
        while self._give_one():
            pass

    async def _granted(self, want: Want) -> Place:
        granted: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        entry = (want, granted)
        self._waiting.append(entry)
        self.give()
        try:
            return await granted
        except asyncio.CancelledError:
            if entry in self._waiting:
                self._waiting.remove(entry)
            elif granted.done() and not granted.cancelled():  # it was let in at the same moment
                self._leave(granted.result())
            raise

    def _leave(self, place: Place, *, has_ended: bool = True) -> None:
        place.throttle.leave(has_ended=has_ended)
        self._ended(place)
        self.give()

    def _give_one(self) -> bool:
        for entry in list(islice(self._waiting, LOOKED_AT)):
            want, future = entry
            if future.done():  # cancelled, and not yet heard of it
                self._waiting.remove(entry)
                return True
            place = self._choose(want)
            if place.throttle.has_room:
                self._waiting.remove(entry)
                place.throttle.enter()
                self._begun(want, place)
                future.set_result(place)
                return True
            place.throttle.crowded()
        return False
