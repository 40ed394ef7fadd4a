"""`set-aside`: what could not be used, looked through by a person, let go with a note, and taken up again."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flows.home.homes import Home, now
from pipeline.intake.batches import Intake
from pipeline.intake.set_aside_list import (
    Aside,
    Ending,
    Selection,
    all_aside,
    aside_named,
    asides_page,
    discarding,
    reopening,
    selected_asides,
    selection_of,
)
from pipeline.reporting.set_aside_in_words import whole_aside_as_data
from schema.errors import WrongUse


def selected_by(asked: dict[str, Any], *, at_least_one: str = "") -> Selection:
    """What a person asks for by the names of options; where nothing is asked for, and something must be (`at_least_one`), WrongUse."""
    selection = selection_of(asked, now())
    if at_least_one and not selection:
        raise WrongUse(f"say which, by id or by an option such as --stage or --older-than: {at_least_one}")
    return selection


def list_aside(
    home: Home, selection: Selection, *, discarded: bool = False, limit: int = 50, after: str | None = None
) -> tuple[list[Aside], int]:
    """A page of what is set aside, the oldest first, or of what a person let go; and how many follow."""
    return asides_page(selected_asides(all_aside(home.log), selection, Ending.DISCARDED if discarded else Ending.OPEN), limit, after)


def show_aside(home: Home, begin: str) -> dict[str, Any]:
    """One of them whole, by how its identity begins, whatever became of it. Raises WrongUse where that names none or several."""
    return whole_aside_as_data(aside_named(all_aside(home.log), begin), now())


def discard(home: Home, selection: Selection, *, by: str, note: str) -> dict[str, Any]:
    """Let go what a selection takes: it is not tried again, and stays on record. Returns `text` and `discarded`, how many.

    Raises WrongUse without a note.
    """
    number = _record(home, selection, Ending.OPEN, discarding, (by, note), "set-aside discard")
    return {"text": f"{_things(number)} discarded", "discarded": number}


def reopen(home: Home, selection: Selection, *, by: str, note: str = "") -> dict[str, Any]:
    """Take up again what was discarded: it is set aside as before. Returns `text` and `reopened`, how many."""
    number = _record(home, selection, Ending.DISCARDED, reopening, (by, note), "set-aside reopen")
    return {"text": f"{_things(number)} set aside again", "reopened": number}


Deciding = Callable[[Sequence[Aside], str, str, datetime], Intake]


def _record(home: Home, selection: Selection, ending: Ending, decide: Deciding, said: tuple[str, str], command: str) -> int:
    with home.writing(command, shared=True):
        intake = decide(which := selected_asides(all_aside(home.log), selection, ending), *said, at := now())
        if which:
            home.record(intake, command, at)
    if which:
        home.bring_graph_along()
    return len(which)


def _things(number: int) -> str:
    return "1 thing" if number == 1 else f"{number:,} things"
