"""What is held by whom, as a value: the rules by which a change of it is made."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from schema.ports import Holder, Lease

BOOK_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Grant:
    """Things that were given to a holder by one change, and when they are free again."""

    number: int  # of that change
    holder: Holder
    until: datetime
    seconds: float  # how long it was given for
    things: frozenset[str]


@dataclass(frozen=True, slots=True)
class Book:
    """All that is held: what is not in it is free."""

    format: int = BOOK_FORMAT
    grants: tuple[Grant, ...] = ()


BOOKS = TypeAdapter(Book)
"""A book as JSON."""

Ended = Callable[[Grant], bool]
"""Whether a grant of somebody else holds no longer."""


def taken_in(
    book: Book, holder: Holder, things: Collection[str], ended: Ended, given: tuple[int, datetime, float]
) -> tuple[Book, set[str]]:
    """The book in which the holder has of these things what others do not have, and these; `given`: number, until, seconds."""
    others = tuple(grant for grant in book.grants if grant.holder.id != holder.id and not ended(grant))
    ours = frozenset(things).difference(*(grant.things for grant in others))
    mine = _without(ours, [grant for grant in book.grants if grant.holder.id == holder.id])
    return Book(grants=(*others, *mine, *([Grant(given[0], holder, given[1], given[2], ours)] if ours else []))), set(ours)


def released_in(book: Book, holder: Holder, things: Collection[str]) -> Book:
    """The book in which the holder has none of these."""
    free = frozenset(things)
    others = tuple(grant for grant in book.grants if grant.holder.id != holder.id)
    return Book(grants=others + _without(free, [grant for grant in book.grants if grant.holder.id == holder.id]))


def held_in(book: Book, holder: Holder, things: Collection[str], ended: Ended) -> Mapping[str, Lease]:
    """Of these things those that others have."""
    asked = frozenset(things)
    others = [grant for grant in book.grants if grant.holder.id != holder.id and not grant.things.isdisjoint(asked) and not ended(grant)]
    return {thing: Lease(grant.holder, grant.until) for grant in others for thing in grant.things & asked}


def _without(things: frozenset[str], grants: Collection[Grant]) -> tuple[Grant, ...]:
    left = (replace(grant, things=grant.things - things) for grant in grants)
    return tuple(grant for grant in left if grant.things)
