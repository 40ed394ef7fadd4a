"""A Neo4j server on this machine, stopped and started by the commands that its user configured."""

import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from graph_store.cypher.driver import Connection
from schema.errors import StoreFailed, WrongUse

STOP = "stop the server"
IMPORT = "import"
START = "start the server"

_STOP_S = 300.0
_IMPORT_S = 12 * 3600.0
_START_S = 300.0
_POLL_S = 0.5
_BOLT_PORT = 7687
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


@dataclass(frozen=True, slots=True)
class LocalServer:
    """Where it is, and the command lines that administer it; each of them returns when it is done."""

    uri: str
    user: str
    password: str = field(repr=False)
    database: str
    admin: str  # neo4j-admin
    stop_command: str
    start_command: str

    def check(self) -> None:
        """Raise WrongUse where a command line is none."""
        for command, setting in ((self.admin, "neo4j_admin"), (self.stop_command, "neo4j_stop"), (self.start_command, "neo4j_start")):
            words_of(command, setting)

    def connect(self) -> Connection:
        """A connection to the database; raises StoreFailed where the server or the database is not up."""
        return Connection(self.uri, self.user, self.password, self.database)

    @property
    def is_up(self) -> bool:
        """Whether anything answers at the address."""
        parts = urlsplit(self.uri)
        try:
            with socket.create_connection((parts.hostname or "localhost", parts.port or _BOLT_PORT), timeout=2.0):
                return True
        except OSError:
            return False

    @property
    def is_open(self) -> bool:
        """Whether the database answers."""
        try:
            self.connect().close()
        except StoreFailed:
            return False
        return True

    def stop(self, folder: Path) -> None:
        """Stop it, unless it is down; raises StoreFailed where it goes on answering."""
        if not self.is_up:
            return
        failure = self._attempt(words_of(self.stop_command, "neo4j_stop"), STOP, folder, _STOP_S)
        if not _comes(lambda: not self.is_up, 0.0 if failure else _STOP_S):
            raise failure or StoreFailed(f"{STOP}: {self.uri} still answers after {_STOP_S:g} s")

    def replace(self, arguments: str, folder: Path) -> None:
        """Import files into the database, forgetting what it held; `arguments` is the file of arguments in the folder."""
        words = [*words_of(self.admin, "neo4j_admin"), "database", "import", "full", self.database, "--overwrite-destination"]
        run_command([*words, f"@{arguments}"], IMPORT, folder, _IMPORT_S, inside=True, secret=self.password)

    def start(self, folder: Path, *, database: bool) -> None:
        """Start it, and wait until it answers, or with `database` until that does; raises StoreFailed."""
        failure = self._attempt(words_of(self.start_command, "neo4j_start"), START, folder, _START_S)
        if not _comes(lambda: self.is_open if database else self.is_up, 0.0 if failure else _START_S):
            raise failure or StoreFailed(f"{START}: {self.uri}, database {self.database}, does not answer after {_START_S:g} s")

    def _attempt(self, words: Sequence[str], step: str, folder: Path, limit_s: float) -> StoreFailed | None:
        """Why a command failed: what counts is what becomes of the server, for some fail where there is nothing to do."""
        try:
            run_command(words, step, folder, limit_s, secret=self.password)
        except StoreFailed as failure:
            return failure
        return None


def _comes(wanted: Callable[[], bool], limit_s: float) -> bool:
    until = time.monotonic() + limit_s
    while not wanted():
        if time.monotonic() > until:
            return False
        time.sleep(_POLL_S)
    return True
