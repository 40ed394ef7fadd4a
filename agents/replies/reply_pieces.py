"""What JSON a model's raw reply holds, whatever it is wrapped in: pure, tolerant, and linear in the reply's length."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agents.replies.json_mending import loads
from schema.errors import ModelFailed

LONGEST = 200_000
"""Characters of a reply that are looked at; what follows counts as cut off."""

DEEPEST = 64
"""Levels of brackets beyond which a reply is refused."""

SHOWN = 200
"""Characters of a reply that are kept in a message."""

_OPEN, _CLOSE = "{[", "}]"
_MARKS = re.compile(r'["{}\[\]]|//|/\*')
_COMMENTS = {"//": "\n", "/*": "*/"}
_STRING = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)


class CutOff(ModelFailed):
    """A reply that ends before it says anything: about less text it may have got further."""


@dataclass(frozen=True, slots=True)
class JsonPieces:
    """The objects in a reply that hold no other object, as text, and the beginning of one that is cut off ("" where none is).

    `outermost` is the text of its outermost value, "" where that does not end.
    """

    whole: tuple[str, ...]
    cut: str
    outermost: str
    complete: bool


def pieces(text: str) -> JsonPieces:
    """What is in a reply, its thought and its fence aside; raises ModelFailed where there is no JSON."""
    body, outline = _outlined(text)
    whole = tuple(body[start:end] for start, end in outline.leaves)
    cut = body[outline.cut :] if outline.cut is not None else ""
    return JsonPieces(whole, cut, _outermost(body, outline), outline.end is not None and len(text) <= LONGEST)


def decoded(piece: str) -> tuple[dict[str, object], str]:
    """An object from its text, and how it contradicts itself ("" where it does not); raises ValueError where it is no JSON."""
    twice: list[str] = []

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        seen: dict[str, object] = {}
        for key, value in items:
            if key in seen and seen[key] != value:
                twice.append(key)
            seen[key] = value
        return seen

    said: dict[str, object] = loads(piece, pairs)
    return said, f"key {twice[0]!r} twice with different values" if twice else ""


def shortened(text: str) -> str:
    """A reply as messages quote it: on one line, cut."""
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} characters)")


def nothing_said(what: str, told: str, text: str, *, is_cut: bool) -> ModelFailed:
    """The failure of a reply that has JSON in it and says nothing."""
    if is_cut:
        return CutOff(f"the reply is cut off before its first {what}: {shortened(text)}", text)
    return _refused(f"is JSON that {told}", text)


def _refused(reason: str, text: str) -> ModelFailed:
    return ModelFailed(f"the reply {reason}: {shortened(text)}", text)


@dataclass(frozen=True, slots=True)
class _Outline:
    leaves: tuple[tuple[int, int], ...]  # objects that hold no other object
    start: int | None  # of the first bracket
    end: int | None  # of the first outermost value; None where it does not end
    cut: int | None  # of the innermost object that does not end


def _outlined(text: str) -> tuple[str, _Outline]:
    """The answer in a reply and where its values are; raises ModelFailed where it has none."""
    body = _answer(text[:LONGEST])
    if not body.strip():
        raise _refused("is empty" if not text.strip() else "has a thought and no answer", text)
    outline = _outline(body)
    if outline is None:
        raise _refused(f"has brackets more than {DEEPEST} deep", text)
    if outline.start is None:
        raise _refused("has no JSON in it", text)
    return body, outline


def _answer(text: str) -> str:
    """What follows the thought, inside the fence."""
    ended = text.rfind("</think>")
    if ended >= 0:
        text = text[ended + len("</think>") :]
    elif text.lstrip().startswith("<think>"):
        return ""
    opened = text.find("```")
    if opened >= 0 and not text[:opened].lstrip().startswith(("{", "[")):
        closed = text.find("```", opened + 3)
        text = text[opened + 3 : closed if closed >= 0 else len(text)]
    return text


def _outline(text: str) -> _Outline | None:
    """Where the values in a text are, in one pass; quotation marks and comments count inside brackets only. None where it is too deep."""
    opened: list[int] = []
    holds: list[bool] = []  # whether an object inside has been seen, for each bracket that is open
    leaves: list[tuple[int, int]] = []
    start = end = None
    at = 0
    while (mark := _MARKS.search(text, at)) is not None:
        at, sign = mark.end(), mark.group()
        if sign == '"':
            if opened and (string := _STRING.match(text, at)):
                at = string.end() + 1
        elif sign in _COMMENTS:
            ended = text.find(_COMMENTS[sign], at) if opened else at
            at = ended if ended >= 0 else len(text)
        elif sign in _OPEN:
            start = mark.start() if start is None else start
            if sign == "{":
                holds = [True] * len(holds)
            opened.append(mark.start())
            holds.append(False)
            if len(opened) > DEEPEST:
                return None
        elif opened and text[opened[-1]] == _OPEN[_CLOSE.index(sign)]:
            if sign == "}" and not holds[-1]:
                leaves.append((opened[-1], at))
            opened.pop()
            holds.pop()
            end = at if not opened and end is None else end
    cut = next((place for place in reversed(opened) if text[place] == "{"), None)
    return _Outline(tuple(leaves), start, end, cut)


def _outermost(body: str, outline: _Outline) -> str:
    return "" if outline.start is None or outline.end is None else body[outline.start : outline.end]


def value_of(outermost: str) -> object:
    """The outermost value of an answer; None where it does not end or is not JSON."""
    try:
        value: object = loads(outermost) if outermost else None
    except ValueError:
        return None
    return value


def lists_in(value: object) -> Iterator[list[object]]:
    """The lists in lists of a value, in order."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            yield from (part for part in found if isinstance(part, list))
        if isinstance(found, list | dict):
            waiting += reversed(list(found.values() if isinstance(found, dict) else found))


def says_none(value: object) -> bool:
    """Whether an answer is an empty list, however wrapped; a schema, which has empty parts too, is none."""
    for _ in range(4):
        if value == []:
            return True
        if not isinstance(value, dict) or len(value) != 1:
            return False
        ((key, value),) = value.items()
        if key in {"properties", "required", "items", "$defs", "enum"}:
            return False
    return False
