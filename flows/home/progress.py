"""Progress on a terminal; silence everywhere else."""

from types import TracebackType
from typing import Self

from flows.home.homes import is_terminal


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
