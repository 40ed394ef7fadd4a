"""`backfill`: the batches of a run in parts, each a range of days, which processes read at the same time, here or on other machines."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from flows.engine.constructor import Constructor
from flows.engine.held_leases import leases_of
from flows.engine.outcomes import Outcome
from flows.engine.patience import Patience
from flows.engine.runs import IngestRun, meter_for
from flows.engine.spool import Batches
from flows.engine.taking import TakeAll, take_each
from flows.home.processes import quieten
from flows.home.showing import Progress
from flows.home.terminal import nobody_watches
from flows.jobs.ingesting import extractor_when_there
from flows.scheduling.parameters import BackfillParameters
from flows.watching import metrics
from pipeline.intake.costs import Meter
from schema.errors import ChronoKGError, StoreFailed, WrongUse
from schema.records import Tally
from schema.usage import Usage

Part = dict[str, Any]
"""A part of a run as JSON: the parameters of the job, the file of the spool, the first batch and the one after the last, how many parts
share the budget, and until when they may read (seconds since 1970), if that is limited."""

RunParts = Callable[[BackfillParameters, Sequence[Part], Callable[[Part], None]], Awaitable[None]]
"""Has parts read, as many at the same time as the parameters say; what became of each is handed on as it ends."""

ENDED = (
    "a process that reads parts ended without a word (killed, or no memory was left for it); what it had recorded is in the log, and the"
    " same command goes on from there"
)

_TALLIES = TypeAdapter(tuple[Tally, ...])
_USAGE = TypeAdapter(Usage)


def in_parts(parameters: BackfillParameters, run_parts: RunParts) -> TakeAll:
    """Batches by other processes, a range of days for each part."""

    async def take_all(run: IngestRun, batches: int) -> None:
        given = {"parameters": parameters.model_dump(mode="json"), "spool": str(run.batches.file), "until": _until(run.meter)}
        both = ranges(batches, parameters.parts)
        parts = [{**given, "shares": len(both), "first": first, "end": end} for first, end in both]
        with Progress("reading, batches", batches) as progress:

            def ended(part: Part) -> None:
                tallies = _TALLIES.validate_python(part["tallies"])
                usage, failed = _USAGE.validate_python(part["usage"]), _USAGE.validate_python(part["failed"])
                run.count(tallies)
                run.begins(sum(tally.submitted for tally in tallies if tally.unit == "document"))
                run.meter.add_all(usage, failed, *part["documents"])
                metrics.paid(run.meter.prices.of(usage + failed))
                run.outcome.claims.add(*part["claims"])
                run.constructor.wake()
                progress.advance(part["batches"])

            await run_parts(parameters, parts, ended)

    return take_all


def _until(meter: Meter) -> float | None:
    """When a budget of seconds ends: on other machines, too, where no other clock tells how long this run has been reading."""
    return None if meter.budget.seconds is None else time.time() + meter.budget.seconds - meter.seconds


def ranges(batches: int, parts: int) -> list[tuple[int, int]]:
    """So many batches as ranges of numbers, as even as can be."""
    starts = sorted({batches * part // parts for part in range(parts)})
    return [(start, end) for start, end in zip(starts, [*starts[1:], batches], strict=True) if end > start]


def read_part(part: Mapping[str, Any]) -> Part:
    """Read a part in this process; returns what became of it as JSON."""
    quieten()
    nobody_watches()
    return asyncio.run(_read(part))


async def _read(part: Mapping[str, Any]) -> Part:
    parameters, numbers = BackfillParameters.model_validate(part["parameters"]), range(part["first"], part["end"])
    home = parameters.opened()
    outcome, patience, meter = Outcome(home), Patience(parameters.patience), meter_for(home, part["shares"], part["until"])
    with Batches(Path(part["spool"])) as batches, leases_of(home, "backfill") as leases:
        extractor = await extractor_when_there(home, patience)
        try:
            idle = Constructor(home, outcome, patience)
            run = IngestRun(home, extractor, batches, outcome, idle, leases, meter, patience, parameters.again, is_part=True)
            run.settle()
            meter.begin()
            await take_each(run, numbers)
        finally:
            await extractor.close()
        run.end()
    return {
        "tallies": _TALLIES.dump_python(tuple(run.tallies.values()), mode="json"),
        "usage": _USAGE.dump_python(meter.usage, mode="json"),
        "failed": _USAGE.dump_python(meter.failed, mode="json"),
        "documents": (meter.documents, meter.from_cache),
        "claims": (outcome.claims.recorded, outcome.claims.below, outcome.claims.never_held),
        "batches": len(numbers),
    }


async def in_processes(parameters: BackfillParameters, parts: Sequence[Part], ended: Callable[[Part], None]) -> None:
    """By processes of this machine; raises WrongUse for another runner, which takes Prefect."""
    if parameters.runner != "processes":
        raise WrongUse(f"runner is {parameters.runner!r}, which Prefect runs: name a server of it by PREFECT_API_URL")
    loop, failures = asyncio.get_running_loop(), list[Exception]()
    pool = ProcessPoolExecutor(parameters.workers, mp_context=get_context("spawn"))
    try:
        under_way = {loop.run_in_executor(pool, read_part, part): part for part in parts}
        waiting = set(under_way)
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in sorted(done, key=lambda one: int(under_way[one]["first"])):
                if each.cancelled():
                    continue
                if (error := each.exception()) is None:
                    ended(each.result())
                else:
                    failures.append(failure_of(under_way[each], error))
                    pool.shutdown(wait=False, cancel_futures=True)  # what is being read goes on, and is heard
    finally:
        pool.shutdown(cancel_futures=True)
    if failures:
        raise failures[0]


def failure_of(part: Part, error: BaseException) -> Exception:
    """What a part failed of, with its name; what is not raised on purpose keeps its kind, and has the name as a note."""
    named = f"the part with the batches {part['first']} to {part['end'] - 1}"
    if isinstance(error, BrokenExecutor):
        return StoreFailed(f"{named}: {ENDED}")
    if isinstance(error, ChronoKGError):
        return type(error)(f"{named}: {error}")
    failure = error if isinstance(error, Exception) else RuntimeError(f"{named}: {error!r}")
    failure.add_note(named)
    return failure
