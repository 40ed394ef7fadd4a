"""What Prefect and the runs say while a schedule is served: our lines are for the person, all others for a file."""

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from threading import Lock
from typing import TextIO

LARGEST = 10_000_000
"""Bytes after which the file is begun anew."""


class SortedOutput(io.TextIOBase):
    """A stream that lets whole lines through to another one that begin as ours do, and keeps the rest in a file."""

    def __init__(self, shown: TextIO, kept: TextIO, ours: Sequence[str]) -> None:
        self._shown, self._kept, self._ours = shown, kept, tuple(ours)
        self._begun = ""
        self._alone = Lock()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Take text in; a line goes on when it is whole."""
        with self._alone:
            *lines, self._begun = (self._begun + text).split("\n")
            for line in lines:
                stream = self._shown if line.startswith(self._ours) else self._kept
                stream.write(f"{line}\n")
                stream.flush()
            _shorten(self._kept)
        return len(text)


@contextmanager
def sorted_output(file: Path, ours: Sequence[str]) -> Iterator[None]:
    """Stdout and stderr are sorted while the block runs: lines that begin with one of `ours` go to stderr, others to the file."""
    with file.open("a", encoding="utf-8") as kept:
        _shorten(kept)
        stream = SortedOutput(sys.stderr, kept, ours)
        with redirect_stdout(stream), redirect_stderr(stream):
            yield


def _shorten(kept: TextIO) -> None:
    if kept.tell() > LARGEST:
        kept.truncate(0)  # and not another file: a second schedule of the home writes to this one, always at its end
