"""A lock between processes that can say who holds it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from schema.errors import StoreBusy


class HolderLock:
    """The right of one process to something, which it may take again in any of its threads; the system frees it when that process ends."""

    def __init__(self, path: Path, taken: str) -> None:
        """`taken` begins the sentence on who holds it, such as "the graph in DIR is held"."""
        self._taken = taken
        # Who holds it stands in a file of its own: taking the lock empties the lock file.
        self._told = path.with_suffix(".txt")
        self._lock = FileLock(path, is_singleton=False, thread_local=False)

    def try_acquire(self, wait_s: float, command: str | None = None) -> bool:
        """Whether it could be had within this many seconds; `command` is what the others are told, by default how Python was started."""
        self._told.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=wait_s)
        except Timeout:
            return False
        if self._lock.lock_counter == 1:
            since = datetime.now(UTC).isoformat(timespec="seconds")
            try:
                self._told.write_text(f"process {os.getpid()} ({command or _command()}, since {since})", encoding="utf-8")
            except OSError:
                self._lock.release()
                raise
        return True

    def acquire(self, wait_s: float, command: str | None = None) -> None:
        """The same; raises StoreBusy naming process, command and since when."""
        if not self.try_acquire(wait_s, command):
            raise StoreBusy(f"{self._taken} by {self._holder()}; waited {wait_s:g} s")

    @contextmanager
    def held(self, wait_s: float, command: str | None = None) -> Iterator[None]:
        """Acquired, and let go of at the end."""
        self.acquire(wait_s, command)
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Let others in, unless it was taken more than once; harmless where nothing is held."""
        if self._lock.lock_counter == 1:
            self._told.unlink(missing_ok=True)
        self._lock.release()

    def told_holder(self) -> str | None:
        """Which process of this machine says that it holds it; None where none does, or that one is gone. Nothing is taken for that."""
        try:
            told = self._told.read_text(encoding="utf-8")
            os.kill(int(told.split()[1]), 0)
        except PermissionError:
            return told  # it is another user's
        except (OSError, ValueError, IndexError):
            return None
        return told

    def _holder(self) -> str:
        try:
            return self._told.read_text(encoding="utf-8") or "another process"
        except (OSError, ValueError):
            return "another process"


def _command() -> str:
    program = Path(sys.argv[0])
    name = f"python -m {program.parent.name}" if program.name == "__main__.py" else program.name or "python"
    # Only a subcommand is told: other arguments can hold a password or a key.
    return " ".join([name, *(argument for argument in sys.argv[1:2] if argument.isalpha())])


def may_write(path: Path) -> bool:
    """Whether something may be written there: a file system that is read-only says no."""
    return os.access(path, os.W_OK)
