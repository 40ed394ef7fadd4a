"""A linear model as a file, and what it says."""

from pathlib import Path

import numpy as np
import pytest

from agents.adapters import linear_part as linear
from agents.adapters.linear_part import Linear, row
from schema.errors import WrongUse

NAMES = ("reduced", "raised", "was")


def model() -> Linear:
    numbers = row(dict.fromkeys(NAMES, 1.0)).numbers
    order = np.argsort(numbers)
    weights = np.array([[0, 3, 0], [0, 0, 3], [1, 0, 0]], np.float32)
    return Linear(("none", "treat", "cause"), numbers[order], weights[order], np.array([1, 0, 0], np.float32))


def test_what_it_knows_moves_the_shares_and_what_it_does_not_know_counts_for_nothing():
    known, none = model().shares(row({"reduced": 1.0}), ["treat", "cause"]), model().shares(row({}), ["treat", "cause"])
    assert known["treat"] == pytest.approx(np.exp(3) / (np.exp(1) + np.exp(3) + 1), rel=1e-5)
    assert none["none"] == pytest.approx(np.e / (np.e + 2), rel=1e-5)
    assert model().shares(row({"never seen": 9.0}), ["treat", "cause"]) == none
    assert sum(known.values()) == pytest.approx(1.0)


def test_only_what_may_be_is_said():
    assert model().shares(row({"raised": 5.0}), ["treat"]).keys() == {"none", "treat"}


def test_a_model_that_knows_no_feature_says_what_is_common():
    empty = Linear(("none", "treat"), np.array([], np.uint32), np.zeros((0, 2), np.float32), np.array([1, 0], np.float32))
    assert empty.shares(row({"reduced": 1.0}), ["treat"])["none"] == pytest.approx(np.e / (np.e + 1), rel=1e-5)


def test_it_is_kept_in_a_file_that_is_the_same_for_the_same_model(tmp_path: Path):
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
        linear.save_linear(model(), folder)
    assert len({(folder / linear.FILE).read_bytes() for folder in folders}) == 1
    assert [path.name for path in folders[0].iterdir()] == [linear.FILE]
    read = linear.load_linear(folders[0])
    assert read.shares(row({"reduced": 1.0}), ["treat"]) == pytest.approx(model().shares(row({"reduced": 1.0}), ["treat"]))


@pytest.mark.parametrize("content", [b"", b"junk", None])
def test_a_file_that_is_none_is_refused_by_name(tmp_path: Path, content: bytes | None):
    if content is not None:
        (tmp_path / linear.FILE).write_bytes(content)
    with pytest.raises(WrongUse, match=r"linear\.npz is not a linear model"):
        linear.load_linear(tmp_path)


@pytest.mark.parametrize("change", ["labels", "features", "bias"])
def test_parts_that_do_not_fit_together_are_refused(tmp_path: Path, change: str):
    whole = model()
    parts = {"labels": whole.labels, "features": whole.features, "weights": whole.weights, "bias": whole.bias}
    np.savez_compressed(tmp_path / linear.FILE, **{**parts, change: parts[change][1:]})
    with pytest.raises(WrongUse, match="do not fit together"):
        linear.load_linear(tmp_path)
