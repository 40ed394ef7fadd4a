"""Resources of the home as a whole: how it stands, what it changed its mind about, all of it as lines; and whether the server answers."""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from flows.api.answer_shapes import DigestShape, HealthShape, StatusShape
from flows.api.answering_threads import headers_of, is_fresh, tag_of
from flows.api.asked_values import MAY_READ, Asked, Limit, Moment, Threads
from flows.api.described import answers
from flows.api.problems import Problem
from flows.home.homes import Home
from schema.errors import ChronoKGError

router = APIRouter(tags=["home"])

LINES = "application/x-ndjson"
LINES_AT_ONCE = 500
"""Of an export in one piece of the answer."""


@router.get("/status", dependencies=[MAY_READ], **answers("status", StatusShape, "Counts that reconcile", tagged=False))
async def _status(request: Request, threads: Threads) -> Response:
    from flows.engine.runs import costs_by
    from flows.home.glance import graph_at_a_glance
    from pipeline.intake.status import status_as_data

    whole = threads.snapshots.home

    def told(home: Home) -> object:
        status = status_as_data(home.log, graph_at_a_glance(whole), costs_by(home, "reader"))
        return {"home": home.path.resolve().name, **status}

    return await threads.answered(request, told, tagged=False)


@router.get("/digest", dependencies=[MAY_READ], **answers("digest", DigestShape, "What the home changed its mind about", tagged=False))
async def _digest(
    request: Request,
    threads: Threads,
    since: Annotated[Moment | None, Query(description="Default: a week before the end.", examples=["2026-11-23"])] = None,
    until: Annotated[Moment | None, Query(description="Default: now.")] = None,
    limit: Limit = 20,
) -> Response:
    from flows.report.digests import digest_since

    given = request.query_params  # as written: a date begins with its first moment, and ends with its last
    return await threads.answered(
        request,
        lambda home: digest_since(home, given.get("since") if since else None, given.get("until") if until else None, limit),
        tagged=False,
    )


@router.get("/export", dependencies=[MAY_READ], **answers("export", None, "The canonical export, a line each", media=LINES))
async def _export(request: Request, threads: Threads, state: Asked) -> Response:
    from flows.answers.answers_from_log import folded_lines

    def told(home: Home) -> tuple[str, Iterator[str] | None]:
        tag = tag_of(home)
        return tag, None if is_fresh(request, tag) else folded_lines(home, state.as_of, state.known_at)

    tag, lines = await threads.ask_snapshot(told)
    if lines is None:
        return Response(status_code=304, headers=headers_of(tag))
    return StreamingResponse(_in_pieces(lines), headers=headers_of(tag), media_type=LINES)


def _in_pieces(lines: Iterator[str]) -> Iterator[bytes]:
    while some := list(islice(lines, LINES_AT_ONCE)):
        yield "".join(f"{line}\n" for line in some).encode("utf-8", "replace")


@router.get("/healthz", tags=["server"], **answers("alive", HealthShape, "The process answers", 503, tagged=False))
async def _alive() -> dict[str, str]:
    return {"health": "healthy"}


@router.get("/readyz", tags=["server"], **answers("ready", HealthShape, "The home can be read", 503, tagged=False))
async def _ready(threads: Threads) -> dict[str, object]:
    failure = threads.snapshots.failure
    if failure is not None:
        raise Problem("unavailable", "the index of the log is not brought along; the log of the server says why")
    try:
        return await threads.ask_snapshot(lambda home: {"health": "healthy", "log_version": home.log.version().number})
    except (ChronoKGError, OSError):
        raise Problem("unavailable", "the home cannot be read; the log of the server says why") from None
