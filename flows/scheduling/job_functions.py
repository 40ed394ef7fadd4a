"""Each job from its parameters to its result, whoever runs it: the command line, a schedule, another program."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tenacity import Retrying

from flows.engine.collecting import Ingestion
from flows.engine.constructor import constructing
from flows.engine.outcomes import Outcome
from flows.engine.patience import Patience
from flows.engine.runs import meter_for
from flows.engine.taking import Driver, directly, in_this_process
from flows.home.homes import Home
from flows.home.watched import watched_run
from flows.jobs.documents_again import reread_documents
from flows.jobs.ingesting import Way, ingest_documents
from flows.jobs.keeping import rebuild_graph
from flows.scheduling.job_result import JobResult
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
from flows.scheduling.parts import RunParts, in_parts, in_processes
from flows.watching.logs import Level
from pipeline.evaluating.precision_recall import LEVELS
from pipeline.intake.status import totals
from pipeline.sources.sync_outcome import SyncResult
from schema.errors import SourceUnavailable
from schema.records import Tally


@dataclass(frozen=True)
class Conduct:
    """Who conducts a job: how batches are taken, and how long servers that are away are waited for."""

    patience: Patience = field(default_factory=Patience)
    driver: Driver = directly
    run_parts: RunParts = in_processes


async def watched_job(
    parameters: JobParameters, by: Conduct, home: Home | None = None, run: str | None = None, by_default: Level | None = None
) -> JobResult:
    """Run the job whose parameters these are, watched as the settings of its home say; `run` and `by_default` are `watched_run`'s."""
    with watched_run(home or parameters.opened(), parameters.job, run, by_default) as under_way:
        result = await FUNCTIONS[parameters.job](parameters, by)
        under_way.ends(result.tallies, result.data.get("believed", {}).get("facts", {}), result.failed)
    return result


async def ingest_job(parameters: IngestParameters, by: Conduct) -> JobResult:
    """Read documents of files."""
    home = parameters.opened()
    way = way_of(home, by, constructs=parameters.constructs)
    return result_of(way, await ingest_documents(home, parameters.wanted(), way))


async def backfill_job(parameters: BackfillParameters, by: Conduct) -> JobResult:
    """Read documents of files, in parts that processes read at the same time."""
    home = parameters.opened()
    way = replace(way_of(home, by, constructs=parameters.constructs), take_all=in_parts(parameters, by.run_parts))
    return result_of(way, await ingest_documents(home, parameters.wanted(), way))


async def sync_job(parameters: SyncParameters, by: Conduct) -> JobResult:
    """Read what is new in a source, a group of files after another; while it is away, and there is patience, it is tried again."""
    from flows.jobs.syncing import sync_source

    home, loop = parameters.opened(), asyncio.get_running_loop()
    way = way_of(home, by, constructs=parameters.constructs)
    found: list[SyncResult] = []

    def read_all() -> None:
        with constructing(home, way.outcome, by.patience) if parameters.constructs else nullcontext() as constructor:
            each = replace(way, constructor=constructor)

            def read(paths: Sequence[Path]) -> list[Tally]:
                return asyncio.run_coroutine_threadsafe(ingest_documents(home, Ingestion(tuple(paths)), each), loop).result()

            def attempt() -> None:
                found.append(sync_source(home, parameters.source, read, parameters.files))
                if found[-1].unavailable and by.patience.seconds:
                    raise SourceUnavailable(found[-1].unavailable)

            Retrying(**by.patience.attempts(lambda error: isinstance(error, SourceUnavailable) and by.patience.seconds > 0))(attempt)

    await asyncio.to_thread(read_all)
    whole = replace(found[-1], tallies=tuple(totals(tally for each in found for tally in each.tallies).values()))
    read = result_of(way, whole.tallies)
    return replace(
        read,
        data={**whole.as_data(), **read.data},
        words=(whole.in_words(), *(read.words if whole.tallies else ())),
        failed=whole.shortfall_of_source,
    )


async def reread_job(parameters: RereadParameters, by: Conduct) -> JobResult:
    """Read documents of the log again."""
    home = parameters.opened()
    way = way_of(home, by)
    return result_of(way, await reread_documents(home, parameters.again, parameters.since, parameters.until, way))


async def construct_job(parameters: ConstructParameters, by: Conduct) -> JobResult:
    """Take the log into the graph."""
    home = parameters.opened()
    outcome = Outcome(home)

    def follow() -> None:
        with home.writing("construct", shared=True), constructing(home, outcome, by.patience, tells_all=True):
            pass

    await asyncio.to_thread(follow)
    return JobResult((), outcome.as_data(), outcome.words(), changed=outcome.facts)


async def maintain_job(parameters: MaintainParameters, by: Conduct) -> JobResult:
    """Look after a home."""
    from flows.scheduling import maintaining

    del by
    home = parameters.opened()
    wanted: dict[str, Callable[[], dict[str, Any]]] = {}
    if parameters.compact:
        wanted["log"] = lambda: maintaining.compact_log(home)
    if parameters.verify != "no":
        wanted["graph"] = lambda: maintaining.check_graph(home, parameters.verify, mend=parameters.mend)
    if (folder := parameters.export_to) is not None:
        wanted["export"] = lambda: maintaining.export_of_day(home, folder)
    if (place := parameters.backup_to) is not None:
        wanted["backup"] = lambda: maintaining.backup_of(home, place)
    done = {name: await asyncio.to_thread(do) for name, do in wanted.items()}
    wrong = [str(told["text"]) for told in done.values() if not told.get("ok", True)]
    return JobResult((), done, tuple(str(told["text"]) for told in done.values()), "; ".join(wrong))


async def rebuild_job(parameters: RebuildParameters, by: Conduct) -> JobResult:
    """Fold the whole log into an empty graph."""
    from flows.jobs.bulk_rebuild import rebuild_server

    del by
    home = parameters.opened()
    told = await asyncio.to_thread(rebuild_server if parameters.bulk else rebuild_graph, home, take_over=parameters.take_over)
    return JobResult((), told, (str(told["text"]),))


async def evaluate_job(parameters: EvaluateParameters, by: Conduct) -> JobResult:
    """Measure the reader against gold data."""
    from flows.quality.evaluate import EvaluationRequest, evaluate_reading
    from pipeline.evaluating.evaluation_page import evaluation_summary

    del by
    home = parameters.opened()
    gold, documents = (tuple(Path(each).expanduser() for each in given) for given in (parameters.gold, parameters.documents))
    request = EvaluationRequest(gold, documents, parameters.limit)
    told = await asyncio.to_thread(evaluate_reading, home, request)
    return JobResult((), told, (evaluation_summary(told),), below(told, parameters.least_f1))


FUNCTIONS: Mapping[str, Callable[[Any, Conduct], Awaitable[JobResult]]] = {
    "ingest": ingest_job,
    "sync": sync_job,
    "backfill": backfill_job,
    "reread": reread_job,
    "construct": construct_job,
    "rebuild": rebuild_job,
    "evaluate": evaluate_job,
    "maintain": maintain_job,
}
"""What runs a job, by its name."""


def way_of(home: Home, by: Conduct, *, constructs: bool = True) -> Way:
    """How a job reads that is conducted like this."""
    return Way(meter_for(home), Outcome(home), by.patience, in_this_process(by.driver), constructs)


def result_of(way: Way, tallies: Sequence[Tally]) -> JobResult:
    """What became of a job that read like this."""
    outcome, meter = way.outcome, way.meter
    spent = {**outcome.as_data(), "spent": meter.as_data()}
    believed = outcome.words() if way.constructs else (outcome.claims.sentence(), "the graph was left to `chronokg construct`")
    return JobResult(tallies, spent, (*believed, meter.sentence()), changed=outcome.facts)


def below(evaluation: dict[str, Any], least: float) -> str:
    """Why an evaluation is not good enough; empty where it is."""
    figures = evaluation["calibrated"] or evaluation["raw"]
    f1 = float(figures["extraction"][LEVELS[1].name]["f1"])
    return f"the reader's F1 of {LEVELS[1].name} is {f1:.3f}, and {least:g} is the least" if f1 < least else ""
