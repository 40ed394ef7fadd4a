"""A log that lacks something says which file; an index that has seen another state of it is not believed; who reads changes nothing."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from graph_store.folders.places import folder_at
from graph_store.log import delta_log
from graph_store.log.delta_log import DeltaEvidenceLog
from graph_store.log.log_files import commit_name
from graph_store.log.log_parts import parts_of
from schema.errors import LogDamaged
from schema.ids import BatchId
from tests.conftest import ROOT
from tests.graph_store.log.test_log_index import a_log, answers, first_records


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Ten commits, and the index that has followed them."""
    whole = a_log(tmp_path)
    whole.position()
    whole.close()
    return tmp_path / "log"


def last(log: Path) -> Path:
    return log / commit_name(10)


def rows_of(log: Path) -> Path:
    return sorted(log.glob("*.parquet"))[3]


DAMAGE: dict[str, tuple[Callable[[Path], Path], Callable[[Path], Any], str]] = {
    "a file of rows is gone": (rows_of, Path.unlink, "missing"),
    "a file of rows is empty": (rows_of, lambda file: file.write_bytes(b""), "torn"),
    "a file of rows is cut off": (rows_of, lambda file: file.write_bytes(file.read_bytes()[:100]), "torn"),
    "the last commit is empty": (last, lambda file: file.write_bytes(b""), "empty"),
    "the last commit is cut off": (last, lambda file: file.write_bytes(file.read_bytes()[:300]), "torn"),
    "the last commit lacks a line": (last, lambda file: file.write_bytes(file.read_bytes().splitlines()[0]), "torn"),
    "a commit is cut off": (lambda log: log / commit_name(4), lambda file: file.write_bytes(file.read_bytes()[:300]), "torn"),
    "a commit is empty": (lambda log: log / commit_name(4), lambda file: file.write_bytes(b""), "empty"),
    "a commit is gone": (lambda log: log / commit_name(4), Path.unlink, "missing"),
}


@pytest.mark.parametrize("name", DAMAGE)
@pytest.mark.parametrize("reads_only", [False, True])
def test_what_is_missing_or_torn_is_named_with_what_helps(name: str, reads_only: bool, log: Path) -> None:
    where, harm, how = DAMAGE[name]
    harmed = where(log)
    harm(harmed)
    with pytest.raises(LogDamaged, match=f"{harmed.name} is {how}; restore the folder from a backup") as told:
        DeltaEvidenceLog(log, reads_only=reads_only)
    assert "\n" not in str(told.value)


def test_a_log_without_its_commits_or_gone_beside_its_index_is_no_new_log(log: Path) -> None:
    shutil.rmtree(log / "_delta_log")
    with pytest.raises(LogDamaged, match="commits are missing"):
        DeltaEvidenceLog(log)
    shutil.rmtree(log)
    with pytest.raises(LogDamaged, match="is gone, and its index is there"):
        DeltaEvidenceLog(log)
    assert not log.exists()


def test_an_older_copy_put_back_is_believed_and_its_index_is_not(tmp_path: Path) -> None:
    older = a_log(tmp_path)
    wanted = answers(older)
    shutil.copytree(tmp_path / "log", tmp_path / "copy")
    older.append(BatchId("later"), first_records(99))
    older.position()
    older.close()
    shutil.rmtree(tmp_path / "log")
    shutil.move(tmp_path / "copy", tmp_path / "log")
    told: list[str] = []
    restored = DeltaEvidenceLog(tmp_path / "log", tell=told.append)
    assert "later" not in restored.batches()
    assert answers(restored) == wanted
    assert ["has seen a commit 11" in each for each in told] == [True]
    assert restored.append(BatchId("later"), first_records(99)), "what was lost can be given again"


def test_of_two_copies_that_went_on_by_themselves_each_knows_its_own(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    a_log(tmp_path / "a").close()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    one, other = (DeltaEvidenceLog(tmp_path / name / "log") for name in "ab")
    common = one.version()
    assert other.version() == common
    one.append(BatchId("one"), first_records(21))
    other.append(BatchId("other"), first_records(22))
    assert one.version().log == other.version().log
    assert one.version().number == other.version().number
    assert one.contains(common)
    assert one.contains(one.version())
    assert not one.contains(other.version())
    assert not other.contains(one.version())


def test_identity_is_made_once_and_kept_by_copies_and_compaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delta_log, "_COMPACT_EVERY", 3)
    log = a_log(tmp_path)
    shutil.copytree(tmp_path / "log", tmp_path / "copy")
    assert DeltaEvidenceLog(tmp_path / "copy").version() == log.version()
    assert a_log(tmp_path / "another").version().log != log.version().log


def everything_in(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(each.relative_to(folder)): (each.stat().st_mtime_ns, each.read_bytes()) for each in sorted(folder.rglob("*")) if each.is_file()
    }


@pytest.mark.parametrize("index", ["followed", "behind", "missing", "of another log", "no database", "cut off"])
def test_who_only_reads_answers_rightly_and_changes_no_file(index: str, tmp_path: Path) -> None:
    log = a_log(tmp_path)
    log.position()
    if index == "behind":
        shutil.copy(tmp_path / "log-index.sqlite", tmp_path / "kept")
        log.append(BatchId("later"), first_records(42))
    wanted = answers(log)
    log.close()
    file = tmp_path / "log-index.sqlite"
    if index == "behind":
        file.unlink()
        (tmp_path / "kept").rename(file)
    elif index == "missing":
        file.unlink()
    elif index == "of another log":
        other = a_log(tmp_path / "other")
        other.position()
        other.close()
        shutil.copy(tmp_path / "other" / "log-index.sqlite", file)
    elif index == "no database":
        file.write_bytes(b"this is no database" * 1000)
    elif index == "cut off":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    before = everything_in(tmp_path)
    reader = DeltaEvidenceLog(tmp_path / "log", reads_only=True)
    assert answers(reader) == wanted
    reader.close()
    assert everything_in(tmp_path) == before


def test_who_only_reads_sees_no_log_as_an_empty_one_and_makes_none(tmp_path: Path) -> None:
    reader = DeltaEvidenceLog(tmp_path / "log", reads_only=True)
    assert reader.batches() == []
    assert list(reader.called()) == []
    assert list(tmp_path.iterdir()) == []


def test_an_index_that_was_cut_off_is_made_anew(log: Path) -> None:
    file = log.with_name("log-index.sqlite")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    again = DeltaEvidenceLog(log)
    assert len(again.batches()) == 10
    again.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


_KILLED = """
import os, sys
from pathlib import Path
from graph_store.log import delta_log
from graph_store.log.log_index import LogIndex
delta_log._FAR_BEHIND = 1
take = LogIndex._take
def killed(self, connection, frame):
    take(self, connection, frame)
    os._exit(9)
LogIndex._take = killed
delta_log.DeltaEvidenceLog(Path(sys.argv[1])).position()
"""


def test_an_index_that_was_half_made_is_cleaned_up(log: Path) -> None:
    log.with_name("log-index.sqlite").unlink()
    assert subprocess.run([sys.executable, "-c", _KILLED, str(log)], cwd=ROOT, check=False).returncode == 9
    left = {each.name for each in log.parent.glob("log-index.sqlite.*")} - {"log-index.sqlite.lock"}
    assert left
    assert DeltaEvidenceLog(log).position() == 10
    assert {each.name for each in log.parent.glob("log-index.sqlite.*")} <= {"log-index.sqlite.lock"}


def test_the_parts_of_a_version_are_there_to_its_own_commit_or_refused(log: Path) -> None:
    assert parts_of(folder_at(log), 10, ["rows"])[0] == "rows"
    last(log).unlink()
    with pytest.raises(LogDamaged, match=f"{last(log).name} is missing; restore the folder from a backup"):
        parts_of(folder_at(log), 10, ["rows"])


def test_what_is_written_over_is_no_part_of_a_version(log: Path) -> None:
    DeltaTable(log).create_checkpoint()
    whole = DeltaEvidenceLog(log, reads_only=True)
    parts = whole.parts(whole.version())
    assert (log / "_delta_log" / "_last_checkpoint").exists()
    assert not [name for name in parts if name.endswith("_last_checkpoint")]
    for name in parts:
        (log.parent / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(log / name, log.parent / "copy" / name)
    assert DeltaEvidenceLog(log.parent / "copy").version() == whole.version()
