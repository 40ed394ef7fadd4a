"""A Prefect server of a home's own, on this machine only: whichever process that keeps a schedule is first runs it for the others, too."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from agents.whole_files import whole_file
from flows.home.terminal import note
from graph_store.holder_lock import HolderLock
from schema.errors import StoreFailed

HOST, PORT = "127.0.0.1", 4200

START_S = 180.0
"""Seconds that it has to come up: two on a fast machine, half a minute on a busy one."""

STOP_S = 5.0

SILENT_S = 60.0
"""Seconds without an answer after which one that has answered, and still runs, is started anew."""

_LEASES = "prefect.server.concurrency.lease_storage.filesystem"


@dataclass
class HomesPrefect:
    """A server whose database lies in a folder; `ensure` starts it where it does not answer, and again where it has died."""

    folder: Path
    wanted_port: int | None = None
    _has_answered: bool = False  # since it was started, as far as we know
    _answered: float = field(default_factory=time.monotonic)  # or was started
    _is_ours: bool = False
    _given_up: Event = field(default_factory=Event)

    @property
    def address(self) -> str:
        """Of its API; of its pages without the last part. Empty where it never ran."""
        told = self._told()
        return f"http://{HOST}:{told['port']}/api" if told else ""

    @property
    def lock(self) -> HolderLock:
        """The right to run it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self._lock

    def __post_init__(self) -> None:
        self._lock = HolderLock(self.folder / "server.lock", f"Prefect's server in {self.folder} is run")

    def answers(self, seconds: float = 5.0) -> bool:
        """Whether it does; what another home's says, that has taken its port while it did not run, is no answer of ours."""
        address = self.address
        if not address or self._running() is None:
            return False
        with suppress(URLError, OSError, ValueError), urlopen(f"{address}/health", timeout=seconds) as answer:  # noqa: S310
            return bool(answer.status == 200)
        return False

    def ensure(self) -> str:
        """Its address, once it answers; it is started by us where nobody runs it. Raises StoreFailed where it does not come up.

        It is another one than before where somebody else has taken the port meanwhile.
        """
        begun = time.monotonic()
        while not self.answers():
            if self._is_ours or self.lock.try_acquire(0.0, "chronokg schedule"):
                self._is_ours = True
                self._start_unless_alive()
            if time.monotonic() - begun > START_S:
                raise StoreFailed(f"Prefect's server did not answer for {START_S:g} s; {self._last_words()}")
            if self._given_up.wait(0.3):
                raise StoreFailed("Prefect's server is not waited for any more")
        self._answered, self._has_answered = time.monotonic(), True
        if not self._is_ours and self.lock.try_acquire(0.0, "chronokg schedule"):
            self._is_ours = True  # who ran it was killed, and it lives
        return self.address

    def give_up(self) -> None:
        """Let go of whoever waits for it, in another thread, within seconds."""
        self._given_up.set()

    def stop(self) -> None:
        """Stop it, if it is ours to run: others that need it start it again, where it was."""
        if not self._is_ours:
            return
        process = self._running()
        if process is not None:
            with suppress(psutil.Error):
                process.terminate()
                process.wait(STOP_S)
            _kill(process)
        self._is_ours = False
        self.lock.release()

    @contextmanager
    def running(self) -> Iterator[str]:
        """Its address for as long as the block runs."""
        try:
            yield self.ensure()
        finally:
            self.stop()

    def _start_unless_alive(self) -> None:
        process = self._running()
        if process is not None and time.monotonic() - self._answered < (SILENT_S if self._has_answered else START_S):
            return  # it is busy, or coming up
        if process is not None:
            note("Prefect's server does not answer, and is started anew")
            _kill(process)
        elif self._has_answered:
            note("Prefect's server has ended, and is started anew")
        self._start()

    def _start(self) -> None:
        port = self._free_port()
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]
        environment = {key: value for key, value in os.environ.items() if key not in {"PREFECT_API_URL", "PREFECT_PROFILE"}}
        ours = {
            "PREFECT_HOME": str(self.folder),
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            # Else a server that starts again has forgotten who holds the slot of a deployment, and ends the run that does.
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": _LEASES,
            # Pages of other sites that are open in a browser here have no business with it.
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://{HOST}:{port}",
        }
        with (self.folder / "server.log").open("ab") as log:
            started = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**environment, **ours},
                cwd=self.folder,
                start_new_session=True,
            )
        self._answered, self._has_answered = time.monotonic(), False
        with whole_file(self.folder / "server.json") as fresh:
            fresh.write_text(
                json.dumps({"port": port, "process": started.pid, "started": psutil.Process(started.pid).create_time()}), encoding="utf-8"
            )

    def _running(self) -> "psutil.Process | None":
        """Its process, also one that somebody started who was killed."""
        told = self._told()
        if not told:
            return None
        with suppress(psutil.Error):
            process = psutil.Process(told["process"])
            alive = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
            if alive and abs(process.create_time() - told["started"]) < 1:
                return process
        return None

    def _told(self) -> "dict[str, int] | None":
        try:
            told = json.loads((self.folder / "server.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return told if isinstance(told, dict) and {"port", "process", "started"} <= told.keys() else None

    def _free_port(self) -> int:
        """The one that is wanted, where it was, the usual one, or any; raises StoreFailed where the one that is wanted is taken."""
        if self.wanted_port is not None:
            if not _is_free(self.wanted_port):
                raise StoreFailed(f"port {self.wanted_port} is taken by another program: choose another --port")
            return self.wanted_port
        told = self._told()
        return next((port for port in (*([told["port"]] if told else []), PORT, 0) if _is_free(port)), 0) or _any_port()

    def _last_words(self) -> str:
        try:
            last = (self.folder / "server.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        except OSError:
            last = []
        return f"the last of {self.folder / 'server.log'}: {last[0]}" if last else "it said nothing"


def use_server(address: str) -> None:
    """From now on Prefect's client in this process, and in those that it starts, asks this one; empty: the one that is configured."""
    if address:
        os.environ["PREFECT_API_URL"] = address
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()  # it may have been imported before there was an address


def _kill(process: psutil.Process) -> None:
    """End it for good: when this returns its port is free."""
    with suppress(psutil.Error):
        process.kill()
        process.wait(STOP_S)


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            tried.bind((HOST, port))
            return True
    return False


def _any_port() -> int:
    with socket.socket() as tried:
        tried.bind((HOST, 0))
        return int(tried.getsockname()[1])
