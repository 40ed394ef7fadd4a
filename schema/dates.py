"""Dates as sources give them: a day, a month, a season, a year or a range, never more precise than said."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from schema.errors import InvalidDate


class Precision(StrEnum):
    """How much of a date its source gave."""

    DAY = "day"
    MONTH = "month"
    SEASON = "season"
    YEAR = "year"
    RANGE = "range"


# EDTF season codes and the months they can mean. A winter named by one year can lie at either end of it.
_SEASONS = {21: (3, 5), 22: (6, 8), 23: (9, 11), 24: (1, 12)}
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_SPAN = re.compile(r"([0-9]+)([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(?:Z|[+-][0-9:]+)?")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """All days from `first` to `last` that a date can mean, both included.

    Text form (`parse`, `str`): `2001`, `2001-05`, `2001-05-17`, `2001-21` to `2001-24` for the four seasons, and
    `1998-12/1999-01` for a range: the EDTF level 1 (ISO 8601-2) subset that publication dates need.
    """

    first: date
    last: date
    precision: Precision

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidDate(f"the date {self.first}..{self.last} ends before it starts")

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """Read the text form, or a moment, which means its day; raises InvalidDate naming the text."""
        start, slash, end = text.strip().partition("/")
        if not slash:
            return _single(start, start)
        opening, closing = _single(start, text), _single(end, text)
        return cls(opening.first, closing.last, Precision.RANGE)

    @classmethod
    def day(cls, day: date) -> "PartialDate":
        """The date that means just this day."""
        return cls(day, day, Precision.DAY)

    @property
    def coarseness(self) -> int:
        """0 for a day, else the number of months touched: the smaller, the more precise."""
        if self.precision is Precision.DAY:
            return 0
        if self.precision is Precision.SEASON:
            return 3
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1

    def __str__(self) -> str:
        first = self.first
        match self.precision:
            case Precision.DAY:
                return first.isoformat()
            case Precision.MONTH:
                return f"{first.year:04}-{first.month:02}"
            case Precision.YEAR:
                return f"{first.year:04}"
            case Precision.SEASON:
                code = next(c for c, (start, _) in _SEASONS.items() if start == first.month)
                return f"{first.year:04}-{code}"
            case Precision.RANGE:
                return f"{_range_end(first, opening=True)}/{_range_end(self.last, opening=False)}"


class DateOrigin(StrEnum):
    """Where a date comes from."""

    PUBLICATION = "publication"  # the document's own publication date
    HISTORY = "history"  # a coarse publication date refined by the record's own history
    GIVEN = "given"  # --dates or --published
    PATH = "path"  # a dated folder
    STATED = "stated"  # said in the text
    RELATIVE = "relative"  # said in the text relative to the document's date
    UNKNOWN = "unknown"


def parse_instant(text: str) -> datetime:
    """Read a moment in UTC; a bare date means its last microsecond; a time without a zone is refused."""
    try:
        if len(text) <= 10:
            return datetime.combine(date.fromisoformat(text), time.max, UTC)
        moment = datetime.fromisoformat(text)
    except ValueError as cause:
        raise InvalidDate(f"{text!r} is neither a date (2020-06-05) nor a time with its zone (2020-06-05T12:00:00Z)") from cause
    if moment.tzinfo is None:
        raise InvalidDate(f"{text!r} has no time zone; write 2020-06-05T12:00:00Z or an offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as cause:
        raise InvalidDate(f"{text!r} lies outside the years 1 to 9999 in UTC") from cause


def parse_beginning(text: str) -> datetime:
    """The same, but a bare date means its first microsecond: where a stretch of time begins."""
    moment = parse_instant(text)
    return datetime.combine(moment.date(), time.min, UTC) if len(text) <= len("2026-11-23") else moment


def parse_span(text: str) -> timedelta:
    """A span of time: a whole number of s(econds), m(inutes), h(ours), d(ays) or w(eeks), such as 90d. Raises InvalidDate."""
    found = _SPAN.fullmatch(text.strip())
    try:
        if found:
            return timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError:
        pass
    raise InvalidDate(f"{text!r} is not a span of time such as 90d, 12h or 2w")


def parse_day(text: str) -> date:
    """Read one day; raises InvalidDate naming the text."""
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise InvalidDate(f"{text!r} is not a day such as 2005-03-01") from cause


def day_after(day: date) -> date:
    """The next day; the last of the calendar has none and stays."""
    return day if day == date.max else day + timedelta(days=1)


def day_before(day: date) -> date:
    """The day before; the first of the calendar has none and stays."""
    return day if day == date.min else day - timedelta(days=1)


def _single(text: str, whole: str) -> PartialDate:
    found = _DATE.fullmatch(text[:10] if _MOMENT.fullmatch(text) else text)
    if found is None:
        raise InvalidDate(f"{whole!r} is not a date such as 2001, 2001-05, 2001-05-17 or 1998-12/1999-01")
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    try:
        if day is not None and month is not None:
            return PartialDate.day(date(year, month, day))
        if month is None:
            return PartialDate(date(year, 1, 1), date(year, 12, 31), Precision.YEAR)
        if month in _SEASONS:
            start, end = _SEASONS[month]
            return PartialDate(date(year, start, 1), _month_end(year, end), Precision.SEASON)
        return PartialDate(date(year, month, 1), _month_end(year, month), Precision.MONTH)
    except ValueError as cause:
        raise InvalidDate(f"{whole!r} is not a date in the calendar: {cause}") from cause


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _range_end(day: date, *, opening: bool) -> str:
    whole = day.day == 1 if opening else day == _month_end(day.year, day.month)
    return f"{day.year:04}-{day.month:02}" if whole else day.isoformat()


ONE_DAY = timedelta(days=1)
