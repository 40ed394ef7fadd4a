"""A lock between processes that can say who holds it."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from schema.errors import StoreBusy


class HolderLock:
    """The right of one process to a directory. The system frees it when that process ends, however it ends."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        # Who holds it stands in a file of its own: taking the lock empties the lock file.
        self._told = directory / "holder.json"
        self._lock = FileLock(directory / "holder.lock", is_singleton=False)

    def acquire(self, wait_s: float) -> None:
        """Wait at most this many seconds; raises StoreBusy naming process, command and since when."""
        self._directory.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=wait_s)
        except Timeout as cause:
            raise StoreBusy(f"the graph in {self._directory} is held by {self._holder()}; waited {wait_s:g} s for it") from cause
        since = datetime.now(UTC).isoformat(timespec="seconds")
        _write_whole(self._told, json.dumps({"pid": os.getpid(), "command": _command(), "since": since}))

    def release(self) -> None:
        """Let others in; harmless where nothing is held."""
        if self._lock.is_locked:
            self._told.unlink(missing_ok=True)
            self._lock.release()

    def _holder(self) -> str:
        try:
            told = json.loads(self._told.read_text(encoding="utf-8"))
            return f"process {told['pid']} ({told['command']}, since {told['since']})"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process, which has not said which"


def _command() -> str:
    program = Path(sys.argv[0])
    name = f"python -m {program.parent.name}" if program.name == "__main__.py" else program.name or "python"
    # Only a subcommand is told: other arguments can hold a password or a key.
    return " ".join([name, *(argument for argument in sys.argv[1:2] if argument.isalpha())])


def _write_whole(path: Path, text: str) -> None:
    aside = path.with_suffix(".new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
