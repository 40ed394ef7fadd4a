"""Watching the runs of a plan: a line when one begins, waits and ends; those that died, or were cancelled and go on, are ended."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import psutil
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Failed

from flows.home.homes import Home, now
from flows.home.terminal import note, show_note
from flows.scheduling.living_runs import sweep
from flows.scheduling.run_state import AWAITING_RETRY, PREFECT_FAILED
from flows.timetable.plans import Plan
from schema.errors import StoreFailed

LOOK_S = 2.0
"""Seconds after which it is looked again what became of runs."""

SWEEP_S = 10.0

NEVER_LIVED_S = 90.0
"""Seconds after which a run that was about to begin, and did not, counts as dead."""

NEVER_LIVED = "its process never came to life (killed, or the machine stopped); the next run goes on"

CANCELLING_S = 15.0
"""Seconds that Prefect's runner has to stop a run that is cancelled: it does not hear of that once it has lost its server."""


class Watch:
    """What Prefect's server says of the runs of one deployment, looked at again and again."""

    def __init__(self, plan: Plan, home: Home, *, owes_run: bool = False) -> None:
        """`owes_run`: its moment has passed, and a run of it is asked for if none has ended well or goes on."""
        self.plan, self.home, self._owes_run = plan, home, owes_run

    async def begin(self, deployment: UUID) -> None:
        """It is registered: what went before is known, and what of it died is ended."""
        self._deployment = deployment
        self._filter = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
        self._seen: dict[UUID, tuple[str, str]] = {}
        self._lost = False
        with suppress(*PREFECT_FAILED):
            for run in await self._runs():
                self._seen[run.id] = _standing(run)
                if run.state is not None and run.state.is_pending() and _age(run) > NEVER_LIVED_S:
                    async with get_client() as client:
                        await client.set_flow_run_state(run.id, Failed(message=NEVER_LIVED))
        await self._sweep()

    async def until_out_of_date(self) -> None:
        """Say what becomes of runs; returns when the server was lost, is back and no run goes on: the runner hears all only anew."""
        swept = now()
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                runs = await self._runs()
            except PREFECT_FAILED:
                if not self._lost:
                    note("Prefect's server does not answer; what goes on goes on, and the server is waited for")
                self._lost = True
                continue
            for run in reversed(runs):
                self._tell(run)
                if run.state is not None and run.state.is_cancelling() and _age(run) > CANCELLING_S:
                    await asyncio.to_thread(kill_runs, run.id)
            if self._owes_run:
                await self._make_up(runs)
            if (now() - swept).total_seconds() > SWEEP_S:
                await self._sweep()
                swept = now()
            if self._lost and not any(_goes_on(run) for run in runs):
                return

    async def _runs(self) -> list[FlowRun]:
        async with get_client() as client:
            return await client.read_flow_runs(deployment_filter=self._filter, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=200)

    def _tell(self, run: FlowRun) -> None:
        state, before = run.state, self._seen.get(run.id)
        if state is None or before == (standing := _standing(run)):
            return
        self._seen[run.id] = standing
        name = f"{self.plan.deployment}, run {run.name}"
        if state.is_final():
            show_note(f"{name}: {state.name}{f': {state.message}' if state.message else ''}")
        elif state.is_running() and (before is None or before[0] not in {"Running", AWAITING_RETRY}):
            show_note(f"{name}: started")
        elif state.is_running():
            show_note(f"{name}: {'goes on' if state.name == 'Running' else f'waits: {state.message}'}")

    async def _make_up(self, runs: Sequence[FlowRun]) -> None:
        """Ask for the one run that was to be and died, or never began; one that may still live is waited for."""
        states = [run.state for run in runs if run.state is not None]
        if any(state.is_completed() or state.is_cancelled() for state in states):
            self._owes_run = False
        elif all(state.is_final() for state in states):
            try:
                async with get_client() as client:
                    await client.create_flow_run_from_deployment(self._deployment)
            except PREFECT_FAILED:
                return  # it is done again
            self._owes_run = False
            show_note(f"{self.plan.deployment}: its moment has passed without a run that ended well; it is run now")

    async def _sweep(self) -> None:
        try:
            await asyncio.to_thread(sweep, self.home)
        except (*PREFECT_FAILED, StoreFailed):
            return  # it is done again


def _standing(run: FlowRun) -> tuple[str, str]:
    return (run.state.name or "", run.state.message or "") if run.state is not None else ("", "")


def _goes_on(run: FlowRun) -> bool:
    return run.state is not None and (run.state.is_running() or run.state.is_pending() or run.state.is_cancelling())


def _age(run: FlowRun) -> float:
    assert run.state is not None
    return (now() - run.state.timestamp).total_seconds()


def kill_runs(run: UUID | None = None) -> None:
    """End the process of this run, or of each, if it is a child of ours; with it goes its lease, and it is ended as what it is."""
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            found = child.environ().get("PREFECT__FLOW_RUN_ID")
            if found and (run is None or found == str(run)):
                child.kill()
