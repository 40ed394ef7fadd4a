"""How alike two names are, from 0 to 1 with the reason in words, and what must be equal for them to be alike at all."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pipeline.linking.word_lists import GREEK, OPPOSITES
from pipeline.linking.words_of_names import beside, concepts, numbers_in, without_order, words

SURE = 0.85
"""From this score on a name is taken for the entity's, where no other comes close."""
PLAUSIBLE = 0.5
"""Below this score a name is no candidate."""

_RESEMBLING = 0.8
"""Share of letters below which names only look alike: on annotated abstracts fewer than one in eight such candidates was right."""
_SHORT_SYMBOL = 4


class Likeness(NamedTuple):
    """A score and what it says, after "name: "."""

    score: float
    how: str


@dataclass(frozen=True, slots=True)
class Written:
    """A name of a type as it is written, and what of it is compared."""

    text: str
    kind: str
    words: tuple[str, ...]
    compact: str
    numbers: tuple[str, ...]
    sorted: tuple[str, ...]
    stems: tuple[str, ...]
    beside: tuple[str, ...]


@lru_cache(maxsize=1 << 15)
def written(text: str, kind: str) -> Written:
    """A name taken apart."""
    return taken_apart(text, kind, words(text, kind))


def taken_apart(text: str, kind: str, of_name: tuple[str, ...]) -> Written:
    """A name of these words."""
    stems, more = concepts(of_name, kind), beside(of_name, kind)
    return Written(text, kind, of_name, "".join(of_name), numbers_in(of_name), without_order(of_name), stems, more)


def whole_likeness(asked: Written, known: Written) -> Likeness | None:
    """How alike two names are that share a whole form; None where they are not the same name."""
    if asked.text == known.text:
        return Likeness(1.0, "the very name")
    if asked.numbers != known.numbers:
        return None
    if asked.text.casefold() == known.text.casefold():
        return Likeness(0.8, "a word with the letters of a symbol") if _is_a_word(asked, known) else Likeness(0.98, "but for case")
    if asked.compact == known.compact:
        if asked.kind == "Chemical" and _plural(asked.text) != _plural(known.text):
            return Likeness(0.8, "one of them in the plural, which can name a class of substances")
        return Likeness(0.96, "but for hyphens, spelling or number")
    if asked.sorted == known.sorted and _has_words(asked):
        return Likeness(0.94, "the same words in another order")
    if asked.kind == "Gene" and _letters(asked) == _letters(known):
        return Likeness(0.93, "but for Greek letters")
    if asked.stems == known.stems and _has_words(asked):
        if asked.beside != known.beside:
            return Likeness(0.74, "but for a salt or a mirror image")
        return Likeness(0.9, "words for the same")
    return None


def near_likeness(asked: Written, known: Written) -> Likeness | None:
    """How alike two names are that are written differently in more than form; None where a guard forbids it."""
    if not _may_be_one(asked, known):
        return None
    from rapidfuzz.distance import OSA

    if len(asked.compact) >= 8:
        allowed = 1 if len(asked.compact) < 12 else 2
        wrong = OSA.distance(asked.compact, known.compact, score_cutoff=allowed)
        if wrong <= allowed:
            # In names of substances and genes one letter is another thing: thiamine, thiazine.
            certain = asked.kind not in {"Chemical", "Gene"} and _one_word_differs(asked, known)
            return Likeness(round((0.92 if certain else 0.77) - 0.04 * wrong, 3), _letters_wrong(wrong))
    return _contained(asked, known) or _resembling(asked, known)


_LEAST_LETTERS = {"Chemical": 8, "Gene": 8}
_FEWEST_LETTERS = 6
_VOWEL_LETTERS = 10
_MANY_LETTERS = 12
_NEVER_MISSPELLED = frozenset({"Variant", "CellLine"})


def misspelled(asked: Written, known: Written) -> Likeness | None:
    """Whether a person meant a name and wrote it with a slip: a letter too few or too many, two that changed places.

    A letter in place of another can make another thing (dysphagia, dysphasia), so it is forgiven in long names only, and in those of
    substances a vowel alone. There the shortest name is longer, too; short names, numbers and marks must be right.
    """
    kind, letters = asked.kind, min(len(asked.compact), len(known.compact))
    one_thing = kind not in _NEVER_MISSPELLED and letters >= _LEAST_LETTERS.get(kind, _FEWEST_LETTERS) and _may_be_one(asked, known)
    if (
        not one_thing
        or asked.compact[0] != known.compact[0]
        or asked.compact.replace("meth", "eth") == known.compact.replace("meth", "eth")
    ):
        return None  # methyl and ethyl are two things
    from rapidfuzz.distance import OSA

    strict = kind in _LEAST_LETTERS or letters < _MANY_LETTERS
    allowed = 1 if strict else 2
    wrong = OSA.distance(asked.compact, known.compact, score_cutoff=allowed)
    replaced = len(asked.compact) == len(known.compact) and sorted(asked.compact) != sorted(known.compact)
    if not 0 < wrong <= allowed or (strict and replaced and not _another_vowel(asked, known)):
        return None
    return Likeness(round(0.9 - 0.04 * wrong, 3), _letters_wrong(wrong))


def _another_vowel(asked: Written, known: Written) -> bool:
    """Whether a vowel stands in place of another where that does not make another thing, as the ends of names and ethane, ethene do."""
    pairs = list(zip(asked.compact, known.compact, strict=True))
    wrong = [at for at, (one, other) in enumerate(pairs) if one != other]
    at, letters = wrong[0], len(pairs)
    vowels = len(wrong) == 1 and set(pairs[at]) <= set("aeiouy")
    return vowels and asked.kind != "Gene" and letters >= _VOWEL_LETTERS and at < letters - 4 and pairs[at + 1] != ("n", "n")


def _may_be_one(asked: Written, known: Written) -> bool:
    """Whether nothing forbids that two names written differently are one."""
    return asked.numbers == known.numbers and _marks(asked) == _marks(known) and not _are_opposites(asked, known)


def _letters_wrong(number: int) -> str:
    return f"but for {number} letter{'s' if number > 1 else ''}"


def _one_word_differs(asked: Written, known: Written) -> bool:
    """Whether all words but one are the same, and that one is long and begins alike: a slip of the pen, not another word."""
    if len(asked.words) != len(known.words):
        return False
    differing = [pair for pair in zip(asked.words, known.words, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and all(len(word) >= 7 for word in differing[0]) and differing[0][0][:2] == differing[0][1][:2]


def _contained(asked: Written, known: Written) -> Likeness | None:
    """Where the known name has all that is asked, and more."""
    mine, other = set(asked.stems), set(known.stems)
    if not mine or not mine < other or not _has_words(asked):
        return None
    share = sum(map(len, mine)) / sum(map(len, other))
    return Likeness(round(0.5 + 0.2 * share, 3), f"with more words: {' '.join(sorted(other - mine))}")


def _resembling(asked: Written, known: Written) -> Likeness | None:
    from rapidfuzz import fuzz

    ratio = max(fuzz.ratio(asked.compact, known.compact), fuzz.ratio(" ".join(asked.stems), " ".join(known.stems))) / 100
    if ratio < _RESEMBLING or len(asked.compact) < 5:
        return None
    return Likeness(round(min(0.75 * ratio, 0.68), 3), f"{ratio:.0%} of the letters")


def _marks(name: Written) -> tuple[str, ...]:
    """What must be equal besides numbers: Greek letters, single letters, signs."""
    return tuple(sorted(word for word in name.words if word in GREEK or len(word) == 1))


def _are_opposites(asked: Written, known: Written) -> bool:
    mine, other = (set(one.words) - set(two.words) for one, two in ((asked, known), (known, asked)))
    return any(
        word.removeprefix(one) == rest.removeprefix(two) and word != rest
        for pair in OPPOSITES
        for one, two in (pair, pair[::-1])
        for word in mine
        if word.startswith(one)
        for rest in other
        if rest.startswith(two)
    )


def _is_a_word(asked: Written, known: Written) -> bool:
    """Whether "was" is asked where a gene is WAS: few letters, no digit, none of them a capital."""
    text = asked.text
    return asked.kind == "Gene" and len(text) <= _SHORT_SYMBOL and text.isalpha() and text.islower() and not known.text.islower()


def _has_words(name: Written) -> bool:
    """Whether there is a word of more than three letters: symbols have no order to lose and no stem."""
    return any(len(word) > 3 for word in name.words)


def _letters(name: Written) -> str:
    return "".join(GREEK.get(word, word) for word in name.words)


def _plural(text: str) -> bool:
    return text.endswith("s") and not text.endswith(("ss", "us", "is"))
