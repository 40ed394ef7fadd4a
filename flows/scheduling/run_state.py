"""What a Prefect run says of itself while a server that it needs is away: AwaitingRetry, and Running when it goes on."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Condition, Thread
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException
from prefect.states import Running

from flows.engine.patience import Patience
from flows.home.terminal import note

PREFECT_FAILED = (PrefectException, httpx.HTTPError, OSError)
"""What Prefect's client raises where its server is away or refuses."""

AWAITING_RETRY = "AwaitingRetry"

TOLD_AGAIN_S = 5.0
"""Seconds after which Prefect is told again that could not be told."""

ANSWER_S = 10.0
"""Seconds that its server has to answer: a run does not wait for it."""


def current_run() -> FlowRun | None:
    """The flow run that we are in; None outside of any."""
    context = FlowRunContext.get()
    return context.flow_run if context is not None else None


def id_of_run() -> str | None:
    """Prefect's id of the flow run that we are in."""
    run = current_run()
    return None if run is None else str(run.id)


@contextmanager
def patience_of_run(seconds: float) -> Iterator[Patience]:
    """Patience whose waiting shows as the state of the flow run that we are in, as long as the block runs."""
    run = current_run()
    if run is None:
        yield Patience(seconds)
        return
    with _StateTeller(run.id) as teller:
        # By its type such a run goes on: one of the type that Prefect has for this name would give back its slot of the deployment's
        # limit, which ends it when the slot is to be prolonged, and would be begun a second time by whoever looks for work.
        yield Patience(
            seconds,
            lambda reason, pause: teller.tell(
                State(type=StateType.RUNNING, name=AWAITING_RETRY, message=f"{reason}; tried again in {pause:g} s")
            ),
            lambda: teller.tell(Running(message="the server answers again")),
        )


class _StateTeller:
    """Tells Prefect the last state of a run from a thread of its own, again and again until it is heard: the run goes on meanwhile."""

    def __init__(self, run: UUID) -> None:
        self._run = run
        self._context = copy_context()  # with the settings of Prefect that are in force
        self._state: State[None] | None = None  # not told yet
        self._changed = Condition()
        self._ended = False
        self._thread: Thread | None = None

    def tell(self, state: "State[None]") -> None:
        with self._changed:
            self._state = state
            if self._thread is None:
                self._thread = Thread(target=self._context.run, args=(self._run_thread,), name="states", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run_thread(self) -> None:
        again = False
        while (state := self._next(again=again)) is not None:
            again = not self._told(state, quietly=again)

    def _next(self, *, again: bool) -> "State[None] | None":
        """What is to be told, after a pause where it is told `again`; None at the end."""
        with self._changed:
            if again:
                self._changed.wait_for(lambda: self._ended, TOLD_AGAIN_S)
            else:
                self._changed.wait_for(lambda: self._ended or self._state is not None)
            return None if self._ended else self._state

    def _told(self, state: "State[None]", *, quietly: bool) -> bool:
        try:
            with get_client(sync_client=True, httpx_settings={"timeout": ANSWER_S}) as client:
                # Prefect lets a run that has ended run again: whoever ended or cancels this one meanwhile has the last word.
                if _goes_on(client.read_flow_run(self._run).state):
                    client.set_flow_run_state(self._run, state)
        except PREFECT_FAILED as error:
            if not quietly:
                note(f"Prefect could not be told that the run is {state.name}, and is told again: {error}")
            return False
        with self._changed:
            if self._state is state:
                self._state = None
        return True

    def __enter__(self) -> "_StateTeller":
        return self

    def __exit__(self, *error: object) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(2 * ANSWER_S)


def _goes_on(state: "State[None] | None") -> bool:
    return state is None or not (state.is_final() or state.is_cancelling())


async def until_prefect_answers(seconds: float) -> bool:
    """Wait for Prefect's server, so long at most: a run that ends while it is away could tell nobody how. False where it stays away."""
    since, told = time.monotonic(), False
    while True:
        async with get_client(httpx_settings={"timeout": ANSWER_S}) as client:
            error = await client.api_healthcheck()
        if error is None:
            return True
        if time.monotonic() - since > seconds:
            return False
        if not told:
            note(f"Prefect's server is away, and is waited for, to be told how the run has ended: {error}")
            told = True
        await asyncio.sleep(2)
