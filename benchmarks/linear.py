"""What each kind of data and of surface feature is worth to the linear part: fitted to some gold documents, judged on others.

    python -m benchmarks.linear --gold Train.PubTator --partial CDR.PubTator --scored pubtator3.json --measure Dev.PubTator

Thresholds are the best ones on the measured documents: upper bounds, for comparing variants. Needs the extra `train`.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any
from unittest import mock

from agents.adapter import shipped
from agents.linear import Linear
from agents.prompting import NONE
from agents.training.lessons import Asked, Lesson, Teaching
from agents.training.linear_fit import fitted
from agents.training.recipe import Recipe
from flows.ontologies import load_ontology
from flows.training import Course, prepare

ONTOLOGY = load_ontology("biomedical")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--measure", type=Path, required=True)
    for name in ("--partial", "--scored", "--without"):
        parser.add_argument(name, type=Path, action="append", default=[])
    given = parser.parse_args()
    without = (given.measure, *given.without)
    dev = lessons(Course((given.measure,), held_out=0))

    def of(*partial: Path, scored: Iterable[Path] = ()) -> list[Lesson]:
        return lessons(Course((given.gold, *partial), without, scored=tuple(scored), held_out=0))

    whole = of(*given.partial)
    variants: dict[str, tuple[Sequence[Lesson], AbstractContextManager[Any]]] = {
        "all": (whole, nullcontext()),
        "annotators of all relations alone": (of(), nullcontext()),
        "silence of the others taken for none": ([replace(each, covered=None) for each in whole], nullcontext()),
        "with scored relations": (of(*given.partial, scored=given.scored), nullcontext()),
        "no words": (whole, constant("WORDS", 0.0)),
        "no positions": (whole, constant("POSITION", 0.0)),
        "words not by types": (whole, constant("TYPED", 0.0)),
    }
    for name, (shown, changed) in variants.items():
        with changed:
            print(json.dumps({"variant": name, "documents": len(shown), **judged(shown, dev)}), flush=True)


def lessons(course: Course) -> list[Lesson]:
    return list(prepare(course, "biomedical", course.gold[0], "none").lessons)


def constant(name: str, value: float) -> AbstractContextManager[Any]:
    return mock.patch(f"agents.surface.{name}", value)


def judged(shown: Sequence[Lesson], dev: Sequence[Lesson]) -> dict[str, float]:
    recipe = Recipe()
    teaching = Teaching(shipped()[0].skills, ONTOLOGY, recipe)
    linear = fitted([asked for lesson in shown for asked in teaching.all(lesson)], tuple(shipped()[0].skills.words), recipe.shrinking)
    told = [(asked, shares(linear, asked)) for lesson in dev for asked in teaching.all(lesson)]
    cuts = [number / 50 for number in range(3, 45)]
    return {
        "loss": round(-sum(log(max(1e-9, found[right(asked)])) for asked, found in told) / len(told), 4),
        "pair": max(f1(told, cut, typed=False) for cut in cuts),
        "typed": max(f1(told, cut, typed=True) for cut in cuts),
    }


def shares(linear: Linear, asked: Asked) -> dict[str, float]:
    return linear.shares(asked.features, [label for label in asked.question.labels if label != NONE])


def right(asked: Asked) -> str:
    return next(iter(asked.question.right))


def f1(told: list[tuple[Asked, dict[str, float]]], cut: float, *, typed: bool) -> float:
    said = hits = gold = 0
    for asked, found in told:
        is_related = right(asked) != NONE
        gold += is_related
        claimed = [label for label, share in found.items() if label != NONE and share >= cut] if typed else [1] * (1 - found[NONE] >= cut)
        said += len(claimed)
        hits += right(asked) in claimed if typed else is_related and bool(claimed)
    return round(2 * hits / max(1, said + gold), 4)


if __name__ == "__main__":
    main()
