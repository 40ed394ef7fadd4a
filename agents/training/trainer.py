"""The training loop: goes on where it was stopped, and comes out the same, on however many cores."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch

from agents.adapters.skills import Skills
from agents.training.lessons import Example, Lesson, Showing, Teaching, TrainingQuestion
from agents.training.linear_fit import label_loss
from agents.training.network import TrainedNetwork
from agents.training.recipe import Recipe
from agents.whole_files import whole_file
from schema.errors import WrongUse
from schema.ids import stable_id

CHECKPOINT = "checkpoint.pt"
LOG = "training.jsonl"
LEAST = 1e-4
"""The least share of a prior that counts."""

EVEN = 25.0
"""Questions that an example is taken to have: each question weighs the same, whichever text it is about."""


@dataclass(frozen=True, slots=True)
class TrainingStatus:
    """How far it is: showings done and all, the mean loss of a question lately."""

    done: int
    total: int
    loss: float


class Trainer:
    """Trains a network's matrices; `folder` holds the checkpoint and a log.

    On a CPU each of `workers` threads takes one example at a time, on one core: a matrix product split over cores waits for the
    slowest of them thousands of times a step, on a machine that does other things as well.
    """

    def __init__(self, network: TrainedNetwork, teaching: Teaching, skills: Skills, recipe: Recipe, folder: Path, workers: int = 1) -> None:
        self._workers = workers if network.device.type == "cpu" else 1
        if network.device.type == "cpu":
            torch.set_num_threads(1)
        self._network = network
        self._recipe = recipe
        self._folder = folder
        self._teaching = teaching
        self._labels = {**skills.words, **skills.kinds}
        self._ids = dict(zip(self._labels, network.label_ids([f" {word}" for word in self._labels.values()]), strict=True))
        self._weights = [weight for weight in network.model.parameters() if weight.requires_grad]
        # Steps in float32: many are too small to change a bfloat16.
        self._exact = [weight.detach().float().clone().requires_grad_() for weight in self._weights]
        self._mean = [torch.zeros_like(weight) for weight in self._exact]
        self._averaged = 0
        self._optimizer = torch.optim.AdamW(self._exact, lr=recipe.rate, weight_decay=0.01, betas=(0.9, 0.98))

    @property
    def exact(self) -> Sequence[Any]:
        """The trained weights in float32: after training the mean of the last steps'."""
        return self._mean if self._averaged else self._exact

    def train(self, showings: Sequence[Showing], tell: Callable[[TrainingStatus], None]) -> None:
        """Show everything, from the checkpoint on if there is one; leaves the averaged weights in the network.

        Raises WrongUse where the checkpoint is of another recipe or of other lessons.
        """
        mark = self._mark(showings)
        done, losses = self._resumed(mark), list[float]()
        size = self._recipe.together
        steps = -(-len(showings) // size)
        self._network.model.train()
        for step in range(done, steps):
            part = showings[step * size : (step + 1) * size]
            losses += self._step(part, step, steps)
            if (step + 1) % self._recipe.kept_every == 0 or step + 1 == steps:
                self._keep(step + 1, mark)
                self._note(step + 1, losses[-size * self._recipe.kept_every :])
            lately = losses[-50:]
            tell(TrainingStatus(min(len(showings), (step + 1) * size), len(showings), sum(lately) / max(1, len(lately))))
        self._settle()

    def _step(self, part: Sequence[Showing], step: int, steps: int) -> list[float]:
        examples = [example for showing in part for example in self._examples(showing)]
        found = []
        for exact in self._exact:
            exact.grad = torch.zeros_like(exact)
        for loss, gradients in self._map(self._gradients, examples):
            found.append(loss)
            for exact, gradient in zip(self._exact, gradients, strict=True):
                assert exact.grad is not None
                exact.grad.add_(gradient, alpha=1.0 / (EVEN * self._recipe.together))
        for group in self._optimizer.param_groups:
            group["lr"] = self._recipe.rate * min(1.0, (step + 1) / self._recipe.warmup) * (0.02 + 0.98 * (1.0 - step / steps))
        torch.nn.utils.clip_grad_norm_(self._exact, 1.0)
        self._optimizer.step()
        self._show(self._exact)
        if step >= steps * (1.0 - self._recipe.averaged):
            self._averaged += 1
            for mean, exact in zip(self._mean, self._exact, strict=True):
                mean.add_((exact.detach() - mean) / self._averaged)
        return found

    def _examples(self, showing: Showing) -> Iterator[Example]:
        make = self._teaching.relations if showing.kind == "relations" else self._teaching.names
        return make(showing.lesson, Random(showing.seed))  # noqa: S311  augmentation, not a secret

    def _gradients(self, example: Example) -> tuple[float, Sequence[Any]]:
        """The mean loss of a question, and what it asks of each weight; touches nothing that threads share."""
        loss, weight = self._loss(example)
        return float(loss.detach()) / max(weight, 1e-9), torch.autograd.grad(loss, self._weights)

    def _map(self, work: Callable[[Example], tuple[float, Sequence[Any]]], examples: Sequence[Example]) -> Iterator[Any]:
        """In the order given, so that sums come out the same."""
        if self._workers == 1:
            yield from map(work, examples)
            return
        with ThreadPoolExecutor(self._workers) as pool:
            yield from pool.map(work, examples)

    def _loss(self, example: Example) -> tuple[Any, float]:
        """The sum over questions, each by its weight, and the weights' sum."""
        names = list(dict.fromkeys(label for question in example.questions for label in question.labels))
        logits = self._network.logits(example.prefix, [q.line for q in example.questions], [self._ids[name] for name in names])
        device = logits.device
        allowed = torch.tensor([[name in q.labels for name in names] for q in example.questions], device=device)
        right = torch.tensor([[q.right.get(name, 0.0) for name in names] for q in example.questions], device=device)
        soft = torch.tensor([q.soft for q in example.questions], device=device)
        weights = torch.tensor([q.weight for q in example.questions], device=device)
        known = torch.tensor([[prior_of(q, name) for name in names] for q in example.questions], device=device)
        logs = (logits + known).masked_fill(~allowed, -1e9).log_softmax(-1)
        return (label_loss(logs, right, soft) * weights).sum(), float(weights.sum())

    def _show(self, weights: Sequence[Any]) -> None:
        with torch.no_grad():
            for shown, exact in zip(self._weights, weights, strict=True):
                shown.copy_(exact)

    def _settle(self) -> None:
        """The mean of the last steps' weights becomes the network's."""
        self._show(self.exact)
        self._network.model.eval()

    def _mark(self, showings: Sequence[Showing]) -> str:
        contents = [(showing.seed, *_content(showing.lesson)) for showing in showings]
        return stable_id(self._recipe.model_dump_json(), self._teaching.asks, contents)

    def _keep(self, done: int, mark: str) -> None:
        state = {
            "mark": mark,
            "done": done,
            "exact": [weight.detach() for weight in self._exact],
            "mean": self._mean,
            "averaged": self._averaged,
            "optimizer": self._optimizer.state_dict(),
        }
        with whole_file(self._folder / CHECKPOINT) as fresh:
            torch.save(state, fresh)

    def _resumed(self, mark: str) -> int:
        path = self._folder / CHECKPOINT
        if not path.exists():
            return 0
        state = torch.load(path, map_location=self._network.device, weights_only=True)
        if state["mark"] != mark:
            raise WrongUse(f"{path} is of another recipe or of other lessons: take it away, or train into another folder")
        with torch.no_grad():
            for held, kept in ((self._exact, state["exact"]), (self._mean, state["mean"])):
                for mine, theirs in zip(held, kept, strict=True):
                    mine.copy_(theirs)
        self._show(self._exact)
        self._averaged = int(state["averaged"])
        self._optimizer.load_state_dict(state["optimizer"])
        return int(state["done"])

    def _note(self, step: int, losses: Sequence[float]) -> None:
        with (self._folder / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps({"step": step, "loss": round(sum(losses) / max(1, len(losses)), 4)}) + "\n")


def prior_of(question: TrainingQuestion, label: str) -> float:
    """The logarithm of a label's prior; 0 without one. No label is ruled out by it."""
    return math.log(max(LEAST, question.prior.get(label, 0.0))) if question.prior is not None else 0.0


def _content(lesson: Lesson) -> tuple[Any, ...]:
    """All of a lesson that changes what is shown."""
    document = lesson.document
    mentions = [(mention.start, mention.end, mention.type, mention.identifiers) for mention in document.mentions]
    judged = (sorted(lesson.said or ()), lesson.directed, sorted(lesson.covered or ()))
    return document.text, mentions, *judged, sorted((lesson.scores or {}).items()), sorted(lesson.doubted)
