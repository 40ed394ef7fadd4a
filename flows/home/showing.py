"""What a command shows: words and tables for a person, JSON for a machine."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pipeline.intake.costs import BUDGET_SPENT
from schema.records import Tally


def show_json(value: object) -> None:
    """One line of JSON; dates as ISO text."""
    print(json.dumps(value, ensure_ascii=False, sort_keys=True, default=_text))


def note(text: str) -> None:
    """Say something to the person without mixing it into the answer."""
    print(text, file=sys.stderr)


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


def show_tallies(tallies: Sequence[Tally], *, as_json: bool, more: Mapping[str, object] | None = None) -> int:
    """Show what became of everything; returns the exit code: 1 where something was set aside, or left because the budget was spent."""
    if as_json:
        show_json({**tallies_as_data(tallies), **(more or {})})
    elif not tallies:
        print("nothing to do")
    else:
        for tally in tallies:
            print(_sentence(tally))
        for key, value in (more or {}).items():
            print(f"{key.replace('_', ' ')}: {value}")
    aside = any(tally.set_aside for tally in tallies)
    left = any(BUDGET_SPENT in tally.skipped for tally in tallies)
    if left and not as_json:
        note("The budget was spent before all documents were read: the same command goes on with the rest.")
    if aside and not as_json:
        note("Something was set aside: `chronokg status` lists it with reasons, `chronokg replay` tries it again.")
    return 1 if aside or left else 0


def show_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """A table on a terminal, JSON lines for machines."""
    if as_json:
        for row in rows:
            show_json(row)
        return
    if not rows:
        print("no rows")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*map(str, rows[0]))
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    # Names such as [3H]thymidine and keys such as a:b: are no markup and no emoji.
    Console(width=None if sys.stdout.isatty() else 200, markup=False, emoji=False).print(table)


def _sentence(tally: Tally) -> str:
    def parts(counts: Mapping[str, int]) -> str:
        return f"{sum(counts.values())}" + (f" ({', '.join(f'{n} {why}' for why, n in counts.items())})" if counts else "")

    return (
        f"{tally.unit}s: {tally.submitted} submitted = {tally.committed} committed"
        f" + {parts(tally.skipped)} skipped + {parts(tally.set_aside)} set aside"
    )


def _cell(value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=_text)
    return "" if value is None else str(value)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
