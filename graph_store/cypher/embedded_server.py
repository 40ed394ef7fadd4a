"""ArcadeDB in a process of its own, where a query can be stopped: it ends with this one, however this one ends."""

import atexit
import contextlib
import importlib.util
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from graph_store.cypher.embedded_files import (
    DATABASE,
    SEAL,
    Credentials,
    damage_in,
    database_in,
    holder_lock,
    java_arguments,
    name_in,
    package_folder,
    server_settings,
    start_cache,
    write_configuration,
)
from graph_store.queries.query_guard import DEFAULT_LIMITS, QueryLimits
from graph_store.sealed_files import seal
from schema.errors import QueryRefused, StoreFailed

_STARTING_S = 120.0
_STOPPING_S = 15.0
_EMPTYING_S = 600.0
_GRACE = 1.5
"""So many times its limit may a query take until the process is ended: the server itself is asked first, and does not always hear."""
_OUT_OF_MEMORY = 3
"""Exit code of a Java that was told to end where memory does."""


def embedded_unavailable() -> str | None:
    """Why ArcadeDB cannot run here; None where it can."""
    if importlib.util.find_spec("arcadedb_embedded") is None:
        return "the package arcadedb-embedded is not installed; it has no wheel for musl, glibc before 2.34 or Macs with Intel chips"
    return None


class EmbeddedServer:
    """A server under a directory, on loopback and free ports, held by one process at a time.

    A server that was stopped within a query, or ended by itself, is started again by the next who asks for it.
    """

    def __init__(
        self,
        directory: Path,
        wait_s: float = 10.0,
        heap: str = "2g",
        limits: QueryLimits = DEFAULT_LIMITS,
        cache: Path | None = None,
        mend: Callable[[str], None] | None = None,
    ) -> None:
        """Begin to start it. Raises StoreBusy naming the holder; `ready` raises StoreFailed where the start fails.

        `heap` is the memory that Java may take for data, `cache` a folder for what makes later starts faster. A database that is
        damaged is replaced by an empty one, and `mend` hears why; None: StoreFailed.
        """
        reason = embedded_unavailable()
        if reason is not None:
            raise StoreFailed(f"no embedded graph: {reason}")
        self.directory = directory.absolute()
        self.credentials = Credentials()
        self._wait_s, self._heap = wait_s, heap
        self._cache = cache
        self._mend = mend
        self._lock = holder_lock(self.directory)
        self._lock.acquire(wait_s)
        self._one_at_a_time = threading.RLock()
        self._mine = threading.local()  # of each thread: whether what it does was ended
        self._interrupted = False
        self._port: int | None = None
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self._lock.release)
            self._require_whole_files()
            write_configuration(self.directory, self.credentials, limits.seconds)
            self._process = ServerProcess(self._order())
            on_failure.pop_all()
        atexit.register(self.stop)

    @property
    def name(self) -> str:
        """What it is and where."""
        return name_in(self.directory)

    @property
    def uri(self) -> str:
        """Where it listens for Bolt."""
        self.ready()
        return f"bolt://127.0.0.1:{self._port}"

    def ready(self) -> None:
        """Wait until it runs, and start it again where it does not, but for what took too long; raises StoreFailed with the reason."""
        if (stopped := getattr(self._mine, "stopped", None)) is not None and stopped.is_set():
            raise StoreFailed("what was asked took too long, and was ended")
        with self._one_at_a_time:
            if self._process.has_ended and self._port is not None:
                self._process = ServerProcess(self._order())
            began = time.monotonic()
            while self._process.port is None:
                told = self._process.answer(_STARTING_S)
                if told is not None and "port" in told:
                    self._process.port = self._port = told["port"]
                    return
                reason = "it does not answer" if told is None else told["failed"]
                self._process.kill()
                # The server of a process that was killed closes the database, and then lets go of it.
                if "lock" not in reason.lower() or time.monotonic() - began > max(self._wait_s, 1.0):
                    self._begin_anew(f"did not start: {reason}; see {self.directory / 'log'}")
                time.sleep(0.2)
                self._process = ServerProcess(self._order())

    def _require_whole_files(self) -> None:
        if wrong := damage_in(self.directory):
            self._begin_anew(f"is damaged: {wrong}")
        (self.directory / SEAL).unlink(missing_ok=True)

    def _begin_anew(self, why: str) -> None:
        """Without the database that there is, where that may be; raises StoreFailed where not, and where it was done already."""
        told, database = f"the embedded graph in {self.directory} {why}", database_in(self.directory)
        if self._mend is None or not database.exists():
            raise StoreFailed(told)
        self._mend(told)
        self._mend = None
        shutil.rmtree(database)

    def refuses(self, cypher: str) -> str | None:
        """Why the server itself says that a query is no plain read; None where it is one."""
        return self._asked({"analyse": cypher}, _STARTING_S)

    def empty(self) -> None:
        """Drop the database, which takes no longer where it is large, and make an empty one in its place."""
        reason = self._asked({"empty": True}, _EMPTYING_S)
        if reason is not None:
            raise StoreFailed(f"the embedded graph in {self.directory} could not be emptied: {reason}")

    @contextlib.contextmanager
    def within(self, limit_s: float) -> Iterator[None]:
        """Do what is in here, and end the process where it has not come to an end in about that time; raises QueryRefused then.

        Nothing is lost: what was committed is on disk.
        """
        self.ready()
        self._interrupted = False
        process = self._process
        stopped = self._mine.stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            self._process.kill()  # the one that runs by then: where another query ended the first, this one was tried again

        timer = threading.Timer(_GRACE * limit_s, stop)
        timer.start()
        try:
            yield
        except StoreFailed as cause:
            if self._interrupted:
                raise KeyboardInterrupt from cause
            if stopped.is_set():
                raise QueryRefused(f"the query took longer than {limit_s:g} s") from cause
            if process.ended_by_itself() == _OUT_OF_MEMORY:
                raise QueryRefused(f"the query needs more memory than the graph's server may take ({self._heap})") from cause
            raise
        finally:
            timer.cancel()
            self._mine.stopped = None

    def stop(self) -> None:
        """Close the database and let others in; harmless where it is stopped already."""
        atexit.unregister(self.stop)
        try:
            if self._process.stop():
                seal(database_in(self.directory), self.directory / SEAL)
        finally:
            self._lock.release()

    def _asked(self, what: dict[str, Any], wait_s: float) -> str | None:
        with self._one_at_a_time:
            for _ in range(2):
                self.ready()
                told = self._process.ask(what, wait_s)
                if told is not None:
                    answer: str | None = told["answer"]
                    return answer
                if not self._process.ended_by_itself():
                    break
        raise StoreFailed(f"the server of the embedded graph in {self.directory} was ended, or does not answer")

    def interrupt(self) -> None:
        """End the process at once: whoever waited for it does not any more."""
        self._interrupted = True
        self._process.kill()

    def _order(self) -> dict[str, Any]:
        """What the process is told to do."""
        java = java_arguments(self.directory, self._heap)
        faster, record = start_cache(self._cache, java)
        return {
            "package": package_folder(),
            "database": DATABASE,
            "port": self._port,
            "log": str(self.directory / "log"),
            "java": [*java, *faster],
            "record": record,
            "settings": server_settings(self.directory),
        }


class ServerProcess:
    """One life of the server: lines go in, answers come out."""

    def __init__(self, order: dict[str, Any]) -> None:
        """Start it, and do not wait."""
        self.port: int | None = None
        self._killed = False
        self._told: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        with (Path(order["log"]) / "jvm.out").open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(Path(__file__).with_name("embedded_process.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                start_new_session=True,  # Ctrl-C is for the command, which stops it in order
                text=True,
                encoding="utf-8",
            )
        self._recording = bool(order["record"])
        threading.Thread(target=self._listen, daemon=True).start()
        self._send(order)

    @property
    def has_ended(self) -> bool:
        """Whether it runs no more."""
        return self._killed or self._process.poll() is not None

    def ended_by_itself(self) -> int | None:
        """With which code it ended without being told to; None where it runs, or was ended."""
        if self._killed:
            return None
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(1.0)
        return None

    def ask(self, what: dict[str, Any], wait_s: float) -> dict[str, Any] | None:
        """The answer to a line; None where there is none in time."""
        self._send(what)
        return self.answer(wait_s)

    def answer(self, wait_s: float) -> dict[str, Any] | None:
        """The next thing that it says; None where it says nothing in time, or never more."""
        try:
            return self._told.get(timeout=wait_s)
        except Empty:
            return None

    def kill(self) -> None:
        """End it at once."""
        self._killed = True  # asking the system in two threads, one hears nothing while the other waits
        self._process.kill()
        self._process.wait()

    def stop(self) -> bool:
        """Let it close the database, and end it where that takes too long; whether it was closed."""
        closed = False
        self._send({"stop": True})
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        while not self.has_ended and (told := self.answer(_STOPPING_S)) is not None:
            closed = closed or "stopped" in told
            if closed and self._recording:
                # What it does now is for others.
                threading.Thread(target=self._process.wait, daemon=True).start()
                return closed
        self.kill()
        return closed

    def _send(self, what: dict[str, Any]) -> None:
        with contextlib.suppress(OSError, ValueError):  # it has ended: whoever asks hears no answer
            self._process.stdin.write(json.dumps(what) + "\n")  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._told.put(json.loads(line))
        self._told.put(None)
