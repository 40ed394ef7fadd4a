"""Each job as a Prefect flow with plain parameters: what `prefect deploy`, a worker, a form and the command line run alike."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar
from weakref import WeakValueDictionary

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.jobs.runs import IngestRun, Taken
from flows.jobs.taking import Take, directly
from flows.scheduling import jobs
from flows.scheduling.job_result import JobResult
from flows.scheduling.jobs import Conduct
from flows.scheduling.parameters import (
    BackfillParameters,
    ConstructParameters,
    EvaluateParameters,
    IngestParameters,
    JobParameters,
    RebuildParameters,
    RereadParameters,
    SyncParameters,
)
from flows.scheduling.run_state import patience_of_run
from flows.scheduling.task_runners import by_task_runner
from schema.errors import ChronoKGError, StoreFailed, os_error_in_words

P = TypeVar("P", bound=JobParameters)

_runs: WeakValueDictionary[str, IngestRun] = WeakValueDictionary()
"""Runs of this process by their names: a task is told the name of its run and the number of its batch, and returns counts."""


@task(name="read-batch", task_run_name="read-batch-{number}", cache_policy=NO_CACHE, persist_result=False)
async def read_batch(run: str, number: int) -> dict[str, int | None]:
    """Read a batch of a run of this process and record it; returns how many documents were settled, and under which number others wait."""
    taken = await directly(_runs[run])(number)
    return {"documents": taken.documents, "left": taken.left}


def by_tasks(run: IngestRun) -> Take:
    """Batches as tasks, so that each is seen."""
    _runs[run.name] = run

    async def take(number: int) -> Taken:
        told = await read_batch(run.name, number)
        return Taken(told["documents"] or 0, told["left"])

    return take


ended: ContextVar[list[JobResult | ChronoKGError] | None] = ContextVar("ended", default=None)
"""Where a caller within this process hears how a job ended: a state says it in one sentence only."""


async def _conducted(job: Callable[[P, Conduct], Awaitable[JobResult]], parameters: P) -> State[None]:
    """Run a job; its state tells the truth about how it ended, in one sentence."""
    patience = patience_of_run(getattr(parameters, "patience", 0.0))
    heard = ended.get()
    try:
        result = await job(parameters, Conduct(patience, by_tasks, by_task_runner))
    except (ChronoKGError, OSError) as cause:
        error = cause if isinstance(cause, ChronoKGError) else StoreFailed(os_error_in_words(cause))
        if heard is not None:
            heard.append(error)
        return Failed(message=str(error))
    if heard is not None:
        heard.append(result)
    if failure := result.failure(getattr(parameters, "set_aside_share", 0.0)):
        return Failed(message=failure)
    return Completed(message=result.success)


@flow(name="ingest", persist_result=False)
async def ingest(parameters: IngestParameters) -> State[None]:
    """Read documents of files with a language model, and fold what they say into the graph."""
    return await _conducted(jobs.ingest, parameters)


@flow(name="backfill", persist_result=False)
async def backfill(parameters: BackfillParameters) -> State[None]:
    """Read documents of files in parts, by processes of this machine or of a cluster."""
    return await _conducted(jobs.backfill, parameters)


@flow(name="sync", persist_result=False)
async def sync(parameters: SyncParameters) -> State[None]:
    """Read what is new in a source."""
    return await _conducted(jobs.sync, parameters)


@flow(name="reread", persist_result=False)
async def reread(parameters: RereadParameters) -> State[None]:
    """Read documents of the log again that an older model, prompt or schema has read."""
    return await _conducted(jobs.reread, parameters)


@flow(name="construct", persist_result=False)
async def construct(parameters: ConstructParameters) -> State[None]:
    """Take the log into the graph."""
    return await _conducted(jobs.construct, parameters)


@flow(name="rebuild", persist_result=False)
async def rebuild(parameters: RebuildParameters) -> State[None]:
    """Fold the whole log into an empty graph."""
    return await _conducted(jobs.rebuild, parameters)


@flow(name="evaluate", persist_result=False)
async def evaluate(parameters: EvaluateParameters) -> State[None]:
    """Measure the reader against gold data."""
    return await _conducted(jobs.evaluate, parameters)
