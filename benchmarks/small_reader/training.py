"""What each part of the recipe is worth to the language model: the same few documents with one thing changed, judged on other gold.

    python -m benchmarks.small_reader.training --gold Train.PubTator --partial CDR.PubTator --measure Dev.PubTator --out FOLDER [VARIANT ...]

The model learns alone, without a linear part, which would leave it little to show. A variant whose folder is there is not trained
or judged again; differences are from the first variant named, with 95 % intervals from documents drawn anew. Needs the extra `train`.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from agents.adapters.adapter import shipped
from agents.models.embedded_model import embedded_weights
from agents.training.lessons import Example, Lesson, Teaching, TrainingQuestion
from agents.training.network import TrainedNetwork, base_network, with_adapter
from agents.training.recipe import Recipe
from agents.training.teachers import Teachers
from benchmarks.common import BIOMEDICAL, beginning, options_of
from benchmarks.small_reader.linear import Judged, Judgement, lessons, told
from flows.quality.train import Course, train_adapter

SMALL: dict[str, Any] = {"passes": 1, "name_passes": 0, "folds": 0, "together": 2, "warmup": 5}
"""For a few dozen documents: smaller steps and more of them."""


@dataclass(frozen=True)
class Variant:
    recipe: dict[str, Any] = field(default_factory=dict)
    with_partial: bool = False
    teachers: tuple[str, ...] = ()  # variants trained before
    patch: Callable[[], AbstractContextManager[Any]] = nullcontext


VARIANTS = {
    "as it is": Variant(),
    "other-seed": Variant({"seed": 8}),
    "tags-not-shuffled": Variant({"shuffled": False}),
    "with-partial": Variant(with_partial=True),
    "two-teachers": Variant(teachers=("as it is", "other-seed")),
    "few-negatives": Variant({"most": 12}),
    "few-negatives-not-weighted": Variant({"most": 12, "heaviest": 1.0}),
    "no-average": Variant({"averaged": 0.0}),
    "no-digits": Variant(patch=lambda: mock.patch("agents.relations.relations_by_labels.standing", return_value="")),
}


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--partial", type=Path, action="append", default=[])
    parser.add_argument("--without", type=Path, action="append", default=[])
    parser.add_argument("--measure", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=80, help="the first so many of each file are shown")
    parser.add_argument("--judged", type=int, default=40, help="the first so many are judged on")
    parser.add_argument("variants", nargs="*", default=list(VARIANTS))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    dev = lessons(Course((given.measure,), held_out=0, limit=given.judged))
    first: Judgement | None = None
    for name in given.variants:
        with VARIANTS[name].patch():
            trained(given, name)
            found = once_judged(given.out / name, dev)
        first = first or found
        print(json.dumps({"variant": name, "documents": len(found), **told(found, first)}), flush=True)


def trained(given: argparse.Namespace, name: str) -> None:
    variant, folder = VARIANTS[name], given.out / name
    if (folder / "trained_on.json").exists():
        return
    partial = given.partial if variant.with_partial else ()
    gold = tuple(beginning(path, given.documents, given.out) for path in (given.gold, *partial))
    teachers = Teachers(tuple(str(given.out / each) for each in variant.teachers))
    recipe = Recipe(**{**SMALL, **variant.recipe})
    train_adapter(
        Course(gold, (given.measure, *given.without), teachers=teachers, held_out=0, recipe=recipe), "biomedical", folder, "variant"
    )


def once_judged(folder: Path, dev: Sequence[Lesson]) -> Judgement:
    """As an earlier run judged it on as many documents, else judged now."""
    kept = folder / f"judged-{len(dev)}.json"
    if not kept.exists():
        kept.write_text(json.dumps(judged(folder, dev)), encoding="utf-8")
    found: Judgement = json.loads(kept.read_text(encoding="utf-8"))
    return found


def judged(folder: Path, dev: Sequence[Lesson]) -> Judgement:
    """For each document what the adapter says of all questions that the one that ships would ask, computed in float32."""
    import torch

    skills = shipped()[0].skills
    network = with_adapter(base_network(embedded_weights(), torch.float32), folder)
    words = {label: network.label_ids([f" {word}"])[0] for label, word in skills.words.items()}
    teaching = Teaching(skills, BIOMEDICAL, Recipe(most=1000, shuffled=False))
    with torch.inference_mode():
        return [[each for example in teaching.relations(lesson, Random(0)) for each in answers(network, words, example)] for lesson in dev]


def answers(network: TrainedNetwork, words: dict[str, int], example: Example) -> list[Judged]:
    logits = network.logits(example.prefix, [question.line for question in example.questions], list(words.values()))
    return [_answer(question, dict(zip(words, row, strict=True))) for question, row in zip(example.questions, logits, strict=True)]


def _answer(question: TrainingQuestion, logits: dict[str, Any]) -> Judged:
    import torch

    shares = torch.stack([logits[label] for label in question.labels]).softmax(-1)
    return next(iter(question.right)), dict(zip(question.labels, shares.tolist(), strict=True))


if __name__ == "__main__":
    main()
