"""What each part of the recipe is worth: the same budget with one thing changed, read on other gold documents by llama.cpp.

    python -m benchmarks.training --gold Train.PubTator --partial CDR.PubTator --measure Dev.PubTator --out FOLDER [VARIANT …]

A variant that was trained before is only read again. Needs the extra `train`.
"""

import argparse
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from agents.training.recipe import Recipe
from flows.evaluating import Wanted, evaluate_reading
from flows.home import open_home
from flows.teaching import Teachers
from flows.training import Course, train

LEVELS = ("pair", "pair and type")


@dataclass(frozen=True)
class Variant:
    recipe: dict[str, Any] = field(default_factory=dict)
    with_partial: bool = False
    teachers: tuple[str, ...] = ()  # variants trained before
    patch: Callable[[], AbstractContextManager[Any]] = nullcontext


VARIANTS = {
    "one-pass": Variant(),
    "other-seed": Variant({"seed": 8}),
    "no-digits": Variant(patch=lambda: mock.patch("agents.labels.standing", return_value="")),
    "tags-not-shuffled": Variant({"shuffled": False}),
    "few-negatives": Variant({"most": 12}),
    "negatives-not-weighted": Variant({"most": 12, "heaviest": 1.0}),
    "no-average": Variant({"averaged": 0.0}),
    "with-partial": Variant(with_partial=True),
    "two-teachers": Variant(teachers=("one-pass", "other-seed")),
}
ALL = {"passes": 1, "name_passes": 0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--partial", type=Path, action="append", default=[])
    parser.add_argument("--without", type=Path, action="append", default=[])
    parser.add_argument("--measure", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int)
    parser.add_argument("variants", nargs="*", default=list(VARIANTS))
    given = parser.parse_args()
    for name in given.variants:
        print(json.dumps({"variant": name, **one(given, name)}), flush=True)


def one(given: argparse.Namespace, name: str) -> dict[str, Any]:
    variant, folder = VARIANTS[name], given.out / name
    gold = (given.gold, *(given.partial if variant.with_partial else ()))
    teachers = Teachers(tuple(str(given.out / each) for each in variant.teachers))
    recipe = Recipe(**{**ALL, **variant.recipe})
    with variant.patch():
        if not (folder / "calibration.json").exists():
            train(Course(gold, (given.measure, *given.without), (), (), teachers, 10, given.limit, recipe), "biomedical", folder, name)
        with TemporaryDirectory() as place:
            home = open_home(Path(place), {"model": "embedded", "adapter": str(folder), "graph": "memory:"})
            told = evaluate_reading(home, Wanted((given.measure,)), Path(place) / "report")
    found = {level: told["calibrated"]["extraction"][level] for level in LEVELS}
    reliability = told["calibrated"]["reliability"]
    return {
        **{level: {"at cut": round(each["cut"]["f1"], 4), "best": round(each["best"]["f1"], 4)} for level, each in found.items()},
        **{f"95 % {level}": told["calibrated"]["intervals"].get(f"f1, {level}") for level in LEVELS},
        **({name: round(reliability[name], 4) for name in ("ece", "skill")} if reliability else {}),
    }


if __name__ == "__main__":
    main()
