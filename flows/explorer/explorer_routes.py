"""What a server answers the explorer with: the page, the facts about some entities, one fact."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from flows.answers.courses_from_log import FACTS_AT_ONCE, MOST_ENTITIES, MOST_FACTS, course_told, courses_about
from flows.explorer.explorer_page import explorer_page, policy
from flows.home.homes import Home
from schema.dates import parse_instant
from schema.fact import Status

Answered = Callable[[Request, Callable[[Home], Any]], Awaitable[Response]]
"""How a server answers: with what is asked of a home, as JSON, within its own limits."""

_Text = Annotated[str, Query(min_length=1, max_length=500)]
_KnownAt = Annotated[str | None, Query(description="Only what was recorded up to then (a date: its end, UTC).", examples=["2020-06-05"])]
_AsOf = Annotated[date | None, Query(description="Only what was published up to this day.")]


def explorer_router(answered: Answered, search: str = "/entities", below: str = "") -> APIRouter:
    """The routes `/explorer` (the page), `/explorer/about` and `/explorer/fact`.

    `search` is the server's path that finds entities by `q` and `limit`; `below` is what stands before all paths where the server lies
    behind another one.
    """
    router = APIRouter(tags=["explorer"])
    paths = {"search": f"{below}{search}", "about": f"{below}/explorer/about", "fact": f"{below}/explorer/fact"}

    @router.get("/explorer", response_class=HTMLResponse, summary="The explorer, a page for people")
    def _page() -> HTMLResponse:
        headers = {
            "Content-Security-Policy": f"{policy(served=True)}; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
        }
        return HTMLResponse(explorer_page({"paths": paths}), headers=headers)

    @router.get("/explorer/about", summary="Facts about some entities, with their courses")
    async def _about(
        request: Request,
        entity: Annotated[list[_Text], Query(min_length=1, max_length=MOST_ENTITIES, description="Keys or names.")],
        as_of: _AsOf = None,
        known_at: _KnownAt = None,
        chosen_on: Annotated[date | None, Query(description="The day on which the facts that are chosen stand best.")] = None,
        status: Annotated[list[Status], Query(description="Only of these statuses on that day.")] = [],  # noqa: B006
        relation: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_FACTS)] = FACTS_AT_ONCE,
    ) -> Response:
        moment = parse_instant(known_at) if known_at else None
        relations = {relation} if relation else set()

        def told(home: Home) -> dict[str, Any]:
            return courses_about(
                home, entity, as_of=as_of, known_at=moment, chosen_on=chosen_on, statuses=status, relations=relations, limit=limit
            )

        return await answered(request, told)

    @router.get("/explorer/fact", summary="One fact: its course, papers, changes and the facts that it met")
    async def _fact(
        request: Request, head: _Text, relation: _Text, tail: _Text, as_of: _AsOf = None, known_at: _KnownAt = None
    ) -> Response:
        moment = parse_instant(known_at) if known_at else None
        return await answered(request, lambda home: course_told(home, head, relation, tail, as_of=as_of, known_at=moment))

    return router
