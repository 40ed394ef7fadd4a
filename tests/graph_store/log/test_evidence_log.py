"""One contract for both evidence logs; what only Delta Lake promises comes after it."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings

from flows.home.configuration.settings import load_ontology
from graph_store.folders.places import Place, place_in
from graph_store.log.delta_log import DeltaEvidenceLog
from graph_store.log.log_rows import KINDS, record_from
from schema.accounts.settling import Settled
from schema.errors import LogTooNew, StoreFailed
from schema.ids import BatchId, DocumentId, EntityKey, stable_id
from schema.observation import Observation
from schema.ports import NOWHERE, EvidenceLog, Question, Touched
from schema.records import LOG_FORMAT, BatchReport, Recorded, Retraction, Ruling, RulingWithdrawal, SetAside, Tally, Verdict
from tests.conftest import ROOT, examples
from tests.graph_store.log.memory_log import MemoryEvidenceLog
from tests.graph_store.log.plain_log import PlainEvidenceLog
from tests.histories import batch_of, histories
from tests.pipeline.believing.examples import AT, asserts

LATER = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(params=["plain", "memory", "disk", "object store"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> EvidenceLog:
    logs = {"plain": PlainEvidenceLog, "memory": MemoryEvidenceLog}
    if request.param in logs:
        return logs[request.param]()
    return log_at(tmp_path if request.param == "disk" else request.getfixturevalue("object_store").place("log"), tmp_path)


def log_at(place: Place, indexes: Path) -> DeltaEvidenceLog:
    """The log of a home that lies there, with its index on this disk."""
    return DeltaEvidenceLog(place_in(place, "log"), index=indexes / "log-index.sqlite")


def recorded(*observations: Observation, at: datetime = AT) -> list[Recorded[Any]]:
    return [Recorded(o, at) for o in observations]


def test_an_empty_log_has_nothing_to_say(log: EvidenceLog) -> None:
    assert log.batches() == []
    assert list(log.records(Observation)) == []
    assert list(log.names()) == []
    assert log.touched([BatchId("none")]).documents == frozenset()


def test_what_came_in_after_a_state_is_told_by_batches(log: EvidenceLog) -> None:
    before = log.version()
    for name in ("a", "b", "c"):
        log.append(BatchId(name), recorded(asserts(f"PMID:{ord(name)}", "2001")))
        if name == "a":
            between = log.version()
    assert log.recorded_since(before) == log.recorded_since(NOWHERE) == {"a", "b", "c"}
    assert log.recorded_since(between) == {"b", "c"}
    assert log.recorded_since(log.version()) == set()


def test_a_batch_is_recorded_once_however_often_it_is_sent(log: EvidenceLog) -> None:
    batch = recorded(asserts("PMID:1", "2001"))
    assert log.append(BatchId("a"), batch)
    assert not log.append(BatchId("a"), batch)
    assert [r.record for r in log.records(Observation)] == [asserts("PMID:1", "2001")]
    assert log.batches() == ["a"]


def test_what_is_said_twice_keeps_its_first_moment(log: EvidenceLog) -> None:
    log.append(BatchId("late"), recorded(asserts("PMID:1", "2001"), at=LATER))
    log.append(BatchId("early"), recorded(asserts("PMID:1", "2001"), at=AT))
    assert [r.at for r in log.records(Observation)] == [AT]
    assert log.batches() == ["early", "late"]


def test_batches_touch_the_documents_they_speak_of_and_no_others(log: EvidenceLog) -> None:
    log.append(BatchId("a"), recorded(asserts("PMID:1", "2001")))
    log.append(BatchId("b"), recorded(asserts("PMID:2", "2001")))
    aside = SetAside("line", "grounding", "InvalidInput", "why", "file", "line 1", DocumentId("PMID:3"))
    tally = BatchReport("b", "observe", (Tally("line", 1, {}, {"InvalidInput": 1}),))
    log.append(BatchId("c"), [Recorded(aside, AT), Recorded(tally, AT), Recorded(Settled(aside.id, "replay"), AT)])
    assert log.touched([BatchId("a")]).documents == {"PMID:1"}
    assert log.touched([BatchId("c")]).documents == frozenset()
    assert [r.record for r in log.records(SetAside)] == [aside]
    assert [r.record for r in log.records(BatchReport)] == [tally]


def test_rulings_and_their_withdrawals_touch_the_pair_they_are_about_and_come_back_whole(log: EvidenceLog) -> None:
    ruling = Ruling((EntityKey("MESH:C1"), EntityKey("MESH:D1")), ("cause", "treat"), Verdict.NEWER, "m", "why", True, "hash", "now")
    withdrawal = RulingWithdrawal(ruling.id, ruling.ends, ruling.relations, "a person", "hasty")
    for batch, record in (("a", ruling), ("b", withdrawal)):
        log.append(BatchId(batch), [Recorded(record, AT)])
        assert log.touched([BatchId(batch)]) == Touched(frozenset(), pairs=frozenset({ruling.ends}))
        assert [r.record for r in log.records(type(record))] == [record]


def test_a_question_finds_its_observations_whichever_end_comes_first(log: EvidenceLog) -> None:
    said = asserts("PMID:1", "2001")
    log.append(BatchId("a"), recorded(said))
    assert [r.record for r in log.observations([Question((EntityKey("MESH:C1"), EntityKey("MESH:D1")))])] == [said]
    assert [r.record for r in log.observations([Question((EntityKey("MESH:C1"),), "treat")])] == [said]
    assert list(log.observations([Question((EntityKey("MESH:C1"), EntityKey("MESH:D2")))])) == []
    assert log.ends(keys=[EntityKey("MESH:D1")]) == {("MESH:C1", "treat", "MESH:D1")}


@given(history=histories(load_ontology("biomedical")))
@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_logs_give_back_just_what_was_recorded(history: list[tuple[Recorded[Any], ...]], tmp_path_factory: Any) -> None:
    plain, *logs = PlainEvidenceLog(), MemoryEvidenceLog(), DeltaEvidenceLog(tmp_path_factory.mktemp("log") / "log")
    for records in history:
        for log in (plain, *logs):
            log.append(batch_of(records), records)
    for log in logs:
        for kind in KINDS:
            assert sorted(log.records(kind), key=repr) == sorted(plain.records(kind), key=repr)
        assert set(log.names()) == set(plain.names())
        assert log.batches() == plain.batches()


def test_a_log_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"kind": ["observation"]}).write_delta(
        tmp_path / "log", delta_write_options={"description": "ChronoKG evidence log, format 99"}
    )
    with pytest.raises(LogTooNew, match="format 99"):
        DeltaEvidenceLog(tmp_path / "log")


def test_a_log_of_an_older_format_is_read_and_refused_by_older_versions_once_something_new_is_in(tmp_path: Path) -> None:
    log = DeltaEvidenceLog(tmp_path / "log")
    log.append(BatchId("old"), recorded(asserts("PMID:1", "2001")))
    log.close()
    DeltaTable(tmp_path / "log").alter.set_table_description("ChronoKG evidence log, format 1")
    opened = DeltaEvidenceLog(tmp_path / "log")
    assert [r.record for r in opened.records(Observation)] == [asserts("PMID:1", "2001")]
    assert DeltaTable(tmp_path / "log").metadata().description == "ChronoKG evidence log, format 1"
    assert opened.append(BatchId("new"), recorded(asserts("PMID:2", "2002")))
    assert DeltaTable(tmp_path / "log").metadata().description == f"ChronoKG evidence log, format {LOG_FORMAT}"
    assert set(opened.batches()) == {"old", "new"}


def test_a_retraction_of_an_older_log_keeps_its_identity_and_is_a_persons_word() -> None:
    older = Retraction(DocumentId("PMID:1"), None, DocumentId("PMID:2"))
    body = '{"document": "PMID:1", "on": null, "notice": "PMID:2"}'
    assert record_from(Retraction, body, AT) == Recorded(older, AT)
    assert older.id == stable_id("retraction", "PMID:1", "None", "PMID:2") != replace(older, source="pubmed").id


def test_another_table_in_the_place_of_the_log_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_delta(tmp_path / "log")
    with pytest.raises(StoreFailed, match="another table"):
        DeltaEvidenceLog(tmp_path / "log")


_APPEND = """
import sys
from pathlib import Path
from graph_store.log.delta_log import DeltaEvidenceLog
from schema.ids import BatchId
from schema.records import Recorded
from tests.pipeline.believing.examples import AT, asserts
log = DeltaEvidenceLog(sys.argv[1], index=Path(sys.argv[2]))
for n in map(int, sys.argv[3].split()):
    log.append(BatchId(f"batch {n}"), [Recorded(asserts(f"PMID:{n}-{k}", "2001"), AT) for k in range(3)])
    print(n, flush=True)
"""


def test_processes_that_make_a_log_and_send_the_same_batches_record_each_once(home_place: Place, tmp_path: Path) -> None:
    writers = [_writer(home_place, tmp_path / f"{n}.sqlite", range(6)) for n in range(4)]
    told = [writer.communicate(timeout=120)[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    assert [len(each) for each in told] == [6] * 4
    assert _sizes(home_place, tmp_path) == {f"batch {n}": 3 for n in range(6)}


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.nightly)])
def test_of_writers_that_are_killed_nothing_told_is_lost_nothing_is_doubled_and_batches_are_whole(
    kills: int, home_place: Place, tmp_path: Path
) -> None:
    chance, told = random.Random(kills), set[int]()
    everything = range(12 * kills)

    def start(number: int) -> "subprocess.Popen[bytes]":
        mine = chance.sample(everything, len(everything))  # in orders of their own: most batches are sent by several at once
        return _writer(home_place, tmp_path / f"{number}.sqlite", mine)

    writers = [start(n) for n in range(4)]
    for n in range(kills):
        writer = chance.choice(writers)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(chance.random() * 0.5)
        os.kill(writer.pid, signal.SIGKILL)
        told |= {int(line) for line in writer.communicate()[0].splitlines(keepends=True) if line.endswith(b"\n")}
        writers[writers.index(writer)] = start(n)
    for writer in writers:
        os.kill(writer.pid, signal.SIGKILL)
        told |= {int(line) for line in writer.communicate()[0].splitlines(keepends=True) if line.endswith(b"\n")}
    sizes = _sizes(home_place, tmp_path)
    assert told
    assert {f"batch {n}" for n in told} <= sizes.keys()
    assert set(sizes.values()) == {3}


def _sizes(place: Place, tmp_path: Path) -> dict[str, int]:
    """Rows by batch, as they lie there; the log answers the same."""
    log = log_at(place, tmp_path)
    found = dict(log._collect(log._scan().group_by("batch").len()).iter_rows())
    assert len(list(log.records(Observation))) == 3 * len(found)
    assert log.sizes() == found
    return found


def _writer(place: Place, index: Path, batches: Iterable[int]) -> "subprocess.Popen[bytes]":
    numbers = " ".join(map(str, batches))
    return subprocess.Popen(
        [sys.executable, "-c", _APPEND, str(place_in(place, "log")), str(index), numbers], cwd=ROOT, stdout=subprocess.PIPE
    )


@pytest.mark.parametrize("folder", ["with a space", "Umläute", "a#b", "half%", "why?"])
def test_a_log_may_lie_in_a_folder_of_any_ordinary_name(tmp_path: Path, folder: str) -> None:
    path = tmp_path / folder / "log"
    DeltaEvidenceLog(path).append(BatchId("a"), recorded(asserts("PMID:1", "2001")))
    again = DeltaEvidenceLog(path)
    assert [r.record for r in again.records(Observation)] == [asserts("PMID:1", "2001")]
    assert again.touched([BatchId("a")]).documents == {"PMID:1"}
