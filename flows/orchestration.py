"""The Prefect flow: one task for a batch, retried where the store is busy; green only if nothing was set aside."""

from collections.abc import Sequence
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.utilities.annotations import quote

from flows.ingesting import Run, take_batch
from flows.progress import Progress
from schema.document import Document
from schema.errors import StoreFailed
from schema.log import Tally


def _is_worth_retrying(_task: Any, _run: Any, state: State[Any]) -> bool:
    return isinstance(state.data, StoreFailed)


@task(
    name="read-batch",
    retries=3,
    retry_delay_seconds=[1, 5, 15],
    retry_condition_fn=_is_worth_retrying,
    cache_policy=NO_CACHE,
    persist_result=False,
    log_prints=False,
)
async def _batch(run: Run, documents: Sequence[Document], progress: Progress) -> None:
    await take_batch(run, documents, progress)


@flow(name="ingest", validate_parameters=False, persist_result=False, log_prints=False, retries=0)
async def _flow(run: Run) -> State[None]:
    total = sum(1 for _ in run.spool.keys())  # noqa: SIM118
    done = 0
    with Progress("reading", total) as progress:
        for documents in run.batches():
            # quote: Prefect is to hand these through as they are, not to look inside for results of other tasks.
            opaque: list[Any] = [quote(run), quote(documents), quote(progress)]
            await _batch(*opaque)
            done += len(documents)
    if total > done:
        run.count([Tally("document", 0, {"read before": total - done})])
    aside = sum(sum(tally.set_aside.values()) for tally in run.tallies.values())
    if aside:
        return Failed(message=f"{aside} set aside")
    return Completed(message="all committed")


async def ingest_batches(run: Run) -> None:
    """Drive the run; an error of a batch that retrying does not mend is raised."""
    state: State[Any] = await _flow(quote(run), return_state=True)
    if state.is_failed() and isinstance(state.data, BaseException):
        raise state.data
