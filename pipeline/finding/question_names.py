"""The names in a question: those that are entities of the graph, and words that look like names and are none."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.finding.common_words import is_common
from pipeline.finding.entity_finder import EntityFinder
from pipeline.finding.found_entities import FoundEntity, meant
from pipeline.linking.word_lists import EMPTY, LEADING
from schema.ids import EntityKey

LONGEST = 10
"""Words of the longest name that is looked for."""
_MOST_WORDS = 400
"""Words of a question that are looked at, the first ones."""

_WORD = re.compile(r"\S+")
_AROUND = "\n\"'“”‘’()[]{}<>,.;:!?…"
_PARTING = frozenset('.;:!?()[]{}<>"“”')
_MOST_ALIKE = 3
_LONGEST_PART = 3
_MOST_TRIES = 80
"""How often a question is looked through for a slip."""
_POSSESSIVE = ("'s", "’s", "s'", "s’")
_AROUND_IT = 2
"""Common words on either side of an unknown one that may be part of the name that was misspelled."""
_CERTAIN = 0.98
"""Score from which a name of common words is meant as a name: it is written just so."""


@dataclass(frozen=True, slots=True)
class NameAsked:
    """A name in a question: the entity of the graph that it is, or why it is none, with what may have been meant."""

    text: str
    entity: FoundEntity | None = None
    close: tuple[FoundEntity, ...] = ()  # entities of the graph, none of which is clearly the one
    outside: FoundEntity | None = None  # what a vocabulary knows and the graph does not
    like: tuple[FoundEntity, ...] = ()


class _Token(NamedTuple):
    text: str
    parted: bool  # from the next one, by a sign


class _Run(NamedTuple):
    start: int
    end: int  # tokens from, up to but not including

    @property
    def length(self) -> int:
        return self.end - self.start


def names_in_question(question: str, finder: EntityFinder) -> list[NameAsked]:
    """All names in the order of the question. What lies inside a longer name is not that name."""
    tokens = _tokens(question)
    texts = {run: " ".join(tokens[at].text for at in range(*run)) for run in _runs(tokens)}
    by_name = finder.by_name(set(texts.values()))
    taken: dict[_Run, NameAsked] = {}
    for run in sorted(texts, key=lambda run: (-run.length, run)):
        found = by_name[texts[run]]
        if found and not _overlaps(run, taken) and _is_meant(tokens, run, found, by_name):
            taken[run] = _asked(texts[run], found)
    tries = iter(range(_MOST_TRIES))
    for run in _unknown(tokens, taken):
        _resolve(tokens, run, taken, finder, tries)
    return [taken[run] for run in sorted(taken)]


def entities_asked(names: Iterable[NameAsked]) -> list[EntityKey]:
    """The entities of the graph that a question names, each once."""
    return list(dict.fromkeys(each.entity.key for each in names if each.entity is not None))


def _tokens(question: str) -> list[_Token]:
    found: list[_Token] = []
    for match in _WORD.finditer(question):
        text = match[0].strip(_AROUND)
        if not any(map(str.isalnum, text)):
            if found:
                found[-1] = found[-1]._replace(parted=True)
            continue
        before, after = match[0].split(text, 1)
        if found and not _PARTING.isdisjoint(before):
            found[-1] = found[-1]._replace(parted=True)
        found.append(_Token(text, not _PARTING.isdisjoint(after)))
    return found[:_MOST_WORDS]


def _runs(tokens: Sequence[_Token]) -> Iterator[_Run]:
    for start in range(len(tokens)):
        for end in range(start + 1, min(start + LONGEST, len(tokens)) + 1):
            yield _Run(start, end)
            if tokens[end - 1].parted:
                break


def _overlaps(run: _Run, taken: Iterable[_Run]) -> bool:
    return any(run.start < other.end and other.start < run.end for other in taken)


def _is_meant(tokens: Sequence[_Token], run: _Run, found: Sequence[FoundEntity], by_name: Mapping[str, Sequence[FoundEntity]]) -> bool:
    """Whether a run of words that is a name is meant as one: not "was" for a gene, nor a vocabulary's word for a word of the question."""
    words = [tokens[at].text for at in range(*run)]
    if all(map(is_common, words)):
        as_written = found[0].score >= _CERTAIN and any(one.in_graph for one in found)
        return as_written and (run.length > 1 or _is_symbol(words[0]))
    if _joins(words[0]) or _joins(words[-1]):
        return found[0].score >= _CERTAIN
    if any(one.in_graph for one in found):
        return True
    # Only a vocabulary has it. It hides what the graph has in it where it says something else with a word that says something.
    parts = (tuple(words[start:end]) for start in range(run.length) for end in range(start + 1, run.length + 1))
    known = [part for part in parts if len(part) < run.length and any(one.in_graph for one in by_name.get(" ".join(part), ()))]
    return not any(all(map(is_common, _without(words, part))) for part in known)


def _without(words: Sequence[str], part: Sequence[str]) -> list[str]:
    left = list(words)
    for word in part:
        left.remove(word)
    return left


def _joins(word: str) -> bool:
    return word.casefold() in EMPTY | LEADING


def _is_symbol(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def _asked(text: str, found: Sequence[FoundEntity]) -> NameAsked:
    close = meant(found)
    if len(close) == 1:
        return NameAsked(text, close[0])
    outside = next((one for one in found if not one.in_graph), None)
    return NameAsked(text, close=tuple(close), outside=None if close else outside)


def _unknown(tokens: Sequence[_Token], taken: Collection[_Run]) -> list[_Run]:
    """Runs of words that look like names and belong to none, as long as no common word or sign parts them."""
    free = [
        not (is_common(token.text) or _overlaps(_Run(at, at + 1), taken) or _says_what_is_done(tokens, at, taken))
        for at, token in enumerate(tokens)
    ]
    runs, start = [], 0
    for at, token in enumerate(tokens):
        if not free[at]:
            start = at + 1
        elif token.parted or at + 1 == len(tokens) or not free[at + 1]:
            runs.append(_Run(start, at + 1))
            start = at + 1
    return runs


_SAYS = ("ed", "ing", "ly", "ive", "ic", "ous", "able", "ible", "ful", "less")


def _says_what_is_done(tokens: Sequence[_Token], at: int, taken: Collection[_Run]) -> bool:
    """Whether a word behind a name is no part of it: it ends as verbs, adverbs and adjectives do, or stands between two names."""
    word = tokens[at].text
    behind = at > 0 and not tokens[at - 1].parted and any(run.end == at for run in taken)
    before = not tokens[at].parted and any(run.start == at + 1 for run in taken)
    return behind and word.isalpha() and word.islower() and (before or word.endswith(_SAYS))


def _resolve(tokens: Sequence[_Token], run: _Run, taken: dict[_Run, NameAsked], finder: EntityFinder, tries: Iterator[int]) -> None:
    """Take a run of unknown words for a name written with a slip, with the names beside it first; else as one that is not known."""
    wider = _with_neighbours(tokens, run, taken)
    for part in dict.fromkeys((*_widened(tokens, wider), *_parts(run))):
        if next(tries, None) is None:
            break
        text = " ".join(tokens[at].text for at in range(*part))
        close = meant(finder.by_slip(text))
        if len(close) == 1:
            _drop(taken, part)
            taken[part] = NameAsked(text, close[0])
            rest = [_Run(run.start, part.start), _Run(part.end, run.end)]
            for left in (each for each in rest if each.length > 0):
                _resolve(tokens, left, taken, finder, tries)
            return
    inside = [one for other, name in taken.items() if wider.start <= other.start and other.end <= wider.end if (one := name.entity)]
    _drop(taken, wider)
    text = " ".join(tokens[at].text for at in range(*wider))
    like = {one.key: one for one in [*(finder.like(text) if next(tries, None) is not None else ()), *inside]}
    first = dict.fromkeys([*(one.key for one in inside), *like])
    taken[wider] = NameAsked(text, like=tuple(like[key] for key in first)[:_MOST_ALIKE])


def _with_neighbours(tokens: Sequence[_Token], run: _Run, taken: Collection[_Run]) -> _Run:
    """With the names right beside it, which it may be a part of; what belongs to somebody is a name of its own."""
    start = next((other.start for other in taken if other.end == run.start and not _parts_from_next(tokens[run.start - 1])), run.start)
    end = next((other.end for other in taken if other.start == run.end and not _parts_from_next(tokens[run.end - 1])), run.end)
    return _Run(start, end)


def _parts_from_next(token: _Token) -> bool:
    return token.parted or token.text.endswith(_POSSESSIVE)


def _widened(tokens: Sequence[_Token], run: _Run) -> list[_Run]:
    """The run with some of the words around it, the most first: common words are parts of names, too (multiple myeloma)."""
    starts = range(max(0, run.start - _AROUND_IT), run.start + 1)
    ends = range(run.end, min(len(tokens), run.end + _AROUND_IT) + 1)
    every = [_Run(start, end) for start in starts for end in ends if not any(tokens[at].parted for at in range(start, end - 1))]
    fitting = [each for each in every if not (_joins(tokens[each.start].text) or _joins(tokens[each.end - 1].text))]
    return sorted({*fitting, run}, key=lambda part: (-part.length, part))


def _parts(run: _Run) -> list[_Run]:
    every = (_Run(start, end) for start in range(*run) for end in range(start + 1, min(start + _LONGEST_PART, run.end) + 1))
    return sorted(every, key=lambda part: (-part.length, part))


def _drop(taken: dict[_Run, NameAsked], run: _Run) -> None:
    for other in [other for other in taken if _overlaps(other, [run])]:
        del taken[other]
