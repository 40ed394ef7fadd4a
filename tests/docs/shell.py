"""A small shell for the blocks of a page: `chronokg` is called in this process, a few plain tools by bash, and nothing else."""

import contextlib
import io
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.conftest import ROOT
from tests.flows.commands.running import call, environ

TOOLS = {"head", "tail", "cat", "cut", "grep", "wc", "sort", "cmp", "sha256sum", "mkdir", "cp", "gzip"}
ASSIGNMENT = re.compile(r"\A(\w+)=(\S*)\Z")


class CannotRun(Exception):
    """A command that only a reader can run."""


@dataclass
class Shell:
    """One sitting: a folder, variables that stay, and what Python programs of the page have defined."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    code: int = 0
    """The exit code of the last command of ours."""

    def __post_init__(self) -> None:
        for name, lies in (("examples", ROOT / "examples"), ("schema", ROOT / "schema"), ("files", ROOT / "tests" / "docs" / "files")):
            (self.folder / name).symlink_to(lies)
        self.variables |= {"CHRONOKG_HOME": "my-graph", "CHRONOKG_GRAPH": "memory:"}

    def run(self, command: str) -> str:
        """What a command prints, stderr after stdout; raises CannotRun for a tool that is not one of ours."""
        first, rest = _cut(command)
        words = self._expanded(first)
        given: dict[str, str] = {}
        while words and (found := ASSIGNMENT.match(words[0])):
            given[found[1]] = found[2]
            words = words[1:]
        if words[:1] == ["export"]:
            self.variables |= dict(word.split("=", 1) for word in words[1:])
            self.code = 0
            return ""
        if words[:1] == ["chronokg"]:
            done = call(*words[1:], folder=self.folder, **self.variables, **given)
            self.code = done.returncode
            return (self._bash(f"cat {rest}", done.stdout) if rest else done.stdout) + done.stderr
        if not words or words[0] not in TOOLS:
            raise CannotRun(command)
        self.code = 0
        return self._bash(command)

    def program(self, text: str) -> str:
        """What a program prints; what it defines stays for the next one on the page."""
        out = io.StringIO()
        with contextlib.chdir(self.folder), patch.dict(os.environ, environ(**self.variables), clear=True), contextlib.redirect_stdout(out):
            exec(compile(text, "page", "exec"), self.names)
        return out.getvalue()

    def _expanded(self, text: str) -> list[str]:
        """The words of a command after quotes, variables and `$(…)` of plain tools."""
        printed = self._bash(f"printf '%s\\0' {text}")
        return printed.split("\0")[:-1]

    def _bash(self, command: str, given: str = "") -> str:
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env={**os.environ, **self.variables},
            input=given, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr


def _cut(command: str) -> tuple[str, str]:
    """A command up to its first pipe or redirection, and the rest with that."""
    quote = ""
    for at, sign in enumerate(command):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "|>":
            return command[:at], command[at:]
    return command, ""


def shown(text: str) -> str:
    """What is printed, without what differs from run to run: moments, seconds, ids made of moments."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", "MOMENT", text)
    text = re.sub(r"\b\d+(\.\d+)? (s|seconds|documents/s)\b", r"N \2", text)
    text = re.sub(r"│ [0-9a-f]{8} │", "│ ID │", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def agrees(printed: str, promised: str) -> bool:
    """Whether a page says what is printed; `…` stands for anything within a line, alone on a line for any lines."""
    pattern = ""
    for line in shown(promised).splitlines():
        pattern += r"(?:.*\n)*" if line.strip() == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n"
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in shown(printed).splitlines())) is not None
