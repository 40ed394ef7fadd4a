"""One contract for folders on a disk and in an object store; and what is no place for one."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from graph_store.folders.places import Folder, Place, folder_at, place_in
from schema.errors import WrongUse


@pytest.fixture
def folder(home_place: Place) -> Folder:
    return folder_at(place_in(home_place, "log"))


def test_a_folder_that_is_not_there_is_empty(folder: Folder) -> None:
    assert folder.sizes() == folder.sizes("within", "a") == {}
    assert folder.read("a") is None
    assert not folder.has("a")
    folder.remove("a")


def test_a_file_is_made_once_and_found_by_its_name(folder: Folder) -> None:
    assert folder.create("within/b", b"12")
    assert folder.create("within/a", b"")
    assert folder.create("within/c/d", b"1")
    assert not folder.create("within/b", b"345")
    assert folder.read("within/b") == b"12"
    assert folder.has("within/b")
    assert folder.sizes("within") == {"a": 0, "b": 2}
    assert folder.sizes("within", "a") == {"b": 2}
    assert folder.sizes("within", "b") == {}
    assert "within" not in folder.sizes()
    folder.remove("within/b")
    assert folder.create("within/b", b"6")


def test_of_many_that_make_one_file_at_once_one_does(folder: Folder) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda n: folder.create("a", f"{n}".encode()), range(16)))
    assert made.count(True) == 1
    assert folder.read("a") == f"{made.index(True)}".encode()
    assert set(folder.sizes()) <= {"a", "_conditional-writes"}


@pytest.mark.parametrize(
    "place", ["s3://", "s3:/bucket/x", "s3://bucket//x", "s3://bucket/a b", "s3://key:secret@bucket/x", "gs://bucket/x", "https://host/x"]
)
def test_an_address_that_cannot_be_right_is_refused(place: str) -> None:
    with pytest.raises(WrongUse, match="is no place for a log: it may be a folder or s3://BUCKET/PREFIX"):
        folder_at(place)


def test_places_lie_in_places() -> None:
    assert place_in("s3://bucket/kg/", "log") == "s3://bucket/kg/log"
    assert place_in("s3://bucket", "log") == "s3://bucket/log"
    assert place_in(Path("kg"), "log") == Path("kg/log")


def test_a_file_that_goes_while_others_are_listed_takes_none_of_them_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"12")
    list_entries = os.scandir

    @contextmanager
    def listed_while_one_goes(path: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
        with list_entries(path) as entries:
            found = sorted(entries, key=lambda each: each.name)
            (path / "b").unlink()
            yield iter(found)

    monkeypatch.setattr(os, "scandir", listed_while_one_goes)
    assert folder_at(tmp_path).sizes() == {"a": 2, "c": 2}
