"""How rulings look to a person on a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from flows.home.showing import show_json, show_rows, show_tallies, tallies_as_data
from flows.jobs.adjudication_runs import Adjudication
from schema.observation import Reader

SHOWN = 8
"""Digits of an identity that a table shows."""


def show_adjudication(run: Adjudication, *, as_json: bool) -> int:
    """What was ruled and why, and what became of all conflicts; returns the exit code: 1 where something was set aside."""
    if as_json:
        show_json({**tallies_as_data([run.tally]), "rulings": run.rulings})
        return 1 if run.tally.set_aside else 0
    if run.rulings:
        show_rows([{**_about(told), "why": told["reason"]} for told in run.rulings], as_json=False)
    return show_tallies([run.tally], as_json=False)


def show_rulings(told: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """All rulings, each with what became of it."""
    if as_json:
        show_json({"rulings": told})
    elif not told:
        print("no rulings")
    else:
        show_rows([_row(each) for each in told], as_json=False)


def _row(told: Mapping[str, Any]) -> dict[str, Any]:
    back = told["withdrawn"]
    effect = told["effect"]
    if back is not None:
        effect = f"{effect} by {back['by']}, {_when(back['at'])}" + (f": {back['reason']}" if back["reason"] else "")
    # Of a model its name: prompt and schema are for machines.
    by = Reader.parse(told["by"]).model if told["by_model"] else told["by"]
    who = {"by": by, "at": _when(told["at"]), "effect": effect, "why": told["reason"]}
    return {"id": told["id"][:SHOWN], **_about(told), **who}


def _about(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"between": " and ".join(told["names"]), "relations": ", ".join(told["relations"]), "verdict": told["verdict"]}


def _when(moment: Any) -> str:
    return str(moment.isoformat(timespec="seconds")).replace("+00:00", "Z")
