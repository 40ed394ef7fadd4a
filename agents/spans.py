"""What in a text could be a name: runs of words that are not everyday words, and parts of such runs."""

import re
from collections.abc import Iterator

LONGEST_RUN = 5
"""Words in a candidate."""

MOST = 400
"""Candidates of one text, the first ones."""

_WORD = re.compile(r"[^\W_](?:[\w'’+/.>-]*[\w+])?|[^\s\w]")
_EVERYDAY = frozenset(
    """a an the of in on at by for from to with without within into onto over under between among during after before since until
    than then as is are was were be been being has have had do does did can could may might must shall should will would not no nor
    and or but if while whereas because although though that which who whom whose this these those it its their our we they he she
    his her you your there here where when how why what also both either neither each all any some most more less many few several
    such other another same only very much highly significantly however therefore thus moreover furthermore respectively using used
    use via versus vs per up down out about against through across toward towards upon along following including compared related
    due based showed shown show found demonstrated revealed suggest suggests suggesting indicate indicates identified observed
    reported detected two three four five six seven eight nine ten one first second third novel new present study studies results
    result conclusion conclusions methods background objective""".split()
)


def candidates(text: str) -> tuple[str, ...]:
    """Distinct pieces of the text as they are written, in the order in which they first appear."""
    found: dict[str, None] = {}
    for run in _runs(text):
        for first in range(len(run)):
            for last in range(first, min(len(run), first + LONGEST_RUN)):
                found.setdefault(text[run[first][0] : run[last][1]])
                if len(found) >= MOST:
                    return tuple(found)
    return tuple(found)


def _runs(text: str) -> Iterator[list[tuple[int, int]]]:
    """Words that follow each other without an everyday word or a sign between them."""
    run: list[tuple[int, int]] = []
    for match in _WORD.finditer(text):
        word = match[0]
        if word.lower() in _EVERYDAY or not any(sign.isalnum() for sign in word):
            yield run
            run = []
        else:
            run.append(match.span())
    yield run
