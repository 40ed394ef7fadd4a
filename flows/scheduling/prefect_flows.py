"""Each job as a Prefect flow with plain parameters: what `prefect deploy`, a worker, a form and the command line run alike."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.engine.runs import IngestRun, Taken
from flows.engine.taking import Take, directly
from flows.home.homes import Home, now
from flows.home.processes import ending_on_termination, outlive_readers
from flows.scheduling.job_functions import Conduct, watched_job
from flows.scheduling.job_result import JobResult
from flows.scheduling.lineage import show_lineage
from flows.scheduling.living_runs import living
from flows.scheduling.parameters import (
    BackfillParameters,
    ConstructParameters,
    EvaluateParameters,
    IngestParameters,
    JobParameters,
    MaintainParameters,
    RebuildParameters,
    RereadParameters,
    SyncParameters,
)
from flows.scheduling.run_artifacts import show_run
from flows.scheduling.run_state import ANSWER_S, id_of_run, patience_of_run, until_prefect_answers
from flows.scheduling.task_runners import by_task_runner
from flows.watching.logs import Level
from schema.errors import ChronoKGError, StoreFailed, os_error_in_words

BATCHES_IN_A_TASK = 10
"""Batches that are seen as one task: telling Prefect's server of a task takes it longer than a small batch takes to record."""

_groups: dict[tuple[str, int], "asyncio.Future[int]"] = {}
"""When groups of batches that this process begins will have ended, and with how many documents; by the names of run and first batch."""


@task(name="read-batches", task_run_name="read-batches-{first}-to-{last}", cache_policy=NO_CACHE, persist_result=False)
async def read_batches(run: str, first: int, last: int) -> dict[str, int]:
    """Some batches of a run of this process, until all of them are recorded; returns how many documents were settled."""
    del last
    return {"documents": await _groups.pop((run, first))}


class _Group:
    """Batches that are seen as one task, from the begin of the first to the end of the last."""

    def __init__(self, run: str, numbers: Sequence[int]) -> None:
        self._run, self._first, self._last, self._left, self._documents = run, numbers[0], numbers[-1], len(numbers), 0
        self._ended: asyncio.Future[int] | None = None
        self._task: asyncio.Future[dict[str, int]] | None = None

    @asynccontextmanager
    async def of_this(self, taken: list[Taken]) -> AsyncIterator[None]:
        """One of the batches is read in the block."""
        if self._ended is None:
            _groups[self._run, self._first] = self._ended = asyncio.get_running_loop().create_future()
            self._task = asyncio.ensure_future(read_batches(self._run, self._first, self._last))
        try:
            yield
        except BaseException as error:
            await self._fails(error)
            raise
        self._left -= 1
        self._documents += sum(each.documents for each in taken)
        if not self._left and self._task is not None:
            self._ended.set_result(self._documents)
            await self._task

    async def _fails(self, error: BaseException) -> None:
        if self._ended is None or self._task is None or self._ended.done():
            return
        if isinstance(error, Exception):
            self._ended.set_exception(error)
            await asyncio.gather(self._task, return_exceptions=True)
        else:
            self._ended.cancel()


def by_tasks(run: IngestRun, numbers: Sequence[int]) -> Take:
    """Batches, some together as a task, so that they are seen."""
    together = [numbers[start : start + BATCHES_IN_A_TASK] for start in range(0, len(numbers), BATCHES_IN_A_TASK)]
    groups = {number: group for some in together for group in [_Group(run.name, some)] for number in some}
    read = directly(run)

    async def take(number: int) -> Taken:
        if number not in groups:  # what other runs held
            return await read(number)
        taken: list[Taken] = []
        async with groups[number].of_this(taken):
            taken.append(await read(number))
        return taken[0]

    return take


Heard = list[JobResult | ChronoKGError]

ended: ContextVar[Heard | None] = ContextVar("ended", default=None)
"""Where a caller within this process hears how a job ended: a state says it in one sentence only."""


PREFECT_AWAY_S = 900.0
"""Seconds for which a run that has ended waits for Prefect's server, to tell it how; of a command a person waits for the end."""


async def _conducted(parameters: JobParameters) -> State[None]:
    """Run a job; its state tells the truth about how it ended, in one sentence."""
    heard = ended.get()
    if heard is None:
        outlive_readers()
    try:
        with ending_on_termination():
            home = parameters.opened()
            with living(home):
                state = await _run_and_shown(parameters, home, heard)
                await until_prefect_answers(PREFECT_AWAY_S if heard is None else ANSWER_S)
                return state
    except (ChronoKGError, OSError) as error:  # of the home itself
        return _failed(error, heard)


async def _run_and_shown(parameters: JobParameters, home: Home, heard: Heard | None) -> State[None]:
    begun = now()
    try:
        with patience_of_run(getattr(parameters, "patience", 0.0)) as patience:
            by = Conduct(patience, by_tasks, by_task_runner)
            # The logs begin here, after Prefect has set up its own; for a caller within this process they are off as for any command.
            level: Level = "info" if heard is None else "off"
            result = await watched_job(parameters, by, home, run=id_of_run(), by_default=level)
    except (ChronoKGError, OSError) as error:
        return _failed(error, heard)
    if heard is not None:
        heard.append(result)
    for line in result.in_words().splitlines():
        get_run_logger().info(line)
    failure = result.failure(getattr(parameters, "set_aside_share", 0.0))
    await show_run(parameters.job, home, result, failure or result.success, begun)
    await show_lineage(home, parameters, result)
    return Failed(message=failure) if failure else Completed(message=result.success)


def _failed(error: ChronoKGError | OSError, heard: Heard | None) -> State[None]:
    known = error if isinstance(error, ChronoKGError) else StoreFailed(os_error_in_words(error))
    if heard is not None:
        heard.append(known)
    return Failed(message=str(known))


@flow(name="ingest", persist_result=False)
async def ingest(parameters: IngestParameters) -> State[None]:
    """Read documents of files with a language model, and fold what they say into the graph."""
    return await _conducted(parameters)


@flow(name="backfill", persist_result=False)
async def backfill(parameters: BackfillParameters) -> State[None]:
    """Read documents of files in parts, by processes of this machine or of a cluster."""
    return await _conducted(parameters)


@flow(name="sync", persist_result=False)
async def sync(parameters: SyncParameters) -> State[None]:
    """Read what is new in a source."""
    return await _conducted(parameters)


@flow(name="reread", persist_result=False)
async def reread(parameters: RereadParameters) -> State[None]:
    """Read documents of the log again that an older model, prompt or schema has read."""
    return await _conducted(parameters)


@flow(name="construct", persist_result=False)
async def construct(parameters: ConstructParameters) -> State[None]:
    """Take the log into the graph."""
    return await _conducted(parameters)


@flow(name="rebuild", persist_result=False)
async def rebuild(parameters: RebuildParameters) -> State[None]:
    """Fold the whole log into an empty graph."""
    return await _conducted(parameters)


@flow(name="maintain", persist_result=False)
async def maintain(parameters: MaintainParameters) -> State[None]:
    """Look after a home: log, graph, counts, export and backup."""
    return await _conducted(parameters)


@flow(name="evaluate", persist_result=False)
async def evaluate(parameters: EvaluateParameters) -> State[None]:
    """Measure the reader against gold data."""
    return await _conducted(parameters)
