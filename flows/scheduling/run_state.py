"""What a Prefect run says of itself while a server that it needs is away: AwaitingRetry, and Running when it goes on."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException
from prefect.states import AwaitingRetry, Running

from flows.home.terminal import note
from flows.jobs.patience import Patience

DEAD_AFTER_S = 120
"""Seconds after the next attempt was due from which a waiting run is taken for dead, and is begun again by whoever looks for work."""


def patience_of_run(seconds: float) -> Patience:
    """Patience whose waiting shows as the state of the flow run that we are in."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return Patience(seconds)
    run = context.flow_run.id

    def told(reason: str, pause: float) -> None:
        # Whoever looks for scheduled runs would begin one a second time whose moment has come.
        due = datetime.now(UTC) + timedelta(seconds=pause + DEAD_AFTER_S)
        _set_state(run, AwaitingRetry(scheduled_time=due, message=f"{reason}; tried again in {pause:g} s"))

    def over() -> None:
        _set_state(run, Running(message="the server answers again"))

    return Patience(seconds, told, over)


def id_of_run() -> str | None:
    """Prefect's id of the flow run that we are in."""
    context = FlowRunContext.get()
    return None if context is None or context.flow_run is None else str(context.flow_run.id)


def _set_state(run: UUID, state: "State[None]") -> None:
    try:
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(run, state, force=True)
    except (PrefectException, httpx.HTTPError, OSError) as error:
        note(f"Prefect could not be told that the run is {state.name}: {error}")
