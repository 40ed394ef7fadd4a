"""Processes of ours: libraries are quiet, Ctrl-C stops all at once and says so."""

import os
import select
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread, current_thread, main_thread
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


def log_to_prefect() -> None:
    """What runs say of themselves goes to Prefect's pages, and to the runs that this process starts; the terminal stays quiet."""
    os.environ["PREFECT_LOGGING_TO_API_ENABLED"] = "true"
    os.environ.setdefault("PREFECT_LOGGING_LOGGERS_PREFECT_FLOW_RUNS_LEVEL", "INFO")
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


def stop_on_interrupt() -> None:
    """From now on Ctrl-C ends the process as a crash would, which log and graph are made for, but with a word and exit code 130.

    A tidy end would have to wait for a model's answer, and for a database that the same Ctrl-C may have ended.
    """
    signal.signal(signal.SIGINT, _stop)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.stdout.flush()
    print("\nchronokg: interrupted; what was committed stays, run the same command again to go on", file=sys.stderr, flush=True)
    _end(130)


@contextmanager
def ending_on_termination() -> Iterator[None]:
    """While the block runs, SIGTERM ends the process as a crash would, too: a run that is cancelled is over within seconds.

    Only in the main thread, and only where something else would be done; elsewhere nothing changes.
    """
    before = signal.getsignal(signal.SIGTERM)
    if current_thread() is not main_thread() or not callable(before):
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is _terminate:
            signal.signal(signal.SIGTERM, before)


def outlive_readers() -> None:
    """From now on what is said to a pipe that nobody reads any more is lost, and no failure: who started us was killed, and we go on."""
    for number in (1, 2):
        try:
            is_pipe = hasattr(select, "poll") and stat.S_ISFIFO(os.fstat(number).st_mode)
        except OSError:  # it is closed
            continue
        if is_pipe:
            Thread(target=_until_reader_is_gone, args=(number,), name="reader", daemon=True).start()


def _until_reader_is_gone(number: int) -> None:
    poll = select.poll()
    poll.register(number, 0)  # that the other end is gone is told unasked
    poll.poll()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def _terminate(number: int, _frame: FrameType | None) -> None:
    sys.stdout.flush()
    _end(128 + number)


def _end(code: int) -> None:
    import psutil

    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    if (telemetry := sys.modules.get("flows.watching.telemetry")) is not None:  # not loaded: nothing is to be sent
        telemetry.end_telemetry(WORD_S)
    os._exit(code)
