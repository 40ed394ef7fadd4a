"""Times that are counted from another date: `last year`, `two years ago`, `last March`, `3 May` without a year."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from pipeline.stated_times.dates_in_text import MONTHS, DateInText
from schema.dates import PartialDate, Precision
from schema.errors import InvalidDate

_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_NUMBERS = ["a", "an", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_COUNTS = {word: max(1, number - 1) for number, word in enumerate(_NUMBERS)}
_COUNT = rf"(?P<n>\d{{1,3}}|{'|'.join(_NUMBERS)})"
_WHICH = r"(?P<which>last|this|next|the\s+(?:previous|following|same))"
_MONTH_NAMES = "|".join(name for name in MONTHS if len(name) > 4 or name in {"may", "june", "july"})
_FORMS = {
    "ago": rf"\b{_COUNT}\s+(?P<unit>year|month|week|day)s?\s+ago\b",
    "counted": rf"\b{_COUNT}\s+(?P<unit>year|month|week|day)s?\s+(?P<way>earlier|before|previously|later|afterwards?)\b",
    "beside": r"\bthe\s+(?P<unit>year|month|week|day)\s+(?P<way>before|after)\b(?!\s+(?:that|the|it)\b)",
    "unit": rf"\b(?:earlier\s+|later\s+|late\s+|early\s+)?{_WHICH}\s+(?P<unit>year|month|week)\b",
    "named": rf"\b(?P<which>last|this|next)\s+(?P<name>{_MONTH_NAMES}|{'|'.join(_WEEKDAYS)})\b",
    "day": r"\b(?P<word>yesterday|today|tomorrow)\b(?!['\u2019])",
}
_RELATIVE = [(form, re.compile(said, re.IGNORECASE)) for form, said in _FORMS.items()]
_WORTH_A_LOOK = re.compile(
    r"\b(?:ago|earlier|before|after|previously|later|afterwards?|last|this|next|previous|following|same|yesterday|today|tomorrow)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Distance:
    """A time in a text that needs another date to be one; `from_sentence`: the last date of the sentence, where it has one."""

    start: int
    end: int
    said: str
    resolve: Callable[[PartialDate], PartialDate]  # raises InvalidDate naming what is not known
    from_sentence: bool = False
    needs_sentence: bool = False


@lru_cache(maxsize=1 << 12)
def distances(text: str) -> tuple[Distance, ...]:
    """Every relative time in a text, in order."""
    if _WORTH_A_LOOK.search(text) is None:
        return ()
    found: list[Distance] = []
    taken = bytearray(len(text))
    for form, pattern in _RELATIVE:
        for m in pattern.finditer(text):
            if not any(taken[m.start() : m.end()]):
                taken[m.start() : m.end()] = b"\1" * (m.end() - m.start())
                found.append(_distance(form, m))
    return tuple(sorted(found, key=lambda each: each.start))


def _distance(form: str, m: "re.Match[str]") -> Distance:
    said = m[0]
    told = {key: value.lower() for key, value in m.groupdict().items() if value}
    after = told.get("way", "").startswith(("later", "after"))
    if form == "named":
        return Distance(m.start(), m.end(), said, lambda origin: _named(said, told["which"], told["name"], origin))
    if form == "day":
        steps = {"yesterday": -1, "today": 0, "tomorrow": 1}[told["word"]]
        return Distance(m.start(), m.end(), said, lambda origin: _moved(said, origin, steps, "day"))
    if form == "unit":
        which = told["which"].split()[-1]
        steps = {"last": -1, "previous": -1, "next": 1, "following": 1}.get(which, 0)
        told_by_sentence = which in {"previous", "following", "same"}
        return Distance(
            m.start(),
            m.end(),
            said,
            lambda origin: _moved(said, origin, steps, told["unit"]),
            told_by_sentence,
            which in {"following", "same"},
        )
    count = _count(told.get("n", "one"))
    steps = count if after else -count
    return Distance(m.start(), m.end(), said, lambda origin: _moved(said, origin, steps, told["unit"]), form != "ago", after)


def dated_without_year(moment: DateInText, published: PartialDate) -> PartialDate:
    """`3 May` or `March` in the document's year; raises InvalidDate where it comes after the document and may be another year's."""
    year = _one_year(moment.said, published)
    month = moment.month or 1
    found = PartialDate.parse(f"{year}-{month:02}" + (f"-{moment.day:02}" if moment.day else ""))
    if found.first > published.first:
        raise InvalidDate(f"{moment.said!r} may be of {year} or of the year before")
    return found


def _count(text: str) -> int:
    return int(text) if text.isdigit() else _COUNTS[text]


def _one_year(said: str, origin: PartialDate) -> int:
    if origin.first.year != origin.last.year:
        raise InvalidDate(f"{said!r} is counted from a date whose year is not known")
    return origin.first.year


def _moved(said: str, origin: PartialDate, steps: int, unit: str) -> PartialDate:
    """As many units on as the text says, no more precisely than the unit and the date that is counted from."""
    if abs(steps) > 9 and (steps % 10 == 0 or abs(steps) > 99):
        raise InvalidDate(f"{said!r} is a round number")
    if unit == "year":
        return PartialDate.parse(f"{_in_calendar(said, _one_year(said, origin) + steps):04}")
    if unit == "month":
        return _months_on(said, origin, steps)
    if origin.precision is not Precision.DAY:
        raise InvalidDate(f"{said!r} is counted from a date whose day is not known")
    try:
        if unit == "day":
            return PartialDate.day(origin.first + timedelta(days=steps))
        monday = origin.first - timedelta(days=origin.first.weekday()) + timedelta(weeks=steps)
        return PartialDate(monday, monday + timedelta(days=6), Precision.RANGE)
    except OverflowError as cause:
        raise InvalidDate(f"{said!r} leads out of the calendar") from cause


def _months_on(said: str, origin: PartialDate, steps: int) -> PartialDate:
    year, month = _one_month(said, origin)
    year, month = divmod(year * 12 + month - 1 + steps, 12)
    return PartialDate.parse(f"{_in_calendar(said, year):04}-{month + 1:02}")


def _one_month(said: str, origin: PartialDate) -> tuple[int, int]:
    if (origin.first.year, origin.first.month) != (origin.last.year, origin.last.month):
        raise InvalidDate(f"{said!r} is counted from a date whose month is not known")
    return origin.first.year, origin.first.month


def _in_calendar(said: str, year: int) -> int:
    if not 1500 <= year <= 2099:
        raise InvalidDate(f"{said!r} leads to the year {year}")
    return year


def _named(said: str, which: str, name: str, origin: PartialDate) -> PartialDate:
    """`last March` is the latest March that was over, `last Monday` the latest Monday before; `next` the first to come."""
    if name in MONTHS:
        year, month = _one_month(said, origin)
        wanted = MONTHS[name]
        year += {"last": -1 if wanted >= month else 0, "this": 0, "next": 1 if wanted <= month else 0}[which]
        return PartialDate.parse(f"{_in_calendar(said, year):04}-{wanted:02}")
    if origin.precision is not Precision.DAY or which == "this":
        raise InvalidDate(f"which day {said!r} is, is not known")
    apart = (origin.first.weekday() - _WEEKDAYS.index(name)) % 7 or 7
    return PartialDate.day(origin.first - timedelta(days=apart) if which == "last" else origin.first + timedelta(days=7 - apart or 7))
