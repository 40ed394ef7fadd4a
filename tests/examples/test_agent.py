"""The agent of the examples, run as a user runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

from flows.home.homes import open_home
from flows.jobs.observing import observe_file
from tests.conftest import ROOT
from tests.flows.commands.running import environ


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("agent") / "home"
    observe_file(open_home(path, graph="memory:"), ROOT / "examples" / "demo" / "curated.jsonl")
    return path


def agent(home: Path, *arguments: str) -> str:
    command = [sys.executable, str(ROOT / "examples" / "agent" / "agent.py"), "--home", str(home), *arguments]
    world = {**environ(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=world, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_agent_answers_with_what_holds_now_and_what_ended(path: Path) -> None:
    said = agent(path, "flecainide", "cardiac arrhythmias")
    assert "flecainide cause cardiac arrhythmias: it holds" in said
    assert "flecainide prevent cardiac arrhythmias: it does not hold, it is superseded (closed 1989-08-10, DEMO:cast-1989)" in said


def test_the_agent_answers_as_of_a_day(path: Path) -> None:
    said = agent(path, "flecainide", "cardiac arrhythmias", "--as-of", "1988-01-01")
    assert said.startswith("As of 1988-01-01, flecainide prevent cardiac arrhythmias: it holds")
    assert "flecainide cause cardiac arrhythmias: it does not hold, it is contested" in said


def test_the_agent_says_what_it_cannot_find(path: Path) -> None:
    assert "I cannot answer" in agent(path, "zzyzx", "cardiac arrhythmias")
