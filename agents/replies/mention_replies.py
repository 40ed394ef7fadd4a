"""What a model's raw reply names, seen through what small models wrap it in; pure, and linear in the reply's length."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.replies.reply_pieces import decoded, lists_in, nothing_said, pieces, says_none, shortened, value_of

LONGEST_NAME = 120
"""Characters of a name beyond which it is taken for a piece of text."""

_TEXT = ("text", "name", "mention", "span", "entity")
_TYPE = ("type", "label", "category", "entity_type", "kind")
_KEYS = re.compile(rf"\b({'|'.join(_TEXT)})\b", re.IGNORECASE)
_EDGES = " \t\r\n.,;:!?\"'`"
_PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "‘": "’", "«": "»"}
_ARTICLE = re.compile(r"(?:the|an|a) +(?=\S)")
_SAY_NOTHING = (
    "a an and are as at be but by for from had has he her him his i in is it its not of on or our she so such than that the their them "
    "they these this those to us was we were what which who whom whose will with you none null unknown other n/a"
)
_EMPTY_WORDS = frozenset(_SAY_NOTHING.split(" "))


@dataclass(frozen=True, slots=True)
class SaidMention:
    """A name as a reply gives it, trimmed, with a type of the ontology. Whether it stands in the text is not checked."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class SaidMentions:
    """What a reply names, why other names in it were refused, and whether it was cut off."""

    mentions: tuple[SaidMention, ...]
    refused: tuple[str, ...] = ()
    complete: bool = True


def parse_mentions(text: str, kinds: Sequence[str], complete: bool = True) -> SaidMentions:
    """Take the names from a reply; raises ModelFailed with the reason and the reply where it has no usable answer.

    Besides the form that is asked for, lists under the names of types and lists of type and name are understood.
    """
    found = pieces(text)
    types = _Types(kinds)
    named: dict[SaidMention, None] = {}
    refused: list[str] = []
    for piece in found.whole:
        for told in _in_object(piece, types):
            if isinstance(told, SaidMention):
                named[told] = None
            else:
                refused.append(told)
    if not named and not refused:
        value = value_of(found.outermost)
        named = dict.fromkeys(_in_lists(value, types))
        if not named and not says_none(value) and not _nothing_by_type(value, types):
            raise nothing_said("name", "names nothing", text, is_cut=not found.complete)
    return SaidMentions(tuple(named), tuple(refused), complete and found.complete)


class _Types:
    """The types of an ontology, however a reply spells them."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self._known = {_letters(kind): kind for kind in kinds}

    def find(self, said: object) -> str | None:
        """The type that a word means: case, spaces and the ending of a plural aside."""
        word = _letters(said) if isinstance(said, str) else ""
        return self._known.get(word) or self._known.get(word.removesuffix("s")) or self._known.get(f"{word}s" if word else "")


def _letters(word: str) -> str:
    return "".join(sign for sign in word.lower() if sign.isalnum())


def _in_object(piece: str, types: _Types) -> Iterator[SaidMention | str]:
    try:
        said, twice = decoded(piece)
    except ValueError:
        if _KEYS.search(piece):
            yield f"not JSON: {shortened(piece)}"
        return
    keys = {key.strip().lower(): value for key, value in said.items()}
    name = next((keys[key] for key in _TEXT if key in keys), None)
    if name is None:
        yield from _by_type(said, types)
    elif twice:
        yield twice
    else:
        kind = next((keys[key] for key in _TYPE if key in keys), None)
        known = types.find(kind)
        yield _checked(known, name) if known else f"type {shortened(str(kind))} is none of the ontology's"


def _by_type(said: Mapping[str, object], types: _Types) -> Iterator[SaidMention | str]:
    """Names in lists under the names of types."""
    for key, value in said.items():
        kind = types.find(key)
        if kind and isinstance(value, list) and all(isinstance(name, str) for name in value):
            yield from (_checked(kind, name) for name in value)


def _in_lists(value: object, types: _Types) -> Iterator[SaidMention]:
    """Lists of a type and a name, in either order, where only one of the two is a type."""
    for parts in lists_in(value):
        if len(parts) == 2 and all(isinstance(part, str) for part in parts):
            known = [types.find(part) for part in parts]
            if (known[0] is None) != (known[1] is None):
                checked = _checked(known[0] or known[1] or "", parts[1] if known[0] else parts[0])
                if isinstance(checked, SaidMention):
                    yield checked


def _nothing_by_type(value: object, types: _Types) -> bool:
    return isinstance(value, dict) and bool(value) and all(types.find(key) and part == [] for key, part in value.items())


def _checked(kind: str, name: object) -> SaidMention | str:
    if not isinstance(name, str):
        return "a name is no text"
    text = trimmed(name)
    if len(text) > LONGEST_NAME:
        return f"a name of {len(text)} characters"
    if sum(sign.isalnum() for sign in text) < 2:
        return "a name of under two letters or digits"
    if text.lower() in _EMPTY_WORDS or not any(sign.isalpha() for sign in text):
        return "a name that names nothing"
    return SaidMention(kind, text)


def trimmed(name: str) -> str:
    """A name without what stands around it: space, marks, a pair of brackets or quotes, an article."""
    before = None
    while name != before and len(name) <= 2 * LONGEST_NAME:
        before = name
        name = name.strip(_EDGES)
        if len(name) > 2 and _PAIRS.get(name[0]) == name[-1] and name[0] not in name[1:]:
            name = name[1:-1]
        name = _ARTICLE.sub("", name, count=1) if _ARTICLE.match(name) else name
    return name
