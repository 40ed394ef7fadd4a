"""What went wrong, as `application/problem+json` (RFC 9457): one shape for every error, with a type that programs can rely on."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from math import ceil
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Route

from flows.watching.logs import log_event
from pipeline.finding.found_entities import NotOneEntity
from schema.errors import ChronoKGError, InvalidInput, StoreBusy, StoreFailed, StoreUnavailable, WrongUse

PROBLEM_JSON = "application/problem+json"

_TITLES: Mapping[str, tuple[int, str]] = {
    "invalid": (422, "What was sent is not what this takes"),
    "unreadable": (400, "What was sent cannot be read"),
    "key-needed": (401, "A key is needed"),
    "not-allowed": (403, "This is not allowed"),
    "not-found": (404, "There is no such thing"),
    "not-one-entity": (404, "The name is no entity's, or that of several"),
    "contradiction": (409, "It contradicts itself, or what the home holds"),
    "method": (405, "This is not done to that"),
    "too-large": (413, "Too much was sent at once"),
    "media-type": (415, "What was sent is of another kind"),
    "too-many": (429, "Too many requests"),
    "busy": (503, "The home is busy"),
    "unavailable": (503, "The home cannot be read"),
    "failed": (500, "Something failed here"),
}
"""Every type of problem, after `urn:chronokg:problem:`, with its status and title."""

_OF_STATUS = {400: "unreadable", 404: "not-found", 405: "method", 413: "too-large", 415: "media-type"}

RETRY_S = 1
"""Seconds after which it is worth trying again where something was busy."""


class Problem(Exception):
    """Something that a caller is told, by one of the types of problems."""

    def __init__(self, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.more = kind, detail, more
        self.status, self.title = _TITLES[kind]
        self.headers = dict(headers or {})

    def as_data(self) -> dict[str, Any]:
        """The members of the problem."""
        return {"type": f"urn:chronokg:problem:{self.kind}", "title": self.title, "status": self.status, "detail": self.detail, **self.more}


def response_of(problem: Problem) -> Response:
    """The problem as an answer."""
    content = json.dumps(problem.as_data(), ensure_ascii=False, default=str).encode("utf-8", "replace")
    return Response(content, problem.status, problem.headers, PROBLEM_JSON)


def too_many(wait: float) -> Problem:
    """Who asks too much is told when to ask again."""
    return Problem("too-many", f"ask again in {wait:.2g} seconds", headers={"Retry-After": str(ceil(wait))})


def busy(detail: str) -> Problem:
    """It may go next time."""
    return Problem("busy", detail, headers={"Retry-After": str(RETRY_S)})


def problem_of(error: ChronoKGError) -> Problem:
    """What a caller is told of an error of ours."""
    match error:
        case NotOneEntity():
            return Problem("not-one-entity", str(error), **{name: value for name, value in error.as_data().items() if name != "error"})
        case InvalidInput() | WrongUse():
            return Problem("contradiction", str(error))  # the form was right: that is looked at before
        case StoreBusy() | StoreUnavailable():
            return busy("the home is being worked on: ask again")  # the error names files and processes of this machine
        case StoreFailed():
            return Problem("unavailable", "the home cannot be read or written; the log of the server says why")
    return Problem("failed", "the log of the server says why")


def unforeseen(error: Exception) -> Problem:
    """A fault of ours: the log has it, the caller hears no more than the id of the request, which is in a header."""
    log_event("a request failed", "error", error=type(error).__name__, exc_info=error)
    return Problem("failed", "the fault is ours; the log of the server has it under this request's id")


def tell_problems(app: FastAPI) -> None:
    """Let every error of the app be told as a problem."""

    @app.exception_handler(Problem)
    async def _problem(_request: Request, error: Problem) -> Response:
        return response_of(error)

    @app.exception_handler(ChronoKGError)
    async def _of_ours(_request: Request, error: ChronoKGError) -> Response:
        problem = problem_of(error)
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log_event("a request could not be answered", "warning", error=type(error).__name__, reason=str(error))
        return response_of(problem)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> Response:
        return response_of(_of_validation(error.errors()))

    @app.exception_handler(HTTPException)
    async def _of_http(request: Request, error: HTTPException) -> Response:
        kind = _OF_STATUS.get(error.status_code, "invalid" if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else "failed")
        told = {404: f"there is nothing at {request.url.path}", 405: f"{request.method} is not done to {request.url.path}"}
        headers = {**(error.headers or {}), **({"Allow": _allowed(request)} if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else {})}
        return response_of(Problem(kind, told.get(error.status_code, str(error.detail)), headers=headers))


def _allowed(request: Request) -> str:
    """The methods of all routes of a path: the framework tells those of the first one."""
    routes: Sequence[Route] = request.app.state.routes
    return ", ".join(sorted({each for route in routes if route.path_regex.match(request.url.path) for each in route.methods or ()}))


def _of_validation(errors: Sequence[Mapping[str, Any]]) -> Problem:
    found = [{"at": ".".join(map(str, each["loc"])), "rule": str(each["msg"]).removeprefix("Value error, ")} for each in errors]
    return Problem("invalid", "; ".join(f"{each['at']}: {each['rule']}" for each in found), errors=found)
