"""Where names stand in a text, letter by letter and as whole words: pure, bounded by the text's length times the names."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from schema.document import Span
from schema.entity_names import normal_name

SHORT = 4
"""Characters up to which a name is sought in its own case only: `CAT` is not `cat`."""

# One sign for one: what is found in the copy stands at the same place in the text.
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e", '"'),
        **{chr(code): " " for code in (*range(32), 127, 0x85, 0xA0, 0x2007, 0x2009, 0x2028, 0x2029, 0x202F)},
        "[": "(",
        "]": ")",
        "<": "\u2039",
    }
)


def as_in_prompts(text: str) -> str:
    """A text as a prompt shows it, sign for sign: on one line, with plain dashes and quotes, without our tags' and markup's signs."""
    return text.encode("utf-8", "replace").decode("utf-8").translate(_ALIKE)


class Occurrences:
    """Finds names in one text."""

    def __init__(self, text: str) -> None:
        self.text = as_in_prompts(text)
        self._lower = _lowered(self.text)
        self._known: dict[str, tuple[Span, ...]] = {}

    def of(self, name: str) -> tuple[Span, ...]:
        """Every place of a name as whole words: in its own case, a longer one in any; runs of space count as one."""
        name = as_in_prompts(name)
        if name not in self._known:
            self._known[name] = tuple(span for span in self._places(name) if self._is_whole(*span)) if name.strip() else ()
        return self._known[name]

    def _places(self, name: str) -> Iterator[Span]:
        exact = len(name) <= SHORT
        text, sought = (self.text, name) if exact else (self._lower, _lowered(name))
        words = sought.split()
        if len(words) > 1:
            found = re.compile(r" {1,20}".join(map(re.escape, words)))
            yield from (match.span() for match in found.finditer(text))
            return
        at = text.find(sought)
        while at >= 0:
            yield at, at + len(sought)
            at = text.find(sought, at + len(sought))

    def _is_whole(self, start: int, end: int) -> bool:
        text = self.text
        before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
        after = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
        return not before and not after


@lru_cache(maxsize=1 << 12)
def spelling_of(name: str) -> str:
    """What names that are sought alike have in common."""
    return name if len(name) <= SHORT else normal_name(as_in_prompts(name))


def longest_first(spans: Iterable[tuple[Span, str]], length: int) -> list[tuple[Span, str]]:
    """Those that overlap none that is longer (or as long, and before it), in the order of the text."""
    taken = bytearray(length)
    kept = []
    for (start, end), said in sorted(set(spans), key=lambda found: (found[0][0] - found[0][1], found[0][0], found[1])):
        if not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            kept.append(((start, end), said))
    return sorted(kept)


def _lowered(text: str) -> str:
    low = text.lower()
    return low if len(low) == len(text) else "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in text)
