"""How vocabularies look to a person on a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from flows.home.showing import show_json, show_rows
from flows.home.terminal import say, show_note
from flows.wiring.home_vocabularies import LoadingOutcome


def show_loading(outcomes: Sequence[LoadingOutcome], *, as_json: bool) -> int:
    """What became of the files; returns the exit code: 1 where rows or a file were set aside, 2 where nothing was loaded."""
    if as_json:
        show_json({"vocabularies": [_as_data(each) for each in outcomes]})
    else:
        for each in outcomes:
            _say(each)
    if all(each.error for each in outcomes):
        return 2
    return 1 if any(each.error or each.aside for each in outcomes) else 0


def show_found(found: Sequence[Mapping[str, Any]], name: str, *, as_json: bool) -> None:
    """Candidates by type, best first."""
    if as_json:
        show_json({"name": name, "types": found})
        return
    if not any(each["candidates"] for each in found):
        say(f"no vocabulary has a name like {name!r}")
    for each in found:
        if each["candidates"]:
            say(f"as {each['type']}: {_VERDICTS[each['sameness']]}")
            show_rows(each["candidates"], as_json=False)


_VERDICTS = {
    "same": "linked to the first",
    "unsure": "unsure, so not linked; the first is the likeliest",
    "different": "not linked",
}


def _as_data(each: LoadingOutcome) -> dict[str, Any]:
    return {
        "name": each.name,
        "files": each.files,
        "version": each.version,
        "terms": each.terms,
        "passed": dict(each.passed),
        "set_aside": each.aside,
        "examples": [{"file": row.file, "place": row.place, "reason": row.reason} for row in each.examples],
        "error": each.error or None,
    }


def _say(each: LoadingOutcome) -> None:
    if each.error:
        show_note(f"{each.name}: not loaded, what was there stays: {each.error}")
        return
    passed = "".join(f", {number} {reason}" for reason, number in each.passed.most_common())
    say(f"{each.name}: {each.terms} terms{passed.replace(', 1 loaded already', ', loaded already')}, {each.aside} rows set aside")
    for row in each.examples:
        show_note(f"  {row.file} {row.place}: {row.reason}")
