"""`backfill`: the batches of a run in parts, each a range of days, which processes read at the same time, here or on other machines."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
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
from schema.errors import WrongUse
from schema.records import Tally
from schema.usage import Usage

Part = dict[str, Any]
"""A part of a run as JSON: the parameters of the job, the file of the spool, and the first batch and the one after the last."""

RunParts = Callable[[BackfillParameters, Sequence[Part], Callable[[Part], None]], Awaitable[None]]
"""Has parts read, as many at the same time as the parameters say; what became of each is handed on as it ends."""

_TALLIES = TypeAdapter(tuple[Tally, ...])
_USAGE = TypeAdapter(Usage)


def in_parts(parameters: BackfillParameters, run_parts: RunParts) -> TakeAll:
    """Batches by other processes, a range of days for each part."""

    async def take_all(run: IngestRun, batches: int) -> None:
        parts = [
            {"parameters": parameters.model_dump(mode="json"), "spool": str(run.batches.file), "first": first, "end": end}
            for first, end in ranges(batches, parameters.parts)
        ]
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


def ranges(batches: int, parts: int) -> list[tuple[int, int]]:
    """So many batches as ranges of numbers, as even as can be."""
    starts = sorted({batches * part // parts for part in range(parts)})
    return [(start, end) for start, end in zip(starts, [*starts[1:], batches], strict=True) if end > start]


def read_part(part: Mapping[str, Any]) -> Part:
    """Read a part in this process; returns what became of it as JSON."""
    quieten()
    nobody_watches()
    return asyncio.run(_read(BackfillParameters.model_validate(part["parameters"]), Path(part["spool"]), range(part["first"], part["end"])))


async def _read(parameters: BackfillParameters, spool: Path, numbers: Sequence[int]) -> Part:
    home = parameters.opened()
    outcome, patience, meter = Outcome(home), Patience(parameters.patience), meter_for(home, shares=parameters.parts)
    with Batches(spool) as batches, leases_of(home, "backfill") as leases:
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
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(parameters.workers, mp_context=get_context("spawn")) as pool:
        for each in asyncio.as_completed([loop.run_in_executor(pool, read_part, part) for part in parts]):
            ended(await each)
