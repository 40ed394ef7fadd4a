"""A Neo4j server on this machine, stopped and started by the commands that its user configured."""

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from graph_store.bulk.configured_commands import run_command, words_of
from graph_store.cypher.driver import Connection
from schema.errors import StoreFailed

STOP = "stop the server"
IMPORT = "import"
START = "start the server"

_STOP_S = 300.0
_IMPORT_S = 12 * 3600.0
_START_S = 300.0
_POLL_S = 0.5
_BOLT_PORT = 7687


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
