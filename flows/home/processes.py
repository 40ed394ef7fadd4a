"""Processes of ours: libraries are quiet, Ctrl-C stops all at once and says so, what a kill left running is swept away by the next run."""

import os
import signal
import sys
from types import FrameType

_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
}


def quieten() -> None:
    """No telemetry and no chatter where the user has not set it; before any of those libraries is imported."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def stop_on_interrupt() -> None:
    """From now on Ctrl-C ends the process as a crash would, which log and graph are made for, but with a word and exit code 130.

    A tidy end would have to wait for a model's answer, and for Prefect's own server, which the same Ctrl-C may have ended.
    """
    signal.signal(signal.SIGINT, _stop)


def sweep(prefect_home: str) -> None:
    """End temporary Prefect servers of this home whose run is gone: a process that was killed could not take its server with it."""
    import psutil

    for process in psutil.process_iter(["ppid", "cmdline"]):
        try:
            orphan = process.info["ppid"] == 1 and any("prefect.server" in part for part in process.info["cmdline"] or ())
            if orphan and process.environ().get("PREFECT_HOME") == prefect_home:
                process.terminate()
        except psutil.Error:
            continue  # gone meanwhile, or somebody else's


def _stop(_signal: int, _frame: FrameType | None) -> None:
    import psutil

    sys.stdout.flush()
    print("\nchronokg: interrupted; what was committed stays, run the same command again to go on", file=sys.stderr, flush=True)
    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    os._exit(130)
