"""Names of vocabularies that stand in a text: every short run of its words, looked up all at once."""

import re
from collections.abc import Callable, Collection

from pipeline.linking.name_forms import first_form
from pipeline.linking.word_lists import EMPTY, LEADING

LONGEST = 6
"""Words of a name that is looked up."""

MOST = 20_000
"""Runs of words that are looked up in one text, the first ones."""

REACH = 150_000
"""Characters of a text that are looked at."""

_LONGEST_WORD = 60
_WORD = re.compile(r"\S+|\n")
_AROUND = "\n\"'“”‘’()[]{}<>,.;:!?"
_END = frozenset(".;:!?")
_JOINING = EMPTY | LEADING

Known = Callable[[Collection[int]], Collection[int]]
"""Of forms those that some name has."""


def spotted(text: str, types: Collection[str], known: Known) -> tuple[str, ...]:
    """Runs of at most six words that are a name of one of the types, as they are written, in the order of the text.

    Names are the same here but for what writing alone changes (case, hyphens, plural, spelling); a run neither crosses the end of
    a sentence or a line nor begins or ends with a word that only joins others.
    """
    forms = {run: {first_form(kind, run) for kind in types} for run in _runs(text)}
    found = frozenset(known(frozenset().union(*forms.values()))) if forms else frozenset()
    return tuple(run for run, numbers in forms.items() if not found.isdisjoint(numbers))


def _runs(text: str) -> list[str]:
    runs: dict[str, None] = {}
    begun: list[int] = []  # where the last words begin, -1 for one that only joins
    for match in _WORD.finditer(text, 0, REACH):
        start, end = _trimmed(text, *match.span())
        if start == end or end - start > _LONGEST_WORD:
            begun = []
            continue
        joins = text[start:end].lower() in _JOINING
        begun = [*begun[1 - LONGEST :], -1 if joins else start]
        if not joins:
            runs.update(dict.fromkeys(text[at:end] for at in begun if at >= 0))
        if len(runs) >= MOST:
            break
        if not _END.isdisjoint(text[end : match.end()]):
            begun = []
    return list(runs)[:MOST]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _AROUND:
        start += 1
    while start < end and text[end - 1] in _AROUND:
        end -= 1
    return start, end
