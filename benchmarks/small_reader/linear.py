"""What each kind of data and of surface feature is worth to the linear part: fitted to some gold documents, judged on others.

    python -m benchmarks.small_reader.linear --gold Train.PubTator --partial CDR.PubTator --scored pubtator3.json --measure Dev.PubTator

Differences are from the first variant, with 95 % intervals from documents drawn anew. Needs the extra `train`.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from math import log
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from agents.adapters.adapter import shipped
from agents.adapters.linear_part import Linear
from agents.asking.prompting import NONE
from agents.training.lessons import AskedPair, Lesson, Teaching
from agents.training.linear_fit import fit_linear
from agents.training.recipe import Recipe
from benchmarks.common import BIOMEDICAL, options_of
from flows.quality.train import Course, prepare

DRAWS = 1000
CUTS = [number / 50 for number in range(1, 45)]

Judged = tuple[str, dict[str, float]]
"""The right label of a question, and the distribution over all that it may have."""

Judgement = Sequence[Sequence[Judged]]
"""For each document all its questions."""


def told(found: Judgement, first: Judgement) -> dict[str, Any]:
    """Log loss of a question, by how much it differs from the first variant's (95 % interval), and F1 at the best threshold.

    The interval is from documents drawn anew, the same for both; the best threshold makes F1 an upper bound.
    """
    random, draws = Random(7), []
    for _ in range(DRAWS):
        numbers = random.choices(range(len(found)), k=len(found))
        draws.append(loss([found[number] for number in numbers]) - loss([first[number] for number in numbers]))
    draws.sort()
    return {
        "questions": sum(map(len, found)),
        "loss": round(loss(found), 4),
        "loss differs": [round(each, 4) for each in (loss(found) - loss(first), draws[DRAWS // 40], draws[-DRAWS // 40])],
        "pair": max(f1(found, cut, typed=False) for cut in CUTS),
        "typed": max(f1(found, cut, typed=True) for cut in CUTS),
    }


def loss(found: Judgement) -> float:
    """Minus the mean logarithm of the right label's share."""
    each = [-log(max(1e-9, shares.get(right, 0.0))) for document in found for right, shares in document]
    return sum(each) / len(each)


def f1(found: Judgement, cut: float, *, typed: bool) -> float:
    """Of related pairs; or, `typed`, of pairs with their relation, where one pair may be claimed to have several."""
    said = hits = gold = 0
    for right, shares in (each for document in found for each in document):
        gold += right != NONE
        claimed = [label for label, share in shares.items() if label != NONE and share >= cut] if typed else [1] * (1 - shares[NONE] >= cut)
        said += len(claimed)
        hits += right in claimed if typed else right != NONE and bool(claimed)
    return round(2 * hits / max(1, said + gold), 4)


RECIPE = Recipe()
TEACHERS = 3


@dataclass(frozen=True)
class Lessons:
    """Those whose annotators tell all relations, some, and those that a program scored."""

    whole: Sequence[Lesson]
    partial: Sequence[Lesson]
    scored: Sequence[Lesson]


Shown = Callable[[Lessons], list[AskedPair]]
Patch = Callable[[], AbstractContextManager[Any]]


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--measure", type=Path, required=True)
    for name in ("--partial", "--scored", "--without"):
        parser.add_argument(name, type=Path, action="append", default=[])
    parser.add_argument("variants", nargs="*", default=list(VARIANTS))
    given = parser.parse_args()
    given_lessons = parted(
        lessons(Course((given.gold, *given.partial), (given.measure, *given.without), scored=tuple(given.scored), held_out=0))
    )
    dev = lessons(Course((given.measure,), held_out=0))
    first: Judgement | None = None
    for name in given.variants:
        shown, patch = VARIANTS[name]
        with patch():
            asked = shown(given_lessons)
            found = judged(fit_linear(asked, labels(), RECIPE.shrinking), dev)
        first = first or found
        print(json.dumps({"variant": name, "shown": len(asked), **told(found, first)}), flush=True)


def lessons(course: Course) -> list[Lesson]:
    return list(prepare(course, "biomedical", course.gold[0], "none").lessons)


def parted(given: Iterable[Lesson]) -> Lessons:
    every = list(given)
    whole, scored = [each for each in every if each.is_whole], [each for each in every if each.said is None]
    return Lessons(whole, [each for each in every if each.said is not None and not each.is_whole], scored)


def teaching() -> Teaching:
    return Teaching(shipped()[0].skills, BIOMEDICAL, RECIPE)


def labels() -> tuple[str, ...]:
    return tuple(shipped()[0].skills.words)


def asked_of(shown: Iterable[Lesson]) -> list[AskedPair]:
    return [asked for lesson in shown for asked in teaching().all(lesson)]


def annotated(given: Lessons) -> list[AskedPair]:
    return asked_of([*given.whole, *given.partial])


def silence_denies(given: Lessons) -> list[AskedPair]:
    return asked_of([*given.whole, *(replace(each, covered=None) for each in given.partial)])


def few_negatives(given: Lessons) -> list[AskedPair]:
    """Of each document with all relations no more unrelated pairs than related ones."""
    found = asked_of(given.partial)
    for lesson in given.whole:
        asked = teaching().all(lesson)
        positive = [each for each in asked if each.question.is_positive]
        negative = [each for each in asked if not each.question.is_positive]
        Random(lesson.document.id).shuffle(negative)
        found += [*positive, *negative[: len(positive)]]
    return found


def opened(given: Lessons) -> list[AskedPair]:
    """Where annotators of some relations leave open which, what several models think that learned from draws of the other documents."""
    models = []
    for number in range(TEACHERS):
        drawn = Random(number).choices(given.whole, k=len(given.whole))
        models.append(fit_linear(asked_of(drawn), labels(), RECIPE.shrinking))
    found = asked_of(given.whole)
    for lesson in given.partial:
        left_open = {each.question.line: each.question.right for each in teaching().all(lesson)}
        for asked in teaching().all(replace(lesson, said=None, scores={})):
            may_be = left_open.get(asked.question.line, dict.fromkeys(asked.question.labels, 1.0))
            thought = [shares(model, asked) for model in models]
            share = {label: sum(each[label] for each in thought) for label in may_be}
            total = sum(share.values())
            right = {label: each / total for label, each in share.items()}
            found.append(replace(asked, question=replace(asked.question, right=right, soft=True)))
    return found


def constant(name: str, value: float) -> Patch:
    return lambda: mock.patch(f"agents.asking.surface.{name}", value)


VARIANTS: dict[str, tuple[Shown, Patch]] = {
    "as it is": (annotated, nullcontext),
    "without annotators of some relations": (lambda given: asked_of(given.whole), nullcontext),
    "their silence taken for none": (silence_denies, nullcontext),
    "what they leave open as three others think": (opened, nullcontext),
    "with scored relations": (lambda given: [*annotated(given), *asked_of(given.scored)], nullcontext),
    "no more unrelated pairs than related ones": (few_negatives, nullcontext),
    "no words": (annotated, constant("WORDS", 0.0)),
    "no positions": (annotated, constant("POSITION", 0.0)),
    "words not by types": (annotated, constant("TYPED", 0.0)),
}


def judged(linear: Linear, dev: Sequence[Lesson]) -> Judgement:
    return [[(next(iter(asked.question.right)), shares(linear, asked)) for asked in teaching().all(lesson)] for lesson in dev]


def shares(linear: Linear, asked: AskedPair) -> dict[str, float]:
    return linear.shares(asked.features, [label for label in asked.question.labels if label != NONE])


if __name__ == "__main__":
    main()
