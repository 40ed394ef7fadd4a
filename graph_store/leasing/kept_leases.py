"""Leases kept in a folder beside the log: one small file for each change, named by its number, which of several only one can make."""

import json
import re
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TypeVar

from pydantic import ValidationError
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from graph_store.folders.places import Folder, Place, folder_at
from graph_store.leasing.holders import is_known_dead
from graph_store.leasing.lease_book import BOOK_FORMAT, BOOKS, Book, Grant, held_in, released_in, taken_in
from schema.errors import LogTooNew, StoreBusy, StoreFailed, StoreUnavailable, plain_reason
from schema.ports import Holder, Lease

T = TypeVar("T")

_KEPT = 32
"""How many changes are kept: who reads one while others go on still finds it."""

_PATIENCE_S = 120.0
"""How long somebody tries who is overtaken by others again and again."""

_END = ".json"
_STATE = re.compile(r"[0-9]{20}\.json")


class KeptLeases:
    """See schema.ports.Leases.

    The state after each change is a file that is made only where there is none of that number: of two that change the same state the
    second looks again. Old ones are removed; a number that is free again because of that lies further back than any that is kept.
    """

    def __init__(
        self,
        folder: Folder,
        holder: Holder,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now` is the clock; `elapsed` counts seconds, and is never set back."""
        self._folder, self._holder = folder, holder
        self._now, self._elapsed = now, elapsed
        self._alone = Lock()
        self._ours: set[str] = set()
        self._seen: dict[tuple[str, int], float] = {}

    def take(self, things: Collection[str], seconds: float) -> set[str]:
        """Of these things those that are ours now."""
        with self._alone:
            taken = self._taken(things, seconds)
            self._ours |= taken
            return taken

    def renew(self, seconds: float) -> set[str]:
        """Prolong all of ours; returns those that others have taken since."""
        with self._alone:
            had = self._ours
            self._ours = self._taken(had, seconds)
            return had - self._ours

    def release(self, things: Collection[str]) -> None:
        """Let go of these."""
        with self._alone:
            if self._ours.isdisjoint(things):
                return
            self._change(lambda book, _: (released_in(book, self._holder, things), None))
            self._ours.difference_update(things)

    def held_by_others(self, things: Collection[str]) -> Mapping[str, Lease]:
        """Of these things those that somebody else holds."""
        with self._alone:
            return self._change(lambda book, _: (book, held_in(book, self._holder, things, self._has_ended)))

    def _taken(self, things: Collection[str], seconds: float) -> set[str]:
        if not things:
            return set()

        def take(book: Book, number: int) -> tuple[Book, set[str]]:
            given = (number, self._now() + timedelta(seconds=seconds), seconds)
            return taken_in(book, self._holder, things, self._has_ended, given)

        return self._change(take)

    def _has_ended(self, grant: Grant) -> bool:
        # What has stood unchanged for as long as it was given for has ended, whatever the clocks of its holder and ours say.
        since = self._seen.setdefault((grant.holder.id, grant.number), self._elapsed())
        return self._now() >= grant.until or self._elapsed() - since >= grant.seconds or is_known_dead(grant.holder)

    def _change(self, make: Callable[[Book, int], tuple[Book, T]]) -> T:
        """Make the next state of the last one, and tell what `make` says besides; it is asked again where another one was faster."""
        attempts = Retrying(
            stop=stop_after_delay(_PATIENCE_S),
            wait=wait_random_exponential(multiplier=0.005, max=0.5),
            retry=retry_if_exception_type(_Overtaken),
        )
        try:
            for attempt in attempts:
                with attempt:
                    number, book = self._last()
                    changed, answer = make(book, number + 1)
                    if changed.grants != book.grants:
                        self._make_next(number, changed)
        except RetryError:
            raise StoreBusy(f"the leases in {self._folder} were changed by others all the time; waited {_PATIENCE_S:g} s") from None
        except OSError as cause:
            kind = StoreUnavailable if self._folder.is_away(cause) else StoreFailed
            raise kind(f"the leases in {self._folder} could not be read or written: {plain_reason(cause)}") from cause
        return answer

    def _last(self) -> tuple[int, Book]:
        numbers = self._numbers()
        if not numbers:
            # The first state is never removed: else who found none and slept could begin again where others have long gone on.
            self._folder.create(_name(0), BOOKS.dump_json(Book()))
            raise _Overtaken
        content = self._folder.read(_name(max(numbers)))
        if content is None:
            raise _Overtaken
        book = self._book(content)
        standing = {(grant.holder.id, grant.number) for grant in book.grants}
        self._seen = {grant: since for grant, since in self._seen.items() if grant in standing}
        return max(numbers), book

    def _numbers(self) -> list[int]:
        return [int(name.removesuffix(_END)) for name in self._folder.sizes() if _STATE.fullmatch(name)]

    def _book(self, content: bytes) -> Book:
        number = _format_of(content)
        if number > BOOK_FORMAT:
            raise LogTooNew(f"the leases in {self._folder} have format {number}: upgrade ChronoKG")
        try:
            return BOOKS.validate_json(content)
        except ValidationError:
            # Torn where a disk lost its power. Holders on other machines live on: what others take of theirs they hear at the next
            # renewal, and until then two may read the same document, which the log takes once.
            return Book()

    def _make_next(self, number: int, book: Book) -> None:
        content = BOOKS.dump_json(book)
        # A store whose answer was lost is asked again, and then finds what it has itself written.
        if not self._folder.create(_name(number + 1), content) and self._folder.read(_name(number + 1)) != content:
            raise _Overtaken
        if max(self._numbers(), default=0) > number + 1 + _KEPT:
            self._folder.remove(_name(number + 1))  # we slept so long that a number was free again
            raise _Overtaken
        if number % _KEPT == 0:
            self._clean(number - _KEPT)

    def _clean(self, before: int) -> None:
        # With them goes what those who were killed while they made one have left behind: its name begins with the number too.
        for name in sorted(self._folder.sizes()):
            if _name(0) < name < _name(before):
                self._folder.remove(name)


class _Overtaken(Exception):
    """Another process has made the state that we were about to make."""


def _format_of(content: bytes) -> int:
    """The format that a state says it has, before anything else of it is looked at; 0 where it says none."""
    try:
        told = json.loads(content)
    except ValueError:
        return 0
    number = told.get("format") if isinstance(told, dict) else None
    return number if isinstance(number, int) else 0


def _name(number: int) -> str:
    return f"{number:020}{_END}"


def open_leases(
    log: Place,
    holder: Holder,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    elapsed: Callable[[], float] = time.monotonic,
) -> KeptLeases:
    """The leases beside the log at this place for this holder (graph_store.leasing.holders.this_process)."""
    return KeptLeases(folder_at(f"{log}-leases"), holder, now, elapsed)
