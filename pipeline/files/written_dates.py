"""Dates as people and programs write them: one way of reading them for documents, observations and tables."""

import re
from functools import lru_cache
from math import isnan
from typing import Any

from pipeline.files.pubmed_dates import from_text
from pipeline.identifiers import is_missing, unified, whole_number
from schema.dates import PartialDate, Precision
from schema.errors import InvalidDate

_PARTS = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})(?:\2([0-9]{1,2}))?(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?")
_DIGITS = re.compile(r"((?:1[5-9]|20)[0-9]{2})([01][0-9])([0-3][0-9])")
_MONTH, _DAY, _YEAR = r"[A-Za-z]{3,9}\.?", "[0-9]{1,2}", "[0-9]{4}"
_IN_WORDS = re.compile(rf"(?:{_DAY}(?:st|nd|rd|th)?[ -])?{_MONTH},?[ -]{_YEAR}|{_MONTH} {_DAY},? {_YEAR}|{_YEAR} {_MONTH}(?: {_DAY})?")


def date_of(value: Any) -> PartialDate | None:
    """The date that a value says: text, a number or a moment; None where it says that there is none. Raises InvalidDate with all of it.

    As `PartialDate.parse` reads it, and also `2001/05/17`, `2001-5-7`, `20010517`, `2001.0`, `17 May 2001`; `00`: not known.
    """
    if isinstance(value, bool):
        raise InvalidDate(f"{value!r} is not a date")
    if hasattr(value, "isoformat"):
        value = value.isoformat()
    return None if value is None or (isinstance(value, float) and isnan(value)) else _date_of(str(value))


@lru_cache(maxsize=1 << 14)
def _date_of(written: str) -> PartialDate | None:
    text = unified(written)
    if is_missing(text):
        return None
    plain = text if (number := whole_number(text)) is None else number
    form = _in_our_form(plain)
    try:
        return PartialDate.parse(form)
    except InvalidDate as cause:
        found = from_text(re.sub(r"(?<=[0-9])(?:st|nd|rd|th)|[-,]", " ", plain)) if _IN_WORDS.fullmatch(plain) else None
        if found is None or found.precision in (Precision.YEAR, Precision.RANGE):
            raise InvalidDate(f"{written[:200]!r}{str(cause).removeprefix(repr(form))}") from cause
        return found


def _in_our_form(text: str) -> str:
    """Year, month and day in our form, whatever parts them, without those that are zero."""
    if digits := _DIGITS.fullmatch(text):
        return "-".join(digits.groups())
    found = _PARTS.fullmatch(text)
    if found is None or (found[2] == "." and not found[4]):
        return text
    year, _, month, day = found.groups()
    known = [year, *([month.zfill(2)] if month.strip("0") else [])]
    return "-".join([*known, day.zfill(2)] if day and day.strip("0") and len(known) > 1 else known)
