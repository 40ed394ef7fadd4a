"""Under which numbers a name is kept and looked up: one for each way of writing it, and some that names like it share."""

from hashlib import blake2b

from pipeline.linking.word_lists import GREEK
from pipeline.linking.words_of_names import concepts, words
from schema.entity_names import Forms

VERSION = "1"
"""Grows with every change of what `forms_of` makes: kept vocabularies are then indexed anew."""

_HALVES = (3, 4, 5, 6, 8, 10, 12, 16)
_LONGEST_WORDS = 4


def forms_of(kind: str, name: str) -> Forms:
    """The forms of a name of a type; names of different types share none.

    Whole: its letters and numbers in order (of a gene with Greek letters as symbols have them), and its concepts in any order.
    Blocks: its first half, its last half and, of several words, each of the longest ones; so one wrong letter or one other word
    leaves a block that both names have.
    """
    of_name = words(name, kind)
    compact = "".join(of_name)
    stems = concepts(of_name, kind)
    half = _half(len(compact))
    blocks = [_number(kind, f"<{half}", compact[:half]), _number(kind, f">{half}", compact[-half:])] if half else []
    return Forms(whole_forms(kind, of_name), tuple(blocks + _of_stems(kind, stems)))


def first_form(kind: str, name: str) -> int:
    """The first of a name's whole forms: its letters and numbers in order."""
    return _letters_form(kind, words(name, kind))


def whole_forms(kind: str, of_name: tuple[str, ...]) -> tuple[int, ...]:
    """The whole forms of a name of these words."""
    return (_letters_form(kind, of_name), _number(kind, "c", " ".join(concepts(of_name, kind))))


def _letters_form(kind: str, of_name: tuple[str, ...]) -> int:
    letters = "".join(GREEK.get(word, word) for word in of_name) if kind == "Gene" else "".join(of_name)
    return _number(kind, "w", letters)


def blocks_to_ask(kind: str, of_name: tuple[str, ...]) -> tuple[int, ...]:
    """The blocks of names like that of these words, also of those that are a letter shorter or longer."""
    compact = "".join(of_name)
    halves = sorted({_half(len(compact) + more) for more in (-1, 0, 1)} - {0})
    ends = [_number(kind, f"{end}{half}", text) for half in halves for end, text in (("<", compact[:half]), (">", compact[-half:]))]
    return (*ends, *_of_stems(kind, concepts(of_name, kind)))


def _of_stems(kind: str, stems: tuple[str, ...]) -> list[int]:
    long = sorted((stem for stem in stems if len(stem) > 2), key=lambda stem: (-len(stem), stem))[:_LONGEST_WORDS]
    return [_number(kind, "s", stem) for stem in long]


def _half(length: int) -> int:
    """Of the lengths that halves can have the longest that fits; 0 for a name that is too short to resemble others."""
    return max((half for half in _HALVES if half <= (length + 1) // 2), default=0)


def _number(kind: str, what: str, text: str) -> int:
    """64 bits: two texts that share them by chance only cost a comparison."""
    return int.from_bytes(blake2b(f"{kind}\n{what}\n{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)
