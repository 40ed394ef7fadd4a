"""Processes of ours: libraries are quiet, Ctrl-C stops all at once and says so."""

import os
import signal
import sys
from types import FrameType

WORD_S = 1.0
"""Seconds in which telemetry may still be sent by a process that is interrupted."""

_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
}


def quieten() -> None:
    """No telemetry and no chatter where the user has not set it; before any of those libraries is imported."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def stop_on_interrupt() -> None:
    """From now on Ctrl-C ends the process as a crash would, which log and graph are made for, but with a word and exit code 130.

    A tidy end would have to wait for a model's answer, and for a database that the same Ctrl-C may have ended.
    """
    signal.signal(signal.SIGINT, _stop)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    import psutil

    sys.stdout.flush()
    print("\nchronokg: interrupted; what was committed stays, run the same command again to go on", file=sys.stderr, flush=True)
    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    if (telemetry := sys.modules.get("flows.watching.telemetry")) is not None:  # not loaded: nothing is to be sent
        telemetry.end_telemetry(WORD_S)
    os._exit(130)
