"""What claims a model's raw reply makes; pure, and linear in the reply's length."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from agents.replies.reply_pieces import decoded, lists_in, nothing_said, pieces, says_none, shortened, value_of

_ENDS = ("head", "relation", "tail")
_POLARITIES = ("asserts", "denies")
_ALSO_CALLED = {"subject": "head", "predicate": "relation", "object": "tail"}
_KEY = re.compile(rf"\b({'|'.join((*_ENDS, *_ALSO_CALLED))})\b", re.IGNORECASE)


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


def parse_reply(text: str, complete: bool = True) -> Said:
    """Take the claims from a reply; raises ModelFailed with the reason, and the reply cut short, where it has no usable answer.

    A thought in front, a code fence, other keys around, a lone object, a missing end and an echoed schema are seen through; so
    are lists in place of objects, and what is almost JSON.
    """
    found = pieces(text)
    claims: dict[SaidClaim, None] = {}
    refused: list[str] = []
    for piece in found.whole:
        said = _claim(piece)
        if isinstance(said, SaidClaim):
            claims[said] = None
        elif said:
            refused.append(said)
    if not claims and not refused:
        value = value_of(found.outermost)
        claims = dict.fromkeys(_listed(value))
        if not claims and not says_none(value):
            raise nothing_said("claim", "makes no claim", text, is_cut=not found.outermost)
    return Said(tuple(claims), tuple(refused), complete and found.complete)


def _claim(text: str) -> SaidClaim | str | None:
    """A claim; why it is refused; or None where the object is something else."""
    keys = {key.lower() for key in _KEY.findall(text)}
    if not keys:
        return None
    try:
        decoded_object, twice = decoded(text)
    except ValueError:  # no JSON after all, or a number of thousands of digits
        return f"not JSON: {shortened(text)}" if len({_ALSO_CALLED.get(key, key) for key in keys}) == len(_ENDS) else None
    said = {_called(key): value for key, value in decoded_object.items()}
    if not any(key in said for key in _ENDS):
        return None
    return twice or _checked(said)


def _called(key: str) -> str:
    name = key.strip().lower()
    return _ALSO_CALLED.get(name, name)


def _checked(said: dict[str, object]) -> SaidClaim | str:
    for key in _ENDS:
        if not isinstance(said.get(key), str) or not str(said[key]).strip():
            return f"{key} is missing or no text"
    polarity = said.get("polarity", "asserts")
    if polarity not in _POLARITIES:  # it may be a list, which is in no set
        return f"polarity {shortened(str(polarity))} is neither asserts nor denies"
    confidence = number_in(said.get("confidence"))
    if isinstance(confidence, str):
        return f"confidence {confidence}"
    quote = said.get("quote")
    head, relation, tail = (str(said[key]).strip() for key in _ENDS)
    return SaidClaim(
        head,
        relation,
        tail,
        polarity=str(polarity),
        confidence=confidence,
        quote=quote if isinstance(quote, str) else "",
        stated=_stated(said.get("stated")),
    )


_NUMBER = re.compile(r"(\d{1,3}(?:[.,]\d{1,20})?|[.,]\d{1,20}) ?(%?)")


def number_in(value: object) -> float | str | None:
    """A share from 0 to 1, also where it is written as text ("0.9", "0,9", "90 %"); or what is wrong with it."""
    if value is None:
        return None
    if isinstance(value, str) and (written := _NUMBER.fullmatch(value.strip())):
        value = float(written[1].replace(",", ".")) / (100 if written[2] else 1)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "is no number"
    if not math.isfinite(value) or not 0.0 <= value <= 1.0:
        return f"{shortened(str(value))} is not between 0 and 1"
    return float(value)


def _stated(value: object) -> tuple[str | None, str | None]:
    if not isinstance(value, list) or len(value) != 2:
        return None, None
    start, end = (part if isinstance(part, str) and part else None for part in value)
    return start, end


def _listed(value: object) -> Iterator[SaidClaim]:
    """Claims written as lists: head, relation, tail, and perhaps the polarity."""
    for parts in lists_in(value):
        words = [part.strip() for part in parts if isinstance(part, str) and part.strip()]
        if len(words) == len(parts) and (len(words) == 3 or (len(words) == 4 and words[3] in _POLARITIES)):
            yield SaidClaim(words[0], words[1], words[2], words[3] if len(words) == 4 else "asserts")
