"""Parts of a backfill as tasks of a Prefect task runner: processes of this machine, a Dask cluster or a Ray cluster."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner

from flows.scheduling.parameters import BackfillParameters
from flows.scheduling.parts import Part, failure_of, read_part
from schema.errors import WrongUse

read_part_task = task(name="read-part", task_run_name="read-part-{part[first]}", cache_policy=NO_CACHE, persist_result=False)(read_part)
"""Reads a part in the process that the runner gives it to; parameters and counts are JSON. Runners send the function by its name."""


def read_parts(parts: list[Part]) -> list[Part | BaseException]:
    """Have parts read at the same time; returns what became of each, or what it failed of."""
    futures = [read_part_task.submit(part) for part in parts]
    return [_result(future) for future in futures]


def _result(future: PrefectFuture[Part]) -> Part | BaseException:
    try:
        return future.result(raise_on_failure=False)
    except Exception as error:  # noqa: BLE001 - such as of a process that was killed: what the others came to is to be heard, too
        return error


async def by_task_runner(parameters: BackfillParameters, parts: Sequence[Part], ended: Callable[[Part], None]) -> None:
    """Have parts read by the runner that the parameters name."""
    # Runners send flow and task to other processes: they are made of functions that can be found by their names, and hold nothing else.
    parted = flow(name="read-parts", task_runner=runner_of(parameters), persist_result=False)(read_parts)
    told = await asyncio.to_thread(parted, list(parts))
    failures = [failure_of(part, each) for part, each in zip(parts, told, strict=True) if isinstance(each, BaseException)]
    for each in told:
        if not isinstance(each, BaseException):
            ended(each)
    if failures:
        raise failures[0]


def runner_of(parameters: BackfillParameters) -> TaskRunner[Any]:
    """The task runner; raises WrongUse where its package is not installed."""
    runner = parameters.runner
    try:
        if runner == "dask":
            return _dask(parameters)
        if runner == "ray":
            return _ray(parameters)
    except ImportError as cause:
        raise WrongUse(f"runner is {runner!r}, and its package is not installed: install chronokg[{runner}]") from cause
    return ProcessPoolTaskRunner(max_workers=parameters.workers)


def _dask(parameters: BackfillParameters) -> TaskRunner[Any]:
    from prefect_dask.task_runners import DaskTaskRunner

    own = {"n_workers": parameters.workers, "threads_per_worker": 1, "dashboard_address": None}
    runner: TaskRunner[Any] = DaskTaskRunner(address=parameters.address) if parameters.address else DaskTaskRunner(cluster_kwargs=own)
    return runner


def _ray(parameters: BackfillParameters) -> TaskRunner[Any]:
    from prefect_ray.task_runners import RayTaskRunner

    own = {"num_cpus": parameters.workers, "include_dashboard": False}
    runner: TaskRunner[Any] = RayTaskRunner(address=parameters.address) if parameters.address else RayTaskRunner(init_kwargs=own)
    return runner
