"""Where mentions stand in a text: offsets in characters, bytes or UTF-16 units, and names that a program has normalised."""

import html
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from schema.document import Document, Mention

MISPLACED = "mention: not at its place in the text"
UNTYPED = "mention: without a type"
UNREAD_IDENTIFIER = "identifier: not read"
SECOND_ABSTRACT = "text: another abstract"
SECOND_TITLE = "text: another title"
"""What a document brought and is not used; before the colon the unit that it is counted in."""

ANYTHING = ""
"""A mention's text where its file does not say it: whatever stands there."""


class Part(NamedTuple):
    """A stretch of a document's text from character `begin`, and the mentions in it as their file counts, from the part's begin."""

    begin: int
    text: str
    mentions: Sequence[Mention]


def with_mentions(document: Document, parts: Iterable[Part], more: Mapping[str, int] = {}) -> Document:
    """The document with the mentions whose text is what stands at their offsets, each once, in order; others name no place in it.

    Offsets are characters, or else bytes of UTF-8 or units of UTF-16 where every mention agrees with that. Names may be written
    otherwise than in the text, as programs normalise them (case, Greek letters, dashes, blanks). What is not used is counted, and `more`.
    """
    parts = list(parts)
    found = _placed(parts)
    mentions = {mention for mention in found if mention is not None}
    counted = {**more, MISPLACED: more.get(MISPLACED, 0) + found.count(None)}
    in_order = tuple(sorted(mentions, key=lambda m: (m.start, m.end, m.type, m.identifiers)))
    unused = {kind: number for kind, number in counted.items() if number}
    return replace(document, mentions=in_order, unused={**document.unused, **unused})


def _placed(parts: Sequence[Part]) -> list[Mention | None]:
    """Each mention at its place, None where it has none, in the first unit of offsets that all agree with, else in characters."""
    found = list(_by(_characters, parts))
    if None in found and not all(part.text.isascii() for part in parts):
        for unit in (_bytes, _utf16):
            if None not in (other := list(_by(unit, parts))):
                return other
    return found


def _by(unit: Callable[[str], Callable[[int], int | None]], parts: Sequence[Part]) -> Iterator[Mention | None]:
    for part in parts:
        place = unit(part.text) if part.mentions else _characters(part.text)
        for mention in part.mentions:
            start, end = place(mention.start), place(mention.end)
            text = part.text[start:end] if start is not None and end is not None and start < end else ""
            if start is None or end is None or not _says(text, mention.text):
                yield None
            else:
                yield replace(mention, start=part.begin + start, end=part.begin + end, text=text)


def _characters(text: str) -> Callable[[int], int | None]:
    return lambda offset: offset if 0 <= offset <= len(text) else None


def _bytes(text: str) -> Callable[[int], int | None]:
    return _counted(len(character.encode("utf-8", "replace")) for character in text)


def _utf16(text: str) -> Callable[[int], int | None]:
    return _counted(2 if ord(character) > 0xFFFF else 1 for character in text)


def _counted(lengths: Iterable[int]) -> Callable[[int], int | None]:
    places = {offset: at for at, offset in enumerate(accumulate(lengths, initial=0))}
    return places.get


def _says(text: str, name: str) -> bool:
    """Whether a stretch of the text is the name, or what a program makes of it."""
    if not text or name in {text, ANYTHING}:
        return bool(text)
    if text != text.strip():
        return False
    return any(one and one == other for one, other in zip(_folded(text), _folded(html.unescape(name)), strict=True))


_GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau upsilon phi chi psi omega"
_NAMES = {chr(0x3B1 + at): name for at, name in enumerate(_GREEK.split())}


@lru_cache(maxsize=1 << 14)
def _folded(text: str) -> tuple[str, str]:
    """Letters and digits alone, without case and marks; Greek letters by their Latin one, and by their names."""
    plain = [c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum()]
    return "".join(_NAMES.get(c, c)[0] for c in plain), "".join(_NAMES.get(c, c) for c in plain)
