"""Files made of others and kept."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agents.adapters.derived_files import MOST_KEPT, kept, made


def write(path: Path) -> None:
    path.write_text("whole")


def test_many_at_once_make_one_whole_file(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: made(tmp_path / "cache" / "a.packed", write), range(32)))
    assert [path.read_text() for path in paths] == ["whole"]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["a.packed"]


def test_nothing_is_left_of_one_that_could_not_be_written(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("ha")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        made(tmp_path / "a.packed", fail)
    assert not list(tmp_path.iterdir())


def test_of_many_those_go_that_were_not_used_for_longest_and_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "other.gguf").write_text("other")
    for number in range(MOST_KEPT + 2):
        os.utime(made(tmp_path / f"{number}.packed", write), (number, number))
    made(tmp_path / "2.packed", write)  # used again: written again, for it had gone
    assert {path.name for path in tmp_path.iterdir()} == {"other.gguf", "2.packed", "3.packed", "4.packed", "5.packed"}
    made(tmp_path / "3.packed", write)
    made(tmp_path / "6.packed", write)
    assert "3.packed" in {path.name for path in tmp_path.iterdir()}
    assert "4.packed" not in {path.name for path in tmp_path.iterdir()}


def test_without_a_folder_to_keep_it_in_it_lasts_as_long_as_it_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("a file is no folder")
    monkeypatch.setenv("CHRONOKG_CACHE", str(tmp_path / "file"))
    with kept(lambda folder: made(folder / "a.packed", write)) as path:
        assert path.read_text() == "whole"
    assert not path.parent.exists()
