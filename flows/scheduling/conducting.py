"""Who conducts a job of the command line: Prefect where a server of it is named, else the command itself; the outcome is alike."""

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path

from flows.engine.patience import Patience
from flows.home.homes import Home
from flows.home.processes import stop_on_interrupt
from flows.scheduling.job_functions import Conduct, watched_job
from flows.scheduling.job_result import JobResult
from flows.scheduling.parameters import JobParameters
from schema.errors import WrongUse

_NAMES_A_SERVER = re.compile(r"PREFECT_(API_URL|HOME|PROFILE)|\[tool\.prefect|^\s*(\[api\]|api\b)", re.IGNORECASE | re.MULTILINE)


def run_job(parameters: JobParameters, home: Home) -> JobResult:
    """Run the job whose parameters these are to its end, by whom the home's settings say; raises what ended it before its time."""
    stop_on_interrupt()
    wanted = home.settings.orchestration
    if wanted != "direct" and (wanted == "prefect" or server_is_named()):
        from flows.scheduling import by_prefect

        if by_prefect.server() is not None:
            return asyncio.run(by_prefect.conducted(parameters))
        if wanted == "prefect":
            raise WrongUse("orchestration is 'prefect', and no Prefect server is named: set PREFECT_API_URL, or choose 'auto' or 'direct'")
    by = Conduct(Patience(getattr(parameters, "patience", 0.0)))
    return asyncio.run(watched_job(parameters, by, home))


def server_is_named() -> bool:
    """Whether a Prefect server may be configured: to import Prefect, which knows it, takes longer than many a run."""
    if os.environ.get("PREFECT_API_URL"):
        return True
    return any(_NAMES_A_SERVER.search(_text(path)) for path in _configuration())


def _configuration() -> Iterator[Path]:
    """Files that Prefect takes settings from."""
    yield from (Path(".env"), Path("prefect.toml"), Path("pyproject.toml"))
    profiles = os.environ.get("PREFECT_PROFILES_PATH")
    folder = os.environ.get("PREFECT_HOME") or "~/.prefect"
    yield Path(profiles or f"{folder}/profiles.toml")


def _text(path: Path) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8", errors="replace")
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        return ""
