"""A schedule that is told to stop ends what it has begun, also before it serves."""

import signal
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PROGRAM = """
import signal, sys, time
from flows.timetable.stopping import heed_no_more, unwound_when_stopped
if sys.argv[1] == "nohup":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
try:
    with unwound_when_stopped():
        if sys.argv[1] == "ending":
            heed_no_more()
        print("begun", flush=True)
        time.sleep(60 if sys.argv[1] == "plain" else 0.5)
finally:
    print("ended", flush=True)
"""


def told(how: str, number: signal.Signals) -> tuple[str, int]:
    """What a program says that is stopped in its midst, and its exit code."""
    command = [sys.executable, "-c", PROGRAM, how]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as it:
        assert it.stdout is not None
        assert it.stdout.readline() == "begun\n"
        it.send_signal(number)
        return it.stdout.read(), it.wait(30)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_was_begun_is_ended_whatever_says_stop(number: signal.Signals) -> None:
    said, code = told("plain", number)
    assert said == "ended\n"
    assert code in {128 + number, 1, -number}


def test_a_schedule_under_nohup_outlives_its_terminal() -> None:
    assert told("nohup", signal.SIGHUP) == ("ended\n", 0)


def test_an_end_that_has_begun_is_not_broken_off() -> None:
    assert told("ending", signal.SIGTERM) == ("ended\n", 0)
