"""How names are compared: by their words, whatever the case and whatever stands between them."""

import re

_WORD = re.compile(r"\w+(?:[-'./]\w+)*")


def words_of(text: str) -> str:
    """The words of a text in lower case, joined by single spaces; empty where it has none."""
    return " ".join(_WORD.findall(text.casefold()))
