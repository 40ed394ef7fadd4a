"""The words of a name without what writing alone changes, so that two ways of writing one name have the same."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from pipeline.linking.word_lists import (
    CONCEPTS,
    EMPTY,
    LEADING,
    NUMBERED,
    ORGANS,
    ROMAN,
    SALTS,
    SAME_WORD,
    STEREO,
    SYMBOLS,
    TRAILING,
)

LONGEST_NAME = 500
"""Characters of a name that are looked at; no name is longer, and hostile text can be."""

_WORD = re.compile(r"[^\W\d_]+|\d+|\+")
_POSSESSIVE = re.compile(r"(?<=\w)['’`]s?\b")
_STEREO = re.compile(r"(?:^|(?<=[-\s]))\(\s*([+-]|\+/-|±)\s*\)")
_SIGNS = {"+": " plus ", "-": " minus ", "+/-": " racemic ", "±": " racemic "}
_LONGEST_SYMBOL = 10
_NO_BRACKETS = str.maketrans("", "", "() ")
_GREEK_ENDINGS = ("alpha", "beta", "gamma", "delta", "epsilon", "kappa")
_CHANGED = ((re.compile("itic$"), "itis"), (re.compile("otic$"), "osis"), (re.compile("emic$"), "emia"))
_ENDINGS = re.compile(r"(?:atory|ational|iveness|ative|ation|ical|ives?|ions?|ous|ic|al|ia|y|e)$")


def words(name: str, kind: str) -> tuple[str, ...]:
    """The words and numbers of a name in order, folded; of a type, whose own word ("gene") at the end says nothing."""
    if kind == "Chemical" and len(name) <= _LONGEST_SYMBOL and (symbol := name.translate(_NO_BRACKETS)) in SYMBOLS:
        return SYMBOLS[symbol]
    parts = _WORD.findall(_spelled(name))
    found = [_folded(part) for part in parts] if kind != "Gene" else [_folded(each) for part in parts for each in _greek_apart(part)]
    for at in range(1, len(found)):
        part = found[at]
        if part in ROMAN and (len(part) > 1 or found[at - 1] in NUMBERED):
            found[at] = ROMAN[part]
    while len(found) > 1 and found[0] in LEADING:
        del found[0]
    while len(found) > 1 and found[-1] in TRAILING.get(kind, ()):
        del found[-1]
    return tuple(found)


def without_order(of_name: Iterable[str]) -> tuple[str, ...]:
    """The words sorted, without those that only join others."""
    every = sorted(of_name)
    return tuple(word for word in every if word not in EMPTY) or tuple(every)


def concepts(of_name: Sequence[str], kind: str) -> tuple[str, ...]:
    """The stems of the words sorted, each once: words that medicine uses for one thing are one ("renal": kidney).

    Of a substance without what names its salt or mirror image.
    """
    left_out = set(beside(of_name, kind))
    parts = _acids(of_name) if kind == "Chemical" else of_name
    stems = {stem for word in parts if word not in EMPTY and word not in left_out for stem in _meanings(word, kind)}
    return tuple(sorted(stems or set(of_name)))


def beside(of_name: Sequence[str], kind: str) -> tuple[str, ...]:
    """The words of a substance's name that name its salt or mirror image."""
    if kind != "Chemical" or len(of_name) < 2:
        return ()
    return tuple(sorted(word for at, word in enumerate(of_name) if (word in SALTS and at) or (word in STEREO and not at)))


def numbers_in(of_name: Iterable[str]) -> tuple[str, ...]:
    """The numbers among the words, in order."""
    return tuple(word for word in of_name if word.isdigit())


@lru_cache(maxsize=1 << 16)
def concept(word: str) -> str:
    """The stem of a word, or what it is another word for."""
    if word in CONCEPTS:
        return CONCEPTS[word]
    for ending, other in _CHANGED:
        word = ending.sub(other, word)
    stem = _ENDINGS.sub("", word)
    stem = stem if len(stem) >= 4 else word
    return CONCEPTS.get(stem, stem)


def _meanings(word: str, kind: str) -> tuple[str, ...]:
    if kind == "Disease" and word.endswith("pathy") and word[:-5] in ORGANS:
        return (ORGANS[word[:-5]], CONCEPTS["disease"])
    return (word,) if kind == "Chemical" else (concept(word),)


def _acids(of_name: Sequence[str]) -> Iterator[str]:
    """An acid under the name of its salts: "folic acid" is folate."""
    for at, word in enumerate(of_name):
        if word == "acid" and at and of_name[at - 1].endswith("ic"):
            continue
        acid = word.endswith("ic") and len(word) >= 4 and of_name[at + 1 : at + 2] == ("acid",)
        yield word[:-2] + "ate" if acid else word


def _spelled(name: str) -> str:
    """Without accents and possessive s; Greek letters and signs of stereochemistry as words."""
    plain = name[:LONGEST_NAME].replace("−", "-").replace("–", "-")
    if "(" in plain:
        plain = _STEREO.sub(lambda sign: _SIGNS[sign[1]], plain)
    plain = unicodedata.normalize("NFKC", plain)
    if not plain.isascii():
        plain = "".join(_greek(letter) for letter in plain)
        plain = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))
    return _POSSESSIVE.sub("", plain)


@lru_cache(maxsize=1 << 10)
def _greek(letter: str) -> str:
    name = unicodedata.name(letter, "")
    if not name.startswith("GREEK ") or " LETTER " not in name:
        return letter
    # Its neighbours are other words: β2 and beta-2 are the same, and so are TNFα and TNF-alpha.
    return f" {name.rsplit(' LETTER ', 1)[1].removeprefix('FINAL ').split()[0].lower()} "


@lru_cache(maxsize=1 << 18)
def _folded(word: str) -> str:
    """A word in lower case, in the singular and in American spelling; of capitals (KRAS, IGFs) no more than a small s goes."""
    small = word.casefold()
    if len(word) < 8 and word[:-1].isupper():
        return small[:-1] if word[-1] == "s" and len(word) > 2 else small
    if len(small) < 4 or not small.isalpha():
        return small
    small = _singular(small)
    if len(small) >= 6:
        small = small.replace("ae", "e").replace("oe", "e").replace("sulph", "sulf")
    return SAME_WORD.get(small, small)


def _greek_apart(word: str) -> tuple[str, ...]:
    """PKCalpha in two."""
    small = word.lower()
    for letter in _GREEK_ENDINGS:
        if small.endswith(letter) and len(word) > len(letter):
            return word[: -len(letter)], letter
    return (word,)


def _singular(word: str) -> str:
    if word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 5:
        return word[:-3] + "y"
    if word.endswith("oses"):
        return word[:-2] + "is"
    if word.endswith("itides"):
        return word[:-4] + "s"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word.removesuffix("s")
