"""Names and what they stand for: what vocabularies offer, how a name was linked, and short forms that texts define."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from schema.ids import DocumentId, EntityKey, compatible
from schema.observation import Entity
from schema.records import Sameness

PROVISIONAL = "NAME"
"""Prefix of keys made of a type and a name that no vocabulary knows."""

_SPACE = re.compile(r"\s+")


def normal_name(name: str) -> str:
    """A name without what writing alone changes: compatibility forms, what is not seen, case, runs of space. Signs and digits stay."""
    return _SPACE.sub(" ", compatible(name).casefold()).strip()


_WORD = re.compile(r"\w+(?:[-'./]\w+)*")


def search_words(text: str) -> str:
    """The words by which a name is found in a question, whatever stands between them: in lower case, joined by single spaces.

    More is alike to it than to `normal_name`, which says when two names are one and is part of keys that the log keeps. Empty
    where the text has no words.
    """
    return " ".join(_WORD.findall(text.casefold()))


def provisional_key(kind: str, name: str) -> EntityKey:
    """The key of a name as such: the same on any machine."""
    return EntityKey(f"{PROVISIONAL}:{kind}/{normal_name(name)}")


def is_provisional(key: str) -> bool:
    """Whether a key is made of a name."""
    return key.startswith(f"{PROVISIONAL}:")


def provisional_parts(key: str) -> tuple[str, str]:
    """The type and the name that a provisional key is made of."""
    kind, _, name = key.removeprefix(f"{PROVISIONAL}:").partition("/")
    return kind, name


@dataclass(frozen=True, slots=True)
class Term:
    """What a vocabulary says of one thing: its key, its type, what it calls it, and other names for it."""

    key: EntityKey
    type: str
    name: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NameInText:
    """A name to be linked: its type, and what the text says it stands for ("NSCLC": non-small cell lung cancer), or ""."""

    name: str
    type: str
    long_form: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """How a name was linked: SAME with its entity, UNSURE with the likeliest, or DIFFERENT from all that is known (no entity)."""

    sameness: Sameness
    entity: Entity | None
    score: float  # 0 to 1
    reason: str
    by: str  # the vocabulary and its version, and the step
    others: tuple[Entity, ...] = ()  # further candidates, best first


@dataclass(frozen=True, slots=True)
class Forms:
    """Numbers under which a name is found: `whole` for other ways of writing it, `blocks` for names that are only like it."""

    whole: tuple[int, ...]
    blocks: tuple[int, ...]


NameForms = Callable[[str, str], Forms]
"""The forms of a name of a type (type first)."""


class ShortForm(NamedTuple):
    """A document's text defines a short form; both in the words of `search_words`."""

    short: str
    long: str
    document: DocumentId


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a vocabulary and the term that it belongs to."""

    text: str
    preferred: bool  # it is the term's name, not one of its synonyms
    key: EntityKey
    type: str
    label: str  # the term's name
    vocabulary: str
    version: str
    place: int  # of the vocabulary: those loaded first come first


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
