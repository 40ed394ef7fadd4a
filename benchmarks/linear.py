"""What each kind of surface feature is worth to the linear part: gold documents, each judged by a model that did not learn from it.

    python -m benchmarks.linear Train.PubTator [PARTIAL.PubTator …]

Other files are learned from beside the first where their annotators say some relations only. Thresholds are the best ones: upper
bounds, for comparing variants. Needs the extra `train`.
"""

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from math import log
from pathlib import Path
from typing import Any
from unittest import mock

from agents.adapter import shipped
from agents.embedded import cores
from agents.prompting import NONE
from agents.training.lessons import Asked, Lesson, Teaching
from agents.training.linear_fit import learned
from agents.training.recipe import Recipe
from flows.ontologies import load_ontology
from flows.training import Course, prepare

ONTOLOGY = load_ontology("biomedical")


def constant(name: str, value: float) -> AbstractContextManager[Any]:
    return mock.patch(f"agents.surface.{name}", value)


VARIANTS: dict[str, AbstractContextManager[Any]] = {
    "all": nullcontext(),
    "no words": constant("WORDS", 0.0),
    "no positions": constant("POSITION", 0.0),
    "words not by types": constant("TYPED", 0.0),
    "words weigh half": constant("WORDS", 2.0),
    "stems of 4 letters": constant("STEM", 4),
}


def judged(lessons: list[Lesson]) -> dict[str, float]:
    recipe = Recipe()
    teaching = Teaching(shipped()[0].skills, ONTOLOGY, recipe)
    counted = learned(lessons, teaching, tuple(shipped()[0].skills.words), recipe, cores())
    assert counted is not None
    told = [(asked, counted[1](lesson.document.id, asked)) for lesson in lessons if lesson.is_whole for asked in teaching.all(lesson)]
    loss = -sum(log(max(1e-9, shares[right(asked)])) for asked, shares in told) / len(told)
    cuts = [number / 50 for number in range(3, 45)]
    return {
        "loss": round(loss, 4),
        "pair": max(f1(told, cut, typed=False) for cut in cuts),
        "typed": max(f1(told, cut, typed=True) for cut in cuts),
    }


def right(asked: Asked) -> str:
    return next(iter(asked.question.right))


def f1(told: list[tuple[Asked, dict[str, float]]], cut: float, *, typed: bool) -> float:
    said = hits = gold = 0
    for asked, shares in told:
        is_related = right(asked) != NONE
        gold += is_related
        found = [label for label, share in shares.items() if label != NONE and share >= cut] if typed else [1] * (1 - shares[NONE] >= cut)
        said += len(found)
        hits += right(asked) in found if typed else is_related and bool(found)
    return round(2 * hits / max(1, said + gold), 4)


def main(files: list[Path]) -> None:
    for name, changed in VARIANTS.items():
        with changed:
            print(json.dumps({"variant": name, **judged(of(files[:1]))}), flush=True)
    if files[1:]:
        print(json.dumps({"variant": "all, with " + ", ".join(file.name for file in files[1:]), **judged(of(files))}), flush=True)


def of(files: list[Path]) -> list[Lesson]:
    return list(prepare(Course(tuple(files), held_out=0), "biomedical", files[0], "none").lessons)


if __name__ == "__main__":
    main(list(map(Path, sys.argv[1:])))
