"""Cypher as tokens: just enough to see keywords where they are keywords, and to be fooled by nothing."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from schema.errors import QueryRefused


class Kind(Enum):
    """What a token is; strings and comments leave none."""

    WORD = "word"
    QUOTED = "quoted"  # a name in backticks, without them
    NUMBER = "number"
    VALUE = "value"  # a string or a parameter
    SIGN = "sign"


class Token(NamedTuple):
    """A piece of a query; words keep their case."""

    kind: Kind
    text: str


_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<quoted>`(?:[^`\\]|``)*`)
  | (?P<parameter>\$(?:\w+|`(?:[^`\\]|``)*`))
  | (?P<number>\d\w*(?:\.\d\w*)?)
  | (?P<word>[^\W\d]\w*)
  | (?P<open>/\*|['"`\\])
  | (?P<sign>\.\.|.)
    """,
    re.VERBOSE | re.DOTALL,
)

# Where servers may disagree on what ends a line or is a space, a comment could hide a clause.
_DOUBTFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]")


def tokenize(cypher: str) -> list[Token]:
    """Raises QueryRefused for text that two parsers could read in two ways."""
    text = cypher.replace("\r\n", "\n")
    doubtful = _DOUBTFUL.search(text)
    if doubtful is not None:
        raise QueryRefused(f"the query holds the control character U+{ord(doubtful[0]):04X}; give such text as a parameter")
    if re.search(r"\\u", text, re.IGNORECASE):
        raise QueryRefused(
            "the query holds a Unicode escape, which can hide a keyword; write the character itself, or give it as a parameter"
        )
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        found = match[0]
        match match.lastgroup:
            case "space" | "comment":
                continue
            case "string" | "parameter":
                yield Token(Kind.VALUE, found)
            case "quoted":
                yield Token(Kind.QUOTED, found[1:-1].replace("``", "`"))
            case "number":
                yield Token(Kind.NUMBER, found)
            case "word":
                yield Token(Kind.WORD, found)
            case "open":
                raise QueryRefused(f"the query has a {found} that is not closed, or a backslash outside of a string")
            case _:
                yield Token(Kind.SIGN, found)
