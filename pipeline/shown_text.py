"""Text of others as it is shown: on one line, nothing in it acts on a terminal, none of it can be taken for our own words."""

import json
import re

# C0, DEL and C1; what turns the direction of writing; separators of lines; no-width signs; halves of characters; a byte order mark.
_ACTING = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\U000e0000-\U000e007f]"
)
_BREAK = re.compile("[ \t]*[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029\t]+[ \t]*")
_QUOTES = str.maketrans({"\\": "\\\\", '"': '\\"'})


def visible(text: str) -> str:
    r"""Control characters other than the line feed as their codes, such as \x1b."""
    return _ACTING.sub(lambda found: _code(ord(found[0])), text)


def json_escaped(text: str) -> str:
    """JSON that says the same and has none of these signs as they are."""
    return _ACTING.sub(lambda found: json.dumps(found[0])[1:-1], text)


def one_line(text: str) -> str:
    """The same on one line: what breaks lines, and tabs, become a space."""
    return visible(_BREAK.sub(" ", text.strip()))


def in_quotes(text: str) -> str:
    """A quote on one line that nothing in it can end: its own quotation marks are escaped, as in JSON."""
    return f'"{one_line(text.translate(_QUOTES))}"'


def _code(number: int) -> str:
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
