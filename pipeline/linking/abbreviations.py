"""Abbreviations that a text defines: "non-small cell lung cancer (NSCLC)", or the other way round."""

import re

_BRACKET = re.compile(r"[(\[]([^()\[\]\n]{2,200})[)\]]")
_SHORT = re.compile(r"(?=[^\s]*[^\W\d_])[^\W_][^\s,;()]{1,9}")
_LAST_WORD = re.compile(r"(\S{2,11})\s*$")
_CUT = re.compile(r"[,;]\s|\s(?:or|and)\s")
_REACH = 200
"""Characters before a bracket that are looked at: longer than any long form."""


def abbreviations(text: str) -> dict[str, str]:
    """Short forms with their long forms as the text has them; the first definition of a short form counts.

    The idea is that of Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text"
    (Pacific Symposium on Biocomputing 2003): the letters of the short form, from its end, each found in the long form, the first
    one at the beginning of a word. Time grows with the length of the text, whatever is in it.
    """
    found: dict[str, str] = {}
    for bracket in _BRACKET.finditer(text):
        before = text[max(0, bracket.start() - _REACH) : bracket.start()]
        for short, long in _readings(before, bracket[1]):
            if short not in found and (span := _long_form(short, long)) is not None:
                found[short] = span
                if short[-1] == "s" and short[-2].isupper():  # of many: AVSDs
                    found.setdefault(short[:-1], span)
                break
    return found


def _readings(before: str, inside: str) -> list[tuple[str, str]]:
    """What may be short form and text that ends with its long form."""
    parts = [part.strip().strip("\"'“”") for part in _CUT.split(inside, maxsplit=2)[:2]]
    readings = []
    if _SHORT.fullmatch(parts[0]):
        readings.append((parts[0], before.rsplit(". ", 1)[-1]))
    elif len(parts) > 1 and _SHORT.fullmatch(parts[1]):
        readings.append((parts[1], parts[0]))
    last = _LAST_WORD.search(before)
    if last is not None and " " in inside and _SHORT.fullmatch(last[1]):
        # In a bracket of its own the long form is all that stands there.
        readings.append((last[1], inside.strip()))
    return readings


def _long_form(short: str, text: str) -> str | None:
    """The shortest end of a text that the letters of the short form can be read from, or None."""
    signs = [sign for sign in short.casefold() if sign.isalnum()]
    small = text.casefold()
    if len(small) != len(text):  # some letters grow when their case is folded; then places would not be those of the text
        small = text.lower() if len(text.lower()) == len(text) else ""
    at = len(small)
    for place in range(len(signs) - 1, -1, -1):
        at = small.rfind(signs[place], 0, at)
        while place == 0 and at > 0 and small[at - 1].isalnum():
            at = small.rfind(signs[0], 0, at)
        if at < 0:
            return None
    return _checked(short, text[at:].strip())


def _checked(short: str, long: str) -> str | None:
    count = len(long.split())
    letters = sum(sign.isalnum() for sign in short)
    too_many = count > min(letters + 5, letters * 2)
    alike = short.casefold() in long.casefold().split() or len(long) <= len(short)
    unbalanced = long.count("(") != long.count(")") or long.count("[") != long.count("]")
    return None if too_many or alike or unbalanced or letters < 2 else long
