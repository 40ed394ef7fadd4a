"""The Prefect flow: one task for a batch, tried again where the store is busy; green only if nothing was set aside or left over."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.settings import PREFECT_API_URL
from prefect.states import Completed, Failed
from prefect.utilities.annotations import quote

from flows.home.showing import Progress
from flows.jobs.runs import TRIED_AGAIN_AFTER_S, IngestRun, Take, worth_another_attempt
from schema.document import Document
from schema.errors import StoreFailed, WrongUse


def prefect_server() -> str | None:
    """The address of the server that Prefect's settings name, by environment, profile or file; None where they name none."""
    return PREFECT_API_URL.value() or None


def _is_worth_retrying(_task: Any, _run: Any, state: State[Any]) -> bool:
    return worth_another_attempt(state.data)


@task(
    name="read-batch",
    retries=len(TRIED_AGAIN_AFTER_S),
    retry_delay_seconds=list(TRIED_AGAIN_AFTER_S),
    retry_condition_fn=_is_worth_retrying,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def _batch(take: Any, run: Any, documents: Any, progress: Any) -> None:
    await take(run, documents, progress)


@flow(name="ingest", validate_parameters=False, persist_result=False)
async def _flow(run: Any, each_batch: Any, take: Any) -> State[None]:  # Any: Prefect makes a schema of annotations, and a run has none
    async def as_task(run: IngestRun, documents: Sequence[Document], progress: Progress) -> None:
        # quote: Prefect is to hand these through as they are, not to look inside for results of other tasks.
        opaque: list[Any] = [quote(each) for each in (take, run, documents, progress)]
        await _batch(*opaque)

    try:
        await each_batch(run, as_task)
    except Exception as error:
        run.failure = error
        raise
    return Failed(message=short) if (short := run.shortfall) else Completed(message="all committed")


async def driven_by_prefect(run: IngestRun, each_batch: Callable[[IngestRun, Take], Awaitable[None]], take: Take) -> None:
    """Let `each_batch` go through the run, with `take` of each as a task; an error that retrying does not mend is raised."""
    try:
        state: State[Any] = await _flow(quote(run), quote(each_batch), quote(take), return_state=True)
    except RuntimeError as cause:
        if "reach API" not in str(cause):
            raise
        raise WrongUse(f"Prefect: {cause}; start that server, or read without it: CHRONOKG_ORCHESTRATION=direct") from cause
    if run.failure is not None:
        raise run.failure
    if state.is_crashed() or state.is_cancelled():
        raise StoreFailed(f"Prefect ended the run: {state.name}: {state.message}")
