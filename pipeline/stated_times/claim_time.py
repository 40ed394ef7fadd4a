"""Which of the times in a text belongs to a claim: the one of the nearest clause, else none."""

import re
from dataclasses import dataclass, replace

from pipeline.stated_times.time_spans import SpanShape, StatedTime, as_end, merge_times, times
from schema.dates import DateOrigin, PartialDate, day_before
from schema.document import Span, sentence_spans
from schema.errors import InvalidDate

_CUT = re.compile(
    r"[;:]|\b(?:but|whereas|while|although|though|because|when|who|which|where|whose|that)\b|,?\s+\b(?:and|before|after)\b(?=\s+\D)"
    r"|\bto\b(?=\s+(?:join|become|lead|head|work|take|run|found)\b)"
    r"|,\s+(?=(?:\w+ly\s+)?(?:founded|born|established|created|built|formed|elected|appointed|named|launched|opened|acquired|succeeding|replacing)\b)",
    re.IGNORECASE,
)
_SUBORDINATE = re.compile(r"\s*(?:after|when|before|once|while|although|though|because|as)\b[^,]*(?P<end>,)\s", re.IGNORECASE)
_CLOSING = re.compile(r",\s")
_PARTICIPLE = re.compile(r",\s+$")
_OVER = re.compile(
    r"\b(?:resign(?:s|ed|ing)?|step(?:s|ped)?\s+down|left|leav(?:es?|ing)|retir(?:es?|ed|ing)|quit|dismissed|ousted|removed|fired|sacked|divorced|sold|ceased|dissolved"
    r"|clos(?:es?|ed)|expired|ended|ends|lost|departed|expelled|withdr[ae]w|disbanded|gave\s+up|stood\s+down|was\s+succeeded|was\s+replaced)\b",
    re.IGNORECASE,
)
_FORMER = re.compile(r"\b(?:former(?:ly)?|then|ex|erstwhile|onetime|one-time)[\s-]+(?:[\w.'\u2019-]+\s+){0,2}$", re.IGNORECASE)
_HAS_ENDED = re.compile(
    r"(?<!to )(?<!not )(?<!never )\b(?:resigned|stepped\s+down|stood\s+down|retired|quit|(?:was|were|been)\s+(?:dismissed|ousted|removed"
    r"|fired|sacked|expelled|replaced|succeeded)|divorced|disbanded|was\s+dissolved)\b",
    re.IGNORECASE,
)
_NO_LONGER = re.compile(r"\b(?:no\s+longer|not\b[^.;]{0,30}\bany\s?more|formerly|used\s+to\s+be|once)\b", re.IGNORECASE)
_MONTH_WORD = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*", re.IGNORECASE)
_FILLER = re.compile(r"[\s,.;()]*")
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class ClaimTime:
    """When a claim holds as its text says, and the words of time that were no help, each with the reason."""

    start: PartialDate | None = None
    end: PartialDate | None = None
    origin: DateOrigin = DateOrigin.UNKNOWN
    dropped: tuple[str, ...] = ()


NO_TIME = ClaimTime()


def time_in_words(start: str | None, end: str | None, text: str, published: PartialDate | None) -> ClaimTime:
    """What a reader says of start and end, in any wording, as far as the document's text has it.

    What the text does not have is dropped, what it has less precisely becomes so: a reader can make up a date.
    """
    dropped: list[str] = []
    found: list[StatedTime | None] = []
    for said in (start, end):
        told = _spoken(said, published) if said is not None and said.strip() else None
        if isinstance(told, StatedTime):
            told = _supported(told, text, published)
        if isinstance(told, str):
            dropped.append(told)
        found.append(told if isinstance(told, StatedTime) else None)
    opening, closing = found
    if opening is not None and opening.shape is SpanShape.END and closing is None:
        opening, closing = None, opening
    first, last = merge_times(opening, closing)
    origins = {each.origin for each in (opening, closing) if each is not None}
    return _checked(first, last, DateOrigin.RELATIVE if DateOrigin.RELATIVE in origins else DateOrigin.STATED, dropped)


def time_of_claim(quote: str, heads: list[Span], tails: list[Span], published: PartialDate | None, *, lasting: bool) -> ClaimTime:
    """What a quote states of the time of a relation between two ends named at these places.

    `lasting`: the relation's time is the stated one, so that `former` and `no longer` say that it is over.
    """
    for begin, close in sentence_spans(quote):
        here = [[(a - begin, b - begin) for a, b in spans if begin <= a and b <= close] for spans in (heads, tails)]
        if here[0] and here[1]:
            head, tail = min(((h, t) for h in here[0] for t in here[1]), key=lambda pair: abs(pair[0][0] - pair[1][0]))
            first, last = sorted((head, tail))
            return _of_pair(quote[begin:close], first, last, published, lasting)
    return NO_TIME


def _of_pair(sentence: str, first: Span, last: Span, published: PartialDate | None, lasting: bool) -> ClaimTime:
    found, dropped = times(sentence, published)
    if not found and not lasting:
        return ClaimTime(dropped=tuple(time.reason for time in dropped))
    segments = _segments(sentence, [*((t.start, t.end) for t in found), *((t.start, t.end) for t in dropped)], (first, last))
    reasons = [time.reason for time in dropped]
    found = [as_end(time) if _OVER.search(sentence, *_clause_of((time.start, time.end), segments)) else time for time in found]
    over = lasting and published is not None and _is_over(sentence, first, last)
    if over:  # where a former mayor was last year says nothing of the office
        found = [time for time in found if time.shape is not SpanShape.POINT]
    chosen = _nearest(found, segments, first, last)
    if chosen is None and len(found) > 1:
        reasons.append("more than one time in the sentence, and none is nearest")
    start, end, origin = None, None, DateOrigin.STATED
    if chosen is not None:
        opening, closing = chosen
        start, end = merge_times(opening, closing)
        origin = DateOrigin.RELATIVE if DateOrigin.RELATIVE in {t.origin for t in chosen if t} else origin
    if chosen is None and lasting and published is not None:
        over = over or _HAS_ENDED.search(sentence, *_clause_of(last, segments)) is not None
    if over and end is None and published is not None:
        # It was over by the document's day, so the day before is the last on which it can have held; when it ended is not said.
        end, origin = PartialDate.day(day_before(published.first)), DateOrigin.RELATIVE
    return _checked(start, end, origin, reasons)


def _nearest(found: list[StatedTime], segments: list[Span], first: Span, last: Span) -> tuple[StatedTime | None, StatedTime | None] | None:
    """Start and end from the clause of the later end, else of the earlier, else the time that the sentence opens with."""
    for end in (last, first):
        within = [t for s in segments if s[0] <= end[0] < s[1] for t in found if s[0] <= t.start < s[1]]
        if end is first:  # what ended in the first clause is not what the second speaks of
            within = [t for t in within if t.shape is not SpanShape.END]
        if len(within) == 1:
            return _slots(within[0])
        if len(within) == 2 and within[0].shape is SpanShape.START and within[1].shape is SpanShape.END:
            return within[0], within[1]
        if within:
            return None
    opening = [t for t in found if t.start <= 2]
    return _slots(opening[0]) if len(found) == len(opening) == 1 else None


def _slots(time: StatedTime) -> tuple[StatedTime | None, StatedTime | None]:
    return (None, time) if time.shape is SpanShape.END else (time, None)


def _segments(sentence: str, whole: list[Span], ends: tuple[Span, Span]) -> list[Span]:
    """The clauses of a sentence; none is cut inside a time or an end."""
    kept = [*whole, *ends]
    cuts: list[int] = [0]
    opening = _SUBORDINATE.match(sentence)
    if opening and not any(start <= opening.start("end") < end for start, end in kept):
        cuts.append(opening.start("end"))
    for found in _CUT.finditer(sentence):
        at = found.start()
        if any(start <= at < end for start, end in kept):
            continue
        cuts.append(at)
        if _PARTICIPLE.fullmatch(found[0]) or found[0].lower() in {"who", "which", "where", "whose"}:
            closing = _CLOSING.search(sentence, found.end())
            if closing and not any(start <= closing.start() < end for start, end in kept):
                cuts.append(closing.start())
    cuts = sorted(set(cuts))
    return list(zip(cuts, [*cuts[1:], len(sentence)], strict=True))


def _is_over(sentence: str, first: Span, last: Span) -> bool:
    before = _FORMER.search(sentence, max(0, first[0] - 60), first[0]) or _FORMER.search(sentence, first[1], last[0])
    return before is not None or _NO_LONGER.search(sentence, first[1], last[0]) is not None


def _clause_of(end: Span, segments: list[Span]) -> Span:
    return next(segment for segment in reversed(segments) if segment[0] <= end[0])


def _spoken(said: str, published: PartialDate | None) -> StatedTime | str:
    """A reader's words for a time, or why they are none."""
    said = said.strip()
    try:
        date = PartialDate.parse(said)
    except InvalidDate:
        pass
    else:
        if date.first.year >= 1500 and date.last.year <= 2099:
            return StatedTime(0, len(said), said, SpanShape.POINT, date, None, DateOrigin.STATED)
    words = _MONTH_WORD.sub(lambda m: m[0].capitalize(), said)
    found, dropped = times(words, published, whole=True)
    if len(found) != 1 or dropped:
        return dropped[0].reason if dropped else f"{said[:80]!r} is no date"
    time = found[0]
    if not _FILLER.fullmatch(words[: time.start] + words[time.end :]):
        found, _ = times(words, published)
        if len(found) != 1:
            return f"{said[:80]!r} is no date"
    return time


def _supported(time: StatedTime, text: str, published: PartialDate | None) -> StatedTime | str:
    """The time no more precisely than the text has it; why not, where it does not have it at all."""
    stated, _ = times(text, published)
    known = [date for each in stated for date in (each.first, each.last) if date is not None]
    years = set(_YEAR.findall(text))

    def as_said(date: PartialDate) -> PartialDate | None:
        if any(date.first <= each.first and each.last <= date.last for each in known):
            return date
        wider = [each for each in known if each.first <= date.first and date.last <= each.last]
        if wider:
            return min(wider, key=lambda each: each.last - each.first)
        year = f"{date.first.year:04}"
        return PartialDate.parse(year) if year in years and date.first.year == date.last.year else None

    first, last = (None if date is None else as_said(date) for date in (time.first, time.last))
    if (time.first is not None and first is None) or (time.last is not None and last is None):
        return f"{time.said[:80]!r} is not in the text"
    return replace(time, first=first, last=last)


def _checked(start: PartialDate | None, end: PartialDate | None, origin: DateOrigin, dropped: list[str]) -> ClaimTime:
    if start is not None and end is not None and end.last < start.first:
        dropped = [*dropped, f"{start}..{end} ends before it starts"]
        start = end = None
    return ClaimTime(start, end, origin if start or end else DateOrigin.UNKNOWN, tuple(dropped))
