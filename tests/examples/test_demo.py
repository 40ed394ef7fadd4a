"""The demo, run as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.flows.commands.running import environ

DEMO = ROOT / "examples" / "demo"


def demo(out: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(DEMO / "run.py"), "--out", str(out), "--graph", "memory:", *arguments]
    return subprocess.run(command, cwd=out.parent, env=environ(), capture_output=True, text=True, timeout=280, check=False)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo without a model, run once: where it wrote and what it said."""
    out = tmp_path_factory.mktemp("demo") / "out"
    done = demo(out, "--no-model")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return out, done.stdout


def test_the_demo_tells_how_a_fact_was_overturned(told: tuple[Path, str]) -> None:
    _, said = told
    assert "held 1981-08-27 to 1989-08-10" in said
    assert "closed by 'flecainide cause cardiac arrhythmias' because of DEMO:cast-1989" in said


def test_the_demo_answers_as_of_two_days(told: tuple[Path, str]) -> None:
    _, said = told
    before, after = said.split("As of 1988-01-01:")[1].split("As of 1990-01-01:")
    assert before.splitlines()[2].startswith("[1] flecainide prevent cardiac arrhythmias (belief")
    assert after.splitlines()[2].startswith("[1] flecainide cause cardiac arrhythmias (belief")
    assert "[2] flecainide prevent cardiac arrhythmias (superseded: held 1981-08-27 to 1989-08-10" in after


def test_the_demo_shows_what_the_late_paper_and_the_retraction_changed(told: tuple[Path, str]) -> None:
    _, said = told
    assert "held 1991-09-12 to 1998-08-19" in said
    assert "held 1985-10-24 to 1998-08-19" in said
    assert "as known before the retraction: superseded, belief 0.20, held 2020-03-20 to 2020-07-23" in said
    assert "as known now:                   superseded, belief 0.22, held 2020-03-20 to 2020-10-08" in said
    assert "as known now:                   withdrawn" in said


def test_the_demo_shows_that_order_does_not_matter(told: tuple[Path, str]) -> None:
    _, said = told
    assert "identical, byte for byte" in said


def test_the_demo_writes_its_report_and_names_commands_that_work(told: tuple[Path, str]) -> None:
    out, said = told
    assert (out / "report.html").stat().st_size > 500_000
    assert str(out / "report.html") in said
    assert (out / "explorer.html").stat().st_size < 500_000
    assert str(out / "explorer.html") in said
    command = next(text for text in said.splitlines() if " timeline rosiglitazone" in text).split()
    where = command[command.index("timeline") :]
    done = subprocess.run(
        [sys.executable, "-m", "flows", *where], cwd=out.parent, env=environ(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "rosiglitazone" in done.stdout


def test_the_demo_runs_again_over_what_it_made(tmp_path: Path) -> None:
    claims = {
        "document": "DEMO:cast-1989",
        "claims": [{"head": "MESH:D005424", "relation": "cause", "tail": "MESH:D001145", "confidence": 0.9, "quote": "More patients died"}],
    }
    script = tmp_path / "script.jsonl"
    script.write_text(json.dumps(claims) + "\n", encoding="utf-8")
    for _ in range(2):
        done = demo(tmp_path / "out", "--model", f"scripted:{script}")
        assert done.returncode == 0, done.stderr
        assert "documents: 71 submitted = 71 committed + 0 skipped + 0 set aside" in done.stdout
        assert "pair and relation, all claims: 1 right of 1; 107 curated" in done.stdout


def test_the_demo_leaves_folders_alone_that_it_did_not_make(tmp_path: Path) -> None:
    precious = tmp_path / "out" / "curated" / "precious.txt"
    precious.parent.mkdir(parents=True)
    precious.write_text("mine", encoding="utf-8")
    done = demo(tmp_path / "out", "--no-model")
    assert done.returncode == 2
    assert done.stderr == f"demo: {precious.parent} was not made by the demo, so it is left as it is; give another place with --out\n"
    assert precious.read_text(encoding="utf-8") == "mine"


def test_the_demo_goes_on_without_a_model_that_does_not_answer(tmp_path: Path) -> None:
    done = demo(tmp_path / "out", "--model", "http://127.0.0.1:9/v1")
    assert done.returncode == 1
    assert done.stderr.startswith("demo: ")
    assert done.stderr.endswith("; the report goes without that part\n")
    assert (tmp_path / "out" / "report.html").exists()
