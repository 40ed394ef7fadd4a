"""The explorer as a file: what is known about some entities, as it was at every moment when that changed, inside the page."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flows.answers.courses_from_log import MOST_FACTS, course_told, courses_about
from flows.explorer.explorer_page import explorer_page
from flows.home.homes import Home
from flows.report.page_parts import write_whole

MOST_STATES = 12
"""Moments at which a file tells what was known; of more the last ones."""


def write_explorer(
    home: Home, entities: Sequence[str], to: Path, *, as_of: date | None = None, known_at: datetime | None = None, most: int = MOST_FACTS
) -> Path:
    """Write the explorer of the facts about some entities (keys or names) as one file and return its path; what lies there is replaced.

    Nothing that was published after `as_of` or recorded after `known_at` is in it. The same evidence gives the same bytes. Raises
    WrongUse for what is not known.
    """
    write_whole(to, explorer_page({"file": snapshots_of(home, entities, as_of=as_of, known_at=known_at, most=most)}))
    return to


def snapshots_of(
    home: Home, entities: Sequence[str], *, as_of: date | None = None, known_at: datetime | None = None, most: int = MOST_FACTS
) -> dict[str, Any]:
    """What a file carries.

    A dictionary of `entities` (keys), `names`, `states` (what flows.answers.courses_from_log.courses_about says at each moment, the last
    one without a moment; `facts` and `details` by their number), `facts`, `details` (what course_told says, by triple), `moments`.
    """
    now = courses_about(home, entities, as_of=as_of, known_at=known_at, limit=most)
    keys = [entity["key"] for entity in now["entities"]]
    moments = [each for each in now["moments"] if known_at is None or each <= known_at.isoformat()][-MOST_STATES:]
    facts, details = _Numbered(), _Numbered()
    states = [
        _state(home, courses_about(home, keys, as_of=as_of, known_at=moment, limit=most), as_of, moment, facts, details)
        for moment in map(datetime.fromisoformat, moments[:-1])
    ]
    states.append(_state(home, now, as_of, known_at, facts, details))
    names = [entity["name"] for entity in now["entities"]]
    return {"entities": keys, "names": names, "states": states, "facts": facts.kept, "details": details.kept, "moments": moments}


class _Numbered:
    """Values, each kept once: most facts are at one moment what they were at the one before."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, value: object) -> int:
        text = json.dumps(value, sort_keys=True)
        if text not in self._numbers:
            self._numbers[text] = len(self.kept)
            self.kept.append(value)
        return self._numbers[text]


def _state(
    home: Home, told: dict[str, Any], as_of: date | None, known_at: datetime | None, facts: _Numbered, details: _Numbered
) -> dict[str, Any]:
    found = {}
    for fact in told["facts"]:
        triple = (fact["head"], fact["relation"], fact["tail"])
        detail = course_told(home, *triple, as_of=as_of, known_at=known_at)
        found[json.dumps(triple, ensure_ascii=False, separators=(",", ":"))] = details.number(detail)
    kept = {name: told[name] for name in ("entities", "nodes", "width", "height", "left_out", "known_at")}
    return {**kept, "facts": [facts.number(fact) for fact in told["facts"]], "details": found}
