"""Days that a source is asked for: whole months far back, single days near now, so that the same days have the same name each time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from schema.errors import WrongUse
from schema.ports import HeldBack, ListedFile, Listing, SourceState

DAY = timedelta(days=1)
_NAMED = re.compile(r"(?:[A-Za-z_]+-)?(\d{4}-\d\d-\d\d)(?:(?:\.\.|/)(\d{4}-\d\d-\d\d))?")
_EVER = (date(1500, 1, 1), date(2999, 12, 31))


@dataclass(frozen=True, slots=True)
class DaySpan:
    """What one search is about: days of the kind that is followed, and where one of these has too many, days of publication."""

    first: date
    last: date
    published: tuple[date, date] | None = None

    def halves(self) -> "tuple[DaySpan, DaySpan] | None":
        """Two spans that are this one together; None where it is one day of publication of one day."""
        if self.first < self.last:
            middle = self.first + (self.last - self.first) // 2
            return replace(self, last=middle), replace(self, first=middle + DAY)
        first, last = self.published or _EVER
        if first == last:
            return None
        middle = first + (last - first) // 2
        if (last - first).days > 800:  # at the end of a year: many a date of publication is no more than one
            middle = date(middle.year, 12, 31)
        return replace(self, published=(first, middle)), replace(self, published=(middle + DAY, last))


def days_to_ask(state: SourceState, since: date, today: date, overlap: int, kind: str, named: tuple[str, ...] = ()) -> Listing:
    """The queries that follow a source: from `overlap` days before its watermark, else from `since`, to today; or for named days.

    What came late under a day that was asked for before is met again within the overlap. Raises WrongUse for a name that is no day.
    """
    if named:
        spans = [_days_named(name) for name in named]
        files = [each for first, last in spans for each in _windows(first, min(last, today), kind)]
        absent = tuple(HeldBack(name, "is still to come") for name, (first, _) in zip(named, spans, strict=True) if first > today)
        unique = tuple({file.name: file for file in files}.values())
        return Listing(len(unique) + len(absent), unique, waiting=absent)
    first = since if state.watermark is None else max(since, state.watermark - (overlap - 1) * DAY)
    files = list(_windows(first, today, kind))
    return Listing(len(files), tuple(files), newest=files[-1] if files else None, in_order=True)


def _windows(first: date, last: date, kind: str) -> Iterator[ListedFile]:
    while first <= last:
        end = (first.replace(day=1) + 31 * DAY).replace(day=1) - DAY
        # A month that has not been over for a while is asked for day by day, as it was on each of its days.
        until = end if first.day == 1 and end + 7 * DAY < last else first
        name = f"{kind}-{first}" if until == first else f"{kind}-{first}..{until}"
        yield ListedFile(name, days=(first, until), stamp="")
        first = until + DAY


def _days_named(name: str) -> tuple[date, date]:
    found = _NAMED.fullmatch(name)
    try:
        first, last = (date.fromisoformat(found[1]), date.fromisoformat(found[2] or found[1])) if found else (date.max, date.min)
    except ValueError:
        first, last = date.max, date.min
    if first > last:
        raise WrongUse(f"{name!r} names no day such as 2026-01-31 and no days such as 2026-01-01..2026-01-31")
    return first, last
