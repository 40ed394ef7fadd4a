"""Serving a plan: its flow is registered with Prefect's server and run here whenever it is due, until we are told to stop."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound, PrefectException, PrefectHTTPStatusError
from prefect.runner import Runner
from prefect.schedules import Cron, Interval, RRule, Schedule
from prefect.types.entrypoint import EntrypointType

from flows.home.homes import Home, now
from flows.home.terminal import note
from flows.scheduling import prefect_flows
from flows.scheduling.living_runs import TAG
from flows.scheduling.run_state import PREFECT_FAILED
from flows.timetable.own_server import HomesPrefect, use_server
from flows.timetable.plans import Plan, When
from flows.timetable.schedule_view import home_of
from flows.timetable.stopping import stopping_signals
from flows.timetable.watching_runs import Watch, kill_runs
from schema.errors import StoreFailed, WrongUse

LOOK_S = 2.0
"""Seconds after which work is looked for, and what became of it, again."""

AGAIN_S = 5.0
"""Seconds before Prefect's server is tried again that was lost."""

STOP_S, STOPPED_TIMES = 8.0, 3
"""Seconds in which what goes on is to stop by itself, and how often it is then told to."""

_LOG = "log-of-schedule:"
"""How a tag begins that tells whose a deployment is: on one server there may be homes of one name, and on two machines of one path."""

_PASSING = frozenset({408, 409, 425, 429})
"""Refusals of a server that says that it has too much to do, or something else at this moment."""

_COLLISIONS = {"wait": ConcurrencyLimitStrategy.ENQUEUE, "drop": ConcurrencyLimitStrategy.CANCEL_NEW}


async def serve(plan: Plan, home: Home, own: HomesPrefect | None, served: Callable[[str], None]) -> None:
    """Serve it until SIGTERM or Ctrl-C; `served` hears the deployment's id once it is registered.

    What goes on then is stopped, which the log is made for. A server that is lost is waited for, an own one started again, and
    followed to another port. Raises WrongUse where the deployment is another home's, StoreFailed where the server refuses it.
    """
    stopped = asyncio.Event()
    watch = Watch(plan, home, owes_run=plan.is_past(now()) and not plan.paused)
    loop = asyncio.get_running_loop()
    while not stopped.is_set():
        runner = Runner(name=plan.name, query_seconds=LOOK_S, limit=None)
        _listen(loop, stopped)
        runs = asyncio.create_task(_served(runner, watch, served, stopped))
        ending = asyncio.create_task(stopped.wait())
        keeping = asyncio.create_task(_until_moved(own))
        await asyncio.wait({runs, ending, keeping}, return_when=asyncio.FIRST_COMPLETED)
        moved_to = keeping.result() if keeping.done() else ""
        keeping.cancel()
        ending.cancel()
        if stopped.is_set() or moved_to:
            if own is not None and stopped.is_set():
                own.give_up()
            await _stop(runner, runs)
            use_server(moved_to)
            continue
        if (error := runs.exception()) is not None:
            _require_loss(plan, error)
            note(f"Prefect's server is lost, and is tried again: {error}")
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), AGAIN_S)


def deployment_of(plan: Plan, home: Home) -> "RunnerDeployment":
    """As Prefect takes it; workers and runners import the flow from the installed package, from whatever folder."""
    flow = flow_of(plan.job)
    made = flow.to_deployment(
        name=plan.name,
        schedule=_schedule(plan.when),
        paused=plan.paused,
        parameters={"parameters": plan.parameters.as_data()},
        description=flow.description,
        tags=[TAG, _tag_of(home)],
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
    for number in stopping_signals():
        loop.add_signal_handler(number, stopped.set)


async def _served(runner: Runner, watch: Watch, served: Callable[[str], None], stopped: asyncio.Event) -> None:
    deployment = await asyncio.to_thread(deployment_of, watch.plan, watch.home)
    await _require_own_name(watch.plan, watch.home)
    identity = await runner.aadd_deployment(deployment)
    served(str(identity))
    await watch.begin(identity)
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
        running.cancel()
        await asyncio.gather(watching, running, return_exceptions=True)


async def _stop(runner: Runner, runs: "asyncio.Task[None]") -> None:
    """Stop what goes on, within seconds: a server that takes calls and answers none would have Prefect wait for minutes."""
    if runner.started:
        with suppress(*PREFECT_FAILED):  # and what takes too long is an OSError, too
            await asyncio.wait_for(runner.astop(), STOP_S)
    else:
        runs.cancel()
    for _ in range(STOPPED_TIMES):
        await asyncio.wait({runs}, timeout=STOP_S)
        if runs.done():
            break
        runs.cancel()
    await asyncio.to_thread(kill_runs)
    error = runs.exception() if runs.done() and not runs.cancelled() else None
    if error is not None and not is_loss(error) and not isinstance(error, PREFECT_FAILED):
        raise error


async def _until_moved(own: HomesPrefect | None) -> str:
    """See to it that a home's own server runs, however often it dies; returns its address once that is another one."""
    address = os.environ.get("PREFECT_API_URL")
    while True:
        await asyncio.sleep(LOOK_S)
        if own is None:
            continue
        try:
            found = await asyncio.to_thread(own.ensure)
        except (StoreFailed, OSError) as error:
            note(f"{error}; it is tried again")
            continue
        if found != address:
            note(f"Prefect's server has moved from {address} to {found}, as its port was taken; the schedule goes there")
            return found


async def _require_own_name(plan: Plan, home: Home) -> None:
    """Raises WrongUse where another home's schedule has this name: it would run with our parameters from now on, and ours with its."""
    async with get_client() as client:
        try:
            found = await client.read_deployment_by_name(plan.deployment)
        except ObjectNotFound:
            return
    if not _is_of(found, plan, home):
        raise WrongUse(
            f"{plan.deployment} is the schedule of another home, {home_of(found)}: choose another --name, or delete it in Prefect's pages"
        )


def _is_of(deployment: DeploymentResponse, plan: Plan, home: Home) -> bool:
    logs = [tag for tag in deployment.tags if tag.startswith(_LOG)]
    return _tag_of(home) in logs if logs else home_of(deployment) == Path(plan.parameters.home)


def _tag_of(home: Home) -> str:
    return f"{_LOG}{home.log.version().log[:12]}"


def _require_loss(plan: Plan, error: BaseException) -> None:
    if is_loss(error):
        return
    if isinstance(error, (*PREFECT_FAILED, RuntimeError)):
        raise StoreFailed(f"Prefect's server refuses {plan.deployment}: {error}") from error
    raise error


def is_loss(error: BaseException) -> bool:
    """Whether what ended the runner is that its server does not answer, which it says in more ways than one; a refusal is an answer."""
    if inner := getattr(error, "exceptions", ()):
        return all(map(is_loss, inner))
    for cause in _causes(error):
        if isinstance(cause, PrefectHTTPStatusError):
            return cause.response.status_code >= 500 or cause.response.status_code in _PASSING
        if isinstance(cause, PREFECT_FAILED) and not isinstance(cause, PrefectException):
            return True
    return isinstance(error, RuntimeError)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """It, and what it came from."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _schedule(when: When) -> Schedule | None:
    if when.cron:
        return Cron(when.cron, timezone=when.timezone)
    if when.every:
        # From a fixed moment, a Monday's midnight: if it were from now, a schedule that is begun anew each day would never be due.
        return Interval(when.every, anchor_date=datetime(2024, 1, 1, tzinfo=ZoneInfo(when.timezone)), timezone=when.timezone)
    if when.at:
        return RRule(f"DTSTART:{when.at:%Y%m%dT%H%M%SZ}\nRRULE:FREQ=SECONDLY;COUNT=1")
    return None
