"""ArcadeDB inside this process: the only file that imports arcadedb_embedded."""

import atexit
import contextlib
import importlib.util
import json
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from graph_store.holder_lock import HolderLock
from graph_store.queries.query_guard import QUERY_LIMIT_S
from schema.errors import StoreFailed

DATABASE = "graph"
READER = "reader"
_ATTEMPTS = 3
_LONGEST_STATEMENT_MS = 600_000


def embedded_unavailable() -> str | None:
    """Why ArcadeDB cannot run inside this process; None where it can."""
    if importlib.util.find_spec("arcadedb_embedded") is None:
        return "the package arcadedb-embedded is not installed; it has no wheel for musl, glibc before 2.34 or Macs with Intel chips"
    return None


@dataclass(frozen=True, slots=True)
class Credentials:
    """Passwords of the one who writes and the one who can only read; generated once for a directory."""

    root: str = field(repr=False)
    reader: str = field(repr=False)


class EmbeddedServer:
    """A server under a directory, on loopback and free ports, held by one process at a time."""

    def __init__(self, directory: Path, wait_s: float = 10.0, heap: str = "2g") -> None:
        """Start it. Raises StoreBusy naming the holder, StoreFailed with the reason.

        A process has one JVM: the heap is that of the first server started in it.
        """
        reason = embedded_unavailable()
        if reason is not None:
            raise StoreFailed(f"no embedded graph: {reason}")
        self.directory = directory.absolute()
        self._lock = HolderLock(self.directory / "holder.lock", f"the graph in {self.directory} is held")
        self._lock.acquire(wait_s)
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self._lock.release)
            self.credentials = _credentials(self.directory)
            _write_groups(self.directory / "config")
            _start_jvm(self.directory, heap)
            self._server, self.port = _start(self.directory, self.credentials)
            on_failure.pop_all()
        atexit.register(self.stop)

    @property
    def name(self) -> str:
        """What it is and where."""
        return f"embedded ArcadeDB {version('arcadedb-embedded')} in {self.directory}"

    @property
    def uri(self) -> str:
        """Where it listens for Bolt."""
        return f"bolt://127.0.0.1:{self.port}"

    def refuses(self, cypher: str) -> str | None:
        """Why the server itself says that a query is no plain read; None where it is one."""
        import jpype  # type: ignore[import-untyped]

        try:
            analysed = self._server.get_database(DATABASE)._java_db.getQueryEngine("opencypher").analyze(cypher)
            if analysed.isDDL():
                return "it changes the database's definitions"
            return None if analysed.isIdempotent() else "it writes"
        except jpype.JException as cause:
            return f"the server does not understand it: {cause.message()}"

    def stop(self) -> None:
        """Close the database and let others in; harmless where it is stopped already."""
        atexit.unregister(self.stop)
        try:
            self._server.stop()
        finally:
            self._lock.release()


def _start(directory: Path, credentials: Credentials) -> tuple[Any, int]:
    import arcadedb_embedded
    import jpype

    for attempt in range(1, _ATTEMPTS + 1):
        bolt, http = _free_ports()
        config = {
            "host": "127.0.0.1",
            "mode": "development",  # the other one hides why a statement failed
            "http_port": http,
            "server_plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
            "bolt_port": bolt,
            "bolt_defaultDatabase": DATABASE,
        }
        server = arcadedb_embedded.ArcadeDBServer(str(directory), root_password=credentials.root, config=config)
        try:
            server.start()
            server.create_database(DATABASE)
            _admit_reader(server, credentials.reader)
        except (arcadedb_embedded.ArcadeDBError, jpype.JException) as cause:
            server.stop()
            # Between finding a port free and listening on it, another process may have taken it.
            if attempt == _ATTEMPTS or "already in use" not in str(cause):
                raise StoreFailed(f"the embedded graph in {directory} did not start: {cause}; see {directory / 'log'}") from cause
        else:
            return server, bolt
    raise AssertionError("unreachable")


def _start_jvm(directory: Path, heap: str) -> None:
    import arcadedb_embedded
    import jpype
    from arcadedb_embedded.jvm import start_jvm

    if jpype.isJVMStarted():
        return
    logs = directory / "log"
    logs.mkdir(parents=True, exist_ok=True)
    arguments = [
        "--sun-misc-unsafe-memory-access=allow",  # the web server inside frees buffers that way, and Java would remark on it
        "-Darcadedb.txWalFlush=1",  # a commit is on disk before it is acknowledged
        "-Darcadedb.opencypher.loadCsv.allowFileUrls=false",
        "-Darcadedb.opencypher.loadCsv.allowRemoteUrls=false",
        f"-Darcadedb.command.timeout={_LONGEST_STATEMENT_MS}",  # the reader's limit does not see loops without data
        "-Xrs",  # signals are Python's
        f"-Djava.util.logging.config.file={_write_logging(directory)}",
    ]
    os.environ.setdefault("ARCADEDB_JVM_ERROR_FILE", str(logs / "crash-%p.log"))
    try:
        with _redirected(logs / "jvm.out"):
            start_jvm(heap_size=heap, jvm_args=arguments)
    except arcadedb_embedded.ArcadeDBError as cause:
        raise StoreFailed(f"Java for the embedded graph did not start: {cause}") from cause
    stream = jpype.JClass("java.io.PrintStream")(jpype.JClass("java.io.FileOutputStream")(str(logs / "jvm.out"), True), True)
    system = jpype.JClass("java.lang.System")
    system.setOut(stream)
    system.setErr(stream)


@contextlib.contextmanager
def _redirected(path: Path) -> Iterator[None]:
    """Send what native code writes to the terminal into a file: the JVM greets before it can be told not to."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [(fd, os.dup(fd)) for fd in (1, 2)]
    with path.open("ab") as file:
        try:
            for fd, _ in kept:
                os.dup2(file.fileno(), fd)
            yield
        finally:
            for fd, copy in kept:
                os.dup2(copy, fd)
                os.close(copy)


def _write_logging(directory: Path) -> Path:
    path = directory / "log" / "logging.properties"
    pattern = str(directory / "log" / "arcadedb.log").replace("\\", "/").replace("%", "%%")
    path.write_text(
        "handlers=java.util.logging.FileHandler\n"
        ".level=WARNING\n"
        f"java.util.logging.FileHandler.pattern={pattern}\n"
        "java.util.logging.FileHandler.limit=10000000\n"
        "java.util.logging.FileHandler.count=2\n"
        "java.util.logging.FileHandler.append=true\n"
        "java.util.logging.FileHandler.formatter=java.util.logging.SimpleFormatter\n",
        encoding="utf-8",
    )
    return path


def _credentials(directory: Path) -> Credentials:
    path = directory / "credentials.json"
    try:
        return Credentials(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        # None yet, or unreadable: make new ones, and let the server forget the users that go with the old ones.
        (directory / "config" / "server-users.jsonl").unlink(missing_ok=True)
    made = {"root": secrets.token_urlsafe(24), "reader": secrets.token_urlsafe(24)}
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(made, file)
    return Credentials(**made)


def _write_groups(config: Path) -> None:
    """Who may do what: the server reads it when it starts."""
    everything = ["createRecord", "readRecord", "updateRecord", "deleteRecord"]

    def group(access: list[str], records: list[str], limit_ms: int) -> dict[str, Any]:
        return {"resultSetLimit": -1, "readTimeout": limit_ms, "access": access, "types": {"*": {"access": records}}}

    groups = {
        "admin": group(["updateSecurity", "updateSchema", "updateDatabaseSettings"], everything, -1),
        READER: group([], ["readRecord"], int(QUERY_LIMIT_S * 1000)),
        "*": group([], [], -1),
    }
    config.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"databases": {"*": {"groups": groups}}, "version": 2}, indent=2)
    (config / "server-groups.json").write_text(text, encoding="utf-8")


def _admit_reader(server: Any, password: str) -> None:
    import jpype

    security = server._java_server.getSecurity()
    if not security.existsUser(READER):
        user = {"name": READER, "password": str(security.encodePassword(password)), "databases": {DATABASE: [READER]}}
        security.createUser(jpype.JClass("com.arcadedb.serializer.json.JSONObject")(json.dumps(user)))


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])
