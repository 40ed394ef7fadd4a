"""All of a home comes back, wherever its log lay and whatever folder is to hold it."""

import errno
from pathlib import Path

import pytest

from flows.backups.putting_back import restore_backup
from schema.errors import StoreFailed
from tests.flows.backups.test_backups import batches, home, made, put_back
from tests.flows.commands.running import chronokg

__all__ = ["home"]


def test_a_home_whose_log_lies_elsewhere_is_put_back_with_its_log_and_its_ontology_in_it(tmp_path: Path) -> None:
    home, shared = tmp_path / "home", tmp_path / "shared"
    home.mkdir()
    (home / "chronokg.toml").write_text('threshold = 0.7\nlog = "../shared"\n[trust]\npubmed = 0.9\n')
    for file in batches(tmp_path / "some", 2):
        chronokg("observe", file, home=home)
    ontology = (shared / "ontology.yaml").read_text() + "# as we have it\n"
    (shared / "ontology.yaml").write_text(ontology)
    export = chronokg("export", home=home)
    assert made(home, tmp_path / "backups")["left_out"] == ["log of chronokg.toml"]
    shared.rename(tmp_path / "gone")
    assert put_back(tmp_path / "backups", tmp_path / "again") == export
    assert (tmp_path / "again" / "ontology.yaml").read_text() == ontology
    assert (tmp_path / "again" / "chronokg.toml").read_text() == "threshold = 0.7\n[trust]\npubmed = 0.9\n"
    assert not shared.exists()


def test_evaluations_and_earlier_calibrations_go_along_however_deep_they_lie(home: Path, tmp_path: Path) -> None:
    kept = ["calibrations/one.json", "calibrations/earlier/two.json", "evaluations/2026-01-01/told.json"]
    for name in kept:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(name)
    made(home, tmp_path / "backups")
    put_back(tmp_path / "backups", tmp_path / "again")
    assert [(tmp_path / "again" / name).read_text() for name in kept] == kept


def test_where_nothing_can_take_the_place_of_the_folder_what_is_put_back_is_made_in_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(home, tmp_path / "backups")
    (volume := tmp_path / "volume").mkdir()
    replace, moved = Path.replace, list[str]()

    def busy(self: Path, target: Path) -> Path:
        if target == volume:
            raise OSError(errno.EBUSY, "Device or resource busy")
        moved.append(self.name)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", busy)
    restore_backup(str(tmp_path / "backups"), volume)
    assert moved[-1] == "log"
    monkeypatch.undo()
    assert chronokg("export", home=volume) == chronokg("export", home=home)
    assert not [each for each in (*tmp_path.iterdir(), *volume.iterdir()) if "restoring" in each.name]


def test_a_volume_that_could_not_be_filled_is_empty_again(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(home, tmp_path / "backups")
    max((tmp_path / "backups" / "files").rglob("*"), key=lambda each: each.is_file() and each.stat().st_size).unlink()
    (volume := tmp_path / "volume").mkdir()

    def busy(self: Path, target: Path) -> Path:
        raise OSError(errno.EBUSY, f"{self} cannot take the place of {target}")

    monkeypatch.setattr(Path, "replace", busy)
    with pytest.raises(StoreFailed, match="nothing was put back"):
        restore_backup(str(tmp_path / "backups"), volume)
    assert list(volume.iterdir()) == []
