"""What a model's raw reply says, whatever it is wrapped in: pure, tolerant, and linear in the reply's length."""

import json
import math
import re
from dataclasses import dataclass

from schema.errors import ModelFailed

LONGEST = 200_000
"""Characters of a reply that are looked at; what follows counts as cut off."""

DEEPEST = 64
"""Levels of brackets beyond which a reply is refused."""

SHOWN = 200
"""Characters of a reply that are kept in a message."""

_OPEN, _CLOSE = "{[", "}]"
_MARKS = re.compile(r'["{}\[\]]')
_STRING = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_LAST_COMMA = re.compile(r",\s{0,100}\}$")
_ENDS = ("head", "relation", "tail")


@dataclass(frozen=True, slots=True)
class SaidClaim:
    """One claim as a reply words it: nothing is checked but its form. `confidence` is None where the reply gives none."""

    head: str
    relation: str
    tail: str
    polarity: str = "asserts"
    confidence: float | None = None
    quote: str = ""
    stated: tuple[str | None, str | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Said:
    """What a reply says: its claims, why others in it were refused, and whether it was cut off."""

    claims: tuple[SaidClaim, ...]
    refused: tuple[str, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Outline:
    leaves: tuple[tuple[int, int], ...]  # objects that hold no other object
    start: int | None  # of the first bracket
    end: int | None  # of the first outermost value; None where it does not end
    cut: int | None  # of the innermost object that does not end


def parse_reply(text: str, complete: bool = True) -> Said:
    """Take the claims from a reply; raises ModelFailed with the reason, and the reply cut short, where it has no usable answer.

    A thought in front, a code fence, other keys around, a lone object, a missing end and an echoed schema are seen through.
    """
    body, outline = _outlined(text)
    whole = complete and len(text) <= LONGEST
    claims: dict[SaidClaim, None] = {}
    refused: list[str] = []
    for start, end in outline.leaves:
        found = _claim(body[start:end])
        if isinstance(found, SaidClaim):
            claims[found] = None
        elif found:
            refused.append(found)
    if not claims and not refused and not _says_none(body, outline):
        raise _refused("is cut off before its first claim" if outline.end is None else "is JSON that makes no claim", text)
    return Said(tuple(claims), tuple(refused), whole and outline.end is not None)


@dataclass(frozen=True, slots=True)
class Pieces:
    """The objects in a reply that hold no other object, as text, and the beginning of one that is cut off ("" where none is)."""

    whole: tuple[str, ...]
    cut: str


def pieces(text: str) -> Pieces:
    """The same parts of a reply that claims are taken from, for answers of another form; raises ModelFailed where there is no JSON."""
    body, outline = _outlined(text)
    return Pieces(tuple(body[start:end] for start, end in outline.leaves), body[outline.cut :] if outline.cut is not None else "")


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

    said: dict[str, object] = json.loads(_LAST_COMMA.sub("}", piece), strict=False, object_pairs_hook=pairs)
    return said, f"key {twice[0]!r} twice with different values" if twice else ""


def shown(text: str) -> str:
    """A reply as messages quote it: on one line, cut."""
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} characters)")


def _refused(reason: str, text: str) -> ModelFailed:
    return ModelFailed(f"the reply {reason}: {shown(text)}")


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
    """Where the values in a text are, in one pass; quotation marks count inside brackets only. None where it is too deep."""
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


def _claim(text: str) -> SaidClaim | str | None:
    """A claim; why it is refused; or None where the object is something else."""
    if not any(f'"{key}"' in text for key in _ENDS):
        return None
    try:
        said, twice = decoded(text)
    except ValueError:  # no JSON after all, or a number of thousands of digits
        return f"not JSON: {shown(text)}" if all(f'"{key}"' in text for key in _ENDS) else None
    if not any(key in said for key in _ENDS):
        return None
    return twice or _checked(said)


def _checked(said: dict[str, object]) -> SaidClaim | str:
    for key in _ENDS:
        if not isinstance(said.get(key), str) or not str(said[key]).strip():
            return f"{key} is missing or no text"
    polarity = said.get("polarity", "asserts")
    if polarity not in ("asserts", "denies"):  # it may be a list, which is in no set
        return f"polarity {shown(str(polarity))} is neither asserts nor denies"
    confidence = said.get("confidence")
    if confidence is not None:
        if isinstance(confidence, bool) or not isinstance(confidence, int | float):
            return "confidence is no number"
        if not math.isfinite(confidence) or not 0.0 <= confidence <= 1.0:
            return f"confidence {shown(str(confidence))} is not between 0 and 1"
    quote = said.get("quote")
    head, relation, tail = (str(said[key]).strip() for key in _ENDS)
    return SaidClaim(
        head,
        relation,
        tail,
        polarity=str(polarity),
        confidence=None if confidence is None else float(confidence),
        quote=quote if isinstance(quote, str) else "",
        stated=_stated(said.get("stated")),
    )


def _stated(value: object) -> tuple[str | None, str | None]:
    if not isinstance(value, list) or len(value) != 2:
        return None, None
    start, end = (part if isinstance(part, str) and part else None for part in value)
    return start, end


def _says_none(body: str, outline: _Outline) -> bool:
    """Whether the answer is an empty list, however wrapped; a schema, which has empty parts too, is none."""
    if outline.start is None or outline.end is None:
        return False
    try:
        value = json.loads(body[outline.start : outline.end], strict=False)
    except ValueError:
        return False
    for _ in range(4):
        if value == []:
            return True
        if not isinstance(value, dict) or len(value) != 1:
            return False
        ((key, value),) = value.items()
        if key in {"properties", "required", "items", "$defs", "enum"}:
            return False
    return False
