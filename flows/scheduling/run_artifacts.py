"""What each run shows in Prefect's pages: its numbers as a page, a table and a picture, and links to what it wrote."""

import asyncio
from base64 import b64encode
from datetime import datetime
from pathlib import Path

from prefect.artifacts import (
    acreate_image_artifact,
    acreate_link_artifact,
    acreate_markdown_artifact,
    acreate_table_artifact,
)

from flows.home.homes import Home
from flows.home.terminal import note
from flows.scheduling.job_result import JobResult
from flows.scheduling.run_state import PREFECT_FAILED
from pipeline.reporting.run_bars import run_bars
from pipeline.reporting.run_changes import changes_as_list
from pipeline.reporting.run_tables import numbers_of_run, run_in_markdown
from pipeline.updating.changed_facts import ChangedFacts
from schema.errors import ChronoKGError

WRITTEN = ("report", "digest", "export", "backup")
"""Keys of a result's data that name a file which the job wrote."""

MOST_CHANGES = 50
"""Facts that are told one by one."""


async def show_run(job: str, home: Home, result: JobResult, ended: str, begun: datetime) -> None:
    """Leave with Prefect what became of the run that we are in; where that cannot be, it is said, and the run is as good."""
    told = result.as_data()
    try:
        changes = await asyncio.to_thread(_changes, home, result.changed, begun)
        page = run_in_markdown(told, ended, result.words, changes)
        await acreate_markdown_artifact(page, f"{job}-summary", f"What the run of {job} came to.")
        if rows := numbers_of_run(told):
            await acreate_table_artifact(rows, f"{job}-numbers", f"The same as numbers, for {job}.")
        if picture := run_bars(told):
            await acreate_image_artifact(_as_url(picture), f"{job}-picture", f"The same as a picture, for {job}.")
        for name in WRITTEN:
            if isinstance(path := told.get(name), str):
                await acreate_link_artifact(Path(path).resolve().as_uri(), Path(path).name, f"{job}-{name}", f"The {name}, on its machine.")
    except (*PREFECT_FAILED, ChronoKGError) as error:
        note(f"Prefect could not be shown what the run came to: {error}")


def _changes(home: Home, changed: ChangedFacts | None, begun: datetime) -> str:
    """A line for each fact that the run changed its mind about; the log is asked only where there is any."""
    if changed is None:
        return ""
    from flows.report.changes_of_runs import changes_of_run

    return changes_as_list(changes_of_run(home, changed, begun, MOST_CHANGES))


def _as_url(svg: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
