"""Ctrl-C: stop at once, say so, leave nothing behind that runs."""

import os
import signal
import sys
from types import FrameType

import psutil


def stop_on_interrupt() -> None:
    """From now on Ctrl-C ends the process as a crash would, which log and graph are made for, but with a word and exit code 130.

    A tidy end would have to wait for a model's answer, and for Prefect's own server, which the same Ctrl-C may have ended.
    """
    signal.signal(signal.SIGINT, _stop)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.stdout.flush()
    print("\nchronokg: interrupted; what was committed stays, run the same command again to go on", file=sys.stderr, flush=True)
    for child in psutil.Process().children(recursive=True):
        try:
            child.terminate()
        except psutil.NoSuchProcess:
            continue
    os._exit(130)
