"""Names of vocabularies in the order in which they are read: MeSH's headings are turned round for alphabetical lists."""

import re

_TURNED = frozenset({"Chemical", "Disease", "Gene"})
"""Types of the fields whose vocabularies turn names round. "Paris, France" is a place, and stands as it is read."""

_STAYS_LAST = re.compile(r"(?:type|grade|stage|class|group|subtype|subunit|isoform|variant|member|form|phase|family|line)\b", re.IGNORECASE)
_JOINS = re.compile(
    r"^(?:and|or|not|with|without|due|in|of|by|from|to|for|except|other|unspecified|including)\b|\b(?:and|or)\b", re.IGNORECASE
)
_NUMBERED = re.compile(r"(?:\d\w?|\b[IVX]+)$")
_AT_THE_END = re.compile(r"\s+(\([^()]*\))$")
_MOST_PARTS = 4


def reading_order(name: str, kind: str) -> str:
    """`Carcinoma, Non-Small-Cell Lung` as `Non-Small-Cell Lung Carcinoma`; what ends in a number or a type, or is a list, stays."""
    if kind not in _TURNED or ", " not in name:
        return name
    bracket = _AT_THE_END.search(name)
    parts = _parts(name[: bracket.start()] if bracket else name)
    last = len(parts)
    while last > 1 and (_STAYS_LAST.match(parts[last - 1]) or _NUMBERED.search(parts[last - 1])):
        last -= 1
    turned, behind = parts[:last], parts[last:]
    if not 1 < len(parts) <= _MOST_PARTS or not all(parts) or any(_JOINS.search(part) for part in turned[1:]):
        return name
    return ", ".join([" ".join(reversed(turned)), *behind]) + (f" {bracket[1]}" if bracket else "")


def _parts(name: str) -> list[str]:
    """What commas with a space behind them part; those in brackets part nothing."""
    found, depth, start = [], 0, 0
    for at, sign in enumerate(name):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0 and name[at + 1 : at + 2] == " ":
            found.append(name[start:at].strip())
            start = at + 1
    return [*found, name[start:].strip()] if depth == 0 else [name]
