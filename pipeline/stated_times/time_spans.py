"""Times that a text states: since when, until when, from when to when; each resolved, or dropped with a reason."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.stated_times.dates_in_text import DateInText, dates_in
from pipeline.stated_times.relative_dates import Distance, dated_without_year, distances
from schema.dates import DateOrigin, PartialDate
from schema.errors import InvalidDate


class SpanShape(StrEnum):
    """What a time says of a span: where it starts, where it ends, both, or a point in it."""

    START = "start"
    END = "end"
    SPAN = "span"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class StatedTime:
    """A time as the text says it: `first` is its start or its point (of an END None), `last` its end where it has one."""

    start: int
    end: int
    said: str
    shape: SpanShape
    first: PartialDate | None
    last: PartialDate | None
    origin: DateOrigin


@dataclass(frozen=True, slots=True)
class DroppedTime:
    """Words of time that make no date, and why."""

    start: int
    end: int
    said: str
    reason: str


_PREFIX = re.compile(
    r"(?:^|(?<=[\s(\"'\u201c]))(?P<word>since|from|until|till|up\s+to(?:\s+and\s+including)?|through|throughout|before|after|by|prior\s+to|in|on|during|as\s+of|around|about|circa|ca|between|of|at"
    r"|following|for|starting|beginning|effective|to)\.?\s+(?:(?:at\s+least|the|all\s+of|the\s+year|year|autumn|around|about)\s+)?$",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:\bto\b|\buntil\b|\btill\b|\bthrough\b|\bup\s+to\b|[-\u2010-\u2015])\s*(?:the\s+)?", re.IGNORECASE)
_AND = re.compile(r"\s*\band\b\s*", re.IGNORECASE)
_LISTED = re.compile(r"\s*(?:,|,?\s*\b(?:and|or)\b)\s*", re.IGNORECASE)
_ONWARDS = re.compile(r"\s+(?:on|onwards?|forward)\b(?!\s+\d)")
_NOT_UNTIL = re.compile(r"(?:\bnot\b|n['\u2019]t\b|\bonly\b)[^.;]{0,40}$", re.IGNORECASE)
# Behind a bare number: what shows that it is a year and does not count something.
_YEAR_ENDS = re.compile(
    r"\s*(?:$|[,.;:)\]\"'\u2019\u201d\u2010-\u2015-])|\s+(?:and|or|but|to|until|till|through|when|after|as|because|the|a|an|he|she|it|they|we|was|were|is|are|has|had"
    r"|with|for|in|at|on|from|who|which|that|while|before|by|under|over|onwards?|his|her|its|their|did|does|then|there|also|season|election|elections)\b|\s+[A-Z]|\s+\w+ed\b"
)
_LOOK_BACK = 60
_LAST = 8
"""Times before a relative one among which the one that it is counted from is looked for."""

_BORN = re.compile(r"\b(?:born|b\.|aged|died|d\.)(?:\s+(?:in|on))?[^.;,]{0,12}$", re.IGNORECASE)
_BOUNDS = {"before", "after", "by", "prior to", "following", "around", "about", "circa", "ca"}
_STARTS = {"since", "starting", "beginning", "effective"}
_ENDS = {"until", "till", "up to", "through", "to"}

_Part = DateInText | Distance


def times(text: str, published: PartialDate | None, *, whole: bool = False) -> tuple[list[StatedTime], list[DroppedTime]]:
    """All times in a text, in order, relative ones counted from the document's date.

    `whole`: the text is a time and nothing else, so that a bare year needs no word before it. Never raises.
    """
    parts: list[_Part] = sorted([*dates_in(text), *distances(text)], key=lambda part: (part.start, -part.end))
    parts = _apart(parts)
    found: list[StatedTime] = []
    dropped: list[DroppedTime] = []
    at = 0
    while at < len(parts):
        used, told = _time(text, parts[at : at + 2], published, whole, found)
        at += used
        if isinstance(told, StatedTime):
            found.append(told)
        elif told is not None:
            dropped.append(told)
    return found, dropped


def _apart(parts: list[_Part]) -> list[_Part]:
    """Those that do not begin inside an earlier one."""
    kept: list[_Part] = []
    for part in parts:
        if not kept or part.start >= kept[-1].end:
            kept.append(part)
    return kept


def _time(
    text: str, parts: list[_Part], published: PartialDate | None, whole: bool, before: list[StatedTime]
) -> tuple[int, StatedTime | DroppedTime | None]:
    """The time that begins with the first part, and how many parts it takes."""
    part = parts[0]
    prefix = _PREFIX.search(text, max(0, part.start - _LOOK_BACK), part.start)
    word = re.sub(r"\s+", " ", prefix["word"].lower()).removesuffix(" and including") if prefix else ""
    start = prefix.start() if prefix else part.start
    partner = _partner(text, parts, word)
    last = partner or part
    listed = bool(before) and _LISTED.fullmatch(text, before[-1].end, part.start) is not None
    if _BORN.search(text, max(0, start - _LOOK_BACK), start) or (not whole and not _is_time(text, part, word, partner, listed)):
        return 1, None
    said = text[start : last.end]
    try:
        one, counted = _resolved(part, partner, published, before)
        other, counted_too = _resolved(partner, None, published, before) if partner is not None else (None, False)
        if isinstance(part, DateInText) and part.until is not None:
            other = part.until
        if other is not None and other.last < one.first:
            raise InvalidDate(f"{said!r} ends before it starts")
    except InvalidDate as error:
        return (2 if partner else 1), DroppedTime(start, last.end, said, str(error))
    shape = _shape(text, start, last.end, word, other)
    if shape is None:
        return 1, DroppedTime(start, last.end, said, f"{said!r} is a bound, no date")
    origin = DateOrigin.RELATIVE if counted or counted_too else DateOrigin.STATED
    first, end = (None, one) if shape is SpanShape.END else (one, other)
    return (2 if partner else 1), StatedTime(start, last.end, said, shape, first, one if word == "throughout" else end, origin)


def _partner(text: str, parts: list[_Part], word: str) -> _Part | None:
    """The other end of a range."""
    part = parts[0]
    if len(parts) < 2 or (isinstance(part, DateInText) and part.until is not None):
        return None
    between = text[part.end : parts[1].start]
    joined = _RANGE.fullmatch(between) or (word == "between" and _AND.fullmatch(between))
    return parts[1] if joined else None


def _is_time(text: str, part: _Part, word: str, partner: _Part | None, listed: bool) -> bool:
    """Whether a part is one, which a bare number or the name of a month is only in company."""
    if isinstance(part, Distance) or not (part.bare or part.date is None) or part.why_not:
        return True
    last = partner or part
    if part.date is None:  # a month, or a day of one, without a year
        return bool(word) and (partner is not None or word not in {"to", "of", "by"})
    counted = _YEAR_ENDS.match(text, last.end) is None
    if counted:
        return False
    return bool(word and word != "about") or listed or partner is not None or part.until is not None


def _resolved(part: _Part, partner: _Part | None, published: PartialDate | None, before: list[StatedTime]) -> tuple[PartialDate, bool]:
    """What a part means, and whether it was counted from another date."""
    if isinstance(part, Distance):
        return part.resolve(_origin(part, published, before)), True
    if part.why_not:
        raise InvalidDate(part.why_not)
    if part.date is not None:
        return part.date, False
    if isinstance(partner, DateInText) and partner.date is not None and partner.month is None:
        # "from March to May 2020": the year is said once.
        return _with_year(part, partner.date), False
    if published is None:
        raise InvalidDate(f"{part.said!r} has no year, and the document no date")
    return dated_without_year(part, published), True


def _with_year(part: DateInText, other: PartialDate) -> PartialDate:
    found = PartialDate.parse(f"{other.last.year}-{part.month:02}" + (f"-{part.day:02}" if part.day else ""))
    if found.first > other.last:
        raise InvalidDate(f"the year of {part.said!r} is not said")
    return found


def _origin(part: Distance, published: PartialDate | None, before: list[StatedTime]) -> PartialDate:
    """The date that a relative time is counted from: the sentence's own where the words point there, else the document's."""
    told = {str(date): date for each in before[-_LAST:] if (date := each.first or each.last) is not None}
    if part.from_sentence and len(told) == 1:
        return next(iter(told.values()))
    if part.needs_sentence or (part.from_sentence and told):
        raise InvalidDate(f"what {part.said!r} is counted from is not known")
    if published is None:
        raise InvalidDate(f"{part.said!r} is counted from the document's date, which is not known")
    return published


def _shape(text: str, start: int, end: int, word: str, other: PartialDate | None) -> SpanShape | None:
    if other is not None or word == "throughout":
        return SpanShape.SPAN
    if word in _BOUNDS:
        return None
    if word in _STARTS or word == "from" or _ONWARDS.match(text, end):
        return SpanShape.START
    if word in _ENDS:
        return SpanShape.START if _NOT_UNTIL.search(text, max(0, start - _LOOK_BACK), start) else SpanShape.END
    return SpanShape.POINT


def merge_times(starts: StatedTime | None, ends: StatedTime | None) -> tuple[PartialDate | None, PartialDate | None]:
    """Start and end as two stated times give them, either of which may be lacking or give both."""
    first = starts.first if starts is not None else (ends.first if ends is not None and ends.shape is SpanShape.SPAN else None)
    last = None
    if ends is not None:
        last = ends.last or ends.first
    elif starts is not None:
        last = starts.last
    return first, last


def as_end(time: StatedTime) -> StatedTime:
    """A point that is where something ended."""
    return replace(time, shape=SpanShape.END, first=None, last=time.first) if time.shape is SpanShape.POINT else time
