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
_QUARTER = re.compile(r"(?:q\s*([1-4])|([1-4])(?:st|nd|rd|th)\s+(?:quarter|quart|trimest\w*)|(?:quarter)\s+([1-4]))", re.IGNORECASE)
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

    Where the text says more than can be understood, the year is all that is taken.
    """
    years = _YEAR.findall(text)
    if not years:
        return None
    try:
        if quarter := _QUARTER.search(text):
            number = int(next(group for group in quarter.groups() if group))
            return PartialDate.parse(f"{years[0]}-{number * 3 - 2:02}/{years[0]}-{number * 3:02}")
        left, dash, right = re.sub(r"[,/]", " ", text).partition("-")
        first = _Part.read(left)
        if not dash:
            return first.single(int(years[0]))
        last = _Part.read(right)
        return _range(first, last, int(years[0]), int(years[-1]))
    except (InvalidDate, ValueError):
        return PartialDate.parse(years[0])


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
            if _YEAR.fullmatch(word):
                part.year = int(word)
            elif word in _MONTHS:
                part.month = _MONTHS[word]
            elif word in _SEASONS:
                part.season = _SEASONS[word]
            elif word.isdigit() and part.month is None and part.season is None and part.year is not None and int(word) <= 12:
                part.month = int(word)
            elif word.isdigit() and int(word) <= 31:
                part.day = int(word)
            else:
                raise ValueError(f"{word!r} is no part of a date")
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
