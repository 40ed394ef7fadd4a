"""Each job as a Prefect flow with plain parameters: what `prefect deploy`, a worker, a form and the command line run alike."""

from contextvars import ContextVar
from weakref import WeakValueDictionary

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
