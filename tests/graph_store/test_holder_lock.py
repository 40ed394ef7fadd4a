"""A lock between processes: it tells its holder, is free when that one ends, and is one process's in all its threads."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graph_store.holder_lock import HolderLock
from schema.errors import StoreBusy
from tests.conftest import ROOT


def lock_in(folder: Path) -> HolderLock:
    return HolderLock(folder / "holder.lock", "the graph is held")


def test_a_lock_names_its_holder_and_is_free_when_let_go(tmp_path: Path) -> None:
    lock, other = lock_in(tmp_path / "new"), lock_in(tmp_path / "new")
    lock.acquire(0.0)
    began = time.monotonic()
    with pytest.raises(StoreBusy, match=rf"the graph is held by process {os.getpid()} \(.*since 20.*waited 0.2 s"):
        other.acquire(0.2)
    assert 0.1 < time.monotonic() - began < 5
    lock.release()
    lock.release()
    with other.held(0.0):
        assert not lock.try_acquire(0.0)


def test_who_holds_it_may_take_it_again_in_any_thread_and_others_wait_for_the_last_release(tmp_path: Path) -> None:
    lock, other = lock_in(tmp_path), lock_in(tmp_path)
    with lock.held(0.0, "chronokg ingest"):
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(lock.try_acquire, 0.0).result()
        lock.release()
        with pytest.raises(StoreBusy, match="chronokg ingest, since"):
            other.acquire(0.0)
    other.acquire(0.0)
    other.release()


def test_what_a_dead_holder_left_behind_stops_nobody(tmp_path: Path) -> None:
    code = """
import os, sys, signal
from pathlib import Path
from graph_store.holder_lock import HolderLock
HolderLock(Path(sys.argv[1]) / "holder.lock", "it is held").acquire(0.0)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "holder.txt").exists()
    with lock_in(tmp_path).held(0.0):
        pass
