"""What in a text could be a name: runs of words that are not everyday words, parts of such runs, and a few shapes beside them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from agents.asking.prompting import prompt

VERSION = "spans-1"
"""Grows with every change of what is a candidate."""

LONGEST_RUN = 5
"""Words in a candidate; those joined by `and`, `or`, `of` may have a few more."""

LONGEST_WORD = 80
"""Characters: a longer piece without a space is no name."""

LONGEST_NAME = 160
"""Characters of a candidate."""

MOST_PARTS = 6
"""Parts of a word that slashes and the like join; of more, only the whole is asked about."""

MOST = 400
"""Candidates of one text, the first ones."""

_PIECE = re.compile(r"\S{1,160}|\n")
_OPENERS, _CLOSERS, _STOPS = "([{", ")]}", "\"'“”‘’<>.,;:!?"
_GLUED = re.compile(
    r"(?<=\w)(?:-(?:[a-z]{3,}(?:ed|ing|ent|ive|ant|ific|ic)|[a-z]+like|free|type|null|dose|low|high|receptors?|cells?)|['’]s?|[-+]+)$"
)
_OPEN = re.compile(r"-(?:induced|mediated|associated|dependent|related|treated|exposed|based|specific|driven|bound|free)$", re.IGNORECASE)
_BEFORE = re.compile(r"^(?:anti|pro|non|pre|post|co|multi|all|phospho|p)-(?=\w{3})", re.IGNORECASE)
_SIGNS = re.compile(
    r"(?<=\w{2})(?:-(?=[A-Za-z]{3})|--)|(?<=[\w)+]{2})[/;|+:](?=[\w(]{2})"
    r"|[()\[\]]+(?=\w{2})|(?<=\w{2})[()\[\]]+|(?<=\w{2})\(?\+\)"
)
_NUMBER = re.compile(r"[\d.,%<>=±~×/-]+")
_CHANGE = re.compile(r"\w[>/]\w|(?:deletion|insertion|duplication|del|ins|dup)s?$")
_ABBREVIATED = re.compile(r"\([\w-]{1,12}\)(?:-?\w[\w/-]*| \w[\w/-]*)")
_ACID = r"(?:[A-Z]|[A-Z][a-z]{2}|\w{3,10}ine|tryptophan|\w{4,} acid)"
_WHERE = r"(?: (?:\w+ )?at (?:the )?(?:(?:codon|position|residue|nucleotide|amino acid)(?: position)? )?[-+]?\d+)?"
_CHANGED = re.compile(rf"\b{_ACID} ?(?:to|for|by|with|-{{0,2}}>|→) ?{_ACID}\b{_WHERE}")
_JOINED = re.compile(
    r"(?:syndrome|disease|disorder|deficienc|deficit|carcinoma|cancer|tumor|tumour|dysfunction|loss|failure|impairment|resistance|target"
    r"|regulator|activator|inhibitor|\w{4,}(?:sis|oma|pathy|itis|logy|tion|ity))(?:s|ies|y)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Word:
    """Where in a text a name may begin and end by this word, and the word in lower case."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    low: str


@cache
def word_list(name: str) -> frozenset[str]:
    """Words that tell where a name cannot be, from a file beside the prompts.

    `everyday`: in no name, alone or beside others, so that they end a run (verbs, adverbs, what papers say of themselves, units).
    `qualifiers`: no name ends with them, so that none of them is one alone. `heads`: no name begins with them.
    """
    return frozenset(prompt("everyday-1").section(name).split())


def candidate_spans(text: str) -> tuple[str, ...]:
    """Distinct pieces of the text as they are written, in the order in which they first appear."""
    found: dict[str, None] = {}
    for start, end in _spans(text):
        if _could_be(name := text[start:end]):
            found.setdefault(name)
        if len(found) >= MOST:
            break
    return tuple(found)


def worth_asking(name: str) -> bool:
    """Whether a piece of a text that comes from elsewhere may be a name by its words: vocabularies have genes called WAS and ON."""
    words = name.split()
    if not words or not _could_be(name) or words[0].lower() in word_list("heads") or words[-1].lower() in word_list("qualifiers"):
        return False
    first, last = words[0], words[-1]
    return not _is_everyday(first, first.lower(), "", inside=False) and not _is_everyday(last, last.lower(), "", inside=len(words) > 1)


def _could_be(name: str) -> bool:
    whole = all(name.count(opener) == name.count(closer) for opener, closer in zip(_OPENERS, _CLOSERS, strict=True))
    return whole and len(name) <= LONGEST_NAME and any(sign.isalpha() for sign in name)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    last: list[_Word] = []
    joint = ""
    for run, after in _runs(text):
        if joint and last and run:
            yield from _across(last, joint, run)
        for first, one in enumerate(run):
            for other in run[first : first + LONGEST_RUN]:
                yield from _named(one, other)
        last, joint = run, after
    yield from (match.span() for match in _CHANGED.finditer(text))
    for match in _ABBREVIATED.finditer(text):
        yield from _around(text, match)


def _named(one: _Word, other: _Word) -> Iterator[tuple[int, int]]:
    if other.low in word_list("qualifiers") or one.low in word_list("heads"):
        return
    if _NUMBER.fullmatch(one.low) and (one is other or not _CHANGE.search(other.low)):
        return
    for start in one.starts:
        for end in other.ends:
            if end > start:
                yield start, end


def _across(last: list[_Word], joint: str, run: list[_Word]) -> Iterator[tuple[int, int]]:
    """Names over an everyday word: `breast and ovarian cancer`, `loss of appetite`."""
    if joint == "of":
        if _JOINED.search(last[-1].low):
            for first in last[-2:]:
                yield first.starts[0], run[min(len(run), 2) - 1].ends[-1]
                yield first.starts[0], run[0].ends[-1]
    else:
        for word in run[1:3]:
            yield last[-1].starts[0], word.ends[-1]


def _around(text: str, match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Names that go on after their abbreviation: `cyclooxygenase (COX)-2`."""
    if match[0].rpartition(" ")[2].lower() in word_list("everyday"):
        return
    before = list(_PIECE.finditer(text, max(0, match.start() - LONGEST_WORD), match.start()))
    for word in before[:-5:-1]:
        if word[0].lower() in word_list("everyday") or not word[0][-1].isalnum():
            return
        yield word.start(), match.end()


def _runs(text: str) -> Iterator[tuple[list[_Word], str]]:
    """Words that follow each other without an everyday word or a sign between them, and the joint that ended the run, if one did."""
    run: list[_Word] = []
    for match in _PIECE.finditer(text):
        start, end = _trimmed(text, *match.span())
        word = text[start:end]
        low = word.lower()
        if start > match.start() and run:
            yield run, ""
            run = []
        if _is_everyday(word, low, text[end : end + 1], inside=bool(run)):
            yield run, low if low in {"of", "and", "or"} and end == match.end() else ""
            run = []
            continue
        run.append(_word(word, start, low))
        if end < match.end() and not (end - start == 1 and word.isupper() and text[end] == "."):  # E. coli
            yield run, ""
            run = []
    yield run, ""


def _is_everyday(word: str, low: str, following: str, *, inside: bool) -> bool:
    if not any(sign.isalnum() for sign in word) or len(word) > LONGEST_WORD:
        return True
    if low not in word_list("everyday"):
        return False
    if word == "A":
        return not inside  # cyclosporin A
    return not (1 < len(word) < 5 and word.isupper() and following != ":")


def _word(word: str, start: int, low: str) -> _Word:
    starts, ends = {0}, {len(word)}
    if glued := _GLUED.search(word):
        ends.add(glued.start())
    if _OPEN.search(word):
        ends.discard(len(word))
    if before := _BEFORE.search(word):
        starts.add(before.end())
    signs = list(_SIGNS.finditer(word))
    if len(signs) < MOST_PARTS:
        starts.update(sign.end() for sign in signs)
        ends.update(sign.start() for sign in signs)
    return _Word(tuple(start + at for at in sorted(starts)), tuple(start + at for at in sorted(ends)), low)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the signs around a word that do not belong to it: a bracket whose other half is inside does."""
    while start < end:
        word = text[start:end]
        if word[-1] in _STOPS or _lacks(word, word[-1], _CLOSERS, _OPENERS):
            end -= 1
        elif word[0] in _STOPS or _lacks(word, word[0], _OPENERS, _CLOSERS) or _enclosed(word):
            start += 1
        else:
            break
    return start, end


def _lacks(word: str, sign: str, these: str, those: str) -> bool:
    return sign in these and word.count(sign) > word.count(those[these.index(sign)])


def _enclosed(word: str) -> bool:
    return word[0] in _OPENERS and word.find(_CLOSERS[_OPENERS.index(word[0])]) == len(word) - 1
