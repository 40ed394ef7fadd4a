"""What of a question is fixed before anything is chosen: the entities that it names, and the days."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipeline.stated_times.dates_in_text import DateInText, dates_in
from schema.dates import ONE_DAY, PartialDate, day_after
from schema.ids import EntityKey


@dataclass(frozen=True, slots=True)
class NamedEnd:
    """An entity that a question names: the words by which it does, its key and its type."""

    said: str
    key: EntityKey
    type: str


@dataclass(frozen=True, slots=True)
class QuestionParts:
    """A question with each entity that it names as a mark, `[Chemical]`, so that no word of a name is taken for one of the question."""

    text: str
    ends: tuple[NamedEnd, ...]
    day: date | None = None
    since: date | None = None
    until: date | None = None


def parts_of_question(question: str, ends: Iterable[NamedEnd], as_of: date | None = None) -> QuestionParts:
    """The parts; `as_of` is a day given beside the question. At most the first two entities count.

    A period means its last day where one day is asked for ("in 2004": 2004-12-31), and all of its days where changes are.
    """
    marked, marks = question, dict[str, NamedEnd]()
    for end in sorted(ends, key=lambda end: -len(end.said)):
        mark = f"\0{len(marks)}\0"
        marks[mark] = end
        # A whole word: short symbols stand inside of others (AR in "are").
        said = rf"(?<!\w){re.escape(end.said)}(?!\w)".replace(r"\ ", r"\W+")
        marked = re.sub(said, mark, marked, count=1, flags=re.IGNORECASE)
    named = sorted(marks, key=lambda mark: (mark not in marked, marked.find(mark), mark))
    for mark, end in marks.items():
        marked = marked.replace(mark, f"[{end.type}]")
    day, since, until = _days(marked)
    if as_of is not None:
        day = as_of if day is None else min(day, as_of)
        until = min(until or day_after(as_of), day_after(as_of))
    return QuestionParts(marked, tuple(marks[mark] for mark in named)[:2], day, since, until)


_BEFORE = re.compile(r"\b(before|until|up to|prior to)\s+(?:the\s+)?$", re.IGNORECASE)
_AFTER = re.compile(r"\b(after|since|from)\s+(?:the\s+)?$", re.IGNORECASE)


def _days(text: str) -> tuple[date | None, date | None, date | None]:
    """The day, and the first and the day after the last of a stretch."""
    dates = [(each, each.date) for each in dates_in(text) if each.date is not None]
    if not dates:
        return None, None, None
    (first, start), (_, end) = dates[0], dates[-1]
    end = dates[-1][0].until or end
    if len(dates) > 1 or first.until is not None:
        return end.last, start.first, day_after(end.last)
    return _one(text, first, start)


def _one(text: str, found: DateInText, when: PartialDate) -> tuple[date | None, date | None, date | None]:
    said = text[: found.start]
    if _BEFORE.search(said):
        return when.first - ONE_DAY, None, when.first
    if word := _AFTER.search(said):
        return None, day_after(when.last) if word[1].lower() == "after" else when.first, None
    return when.last, when.first, day_after(when.last)
