"""Addresses that serve one model: which of them a request goes to, and where it goes on to when that one fails."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from agents.serving import protocols
from agents.serving.limits import DEFAULT_BOUNDS, Again, Bounds, Throttle, pause
from agents.serving.protocols import Dialect
from agents.serving.server import Server
from agents.serving.turns import Turns
from schema.errors import ModelFailed, ModelRefused, ModelUnavailable
from schema.ids import stable_id

MUCH_BUSIER = 0.5
"""How much more of what it can do at a time a server may have to do before a prefix in its cache is left for one that has less."""

REMEMBERED = 10_000
"""Prefixes of which it is known where they are cached; a server's own cache forgets sooner."""

Check = Callable[[Server, object], None]
"""Sees whether what a server lists is what is asked for; raises ModelRefused."""


class Servers:
    """One model behind one or several addresses: each request at one of them at a time, within bounds.

    Of several the least busy is asked, as their requests in flight and their own queues have it; questions with one prefix go to the
    server that has it in its cache, unless that is much busier. One that fails rests, longer each time, and is then tried by one request;
    what failed there goes on to another. Before a server is asked for the first time, and after a rest, it is seen what it serves.
    """

    def __init__(self, urls: Sequence[str], key: str | None = None, bounds: Bounds = DEFAULT_BOUNDS) -> None:
        self._all = tuple(Server(url, key, bounds) for url in dict.fromkeys(urls))
        self._bounds = bounds
        self._homes: OrderedDict[str, Server] = OrderedDict()
        self._turns = Turns(self._chosen, self._begun, lambda server: server.circuit.untried())
        for server in self._all:
            server.room = self._turns.give
        self.check: Check | None = None
        self.shown = ", ".join(server.shown for server in self._all)

    @property
    def are_several(self) -> bool:
        """Whether there is a choice."""
        return len(self._all) > 1

    @property
    def throttle(self) -> Throttle:
        """How many requests may be in flight at the first."""
        return self._all[0].throttle

    def first_model(self) -> str:
        """The first model that all list that answer, asked for without an event loop. Raises ModelRefused where they differ."""
        found: dict[str, str] = {}  # where it was seen first
        away: ModelFailed | None = None
        for server in self._all:
            try:
                found.setdefault(server.first_model(), server.shown)
            except ModelFailed as error:
                away = away or error
        if len(found) > 1:
            raise differing(*list(found.items())[:2])
        if not found:
            raise away or ModelUnavailable(f"{self.shown}: not asked")
        return next(iter(found))

    async def metrics(self) -> str | None:
        """What the first that tells tells of itself."""
        return next(filter(None, [await server.metrics() for server in self._all if server.is_known]), None)

    def follow_queue(self) -> None:
        """From now on the requests in flight follow the queues that the servers tell of."""
        for server in self._all:
            server.follow_queue()

    async def close(self) -> None:
        """Close the connections of this event loop."""
        await asyncio.gather(*(server.close() for server in self._all))

    async def listed(self) -> list[tuple[Server, object]]:
        """What each server that answers says of its models. Raises ModelUnavailable where none does."""
        if not self.are_several:
            return [(self._all[0], await self.call("/v1/models"))]
        found = await self._asked(Server.listed)
        if not found:
            await self.call("/v1/models")  # as often and as long as the bounds have it
            found = await self._asked(Server.listed)
        if not found:
            raise ModelUnavailable(f"{self.shown}: none of them answers")
        return found

    async def healthy(self) -> list[tuple[Server, object]]:
        """The same of each server that is well, asked once and cheaply. Raises ModelUnavailable where none is."""
        reasons: list[str] = []
        found = await self._asked(Server.healthy, reasons)
        if not found:
            raise ModelUnavailable("; ".join(reasons))
        return found

    async def away(self) -> list[str]:
        """Why each that is not well does not answer; asked once and cheaply."""
        reasons: list[str] = []
        await self._asked(Server.healthy, reasons)
        return reasons

    async def call(
        self, path: str, body: dict[str, Any] | None = None, near: str = "", at: Callable[[Server], None] = lambda server: None
    ) -> object:
        """One request within the bounds; with others that have the text `near` in front, at one server; `at` hears which, at each attempt.

        Raises ModelFailed and ModelRefused at once for what no further attempt would change.
        """
        journey = _Journey(self._bounds, stable_id(near) if near and self.are_several else "")
        while True:  # each turn is an attempt, and these are counted
            try:
                async with self._turns.turn(journey) as server:
                    at(server)
                    return await self._attempt(journey, server, path, body)
            except Again as reason:
                journey.reason = f"{journey.at.shown}{path}: {reason}" if journey.at else str(reason)
                await asyncio.sleep(journey.wait(reason, self._is_another(journey)))
            except TimeoutError as error:
                raise ModelUnavailable(f"{self.shown}{path}: no answer within {self._bounds.total:g} s, all attempts together") from error

    async def _attempt(self, journey: "_Journey", server: Server, path: str, body: dict[str, Any] | None) -> object:
        journey.at = server
        journey.tried.add(server)
        check = self.check if self.are_several else None
        try:
            async with journey.clock():
                if check is not None and not server.is_known:
                    check(server, await server.healthy())
                answer = await server.ask(path, body)
        except (Again, TimeoutError) as reason:
            if isinstance(reason, Again) and reason.is_busy:
                server.circuit.answered()
            else:
                server.rest(reason.after if isinstance(reason, Again) else 0.0)
            raise
        except (ModelFailed, ModelRefused):
            if check is None or server.is_known:
                server.circuit.answered()
            else:  # it answers, and serves something else
                server.rest()
            raise
        server.circuit.answered()
        return answer

    def _chosen(self, journey: "_Journey") -> Server:
        """The least busy, or where a prefix is cached; of those that rest, if all do, the one that may be tried first."""
        now = time.monotonic()
        willing = [server for server in self._all if server.circuit.takes(now)]
        among = [server for server in willing if server not in journey.tried] or willing
        if not among:
            return min(self._all, key=lambda server: server.circuit.until)
        least = min(among, key=lambda server: (server.busy, server.asked))
        home = self._homes.get(journey.near)
        return home if home in among and home.busy <= least.busy + MUCH_BUSIER else least

    def _begun(self, journey: "_Journey", server: Server) -> None:
        """A request goes to a server, and what it begins with into its cache."""
        server.asked += 1
        server.circuit.tried()
        if journey.near:
            self._homes[journey.near] = server
            self._homes.move_to_end(journey.near)
            while len(self._homes) > REMEMBERED:
                self._homes.popitem(last=False)

    def _is_another(self, journey: "_Journey") -> bool:
        now = time.monotonic()
        return any(server.circuit.takes(now) for server in self._all if server not in journey.tried)

    async def _asked(self, question: Callable[[Server], Any], reasons: list[str] | None = None) -> list[tuple[Server, object]]:
        """Ask all at once; what may pass is a reason, and the server rests."""

        async def one(server: Server) -> tuple[Server, object] | None:
            try:
                answer = await question(server)
            except Again as reason:
                server.rest(reason.after)
                (reasons if reasons is not None else []).append(f"{server.shown}: {reason}")
                return None
            server.circuit.answered()
            return server, answer

        return [found for found in await asyncio.gather(*map(one, self._all)) if found is not None]


def kind_of(server: Server, answer: object) -> tuple[Dialect, str, str]:
    """Which kind of server it is, the first model that it lists, and where."""
    listed = protocols.models(answer)
    owners = {owner for _, owner in listed}
    kind = next((each for each in (Dialect.LLAMACPP, Dialect.VLLM) if each in owners), Dialect.OPENAI)
    return kind, listed[0][0], server.shown


class _Journey:
    """One request's way: in each round every server is tried once at most, and there are as many rounds as the bounds have attempts."""

    def __init__(self, bounds: Bounds, near: str) -> None:
        self.near = near  # where it begins like others, the hash of that
        self.at: Server | None = None
        self.reason = ""
        self.tried: set[Server] = set()
        self._bounds = bounds
        self._left = bounds.total
        self._attempts = 0
        self._round = 1

    def wait(self, error: Again, is_another: bool) -> float:
        """Seconds before the next attempt: none where another server can be asked. Raises ModelUnavailable after the last round."""
        self._attempts += 1
        if is_another:
            return 0.0
        if self._round >= self._bounds.attempts:
            raise ModelUnavailable(f"{self.reason}, {self._attempts} times") from error
        seconds = pause(self._bounds, self._round, error)
        self._round += 1
        self._left -= seconds
        self.tried.clear()
        return seconds

    @asynccontextmanager
    async def clock(self) -> AsyncIterator[None]:
        """What an attempt takes is taken from the time for all; waiting for one's turn does not count."""
        start = time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, self._left)):
                yield
        finally:
            self._left -= time.monotonic() - start


def differing(one: tuple[str, str], other: tuple[str, str]) -> ModelRefused:
    """What is said of two servers of one setting, each a model and its address, that do not serve the same."""
    return ModelRefused(
        f"{one[1]} serves {one[0]!r} and {other[1]} serves {other[0]!r}: the addresses of one setting serve the same model; name one that"
        " they all have (model_name)"
    )
