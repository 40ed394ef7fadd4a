"""Waiting for a server that is away: how long, how often it is tried, and who hears of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tenacity import RetryCallState, retry_if_exception, wait_chain, wait_fixed

from schema.errors import StoreFailed

FIRST_S = (1, 5, 15)
"""Seconds before the first further attempts, which are made in any case: a store may be busy or restarting."""

LATER_S = 60
"""Seconds before each attempt after these, as long as there is patience."""


def worth_another_attempt(error: object) -> bool:
    """Whether the same may succeed some time later: log and graph may be busy or restarting, what a model said does not change."""
    return isinstance(error, StoreFailed)


def _nobody(reason: str, seconds: float) -> None:
    del reason, seconds


def _nothing() -> None:
    return None


@dataclass
class Patience:
    """For so many seconds servers are waited for; `told` hears why and for how many seconds, `over` that it goes on."""

    seconds: float = 0.0
    told: Callable[[str, float], None] = _nobody
    over: Callable[[], None] = _nothing
    _waiting: "asyncio.Task[None] | None" = field(default=None, init=False)
    _waited: float = field(default=0.0, init=False)

    def attempts(self, worth: Callable[[BaseException], bool] = worth_another_attempt) -> dict[str, Any]:
        """For tenacity: attempts at something with log or graph, `worth` another one where they fail; what failed last is raised."""
        return {
            "retry": retry_if_exception(worth),
            "wait": wait_chain(*map(wait_fixed, FIRST_S), wait_fixed(LATER_S)),
            "stop": self._ends,
            "before_sleep": self._tell,
            "after": self._tried,
            "reraise": True,
        }

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
        if self._waited:
            self._waited = 0.0
            self.over()

    async def _sleep(self, reason: str, pause: float) -> None:
        self.told(reason, pause)
        await asyncio.sleep(pause)

    def _ends(self, state: RetryCallState) -> bool:
        return state.attempt_number > len(FIRST_S) and (state.seconds_since_start or 0.0) + LATER_S > self.seconds

    def _tell(self, state: RetryCallState) -> None:
        if self.seconds and state.outcome is not None:
            self.told(str(state.outcome.exception()), state.upcoming_sleep)

    def _tried(self, state: RetryCallState) -> None:
        if self.seconds and state.attempt_number > 1 and state.outcome is not None and not state.outcome.failed:
            self.over()


def _pause(waited: float) -> float:
    return min(LATER_S, max(1.0, waited))  # doubles, up to the last
