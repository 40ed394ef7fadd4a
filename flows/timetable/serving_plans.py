"""Serving a plan: its flow is registered with Prefect's server and run here whenever it is due, until we are told to stop."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Cron, Interval, RRule, Schedule
from prefect.types.entrypoint import EntrypointType

from flows.home.homes import Home
from flows.home.terminal import note
from flows.scheduling import prefect_flows
from flows.scheduling.living_runs import TAG
from flows.scheduling.run_state import PREFECT_FAILED
from flows.timetable.own_server import HomesPrefect
from flows.timetable.plans import Plan, When
from flows.timetable.watching_runs import Watch
from schema.errors import StoreFailed, WrongUse

LOOK_S = 2.0
"""Seconds after which work is looked for, and what became of it, again."""

AGAIN_S = 5.0
"""Seconds before Prefect's server is tried again that was lost."""

_COLLISIONS = {"wait": ConcurrencyLimitStrategy.ENQUEUE, "drop": ConcurrencyLimitStrategy.CANCEL_NEW}


async def serve(plan: Plan, home: Home, own: HomesPrefect | None, served: Callable[[str], None]) -> None:
    """Serve it until SIGTERM or Ctrl-C; `served` hears the deployment's id once it is registered.

    What goes on then is stopped, which the log is made for. A server that is lost is waited for, an own one started again.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    while not stopped.is_set():
        runner = Runner(name=plan.name, query_seconds=LOOK_S, limit=None)
        _listen(loop, stopped)
        runs = asyncio.create_task(_served(runner, plan, home, served, stopped))
        ending = asyncio.create_task(stopped.wait())
        keeping = asyncio.create_task(_keep(own)) if own is not None else None
        await asyncio.wait({runs, ending}, return_when=asyncio.FIRST_COMPLETED)
        if keeping is not None:
            keeping.cancel()
        if stopped.is_set():
            await _stop(runner, runs)
            return
        ending.cancel()
        if (error := runs.exception()) is not None and not _is_loss(error):
            raise error
        if error is not None:
            note(f"Prefect's server is lost, and is tried again: {error}")
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), AGAIN_S)


def deployment_of(plan: Plan) -> "RunnerDeployment":
    """As Prefect takes it; workers and runners import the flow from the installed package, from whatever folder."""
    flow = flow_of(plan.job)
    made = flow.to_deployment(
        name=plan.name,
        schedule=_schedule(plan.when),
        paused=plan.paused,
        parameters={"parameters": plan.parameters.as_data()},
        description=flow.description,
        tags=[TAG],
        version=version("chronokg"),
        concurrency_limit=ConcurrencyLimitConfig(limit=plan.limit, collision_strategy=_COLLISIONS[plan.collision]),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    assert isinstance(made, RunnerDeployment)
    return made


def flow_of(job: str) -> "Flow[Any, Any]":
    """The flow of a job; raises WrongUse where there is none."""
    found = getattr(prefect_flows, job, None)
    if not isinstance(found, Flow):
        raise WrongUse(f"there is no flow of the job {job}")
    return found


def _listen(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)


async def _served(runner: Runner, plan: Plan, home: Home, served: Callable[[str], None], stopped: asyncio.Event) -> None:
    deployment = await asyncio.to_thread(deployment_of, plan)
    identity = await runner.aadd_deployment(deployment)
    served(str(identity))
    watch = Watch(plan, home, identity)
    await watch.begin()
    running = asyncio.create_task(runner.start())
    await asyncio.sleep(0)
    _listen(asyncio.get_running_loop(), stopped)  # it has put its own way of stopping there, which ends the process at once
    watching = asyncio.create_task(watch.until_out_of_date())
    try:
        await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            await _stop(runner, running)
        await running
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _stop(runner: Runner, runs: "asyncio.Task[None]") -> None:
    if runner.started:
        await runner.astop()
    else:
        runs.cancel()
    with suppress(asyncio.CancelledError, *PREFECT_FAILED):
        await runs


async def _keep(own: HomesPrefect) -> None:
    """See to it that there is a server, however often it dies."""
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            await asyncio.to_thread(own.ensure)
        except StoreFailed as error:
            note(f"{error}; it is tried again")


def _is_loss(error: BaseException) -> bool:
    """Whether what ended the runner is that its server does not answer, which it says in more ways than one."""
    inner = getattr(error, "exceptions", ())
    if inner:
        return all(map(_is_loss, inner))
    return isinstance(error, (*PREFECT_FAILED, RuntimeError))


def _schedule(when: When) -> Schedule | None:
    if when.cron:
        return Cron(when.cron, timezone=when.timezone)
    if when.every:
        return Interval(when.every, timezone=when.timezone)
    if when.at:
        return RRule(f"DTSTART:{when.at:%Y%m%dT%H%M%SZ}\nRRULE:FREQ=SECONDLY;COUNT=1")
    return None
