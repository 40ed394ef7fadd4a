"""Fits the linear model: multinomial logistic regression over each question's own labels, by L-BFGS."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from agents.adapters.linear_part import Linear, found
from agents.asking.prompting import NONE
from agents.training.lessons import AskedPair, Lesson, Prior, Teaching
from agents.training.recipe import Recipe
from schema.ids import stable_id

if TYPE_CHECKING:
    from agents.adapters.linear_part import Array

SEEN = 3
"""Questions that must have a feature for it to count."""

STEPS = 60
MEMORY = 8
"""Steps whose gradients L-BFGS looks back on."""


def fit_linear(asked: Sequence[AskedPair], labels: Sequence[str], shrinking: float) -> Linear:
    """The model of all questions; the same for the same questions in the same order."""
    numbers = np.concatenate([each.features.numbers for each in asked])
    names, counts = np.unique(numbers, return_counts=True)
    features = names[counts >= SEEN]
    measured = _measured(asked, features, labels, shrinking)
    start = np.zeros((len(features) + 1) * len(labels))
    done = minimize(measured, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "maxcor": MEMORY})
    weights = done.x.reshape(-1, len(labels)).astype(np.float32)
    return Linear(tuple(labels), features, weights[:-1], weights[-1])


def _measured(
    asked: Sequence[AskedPair], features: "Array", labels: Sequence[str], shrinking: float
) -> Callable[["Array"], tuple[float, "Array"]]:
    """Of weights and, after them, the bias: the mean loss of a question with the penalty's share, and its gradient.

    The sums over features are a sparse matrix's: several times as fast as an embedding's backward pass.
    """
    inputs = _inputs(asked, features)
    turned = inputs.T.tocsr()
    allowed = torch.tensor([[label in each.question.labels for label in labels] for each in asked])
    right = torch.tensor([[each.question.right.get(label, 0.0) for label in labels] for each in asked])
    soft = torch.tensor([each.question.soft for each in asked])

    def measured(point: "Array") -> tuple[float, "Array"]:
        both = point.reshape(-1, len(labels)).astype(np.float32)
        weights, bias = both[:-1], both[-1]
        scores = torch.from_numpy(inputs @ weights + bias).requires_grad_()
        loss = label_loss(scores.masked_fill(~allowed, -1e9).log_softmax(-1), right, soft).sum()
        (slope,) = torch.autograd.grad(loss, scores)
        steep = np.concatenate([turned @ slope.numpy() + shrinking * weights, slope.sum(0, keepdim=True).numpy()])
        value = float(loss.detach()) + 0.5 * shrinking * float((weights * weights).sum())
        return value / len(asked), steep.ravel().astype(np.float64) / len(asked)

    return measured


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
    asked: dict[str, list[AskedPair]] = {}
    for lesson in lessons:
        asked.setdefault(lesson.document.id, []).extend(teaching.all(lesson))
    asked = {document: questions for document, questions in asked.items() if questions}
    if not recipe.folds or len(asked) < recipe.folds:
        return None
    order = sorted(asked, key=lambda document: stable_id("fold", document))
    parts = {document: number % recipe.folds for number, document in enumerate(order)}

    def of_others(part: int | None) -> Linear:
        return fit_linear(
            [each for name, questions in asked.items() if parts[name] != part for each in questions], labels, recipe.shrinking
        )

    with ThreadPoolExecutor(workers) as pool:
        linear, *models = pool.map(of_others, [None, *range(recipe.folds)])

    def prior(document: str, about: AskedPair) -> dict[str, float]:
        return models[parts[document]].shares(about.features, [label for label in about.question.labels if label != NONE])

    return linear, prior


def _inputs(asked: Sequence[AskedPair], features: "Array") -> Any:
    """A sparse matrix (questions, features) of the values."""
    numbers = np.concatenate([each.features.numbers for each in asked])
    values = np.concatenate([each.features.values for each in asked])
    rows = np.repeat(np.arange(len(asked)), [len(each.features.numbers) for each in asked])
    at, known = found(numbers, features)
    return csr_matrix((values[known].astype(np.float32), (rows[known], at[known])), shape=(len(asked), len(features)))
