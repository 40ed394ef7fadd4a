"""The same, for faults of the home's disk, of the clock and of files."""

import errno
import gzip
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.engine import spool
from flows.home import homes
from schema.document import Document
from schema.errors import StoreFailed
from schema.records import SetAside
from tests.flows.jobs.reading_here import exported, home_at
from tests.flows.scheduling.running_flows import disk_of, fill, papers, seen_read_only
from tests.flows.scheduling.test_states import NUMBERS, _prefect, documents, read, scripted

__all__ = ["_prefect", "documents", "read", "scripted"]

pytestmark = pytest.mark.usefixtures("quick")


# The home's disk


def test_a_full_disk_and_one_that_can_only_be_read_are_failures_until_they_are_mended(scripted: Any, tmp_path: Path) -> None:
    with disk_of(tmp_path / "disk", 16) as disk:
        home = disk / "home"
        open_once = scripted(home, paths=[str(papers(disk, 1, 2))])
        assert open_once.state == "COMPLETED"
        ballast = fill(disk)
        full = scripted(home, patience=3600.0)
        assert full.state == "FAILED"
        assert "no space is left on the disk" in full.said or "look whether its disk is full" in full.said, full.said
        ballast.unlink()
        with seen_read_only(disk, tmp_path / "seen") as seen:
            read_only = scripted(seen / "home", patience=3600.0)
        assert (read_only.state, "the disk can only be read" in read_only.said) == ("FAILED", True), read_only.said
        mended = scripted(home)
        assert (mended.state, mended.counts()["committed"]) == ("COMPLETED", 4)
        scripted(tmp_path / "clean")
        assert exported(home_at(home, "scripted:none")) == exported(home_at(tmp_path / "clean", "scripted:none"))


def _fails(error: Exception) -> Any:
    def fails(*_: Any, **__: Any) -> Any:
        raise error

    return fails


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("graph_store.log.log_files.require_room", OSError(errno.ENOSPC, "No space left on device")),
        ("graph_store.log.delta_log.DeltaEvidenceLog._table", OSError(errno.EROFS, "Read-only file system")),
        ("graph_store.log.index_file.transaction", sqlite3.OperationalError("database or disk is full")),
        ("flows.engine.spool.FileLock.acquire", OSError(errno.EROFS, "Read-only file system")),
        ("graph_store.folders.local_folder.LocalFolder.create", OSError(errno.EDQUOT, "Disk quota exceeded")),
        ("agents.replies.reply_cache._write_ahead", sqlite3.OperationalError("attempt to write a readonly database")),
        ("agents.replies.reply_cache.SqliteReplyCache.put", StoreFailed("reply cache: no space is left on the disk")),
    ],
    ids=lambda value: value.rsplit(".", 2)[1] if isinstance(value, str) else "",
)
def test_wherever_the_disk_refuses_the_run_fails_at_once_in_one_sentence_and_then_goes_on(
    place: str, error: Exception, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(place, _fails(error))
        ended = read(patience=3600.0)
    assert ended.state == "FAILED"
    assert any(words in ended.said for words in ("disk", "No space")), ended.said
    assert (again := read()).state == "COMPLETED", again.said


def test_a_spool_that_finds_no_room_is_told_as_such(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(spool, "_TABLES", ("PRAGMA max_page_count = 1", *spool._TABLES))
        ended = read(patience=3600.0)
    assert (ended.state, "no space is left on the disk" in ended.said) == ("FAILED", True), ended.said
    assert read().state == "COMPLETED"


# The clock and the files


@pytest.mark.parametrize("clock", [timedelta(days=-3000), timedelta(days=1500)])
def test_a_clock_that_is_wrong_changes_no_date_and_loses_nothing(
    clock: timedelta, scripted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return moment

    monkeypatch.setattr(homes, "datetime", Clock)
    half = papers(tmp_path, *NUMBERS[:3])
    assert scripted(paths=[str(half)]).state == "COMPLETED"
    moment += clock
    whole = papers(tmp_path, *NUMBERS)
    assert scripted(paths=[str(whole)]).counts()["committed"] == 3
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert scripted(tmp_path / "clean").state == "COMPLETED"
    assert dated(tmp_path / "home") == dated(tmp_path / "clean")


def dated(home: Path) -> list[str]:
    return exported(home_at(home, "scripted:none"))


def test_a_file_cut_short_costs_what_is_cut_off_and_one_that_goes_meanwhile_itself(
    scripted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    whole = gzip.compress(papers(tmp_path, *NUMBERS[:3]).read_bytes())
    (folder / "a.jsonl.gz").write_bytes(whole[: len(whole) - 9])
    gone = papers(folder, *NUMBERS[3:])
    opened = Path.open

    def goes(path: Path, *how: Any, **more: Any) -> Any:
        if path.name == "a.jsonl.gz":
            gone.unlink()
        return opened(path, *how, **more)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Path, "open", goes)
        ended = scripted(paths=[str(folder)])
    assert (ended.state, ended.said) == ("FAILED", "2 of 2 files set aside (2 UnreadableRecord)")
    assert ended.counts()["committed"] in {2, 3}
    asides = list(home_at(tmp_path / "home", "scripted:none").log.records(SetAside))
    assert [Path(each.record.file).name for each in asides] == ["a.jsonl.gz", "papers.jsonl"]
    assert "No such file" in asides[1].record.reason


def test_a_file_that_changes_while_it_is_read_is_read_as_far_as_it_is_whole(
    scripted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source").mkdir()
    source, add = papers(tmp_path / "source", *NUMBERS), spool.Spool.add

    def replaced(into: spool.Spool, document: Document) -> bool:
        text = source.read_text()
        source.write_text(text[:1000])  # in place, as nobody should who is read from
        return add(into, document)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(spool.Spool, "add", replaced)
        ended = scripted(paths=[str(source)])
    told = ended.counts()
    assert ended.state == ("FAILED" if told["set_aside"] else "COMPLETED")
    again = scripted(paths=[str(papers(tmp_path, *NUMBERS))])
    assert again.state == "COMPLETED"
    assert again.counts()["committed"] + again.counts()["skipped"].get("read before", 0) == 6
    assert scripted(tmp_path / "clean").state == "COMPLETED"
    assert dated(tmp_path / "home") == dated(tmp_path / "clean")
