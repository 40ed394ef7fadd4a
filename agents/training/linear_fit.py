"""Fits the linear model: multinomial logistic regression over each question's own labels, by L-BFGS."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import torch
from torch.nn.functional import embedding_bag

from agents.linear import Linear, found
from agents.prompting import NONE
from agents.training.lessons import Asked, Lesson, Prior, Teaching
from agents.training.recipe import Recipe
from schema.ids import stable_id

SEEN = 3
"""Questions that must have a feature for it to count."""

STEPS = 60


@dataclass(frozen=True, eq=False, slots=True)
class _Inputs:
    """All questions' features in one row each, one after another: numbers of weights, values, where each row begins."""

    numbers: Any
    values: Any
    starts: Any


def fitted(asked: Sequence[Asked], labels: Sequence[str], shrinking: float) -> Linear:
    """The model of all questions; the same for the same questions in the same order."""
    import numpy as np

    numbers = np.concatenate([each.features.numbers for each in asked])
    names, counts = np.unique(numbers, return_counts=True)
    features = names[counts >= SEEN]
    inputs = _inputs(asked, features)
    allowed = torch.tensor([[label in each.question.labels for label in labels] for each in asked])
    right = torch.tensor([[each.question.right.get(label, 0.0) for label in labels] for each in asked])
    soft = torch.tensor([each.question.soft for each in asked])
    weights, bias = (torch.zeros(shape, requires_grad=True) for shape in ((len(features), len(labels)), (len(labels),)))
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=STEPS, history_size=8, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        scores = embedding_bag(inputs.numbers, weights, inputs.starts, mode="sum", per_sample_weights=inputs.values) + bias
        loss = label_loss(scores.masked_fill(~allowed, -1e9).log_softmax(-1), right, soft).sum()
        loss = (loss + 0.5 * shrinking * (weights * weights).sum()) / len(asked)
        loss.backward()
        return loss

    optimizer.step(closure)
    return Linear(tuple(labels), features, weights.detach().numpy(), bias.detach().numpy())


def label_loss(logs: Any, right: Any, soft: Any) -> Any:
    """(questions,): minus the logarithm of what all right labels have together, or the cross-entropy where shares are right."""
    any_of = -torch.logsumexp(logs.masked_fill(right <= 0.0, -1e9), -1)
    shared = -(right * logs.masked_fill(right <= 0.0, 0.0)).sum(-1)
    return torch.where(soft, shared, any_of)


def learned(
    lessons: Sequence[Lesson], teaching: Teaching, labels: Sequence[str], recipe: Recipe, workers: int = 1
) -> tuple[Linear, Prior] | None:
    """The model of all lessons, and for each lesson what one says that did not learn from it; None where they are too few.

    Each of `workers` threads fits one model on one core: sums come out the same on any number of them.
    """
    torch.set_num_threads(1)
    asked: dict[str, list[Asked]] = {}
    for lesson in lessons:
        asked.setdefault(lesson.document.id, []).extend(teaching.all(lesson))
    asked = {document: questions for document, questions in asked.items() if questions}
    if not recipe.folds or len(asked) < recipe.folds:
        return None
    order = sorted(asked, key=lambda document: stable_id("fold", document))
    parts = {document: number % recipe.folds for number, document in enumerate(order)}

    def of_others(part: int | None) -> Linear:
        return fitted([each for name, questions in asked.items() if parts[name] != part for each in questions], labels, recipe.shrinking)

    with ThreadPoolExecutor(workers) as pool:
        linear, *models = pool.map(of_others, [None, *range(recipe.folds)])

    def prior(document: str, about: Asked) -> dict[str, float]:
        return models[parts[document]].shares(about.features, [label for label in about.question.labels if label != NONE])

    return linear, prior


def _inputs(asked: Sequence[Asked], features: Any) -> _Inputs:
    import numpy as np

    numbers = np.concatenate([each.features.numbers for each in asked])
    values = np.concatenate([each.features.values for each in asked])
    at, known = found(numbers, features)
    ends = np.cumsum([int(known[start:end].sum()) for start, end in pairwise(_bounds(asked))])
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    return _Inputs(torch.from_numpy(at[known]), torch.from_numpy(values[known]), torch.from_numpy(starts))


def _bounds(asked: Sequence[Asked]) -> list[int]:
    return [0, *accumulate(len(each.features.numbers) for each in asked)]
