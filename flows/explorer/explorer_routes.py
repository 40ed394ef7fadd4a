"""What a server answers the explorer with: the page, the facts about some entities, one fact."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BeforeValidator

from flows.answers.courses_from_log import FACTS_AT_ONCE, MOST_ENTITIES, MOST_FACTS, course_told, courses_about
from flows.explorer.explorer_page import explorer_page, policy
from flows.home.homes import Home
from schema.dates import parse_instant
from schema.errors import InvalidDate
from schema.fact import Status

Answered = Callable[[Request, Callable[[Home], Any]], Awaitable[Response]]
"""How a server answers: with what is asked of a home, as JSON, within its own limits."""

_Text = Annotated[str, Query(min_length=1, max_length=500)]


def _moment(text: object) -> object:
    try:
        return parse_instant(text) if isinstance(text, str) else text
    except InvalidDate as error:
        raise ValueError(str(error)) from None


_KnownAt = Annotated[Annotated[datetime, BeforeValidator(_moment)] | None, Query()]


def explorer_router(answered: Answered, may_read: Sequence[Any] = (), search: str = "/entities", below: str = "") -> APIRouter:
    """The routes `/explorer` (the page, which has no data and so is for anybody), `/explorer/about` and `/explorer/fact`.

    The latter two depend on `may_read`. They serve the page alone: other programs have the server's resources. `search` is the server's
    path that finds entities by `q` and `limit`; `below` is what stands before all paths where the server lies behind another one.
    """
    router = APIRouter(include_in_schema=False)
    paths = {"search": f"{below}{search}", "about": f"{below}/explorer/about", "fact": f"{below}/explorer/fact"}

    @router.get("/explorer", response_class=HTMLResponse)
    def _page() -> HTMLResponse:
        headers = {
            "Content-Security-Policy": f"{policy(served=True)}; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
        }
        return HTMLResponse(explorer_page({"paths": paths}), headers=headers)

    @router.get("/explorer/about", dependencies=may_read)
    async def _about(
        request: Request,
        entity: Annotated[list[_Text], Query(min_length=1, max_length=MOST_ENTITIES)],
        as_of: date | None = None,
        known_at: _KnownAt = None,
        chosen_on: date | None = None,
        status: Annotated[list[Status], Query(max_length=len(Status))] = [],  # noqa: B006
        relation: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_FACTS)] = FACTS_AT_ONCE,
    ) -> Response:
        relations = {relation} if relation else set()

        def told(home: Home) -> dict[str, Any]:
            return courses_about(
                home, entity, as_of=as_of, known_at=known_at, chosen_on=chosen_on, statuses=status, relations=relations, limit=limit
            )

        return await answered(request, told)

    @router.get("/explorer/fact", dependencies=may_read)
    async def _fact(
        request: Request, head: _Text, relation: _Text, tail: _Text, as_of: date | None = None, known_at: _KnownAt = None
    ) -> Response:
        return await answered(request, lambda home: course_told(home, head, relation, tail, as_of=as_of, known_at=known_at))

    return router
