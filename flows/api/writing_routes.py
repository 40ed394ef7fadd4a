"""Resources that add: observations, once each by what they say, and retractions. Only for keys that may write, one after another."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from io import BytesIO
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError

from flows.api.answer_shapes import ObservationsShape, RecordedShape, RetractedShape, RetractionShape
from flows.api.answering_threads import headers_of, json_text
from flows.api.asked_values import MAY_WRITE
from flows.api.described import WRITE_PROBLEMS, answers, reference_to
from flows.api.home_routes import LINES
from flows.api.problems import Problem
from flows.engine.graph_follower import GraphFollower
from flows.home.homes import Home
from flows.home.snapshots import HomeSnapshots
from pipeline.intake.status import tallies_as_data

T = TypeVar("T")

router = APIRouter(tags=["writing"], dependencies=[MAY_WRITE])

SENT = "serve"
"""What stands for the file with what is set aside of a request: the same content is the same wherever and whenever it was sent."""

SHOWN_ASIDE = 100
_JSON = "application/json"


class WritingThread:
    """The one thread of a process that adds to the log; what it added is answered at once, and the graph follows."""

    def __init__(self, snapshots: HomeSnapshots, follower: GraphFollower, *, writes: bool) -> None:
        self._snapshots, self._follower, self._writes = snapshots, follower, writes
        self._thread: ThreadPoolExecutor | None = None

    async def done(self, add: Callable[[Home], T]) -> T:
        """What adding came to; it goes on also where the caller goes away. Raises Problem where this server does not write."""
        if not self._writes:
            raise Problem("not-allowed", "this server only reads: start it with `chronokg serve --write`")

        def work() -> T:
            told = add(self._snapshots.home)
            self._snapshots.bring_along()
            self._follower.wake()
            return told

        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "writing")
        return await asyncio.get_running_loop().run_in_executor(self._thread, copy_context().run, work)

    def close(self) -> None:
        """Wait for what is under way; who adds after that begins anew."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown(wait=True)


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            _JSON: {"schema": reference_to(ObservationsShape)},
            LINES: {"schema": {"type": "string"}, "description": "A line for each; lines that break a rule are set aside."},
        },
    }
}


@router.post(
    "/observations",
    openapi_extra=_BODY,
    **answers("record_observations", RecordedShape, "What became of them", *WRITE_PROBLEMS, tagged=False),
)
async def _observe(request: Request) -> Response:
    from flows.engine.outcomes import Outcome
    from flows.jobs.observing import observe_sent

    lines = _lines(await request.body(), request.headers.get("content-type", _JSON).partition(";")[0].strip().lower())
    writing: WritingThread = request.app.state.writing

    def record(home: Home) -> dict[str, Any]:
        outcome = Outcome(home)
        told = observe_sent(home, BytesIO(lines), SENT, outcome)
        return {
            "batches": list(told.batches),
            "recorded": told.fresh > 0,
            "counts": tallies_as_data([told.tally]),
            "set_aside": [{"at": each.position, "error": each.error, "reason": each.reason} for each in told.asides[:SHOWN_ASIDE]],
            "log_version": home.log.version().number,
            **outcome.as_data(),
        }

    return _told(await writing.done(record))


def _lines(body: bytes, kind: str) -> bytes:
    """The body as JSON lines; what is of another shape than promised is refused as a whole, and nothing of it recorded."""
    if kind == LINES:
        if not body.lstrip().startswith(b"{"):
            raise Problem("unreadable", "the body does not begin with a line of JSON: {…}")
        return body.rstrip(b"\n") + b"\n"  # with or without an end of the last line it is the same batch
    if kind != _JSON:
        raise Problem("media-type", f"{kind!r} is neither {_JSON} nor {LINES}")
    try:
        sent = json.loads(body)
        ObservationsShape.model_validate(sent, strict=True)
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]) from None
    except (ValueError, RecursionError):
        raise Problem("unreadable", "the body is not JSON") from None
    return "".join(f"{json.dumps(each, sort_keys=True)}\n" for each in sent["observations"]).encode()


@router.post("/retractions", **answers("record_retraction", RetractedShape, "What was recorded", *WRITE_PROBLEMS, tagged=False))
async def _retract(request: Request, retraction: RetractionShape) -> Response:
    from flows.jobs.keeping import change_document

    writing: WritingThread = request.app.state.writing
    return _told(
        await writing.done(
            lambda home: change_document(home, "retract", retraction.document, retraction.on, anyway=retraction.anyway, into_graph=False)
        )
    )


def _told(answer: dict[str, Any]) -> Response:
    return Response(json_text(answer).encode("utf-8", "replace"), headers=headers_of(None), media_type=_JSON)
