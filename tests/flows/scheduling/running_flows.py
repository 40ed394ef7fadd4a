"""Flows as Prefect runs them, with parameters as JSON: how a run ended, and the states that it went through."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from flows.engine.patience import Patience
from flows.scheduling.job_functions import FUNCTIONS, Conduct
from flows.scheduling.job_result import JobResult
from flows.scheduling.parameters import JOBS
from schema.errors import ChronoKGError
from tests.flows.commands.running import paper, script, write_lines
from tests.flows.jobs.reading_here import exported, home_at

NUMBERS = range(1, 13)
"""Of the documents that most runs read."""

NONSENSE = (200, {"Content-Type": "application/json"}, '{"choices": "the relation is, of course, love"}')
BROKEN = (500, {"Content-Type": "application/json"}, '{"error": {"message": "internal error"}}')
AWAY = (503, {"Content-Type": "application/json"}, '{"error": {"message": "starting"}}')


@dataclass(frozen=True)
class Ended:
    """How a flow run ended."""

    state: str  # its type, such as COMPLETED
    said: str  # the sentence with it
    heard: JobResult | ChronoKGError
    states: Sequence[str]  # names of all states that it went through

    @property
    def result(self) -> JobResult:
        assert isinstance(self.heard, JobResult), self.heard
        return self.heard

    def counts(self, unit: str = "document") -> dict[str, Any]:
        """What became of all of a unit, which must reconcile."""
        return counts_of(self.result, unit)


def counts_of(result: JobResult, unit: str = "document") -> dict[str, Any]:
    told: dict[str, Any] = result.as_data()[unit]
    assert told["submitted"] == told["committed"] + sum(told["skipped"].values()) + sum(told["set_aside"].values())
    return told


def ran(name: str, home: Path, /, settings: dict[str, Any], **told: Any) -> Ended:
    """Run the flow of this name, with what a form or a schedule would give it."""
    from flows.scheduling import prefect_flows

    parameters = JOBS[name].model_validate({"home": str(home), "settings": {"graph": "memory:", **settings}, "patience": 0.0, **told})
    heard: list[JobResult | ChronoKGError] = []

    async def run() -> Any:
        reset = prefect_flows.ended.set(heard)
        try:
            return await getattr(prefect_flows, name)(parameters, return_state=True)
        finally:
            prefect_flows.ended.reset(reset)

    state = asyncio.run(run())
    assert len(heard) == 1, state.message
    assert "\n" not in state.message
    return Ended(state.type.value, state.message, heard[0], _history(state.state_details.flow_run_id))


def run(job: str, home: Path, settings: dict[str, Any], **told: Any) -> JobResult:
    """Run a job as its flow does, but for Prefect; what became of everything must reconcile."""
    given = JOBS[job].model_validate({"home": str(home), "settings": {"graph": "memory:", **settings}, "patience": 0.0, **told})
    result = asyncio.run(FUNCTIONS[job](given, Conduct(Patience(getattr(given, "patience", 0.0)))))
    for unit in result.as_data().keys() & {"document", "claim", "event", "file"}:
        counts_of(result, unit)
    return result


def export_of(home: Path) -> list[str]:
    """What the log of a home says, folded."""
    return exported(home_at(home, "scripted:none"))


def _history(run: UUID) -> list[str]:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        answer = client._client.get("/flow_run_states/", params={"flow_run_id": str(run)})
        answer.raise_for_status()
    return [each["name"] for each in sorted(answer.json(), key=lambda each: each["timestamp"])]


@contextmanager
def prefect_server() -> Iterator[None]:
    """A real server of Prefect, which this process is told of."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


def papers(folder: Path, *numbers: int) -> Path:
    """A file of dated documents."""
    return write_lines(folder / "papers.jsonl", [paper(number, f"{1990 + number % 30}-03") for number in numbers])


def answers(folder: Path, *numbers: int) -> str:
    """A scripted model that changes its mind with document 5."""
    said = [script(number, "prevent" if number < 5 else "cause", 0.6 + number % 10 / 40) for number in numbers]
    return f"scripted:{write_lines(folder / 'answers.jsonl', said)}"


@contextmanager
def disk_of(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of so many megabytes; skips where none can be mounted."""
    folder.mkdir()
    if shutil.which("mount") is None or not mounted("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder):
        pytest.skip("only where a user may mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def seen_read_only(disk: Path, seen: Path) -> Iterator[Path]:
    """The same disk at another place, where it can only be read."""
    seen.mkdir()
    assert mounted("--bind", disk, seen)
    try:
        assert mounted("-o", "remount,bind,ro", seen)
        yield seen
    finally:
        subprocess.run(["umount", "--lazy", seen], check=True)


def mounted(*arguments: object) -> bool:
    return subprocess.run(["mount", *map(str, arguments)], capture_output=True, check=False).returncode == 0


def fill(disk: Path, left: int = 0) -> Path:
    """Fill a disk but for so many bytes; returns the file that takes the room."""
    free = shutil.disk_usage(disk).free - left
    (ballast := disk / "ballast").write_bytes(b"\0" * free)
    return ballast
