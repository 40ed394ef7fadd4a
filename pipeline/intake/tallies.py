"""What became of everything that was handed in, as data and in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.intake.costs import BUDGET_SPENT
from schema.records import Tally


def totals(tallies: Iterable[Tally]) -> dict[str, Tally]:
    """The sum of the tallies of each unit."""
    found: dict[str, Tally] = {}
    for tally in tallies:
        found[tally.unit] = found.get(tally.unit, Tally(tally.unit)) + tally
    return found


def tallies_as_data(tallies: Iterable[Tally]) -> dict[str, Any]:
    """Tallies by unit, each with its parts and their sum."""
    return {
        tally.unit: {
            "submitted": tally.submitted,
            "committed": tally.committed,
            "skipped": dict(tally.skipped),
            "set_aside": dict(tally.set_aside),
        }
        for tally in tallies
    }


def tallies_in_words(tallies: Sequence[Tally], more: Sequence[str] = ()) -> str:
    """A sentence for each, and more that is said where there is any."""
    return "\n".join([*map(_sentence, tallies), *filter(None, more)]) if tallies else "nothing to do"


def remarks_on(tallies: Sequence[Tally]) -> list[str]:
    """What a person can do about what was not committed; nothing where all was, or passed over as it should be."""
    remarks = {
        "The budget was spent before all documents were read: the same command goes on with the rest.": _left(tallies),
        "Something was set aside: `chronokg status` lists it with reasons, `chronokg replay` tries it again.": _aside(tallies),
    }
    return [remark for remark, number in remarks.items() if number]


def shortfall(tallies: Sequence[Tally]) -> str:
    """Why a run is no full success; empty where it is."""
    parts = {f"{_aside(tallies)} set aside": _aside(tallies), f"{_left(tallies)} not read: {BUDGET_SPENT}": _left(tallies)}
    return ", ".join(part for part, number in parts.items() if number)


def _aside(tallies: Iterable[Tally]) -> int:
    return sum(sum(tally.set_aside.values()) for tally in tallies)


def _left(tallies: Iterable[Tally]) -> int:
    return sum(tally.skipped.get(BUDGET_SPENT, 0) for tally in tallies)


def _sentence(tally: Tally) -> str:
    def parts(counts: Mapping[str, int]) -> str:
        return f"{sum(counts.values())}" + (f" ({', '.join(f'{n} {why}' for why, n in counts.items())})" if counts else "")

    return (
        f"{tally.unit}s: {tally.submitted} submitted = {tally.committed} committed"
        f" + {parts(tally.skipped)} skipped + {parts(tally.set_aside)} set aside"
    )
