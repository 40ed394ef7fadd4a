"""Who drives the batches of a run: Prefect where a server of it is named, else the command itself; a batch is tried again alike."""

import os
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_chain, wait_fixed

from flows.home.showing import Progress
from flows.jobs.runs import TRIED_AGAIN_AFTER_S, IngestRun, Take, worth_another_attempt
from schema.document import Document
from schema.errors import WrongUse

EachBatch = Callable[[IngestRun, Take], Awaitable[None]]

_NAMES_A_SERVER = re.compile(r"PREFECT_(API_URL|HOME|PROFILE)|\[tool\.prefect|^\s*(\[api\]|api\b)", re.IGNORECASE | re.MULTILINE)


async def driven(run: IngestRun, each_batch: EachBatch, take: Take) -> None:
    """Let `each_batch` go through the run with `take`, attempts included; an error that further attempts do not mend is raised."""
    wanted = run.home.settings.orchestration
    if wanted == "direct" or (wanted == "auto" and not _server_is_named()):
        await each_batch(run, _attempts_at(take))
        return
    from flows.jobs.prefect_flow import driven_by_prefect, prefect_server

    if prefect_server() is not None:
        await driven_by_prefect(run, each_batch, take)
    elif wanted == "auto":
        await each_batch(run, _attempts_at(take))
    else:
        raise WrongUse("orchestration is 'prefect', and no Prefect server is named: set PREFECT_API_URL, or choose 'auto' or 'direct'")


def _attempts_at(take: Take) -> Take:
    async def attempted(run: IngestRun, documents: Sequence[Document], progress: Progress) -> None:
        attempts = AsyncRetrying(
            retry=retry_if_exception(worth_another_attempt),
            stop=stop_after_attempt(1 + len(TRIED_AGAIN_AFTER_S)),
            wait=wait_chain(*map(wait_fixed, TRIED_AGAIN_AFTER_S)),
            reraise=True,
        )
        await attempts(take, run, documents, progress)

    return attempted


def _server_is_named() -> bool:
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
