"""What is almost JSON, as small models write it, made JSON where it can mean one thing only: pure, linear in its length."""

import json
import re
from collections.abc import Callable
from typing import Any

_WHOLE = r'"(?:[^"\\]|\\.)*(?:"|$)'
_PARTS = re.compile(
    rf"""(?P<whole>{_WHOLE})
      | '(?P<single>(?:[^'\\]|\\.|'(?!\s{{0,20}}[,:}}\]]))*)'?   # an apostrophe ends nothing; what stands before a mark does
      | [“„”«](?P<curly>[^“„”«»"]*)[“”»"]
      | ‘(?P<low>(?:[^’]|’(?!\s{{0,20}}[,:}}\]]))*)’?
      | (?P<comment>//[^\n]*|/\*.*?(?:\*/|$)|\#[^\n]*)
      | (?P<key>[^\W\d]\w*)(?=\s{{0,20}}:)
      | (?P<word>[^\W\d]\w*)""",
    re.VERBOSE | re.DOTALL,
)
_LAST_COMMA = re.compile(rf"({_WHOLE})|,(?=\s{{0,100}}[}}\]])", re.DOTALL)
_ESCAPED = re.compile(r'\\.|"|[\x00-\x1f]', re.DOTALL)
_WORDS = {"None": "null", "True": "true", "False": "false", "nan": "NaN"}

Pairs = Callable[[list[tuple[str, Any]]], dict[str, Any]]


def loads(text: str, pairs: Pairs | None = None) -> Any:
    """The value of a text that is JSON or almost; raises ValueError where it is neither."""
    try:
        return json.loads(text, strict=False, object_pairs_hook=pairs)
    except ValueError:
        return json.loads(mended(text), strict=False, object_pairs_hook=pairs)


def mended(text: str) -> str:
    """With quotation marks and words as JSON has them, and without comments and commas that nothing follows."""
    return _LAST_COMMA.sub(lambda match: match[1] or "", _PARTS.sub(_mended, text))


def _mended(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind in ("single", "curly", "low"):
        return f'"{_ESCAPED.sub(_escaped, match[kind])}"'
    if kind == "comment":
        return " "
    if kind == "key":
        return f'"{match[kind]}"'
    return _WORDS.get(match[0], match[0])


def _escaped(match: re.Match[str]) -> str:
    sign = match[0]
    if sign[0] != "\\":
        return json.dumps(sign)[1:-1]
    return sign if sign[1] in '"\\/bfnrtu' else sign[1:]
