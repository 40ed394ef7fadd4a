"""What somebody may have meant who wrote a name that there is none of."""

from collections.abc import Iterable
from difflib import get_close_matches

ALIKE = 0.6
"""How much of two names must agree, 0 to 1, for the one to be offered for the other."""


def nearest(written: str, known: Iterable[str]) -> list[str]:
    """At most three known names that are spelled like it whatever the case, the nearest first."""
    folded = {name.casefold(): name for name in sorted(known, reverse=True)}
    return [folded[name] for name in get_close_matches(written.casefold(), folded, n=3, cutoff=ALIKE)]


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """The end of a sentence that offers them; empty where none is near."""
    near = nearest(written, known)
    return f"; did you mean {' or '.join(near)}?" if near else ""
