"""The Prefect flow: one task for a batch, retried where the store is busy; green only if nothing was set aside or left over."""

from collections.abc import Sequence
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.utilities.annotations import quote

from flows.home.progress import Progress
from flows.jobs.ingesting import each_batch, take_batch
from flows.jobs.runs import Run
from schema.document import Document
from schema.errors import StoreFailed, WrongUse


def _is_worth_retrying(_task: Any, _run: Any, state: State[Any]) -> bool:
    return isinstance(state.data, StoreFailed)


@task(
    name="read-batch",
    retries=3,
    retry_delay_seconds=[1, 5, 15],
    retry_condition_fn=_is_worth_retrying,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def _batch(run: Any, documents: Any, progress: Any) -> None:
    await take_batch(run, documents, progress)


async def _as_task(run: Run, documents: Sequence[Document], progress: Progress) -> None:
    # quote: Prefect is to hand these through as they are, not to look inside for results of other tasks.
    opaque: list[Any] = [quote(run), quote(documents), quote(progress)]
    await _batch(*opaque)


@flow(name="ingest", validate_parameters=False, persist_result=False)
async def _flow(run: Any) -> State[None]:  # Any: Prefect makes a schema of the annotation, and a run has none
    try:
        await each_batch(run, _as_task)
    except Exception as error:
        run.failure = error
        raise
    if short := run.shortfall:
        return Failed(message=short)
    return Completed(message="all committed")


async def ingest_batches(run: Run) -> None:
    """Drive the run; an error of a batch that retrying does not mend is raised."""
    try:
        state: State[Any] = await _flow(quote(run), return_state=True)
    except RuntimeError as cause:
        if "reach API" not in str(cause):
            raise
        raise WrongUse(f"Prefect: {cause}; start that server, or unset PREFECT_API_URL to use a temporary one") from cause
    if run.failure is not None:
        raise run.failure
    if state.is_crashed() or state.is_cancelled():
        raise StoreFailed(f"Prefect ended the run: {state.name}: {state.message}")
