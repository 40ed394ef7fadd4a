"""Processes that are killed while they hold things: nobody else holds them at the same time, and the next take them over."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graph_store.folders.places import Place, folder_at, place_in
from tests.conftest import ROOT

_WORK = """
import random, sys, time
from pathlib import Path
from graph_store.leasing.holders import this_process
from graph_store.leasing.kept_leases import open_leases
folder, name, seed = Path(sys.argv[1]), sys.argv[2], random.Random(sys.argv[2])
leases = open_leases(sys.argv[3], this_process(name))
print("ready", flush=True)
while not (folder / "end").exists():
    for thing in (taken := leases.take(seed.sample([f"{n}" for n in range(40)], 8), 60)):
        # Who is killed leaves its name behind, and so do the living where two held one thing at a time.
        try:
            (folder / thing).open("x").write(name)
        except FileExistsError:
            for _ in range(50):
                if other := (folder / thing).read_text():
                    break
                time.sleep(0.01)  # its holder is about to write, or was killed before it could
            if other and other not in (folder / "killed").read_text().split():
                (folder / "double").write_text(f"{thing}: {name} and {other!r}")
            (folder / thing).write_text(name)
            (folder / "after.kill").open("a").write(f"{thing} ")
    time.sleep(seed.random() * 0.1)
    for thing in taken:
        (folder / thing).unlink()
    leases.release(taken)
"""


def _worker(folder: Path, name: str, log: Place) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", _WORK, str(folder), name, str(log)], cwd=ROOT, stdout=subprocess.PIPE)


def test_of_processes_that_are_killed_no_two_ever_hold_one_thing_and_the_next_take_over(home_place: Place, tmp_path: Path) -> None:
    _kill_workers(3, home_place, tmp_path)


@pytest.mark.nightly
def test_of_many_that_are_killed_no_two_ever_hold_one_thing(home_place: Place, tmp_path: Path) -> None:
    _kill_workers(20, home_place, tmp_path)


def _kill_workers(kills: int, place: Place, tmp_path: Path) -> None:
    chance, log = random.Random(kills), place_in(place, "log")
    (tmp_path / "killed").write_text("", encoding="utf-8")
    workers = {f"w{n}": _worker(tmp_path, f"w{n}", log) for n in range(4)}
    for worker in workers.values():
        assert worker.stdout is not None
        worker.stdout.readline()
    for n in range(kills):
        time.sleep(0.1 + chance.random() * 0.1)
        name = _stop_one_that_holds(workers, tmp_path, chance)
        # Known to be killed before anybody can see that it is dead.
        with (tmp_path / "killed").open("a", encoding="utf-8") as killed:
            killed.write(f"{name} ")
        worker = workers.pop(name)
        worker.kill()
        worker.communicate()
        workers[f"n{n}"] = _worker(tmp_path, f"n{n}", log)
    until = time.monotonic() + 60
    while not (tmp_path / "after.kill").exists() and time.monotonic() < until:
        time.sleep(0.05)
    (tmp_path / "end").touch()
    for worker in workers.values():
        worker.communicate(timeout=60)
        assert worker.returncode == 0
    assert not (tmp_path / "double").exists(), (tmp_path / "double").read_text(encoding="utf-8")
    assert (tmp_path / "after.kill").exists(), "what the killed held was taken over"
    assert len(folder_at(f"{log}-leases").sizes()) < 100


def _stop_one_that_holds(workers: "dict[str, subprocess.Popen[bytes]]", tmp_path: Path, chance: random.Random) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        name = chance.choice(sorted(workers))
        workers[name].send_signal(signal.SIGSTOP)
        if any(name == _read(each) for each in tmp_path.iterdir() if each.name.isdigit()):
            return name
        workers[name].send_signal(signal.SIGCONT)
        time.sleep(0.01)
    raise AssertionError("nobody ever held anything")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
