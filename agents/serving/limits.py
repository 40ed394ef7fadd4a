"""How often, how long and how much at once a model server is asked: as much as keeps it busy, and no more."""

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how often a server is asked. Seconds; `total` is for one request with all its attempts.

    Requests in flight begin with `in_flight` and follow the server's queue up to `most_in_flight`.
    """

    attempts: int = 4
    timeout: float = 180.0
    total: float = 600.0
    wait: float = 0.5  # before the second attempt; doubles from there
    longest_wait: float = 20.0
    in_flight: int = 8
    most_in_flight: int = 256


DEFAULT_BOUNDS = Bounds()


class Again(Exception):
    """A failure that may pass. `after` is what the server asked us to wait, in seconds."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


def pause(bounds: Bounds, attempt: int, error: BaseException | None) -> float:
    """Seconds to wait after an attempt that failed."""
    asked = error.after if isinstance(error, Again) else 0.0
    return float(min(bounds.longest_wait, max(asked, bounds.wait * 2 ** (attempt - 1))))


def seconds(header: str | None) -> float:
    """What a `Retry-After` header asks for; 0 where it says nothing that we follow."""
    return float(header) if header and header.isdecimal() and len(header) < 6 else 0.0


class Throttle:
    """Lets so many in at a time: `start` at first; then the number follows what the server says of its queue, up to `most`."""

    def __init__(self, start: int, most: int) -> None:
        self.limit = start
        self.in_flight = 0
        self._start = start
        self._most = max(start, most)
        self._free = asyncio.Condition()
        self._was_full = False
        self._since = 0  # requests that ended since the limit was last changed

    async def __aenter__(self) -> Self:
        async with self._free:
            while self.in_flight >= self.limit:
                self._was_full = True
                await self._free.wait()
            self.in_flight += 1
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        async with self._free:
            self.in_flight -= 1
            self._since += 1
            if self.limit < self._start and self._since >= self.limit:  # up again, one for each round, after the server refused
                self._set(self.limit + 1)
            self._free.notify()

    async def hear(self, waiting: int) -> None:
        """So many requests wait in the server: none means that it could do with more."""
        async with self._free:
            if waiting > max(1, self.limit // 4):
                self._set(max(1, self.limit - waiting // 2))
            elif waiting == 0 and self._was_full:
                self._set(min(self._most, self.limit + max(1, self.limit // 4)))
            self._was_full = False

    async def refused(self) -> None:
        """The server had enough: half as many, once for all that were in flight together."""
        async with self._free:
            if self._since >= self.limit or self.limit >= self._start:
                self._set(max(1, self.limit // 2))

    def _set(self, limit: int) -> None:
        self.limit = limit
        self._since = 0
        self._free.notify_all()
