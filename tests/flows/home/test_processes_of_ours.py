"""Processes of ours whose starter is killed go on."""

import subprocess
import sys

from tests.conftest import ROOT

_GOES_ON = """
import sys, time
from flows.home.processes import outlive_readers
if sys.argv[2] == "outlives":
    outlive_readers()
print("begun", flush=True)
sys.stdin.readline()
time.sleep(0.2)
for _ in range(3):
    print("said", flush=True)
    print("said", file=sys.stderr, flush=True)
open(sys.argv[1], "w").write("gone on")
"""


def test_a_process_goes_on_when_nobody_reads_any_more_what_it_says(tmp_path):
    for way in ("outlives", "does not"):
        done = tmp_path / way
        command = [sys.executable, "-c", _GOES_ON, str(done), way]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdin
            assert process.stdout
            assert process.stderr
            process.stdout.readline()
            process.stdout.close()
            process.stderr.close()
            process.stdin.write(b"\n")
            process.stdin.close()
            code = process.wait(60)
        assert (code == 0, done.exists()) == (way == "outlives", way == "outlives")
