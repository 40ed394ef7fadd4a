"""Long answers in pages: a cursor holds the place of the last row told, so that what comes in meanwhile moves nothing else."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from heapq import nsmallest
from typing import TypeVar

from schema.errors import WrongUse

_T = TypeVar("_T")
Place = tuple[str | int | float | bool, ...]
"""Where a row stands in an order: no two rows have the same."""


def one_page(rows: Iterable[_T], place: Callable[[_T], Place], limit: int, after: str | None) -> tuple[list[_T], str | None, int]:
    """The first `limit` rows after a cursor, in the order of their places.

    With the cursor of the next page (None: there is none), and how many rows there are in all. Raises WrongUse for a limit below 1 and for
    a cursor that is none.
    """
    if limit < 1:
        raise WrongUse(f"limit is {limit}, and must be at least 1")
    every = [(place(row), row) for row in rows]
    total = len(every)
    if after is not None:
        last = _opened(after)
        try:
            every = [each for each in every if each[0] > last]
        except TypeError as cause:
            raise WrongUse(f"cursor {after!r} belongs to another question") from cause
    shown = nsmallest(limit, every, key=lambda each: each[0])
    more = len(every) > len(shown)
    return [row for _, row in shown], _closed(shown[-1][0]) if more else None, total


def _closed(place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps(place, ensure_ascii=False).encode()).decode().rstrip("=")


def _opened(cursor: str) -> Place:
    try:
        told = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as cause:
        raise WrongUse(f"{cursor!r} is no cursor; pass what an earlier page gave as `next`") from cause
    if not isinstance(told, list):
        raise WrongUse(f"{cursor!r} is no cursor; pass what an earlier page gave as `next`")
    return tuple(told)
