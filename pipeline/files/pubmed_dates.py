"""Publication dates of PubMed records, never more precise than the record says."""

import re
from datetime import date
from functools import lru_cache

from schema.dates import PartialDate, Precision
from schema.errors import InvalidDate

_NAMES = (
    "jan january, feb february, mar march, apr april, may, jun june, jul july, aug august, sep sept september, oct october,"
    "nov november, dec december"
)
_MONTHS = {name: number for number, names in enumerate(_NAMES.split(","), 1) for name in names.split()}
# EDTF codes for seasons named by one year; months for parts of a range.
_SEASONS = {"spring": 21, "summer": 22, "fall": 23, "autumn": 23, "winter": 24}
_SEASON_MONTHS = {21: (3, 5), 22: (6, 8), 23: (9, 11), 24: (1, 12)}
_QUARTER = re.compile(r"\bq\s*([1-4])\b|\b([1-4])(?:st|nd|rd|th)\b(?=.*\b(?:quart|trimest))|\bquarter\s+([1-4])\b", re.IGNORECASE)
_DASH = re.compile("[/\u2010-\u2015&]|\\band\\b")
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_IN_REFERENCE = re.compile(r"(?<!\d)((?:1[89]|20)\d\d)(?:\s+([A-Z][a-z]{2}))?(?:\s+(\d{1,2}))?(?=\s*[;:.,]|\s*$)")


@lru_cache(maxsize=1 << 14)
def from_parts(year: str | None, month: str | None, day: str | None, season: str | None) -> PartialDate | None:
    """A date from the elements Year, Month (name or number), Day and Season; None where there is no usable year."""
    if not year or not _YEAR.fullmatch(year.strip()):
        return None
    if month:
        return from_text(f"{year} {month} {day or ''}")
    return from_text(f"{year} {season}") if season else from_text(year)


@lru_cache(maxsize=1 << 14)
def from_text(text: str) -> PartialDate | None:
    """A date from text such as `2000 Spring`, `1998 Dec-1999 Jan`, `1998 Dec 15-30`, `2015 1st Quarter`; None without a year.

    Where the text says more than can be understood, the years are all that is taken.
    """
    years = _YEAR.findall(text)
    if not years:
        return None
    try:
        if quarters := [int("".join(groups)) for groups in _QUARTER.findall(text)]:
            return PartialDate.parse(f"{years[0]}-{quarters[0] * 3 - 2:02}/{years[-1]}-{quarters[-1] * 3:02}")
        left, dash, right = _DASH.sub("-", text.replace(",", " ")).partition("-")
        first = _Part.read(left)
        if not dash:
            return first.single(int(years[0]))
        last = _Part.read(right)
        return _range(first, last, int(years[0]), int(years[-1]))
    except (InvalidDate, ValueError):
        return PartialDate.parse(years[0] if years[-1] <= years[0] else f"{years[0]}/{years[-1]}")


def in_reference(text: str) -> PartialDate | None:
    """The date in a citation such as `Lancet. 2010 Feb 6;375(9713):445`."""
    found = _IN_REFERENCE.search(text)
    return from_parts(found[1], found[2], found[3], None) if found else None


def refined(coarse: PartialDate, days: list[PartialDate | None]) -> PartialDate | None:
    """The first of some days that a coarse date can mean; None where it is a day already or none lies within it."""
    if coarse.precision is Precision.DAY:
        return None
    return next((day for day in days if day is not None and coarse.first <= day.first and day.last <= coarse.last), None)


class _Part:
    """One side of a date: whatever of year, month, season and day it gives."""

    def __init__(self, year: int | None, month: int | None, season: int | None, day: int | None) -> None:
        self.year, self.month, self.season, self.day = year, month, season, day

    @classmethod
    def read(cls, text: str) -> "_Part":
        part = cls(None, None, None, None)
        for word in text.lower().replace(".", " ").split():
            number = int(word) if word.isascii() and word.isdigit() else None
            if _YEAR.fullmatch(word):
                field, value = "year", number
            elif word in _MONTHS:
                field, value = "month", _MONTHS[word]
            elif word in _SEASONS:
                field, value = "season", _SEASONS[word]
            elif number is not None and part.month is None and part.season is None and part.year is not None and number <= 12:
                field, value = "month", number
            elif number is not None and number <= 31:
                field, value = "day", number
            else:
                raise ValueError(f"{word!r} is no part of a date")
            if getattr(part, field) is not None:
                raise ValueError(f"{text!r} says its {field} twice")
            setattr(part, field, value)
        return part

    def single(self, year: int) -> PartialDate:
        if self.season:
            return PartialDate.parse(f"{year}-{self.season}")
        if self.month is None:
            return PartialDate.parse(f"{year}")
        return PartialDate.parse(f"{year}-{self.month:02}" + (f"-{self.day:02}" if self.day else ""))

    def months(self) -> tuple[int, int]:
        if self.season:
            return _SEASON_MONTHS[self.season]
        return (self.month, self.month) if self.month else (1, 12)


def _range(first: _Part, last: _Part, opening: int, closing: int) -> PartialDate:
    if last.month is None and last.season is None and last.year is None:
        # `1998 Dec 15-30`: a day of the month that is named already; a lone number after a bare month is a month.
        if first.day is None:
            last.month, last.day = last.day, None
        else:
            last.month = first.month
    start_month, end_month = first.months()[0], last.months()[1]
    if closing == opening and end_month < start_month:
        closing += 1  # `1998 Dec-Jan`
    start, end = f"{opening}-{start_month:02}", f"{closing}-{end_month:02}"
    if first.day and last.day:
        return PartialDate(date(opening, start_month, first.day), date(closing, end_month, last.day), Precision.RANGE)
    return PartialDate.parse(f"{start}/{end}")
