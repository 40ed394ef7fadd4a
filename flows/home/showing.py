"""What a command shows: words and tables for a person, JSON for a machine, and how far it is while it works."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self

from flows.home.terminal import is_terminal, say, show_note
from pipeline.intake.status import remarks_on, shortfall, tallies_as_data, tallies_in_words
from pipeline.shown_text import json_escaped, one_line
from schema.records import Tally


def show_json(value: object) -> None:
    """One line of JSON; dates as ISO text."""
    print(json_escaped(json.dumps(value, ensure_ascii=False, sort_keys=True, default=_text)))


def show_tallies(tallies: Sequence[Tally], *, as_json: bool, data: Mapping[str, object] | None = None, words: Sequence[str] = ()) -> int:
    """Show what became of everything, with more data or words; returns the exit code.

    It is 1 where something was set aside, or left because the budget was spent.
    """
    if as_json:
        show_json({**tallies_as_data(tallies), **(data or {})})
    else:
        say(tallies_in_words(tallies, words))
        for remark in remarks_on(tallies):
            show_note(remark)
    return int(bool(shortfall(tallies)))


def show_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool, none: str = "no rows") -> None:
    """A table on a terminal, or `none` where it is empty; JSON lines for machines."""
    if as_json:
        for row in rows:
            show_json(row)
        return
    if not rows:
        say(none)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*map(_cell, rows[0]))
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    # Names such as [3H]thymidine and keys such as a:b: are no markup and no emoji.
    Console(width=None if sys.stdout.isatty() else 200, markup=False, emoji=False).print(table)


def _cell(value: object) -> str:
    if isinstance(value, dict | list):
        return one_line(json.dumps(value, ensure_ascii=False, default=_text))
    return "" if value is None else one_line(str(value))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


class Progress:
    """A bar over a known number of documents, on stderr, where a person watches."""

    def __init__(self, title: str, total: int) -> None:
        self._bar = None
        if is_terminal():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as RichProgress

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = RichProgress(*columns, console=Console(stderr=True))
            self._task = self._bar.add_task(title, total=total)

    def advance(self, number: int) -> None:
        """So many more are done."""
        if self._bar is not None:
            self._bar.advance(self._task, number)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()
