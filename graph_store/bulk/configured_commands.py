"""Command lines that users configure, run with a limit and without a shell."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil

from schema.errors import StoreFailed, WrongUse

_SAID_CHARS = 1_000
_PROGRESS = "% ∆"  # the import's bars


def words_of(command: str, setting: str) -> list[str]:
    """The words of a command line, the program with its whole path where it has one; raises WrongUse naming the setting."""
    try:
        words = shlex.split(command)
    except ValueError as cause:
        raise WrongUse(f"the setting {setting} is no command line: {cause}") from cause
    if not words:
        raise WrongUse(f"the setting {setting} is empty: it names the command line for this step")
    # It may be run elsewhere than here.
    return [str(Path(words[0]).absolute()) if "/" in words[0] else words[0], *words[1:]]


def run_command(words: Sequence[str], step: str, folder: Path, limit_s: float, *, inside: bool = False, secret: str = "") -> None:
    """Run a command (`inside` the folder) and wait for it; raises StoreFailed with the step and the end of what it said.

    `secret` is left out of that.

    What it says goes to a file in the folder, not to a pipe: a server that it starts may keep that open for ever.
    """
    said = folder / f"{step.replace(' ', '-')}.out"
    try:
        with said.open("wb") as out:
            process = subprocess.Popen(
                words,
                cwd=folder if inside else None,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # what it starts outlives us, and an interrupt is ours to pass on
            )
    except OSError as cause:
        raise StoreFailed(f"{step}: {words[0]} cannot be run: {cause.strerror}") from cause
    try:
        code = process.wait(timeout=limit_s)
    except subprocess.TimeoutExpired as cause:
        _end(process.pid)
        raise StoreFailed(f"{step}: not done after {limit_s:g} s, so it was ended. {_told(said, secret)}") from cause
    except BaseException:
        _end(process.pid)
        raise
    if code != 0:
        raise StoreFailed(f"{step}: exit code {code}. {_told(said, secret)}")


def _end(pid: int) -> None:
    try:
        process = psutil.Process(pid)
        family = [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for member in family:
        member.kill()
    psutil.wait_procs(family, timeout=10)


def _told(said: Path, secret: str) -> str:
    lines = [line.strip() for line in said.read_text(encoding="utf-8", errors="replace").splitlines()]
    text = "\n".join(line for line in lines if line and _PROGRESS not in line)
    if secret:
        text = text.replace(secret, "***")
    return f"It said: {text[-_SAID_CHARS:]}" if text else "It said nothing."
