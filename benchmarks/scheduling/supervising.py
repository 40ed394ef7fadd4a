"""Processes that are started again when they have died, as systemd would do it; and killing them, their children or all they started."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import psutil

MARK = "CHRONOKG_TEST_SUPERVISED"
"""In the environment of all that a supervisor starts, and of what that starts."""


class Service:
    """A process, in a session of its own; what it says goes into a file."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self.name, self._command, self._environment, self._folder = name, [*command], {**environment}, folder
        self.starts = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.starts += 1
        with (self._folder / f"{self.name}.out").open("ab") as said:
            self.process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    @property
    def is_dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def kill(self) -> bool:
        """It and what belongs to its session, such as the server that a command runs as its child."""
        if self.process is None or self.process.poll() is not None:
            return False
        for each in _of_session(self.process.pid):
            with suppress(psutil.Error):
                each.kill()
        self.process.wait()
        return True

    def kill_alone(self) -> bool:
        """Only the process itself: what it started lives on without it."""
        if self.process is None or self.process.poll() is not None:
            return False
        self.process.kill()
        self.process.wait()
        return True

    def stop(self, seconds: float) -> int | None:
        """Ask it to end; None where it did not in time."""
        if self.process is None or self.is_dead:
            return None
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(seconds)
        return None


class Database(Service):
    """A Neo4j server that `.ci/neo4j/up.sh` made in a folder; it is started again by the command that lies there."""

    def __init__(self, folder: Path, said: Path) -> None:
        super().__init__("database", [str(folder / "start")], os.environ, said)
        self._pid = folder / "pid"
        self.starts = 1  # by up.sh

    @property
    def is_dead(self) -> bool:
        """Neither running nor being started."""
        if self.process is not None and self.process.poll() is None:
            return False
        return not psutil.pid_exists(pid := int(self._pid.read_text())) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE

    def kill(self) -> bool:
        if self.is_dead or (self.process is not None and self.process.poll() is None):
            return False  # it is coming up; its number is not known yet
        with suppress(ProcessLookupError):
            os.kill(int(self._pid.read_text()), signal.SIGKILL)
        return True


class Supervisor:
    """Starts services, and each again that has died; at the end kills all that came from them."""

    def __init__(self) -> None:
        self._mark = uuid4().hex
        self.services: dict[str, Service] = {}
        self._ended = Event()
        self._watching = Thread(target=self._watch, daemon=True)

    def environment(self, **more: str) -> dict[str, str]:
        """The machine's, with nothing of the user's settings."""
        ours = ("CHRONOKG_", "PREFECT_")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(ours) or key == "CHRONOKG_CACHE"}
        return {**kept, MARK: self._mark, **more}

    def add(self, service: Service) -> Service:
        self.services[service.name] = service
        if service.is_dead:
            service.start()
        return service

    def leave(self, name: str) -> Service:
        """No longer look after a service."""
        return self.services.pop(name)

    def descendants(self) -> list[psutil.Process]:
        """All processes that came from a service, wherever they are now."""
        return [each for each in psutil.process_iter() if _environment(each).get(MARK) == self._mark]

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            for service in list(self.services.values()):
                if service.is_dead and not self._ended.is_set():
                    service.start()

    def __enter__(self) -> "Supervisor":
        self._watching.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._watching.join()
        for _ in range(3):  # what is just being started has no mark yet
            for each in self.descendants():
                with suppress(psutil.Error):
                    each.kill()
            time.sleep(0.1)
        for service in self.services.values():
            if service.process is not None:
                service.process.wait()


def flow_runs(among: Sequence[psutil.Process]) -> dict[str, psutil.Process]:
    """Of some processes those that run a flow, by the id of the run."""
    return {run: each for each in among if (run := _environment(each).get("PREFECT__FLOW_RUN_ID"))}


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def _of_session(session: int) -> list[psutil.Process]:
    found = []
    for each in psutil.process_iter():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(each.pid) == session:
                found.append(each)
    return found


def _environment(process: psutil.Process) -> dict[str, str]:
    with suppress(psutil.Error, OSError):
        return process.environ()
    return {}
