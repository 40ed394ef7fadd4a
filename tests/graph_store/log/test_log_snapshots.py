"""Snapshots of a log: many readers at once, each with one state of it, while another process writes."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from graph_store.log import delta_log as evidence_log
from graph_store.log import index_file
from graph_store.log.delta_log import DeltaEvidenceLog
from graph_store.log.log_snapshots import LogSnapshot, LogSnapshots
from pipeline.linking.name_forms import VERSION, forms_of
from schema.errors import ChronoKGError, StoreBusy, StoreFailed
from schema.ids import BatchId, EntityKey
from schema.observation import Entity, Observation
from schema.ports import Question
from schema.records import Recorded
from tests.conftest import ROOT
from tests.graph_store.log.test_log_index import answers
from tests.pipeline.believing.examples import AT, asserts

READERS, BATCHES = 16, 12
ONE, OTHER = (EntityKey("MESH:C1"), EntityKey("MESH:D1")), (EntityKey("MESH:C2"), EntityKey("MESH:D2"))
WRITER = """
import sys
from pathlib import Path
from graph_store.log.delta_log import DeltaEvidenceLog
from pipeline.linking.name_forms import VERSION, forms_of
from tests.graph_store.log.test_log_snapshots import batch
log = DeltaEvidenceLog(Path(sys.argv[1]))
for number in range(1, int(sys.argv[2]) + 1):
    log.append(*batch(number))
    log.position()  # the index has the names now, and not yet their forms
    log.name_index(forms_of, VERSION)
"""


def batch(number: int) -> tuple[BatchId, list[Recorded[Observation]]]:
    """One that says as much of one question as of another, about entities that nobody has spoken of before among others."""
    ends = [*ONE], [*OTHER], [f"MESH:C{number + 100}", "MESH:D1"]
    said = [
        asserts(f"PMID:{number}", "2001", head=Entity(EntityKey(head), "Chemical", head), tail=Entity(EntityKey(tail), "Disease", tail))
        for head, tail in ends
    ]
    return BatchId(f"batch {number}"), [Recorded(each, AT) for each in said]


def test_a_snapshot_stays_as_it_is_while_the_log_goes_on(tmp_path: Path) -> None:
    log = DeltaEvidenceLog(tmp_path / "log")
    log.append(*batch(1))
    with taking(log) as snapshots, snapshots.taken() as before:
        wanted, version = answers(log), log.version()
        log.append(*batch(2))
        log.name_index(forms_of, VERSION)
        with snapshots.taken() as after:
            assert after.version() == log.version() != version
            assert answers(after) == answers(log) != wanted
        assert before.version() == version
        assert answers(before) == wanted
        assert before.batches() == ["batch 1"]
        assert before.position() == 1
        assert log.position() == 2


def test_readers_never_see_half_a_batch_while_another_process_writes(tmp_path: Path) -> None:
    log = DeltaEvidenceLog(tmp_path / "log")
    log.append(*batch(0))
    seen: list[set[int]] = [set() for _ in range(READERS)]
    failures: list[BaseException] = []
    writing = threading.Event()
    writing.set()

    def read(numbers: set[int]) -> None:
        try:
            last = 0
            while writing.is_set() or last < BATCHES + 1:
                with snapshots.taken() as snapshot:
                    found = look(snapshot)
                assert found >= last, "an older state than before"
                numbers.add(last := found)
        except (AssertionError, ChronoKGError) as error:
            failures.append(error)

    with taking(log) as snapshots:
        threads = [threading.Thread(target=read, args=(numbers,)) for numbers in seen]
        for thread in threads:
            thread.start()
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", WRITER, str(tmp_path / "log"), str(BATCHES)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
        writing.clear()
        for thread in threads:
            thread.join(60)
    assert done.returncode == 0, done.stderr
    assert failures == []
    assert all(BATCHES + 1 in numbers for numbers in seen)
    assert len(set().union(*seen)) > 3, "they are to have read while it wrote"


def look(snapshot: LogSnapshot) -> int:
    """The number of batches of a state, by all ways to ask for it; with time between them for others to write."""
    number = len(snapshot.batches())
    time.sleep(0.001)
    one, other = (sum(1 for _ in snapshot.observations([Question(ends)])) for ends in (ONE, OTHER))
    time.sleep(0.001)
    names = sorted(int(each.key.removeprefix("MESH:C")) for each in snapshot.called() if each.key not in (*ONE, *OTHER))
    found = len(snapshot.name_index(forms_of, VERSION).having_names(forms_of("Chemical", f"MESH:C{names[-1]}").whole))
    assert (one, other, len(names), snapshot.position()) == (number, number, number, number)
    assert found > 0, "the last name has no forms"
    return number


def test_what_an_index_made_anew_says_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, other = DeltaEvidenceLog(tmp_path / "log"), DeltaEvidenceLog(tmp_path / "log")
    log.append(*batch(1))
    with taking(log) as snapshots:
        with snapshots.taken() as snapshot:
            assert snapshot.position() == 1
        place = index_file.identity_of(tmp_path / "log-index.sqlite")
        monkeypatch.setattr(evidence_log, "_FAR_BEHIND", 1)
        for number in (2, 3, 4):
            other.append(*batch(number))
        other.name_index(forms_of, VERSION)
        assert index_file.identity_of(tmp_path / "log-index.sqlite") != place
        with snapshots.taken() as snapshot:
            assert snapshot.position() == 4
        monkeypatch.undo()
        other.append(*batch(5))
        log.name_index(forms_of, VERSION)  # by the connection that it had open all the time
        with snapshots.taken() as snapshot:
            assert look(snapshot) == 5
    other.close()


def test_an_index_that_somebody_deletes_is_made_again(tmp_path: Path) -> None:
    log = DeltaEvidenceLog(tmp_path / "log")
    log.append(*batch(1))
    with taking(log) as snapshots:
        for part in tmp_path.glob("log-index.sqlite*"):
            part.unlink()
        with snapshots.taken() as snapshot:
            assert look(snapshot) == 1


def test_a_log_that_may_only_be_read_has_snapshots_too(tmp_path: Path) -> None:
    log = DeltaEvidenceLog(tmp_path / "log")
    log.append(*batch(1))
    log.close()
    reading = DeltaEvidenceLog(tmp_path / "log", reads_only=True)  # there is no index, and it may make none
    with taking(reading) as snapshots:
        with snapshots.taken() as snapshot:
            assert look(snapshot) == 1
        log.append(*batch(2))
        with snapshots.taken() as snapshot:
            assert look(snapshot) == 2
    assert not list(tmp_path.glob("log-index.sqlite*"))


def test_a_snapshot_can_be_stopped_by_another_thread_and_its_connection_serves_the_next(tmp_path: Path) -> None:
    log = DeltaEvidenceLog(tmp_path / "log")
    log.append(*batch(1))
    with taking(log) as snapshots:
        with snapshots.taken() as snapshot:
            snapshot.stop()
            with pytest.raises(StoreBusy, match="longer than it may"):
                snapshot.position()
        with snapshots.taken() as following:
            snapshot.stop()  # it is over, and this is nobody else's concern
            assert look(following) == 1


def test_a_snapshot_is_never_written(tmp_path: Path) -> None:
    log = DeltaEvidenceLog(tmp_path / "log")
    log.append(*batch(1))
    with taking(log) as snapshots, snapshots.taken() as snapshot:
        with pytest.raises(StoreFailed, match="only read"):
            snapshot.append(*batch(2))
        with pytest.raises(StoreFailed, match="only read"):
            snapshot.compact(7)
    assert log.batches() == ["batch 1"]


@contextmanager
def taking(log: DeltaEvidenceLog) -> Iterator[LogSnapshots]:
    snapshots = LogSnapshots(log, forms_of, VERSION)
    try:
        yield snapshots
    finally:
        snapshots.close()
        log.close()
