"""The RAG loop, run as a user runs it; its model is a script."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.flows.commands.running import environ


def test_the_loop_answers_with_dated_sources_and_takes_out_what_was_made_up(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / "rag" / "loop.py")]
    done = subprocess.run(command, cwd=tmp_path, env=environ(), capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "[2] flecainide prevent cardiac arrhythmias, held 1981-08-27 to 1989-08-10: DEMO:flecainide-1981" in done.stdout
    assert "[1] flecainide cause cardiac arrhythmias, since 1989-08-10: DEMO:cast-1989, 1989-08-10" in done.stdout
    assert "All doubt is gone." in done.stdout
    assert "(the model made up [40], which was taken out)" in done.stdout
    assert 'Nothing is known of "rain"' in done.stdout
