"""Waiting for a server that is away: how long, how often it is tried, and who hears of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from tenacity import RetryCallState, wait_chain, wait_fixed

from schema.errors import (
    LogDamaged,
    LogTooNew,
    SourceUnavailable,
    StoreBusy,
    StoreFailed,
    StoreUnavailable,
    machine_refusal,
)

FIRST_S = (1, 5, 15)
"""Seconds before the first further attempts, which are made in any case: a store may be busy or restarting."""

LATER_S = 60
"""Seconds before each attempt after these, as long as there is patience."""


def worth_another_attempt(error: object) -> bool:
    """Whether the same may succeed some time later: log and graph may be busy or restarting.

    What a model said does not change, nor does a damaged log mend itself, nor a disk that is full or can only be read.
    """
    return isinstance(error, StoreFailed) and not isinstance(error, LogDamaged | LogTooNew) and not _by_the_machine(error)


def is_away(error: object) -> bool:
    """Whether it is known to be only a matter of time: worth waiting for as long as there is patience."""
    return isinstance(error, StoreUnavailable | StoreBusy | SourceUnavailable)


def _by_the_machine(error: BaseException | None) -> bool:
    return error is not None and (machine_refusal(error) is not None or _by_the_machine(error.__cause__))


def _nobody(reason: str, seconds: float) -> None:
    del reason, seconds


def _nothing() -> None:
    return None


@dataclass
class Patience:
    """For so many seconds servers are waited for; `told` hears why and for how many seconds, `over` that nothing is waited for any more.

    Each outage has these seconds: patience begins anew where it has gone on in between.
    """

    seconds: float = 0.0
    told: Callable[[str, float], None] = _nobody
    over: Callable[[], None] = _nothing
    _waiting: "asyncio.Task[None] | None" = field(default=None, init=False)
    _waited: float = field(default=0.0, init=False)
    _waits: set[object] = field(default_factory=set, init=False)  # who waits for something
    _alone: Lock = field(default_factory=Lock, init=False)

    def attempts(self, worth: Callable[[BaseException], bool] = worth_another_attempt, who: object = None) -> dict[str, Any]:
        """For tenacity: attempts at something with log or graph, `worth` another one where they fail; what failed last is raised.

        `who` tries it, and may say before the attempt has ended that it goes on.
        """
        who = object() if who is None else who
        failed_first = 0.0

        def goes_on_trying(state: RetryCallState) -> bool:
            assert state.outcome is not None
            error = state.outcome.exception()
            if error is None:
                self.goes_on(who)
            return error is not None and worth(error)

        def ends(state: RetryCallState) -> bool:
            nonlocal failed_first
            assert state.outcome is not None
            at = state.outcome_timestamp or 0.0
            failed_first = at if state.attempt_number == 1 else failed_first
            lasts = is_away(state.outcome.exception()) and at - failed_first + LATER_S <= self.seconds
            return state.attempt_number > len(FIRST_S) and not lasts

        def tell(state: RetryCallState) -> None:
            if self.seconds and state.outcome is not None:
                self._waits_now(who, str(state.outcome.exception()), state.upcoming_sleep)

        wait = wait_chain(*map(wait_fixed, FIRST_S), wait_fixed(LATER_S))
        return {"retry": goes_on_trying, "wait": wait, "stop": ends, "before_sleep": tell, "reraise": True}

    def goes_on(self, who: object) -> None:
        """What this one waited for is there again, if it waited."""
        with self._alone:
            waited = who in self._waits
            self._waits.discard(who)
            is_over = waited and not self._waits
        if is_over:
            self.over()

    def _waits_now(self, who: object, reason: str, seconds: float) -> None:
        with self._alone:
            self._waits.add(who)
        self.told(reason, seconds)

    async def for_model(self, reason: str) -> bool:
        """Wait a while for the model's server, all who wait together; False where patience is at its end."""
        if self._waiting is None or self._waiting.done():
            pause = _pause(self._waited)
            if self._waited + pause > self.seconds:
                return False
            self._waited += pause
            self._waiting = asyncio.ensure_future(self._sleep(reason, pause))
        await asyncio.shield(self._waiting)
        return True

    def answered(self) -> None:
        """The model's server answers: the next time that it does not, patience begins anew."""
        self._waited = 0.0
        self.goes_on(_MODEL)

    async def _sleep(self, reason: str, pause: float) -> None:
        self._waits_now(_MODEL, reason, pause)
        await asyncio.sleep(pause)


_MODEL = object()
"""Who waits for the model: all who ask it."""


def _pause(waited: float) -> float:
    return min(LATER_S, max(1.0, waited))  # doubles, up to the last
