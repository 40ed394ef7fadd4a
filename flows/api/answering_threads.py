"""Answers in threads: each from one snapshot of the home, within a time, and not twice for who has it already."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import date, datetime
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import Response

from flows.api.problems import Problem, busy
from flows.home.homes import Home
from flows.home.snapshots import HomeSnapshots
from flows.wiring.home_vocabularies import vocabularies_file
from graph_store.log.log_snapshots import LogSnapshot
from schema.ids import stable_id

T = TypeVar("T")

THREADS = 8
"""Answers that are made at the same time; Python runs one of them at a moment, and the others while that one waits for the disk."""

_REVALIDATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization, X-API-Key"}


class AnsweringThreads:
    """Makes the answers of one app."""

    def __init__(self, snapshots: HomeSnapshots, seconds: float, threads: int = THREADS) -> None:
        """`seconds` is the time in which an answer is to be there."""
        self.snapshots, self._seconds, self._most = snapshots, seconds, threads
        self._threads: ThreadPoolExecutor | None = None

    async def answered(self, request: Request, ask: Callable[[Home], Any], *, tagged: bool = True) -> Response:
        """What is asked of a snapshot, as JSON.

        With an ETag by the position of the log unless it also depends on something else (not `tagged`): 304 where the caller has that.
        Raises Problem where it takes too long.
        """
        return await self.ask_snapshot(lambda home: _as_json(home, request, ask, tagged=tagged))

    async def ask_snapshot(self, ask: Callable[[Home], T]) -> T:
        """What is asked of a snapshot, itself."""
        taken: list[LogSnapshot] = []

        def work() -> T:
            with self.snapshots.taken() as home:
                if isinstance(home.log, LogSnapshot):
                    taken.append(home.log)
                return ask(home)

        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._most, "answer")
        future = asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, work)
        try:
            async with asyncio.timeout(self._seconds):
                return await future
        except TimeoutError:
            for each in taken:
                each.stop()  # its thread ends as soon as it asks the index again
            raise busy(f"there was no answer within {self._seconds:g} seconds") from None

    def close(self) -> None:
        """Wait for what is under way; who asks after that begins anew."""
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=True, cancel_futures=True)


def _as_json(home: Home, request: Request, ask: Callable[[Home], Any], *, tagged: bool) -> Response:
    tag = tag_of(home) if tagged else None
    if tag is not None and is_fresh(request, tag):
        return Response(status_code=304, headers={"ETag": tag, **_REVALIDATE})
    content = json_text(ask(home)).encode("utf-8", "replace")
    return Response(content, headers={**headers_of(tag)}, media_type="application/json")


def headers_of(tag: str | None) -> dict[str, str]:
    """What is said of an answer to who keeps it."""
    return {"Cache-Control": "no-store"} if tag is None else {"ETag": tag, **_REVALIDATE}


def tag_of(home: Home) -> str:
    """The ETag of every answer from a snapshot: the place of its log, and a hash of all that answers are made from."""
    version = home.log.version()
    vocabularies = vocabularies_file(home)
    files = [vocabularies, vocabularies.with_name(f"{vocabularies.name}-wal")]
    written = [(each.stat().st_mtime_ns, each.stat().st_size) if each.exists() else None for each in files]
    made_of = stable_id("tag", version.log, version.number, version.commit, home.rules.fingerprint, str(written), _FORMAT)
    return f'W/"{version.number}-{made_of[:16]}"'


_FORMAT = 1
"""Grows when an answer from the same log comes to look otherwise."""


def is_fresh(request: Request, tag: str) -> bool:
    """Whether the caller says that they have the answer with this tag (If-None-Match)."""
    told = request.headers.get("if-none-match")
    return told is not None and (
        told.strip() == "*" or tag.removeprefix("W/") in {each.strip().removeprefix("W/") for each in told.split(",")}
    )


def json_text(value: object) -> str:
    """JSON as the command line writes it; dates as ISO text."""
    return json.dumps(value, ensure_ascii=False, default=_day_or_moment)


def _day_or_moment(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise Problem("failed", f"{type(value).__name__} is not JSON")
