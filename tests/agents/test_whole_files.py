"""A file is written whole or not at all."""

from pathlib import Path

import pytest

from agents.whole_files import whole_file
from schema.errors import WrongUse


def test_a_file_is_there_when_all_of_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    with whole_file(path) as fresh:
        fresh.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_text("old")

    def write_half() -> None:
        with whole_file(path) as fresh:
            fresh.write_text("ne")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=f"{tmp_path} is a folder"):
        whole_file(tmp_path).__enter__()
    assert list(tmp_path.iterdir()) == []
