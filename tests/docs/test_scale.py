"""The page on scale is what its script prints, and each of its figures stands where it says, or says that it is assumed."""

import re

import pytest

from benchmarks.scale import FIGURES, computed, page
from tests.conftest import ROOT

GIVEN = {name: figure.value for name, figure in FIGURES.items()}


def test_the_page_is_what_the_script_prints() -> None:
    assert (ROOT / "docs" / "scale.md").read_text(encoding="utf-8") == page(GIVEN), "python -m benchmarks.scale > docs/scale.md"


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_stands_on_the_page_that_measured_it_or_says_why_it_is_assumed(name: str) -> None:
    figure = FIGURES[name]
    assert bool(figure.measured) != bool(figure.assumed)
    if figure.measured:
        place, _, said = figure.measured.partition(": ")
        text = (ROOT / "benchmarks" / place).read_text(encoding="utf-8")
        numbers = re.findall(r"[0-9][0-9,.]*", said)
        assert numbers
        assert [number for number in numbers if not re.search(rf"(?<![0-9,.]){re.escape(number)}(?![0-9])", text)] == []


def test_what_is_computed_follows_from_what_is_given() -> None:
    told, twice = computed(GIVEN), computed({**GIVEN, "abstracts": 2 * GIVEN["abstracts"]})
    for name in ("gpu_hours", "money", "claims", "log", "index", "graph", "fold_memory", "import_hours"):
        assert twice[name] == pytest.approx(2 * told[name])
    faster = computed({**GIVEN, "speed": 2 * GIVEN["speed"]})
    assert faster["gpu_hours"] == pytest.approx(told["gpu_hours"] / 2)
    assert told["facts"] == pytest.approx(GIVEN["abstracts"] * GIVEN["claims"] * GIVEN["admitted"] / GIVEN["repeats"])
