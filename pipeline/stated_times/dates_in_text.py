"""Dates in running text: where they stand, and what of year, month and day they say."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from schema.dates import PartialDate
from schema.errors import InvalidDate

_NAMES = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
MONTHS = {name[:length]: number for number, name in enumerate(_NAMES, 1) for length in (3, len(name))} | {"sept": 9}
SEASONS = {"spring": 21, "summer": 22, "autumn": 23, "fall": 23, "winter": 24}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}

YEAR = r"(?<![\d.,:/$€£-])(?:1[5-9]|20)\d\d(?![\d%])"
"""1500 to 2099: what lies further off is a number."""
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DAY = r"(?<![\d.,])\d{1,2}(?:st|nd|rd|th)?(?![\d%])"
_DASH = r"\s*(?:[-\u2010-\u2015]|\bto\b|\band\b|\buntil\b|\bthrough\b)\s*"
_PART = r"(?:(?:[Ee]arly|[Mm]id|[Ll]ate|[Tt]he\s+(?:beginning|end|middle|start)\s+of)[\s-]+)?"


@dataclass(frozen=True, slots=True)
class DateInText:
    """A date in a text: its span, what it can mean, or why that is not known.

    `until` is the other end where the text gives two in one ("3-5 May 2020"); `month` and `day` are all that is known where the
    text leaves out the year; a bare year needs a word of time before it, for it could be any number.
    """

    start: int
    end: int
    said: str
    date: PartialDate | None = None
    until: PartialDate | None = None
    month: int | None = None
    day: int | None = None
    bare: bool = False
    why_not: str = ""


_Built = dict[str, object]


def _month(name: str) -> int:
    return MONTHS[name.lower().rstrip(".")]


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _day(year: str | int, month: int, day: str | int) -> PartialDate:
    return PartialDate.parse(f"{year}-{month:02}-{int(_number(str(day))):02}")


def _numeric(m: "re.Match[str]") -> _Built:
    """`03/04/2005` is a day of 2005, whichever: only the year is sure."""
    one, other, year = int(m["a"]), int(m["b"]), m["y"]
    if not (1 <= min(one, other) <= 12 and max(one, other) <= 31):
        raise InvalidDate(f"{m[0]!r} is not a date in the calendar")
    if one > 12 or one == other:
        return {"date": _day(year, other, one)}
    return {"date": _day(year, one, other) if other > 12 else PartialDate.parse(year)}


def _days(m: "re.Match[str]") -> _Built:
    month, year = _month(m["m"]), m["y"]
    return {"date": _day(year, month, m["a"]), "until": _day(year, month, m["b"])}


def _years(m: "re.Match[str]") -> _Built:
    first, last = m["y"], m["z"]
    if len(last) == 2:
        last = first[:2] + last
    if int(last) < int(first):
        raise InvalidDate(f"{m[0]!r} ends before it starts")
    return {"date": PartialDate.parse(first), "until": PartialDate.parse(last), "bare": True}


def _months_of(year: str, first: int, last: int) -> _Built:
    return {"date": PartialDate.parse(f"{year}-{first:02}/{year}-{last:02}")}


def _quarter(m: "re.Match[str]") -> _Built:
    number = _ORDINALS.get(m["q"].lower()) or int(m["q"])
    return _months_of(m["y"], number * 3 - 2, number * 3)


def _half(m: "re.Match[str]") -> _Built:
    number = _ORDINALS.get(m["q"].lower()) or int(m["q"])
    return _months_of(m["y"], number * 6 - 5, number * 6)


def _winter(m: "re.Match[str]") -> _Built:
    second = int(m["y"]) + 1
    if int(m["z"]) % 100 != second % 100:
        raise InvalidDate(f"{m[0]!r} is no winter")
    return {"date": PartialDate.parse(f"{m['y']}-12/{second}-02")}


def _fiscal(_: "re.Match[str]") -> _Built:
    return {"why_not": "a fiscal year begins where its owner says"}


_FORMS: list[tuple[str, Callable[["re.Match[str]"], _Built]]] = [
    (rf"\b(?:[Ff]iscal(?:\s+year)?|FY)[\s'\u2019]*(?:{YEAR}|\d\d\b)(?:[-/]\d\d(?:\d\d)?)?", _fiscal),
    (
        r"(?<![\d/-])(?P<y>(?:1[5-9]|20)\d\d)[-/](?P<b>\d\d?)[-/](?P<a>\d\d?)(?![\d/-])",
        lambda m: {"date": _day(m["y"], int(m["b"]), m["a"])},
    ),
    (rf"(?P<a>{_DAY}){_DASH}(?P<b>{_DAY})\s+(?:of\s+)?(?P<m>{_MONTH}),?\s+(?P<y>{YEAR})", _days),
    (rf"\b(?P<m>{_MONTH})\s+(?P<a>{_DAY}){_DASH}(?P<b>{_DAY}),?\s+(?P<y>{YEAR})", _days),
    (rf"(?P<a>{_DAY})\s+(?:of\s+)?(?P<m>{_MONTH}),?\s+(?P<y>{YEAR})", lambda m: {"date": _day(m["y"], _month(m["m"]), m["a"])}),
    (rf"\b(?P<m>{_MONTH})\s+(?P<a>{_DAY}),?\s+(?P<y>{YEAR})", lambda m: {"date": _day(m["y"], _month(m["m"]), m["a"])}),
    (r"(?<![\d/.-])(?P<a>\d{1,2})(?P<s>[/.-])(?P<b>\d{1,2})(?P=s)(?P<y>(?:1[5-9]|20)\d\d)(?![\d/-])", _numeric),
    (rf"\b[Ww]inter\s+(?:of\s+)?(?P<y>{YEAR})[-/\u2010-\u2015](?P<z>\d\d(?:\d\d)?)(?!\d)", _winter),
    (
        rf"\b(?P<n>[Ss]pring|[Ss]ummer|[Aa]utumn|[Ff]all|[Ww]inter),?\s+(?:of\s+)?(?P<y>{YEAR})",
        lambda m: {"date": PartialDate.parse(f"{m['y']}-{SEASONS[m['n'].lower()]}")},
    ),
    (rf"\bQ(?P<q>[1-4])[\s,]+(?:of\s+)?(?P<y>{YEAR})", _quarter),
    (rf"(?P<y>{YEAR})[\s-]?Q(?P<q>[1-4])\b", _quarter),
    (rf"\b(?P<q>[Ff]irst|[Ss]econd|[Tt]hird|[Ff]ourth|1st|2nd|3rd|4th)\s+quarter\s+(?:of\s+)?(?P<y>{YEAR})", _quarter),
    (rf"\b(?P<q>[Ff]irst|[Ss]econd|1st|2nd)\s+half\s+(?:of\s+)?(?P<y>{YEAR})", _half),
    (rf"\bH(?P<q>[12])[\s,]+(?P<y>{YEAR})", _half),
    (rf"\b{_PART}(?P<m>{_MONTH}),?\s+(?:of\s+)?(?P<y>{YEAR})", lambda m: {"date": PartialDate.parse(f"{m['y']}-{_month(m['m']):02}")}),
    (rf"{_PART}(?P<y>(?<![\d.,:/-])(?:1[5-9]|20)\d0)['\u2019]?s\b", lambda m: {"date": PartialDate.parse(f"{m['y']}/{m['y'][:3]}9")}),
    (r"(?<![\d/.-])(?P<y>(?:1[5-9]|20)\d\d)-(?P<m>0[1-9]|1[0-2])(?![\d/-])", lambda m: {"date": PartialDate.parse(f"{m['y']}-{m['m']}")}),
    (rf"(?P<y>{YEAR})\s*[-\u2010-\u2015/]\s*(?P<z>(?:(?:1[5-9]|20)\d\d|\d\d))(?![\d%/-])", _years),
    (rf"{_PART}(?P<y>{YEAR})(?![-\u2010-\u2015/]\d)", lambda m: {"date": PartialDate.parse(m["y"]), "bare": True}),
    (rf"(?P<a>{_DAY})\s+(?:of\s+)?(?P<m>{_MONTH})(?!\w)", lambda m: {"month": _month(m["m"]), "day": _number(m["a"])}),
    (rf"\b(?P<m>{_MONTH})\s+(?P<a>{_DAY})(?!\w)", lambda m: {"month": _month(m["m"]), "day": _number(m["a"])}),
    (rf"\b(?P<m>{_MONTH})(?!\w)", lambda m: {"month": _month(m["m"])}),
]
_COMPILED = [(re.compile(form), build) for form, build in _FORMS]
_WORTH_A_LOOK = re.compile(rf"\d{{4}}|\bFY|{_MONTH}")


@lru_cache(maxsize=1 << 12)
def dates_in(text: str) -> tuple[DateInText, ...]:
    """Every date in a text, in order; none overlaps another. Never raises."""
    if _WORTH_A_LOOK.search(text) is None:
        return ()
    found: list[DateInText] = []
    taken = bytearray(len(text))
    for form, build in _COMPILED:
        for match in form.finditer(text):
            start, end = match.span()
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(_moment(match, build))
    return tuple(sorted(found, key=lambda moment: moment.start))


def _moment(match: "re.Match[str]", build: Callable[["re.Match[str]"], _Built]) -> DateInText:
    try:
        built = build(match)
    except InvalidDate as error:
        built = {"why_not": str(error)}
    return DateInText(match.start(), match.end(), match[0], **built)  # type: ignore[arg-type]
