"""In which order lessons are shown: the passes of each kind spread evenly over the whole time, the same order for the same seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from agents.training.lessons import Lesson
from agents.training.recipe import Recipe

Kind = Literal["relations", "names"]


@dataclass(frozen=True, slots=True)
class Showing:
    """A lesson is shown once, and everything drawn for it comes from its own seed: a run that goes on draws the same."""

    lesson: Lesson
    kind: Kind
    seed: str


def schedule(lessons: Sequence[Lesson], recipe: Recipe) -> list[Showing]:
    """Every showing, in order."""
    whole = [lesson for lesson in lessons if lesson.is_whole]
    taught = [lesson for lesson in lessons if lesson.said is None]
    partial = [lesson for lesson in lessons if lesson.said is not None and not lesson.is_whole]
    placed: list[tuple[float, str, Showing]] = []
    kinds: tuple[tuple[str, Kind, Sequence[Lesson], int], ...] = (
        ("whole", "relations", whole, recipe.passes),
        ("partial", "relations", partial, recipe.partial_passes),
        ("taught", "relations", taught, recipe.taught_passes),
        ("names", "names", whole, recipe.name_passes),
    )
    for title, kind, shown, passes in kinds:
        placed += _spread(title, kind, shown, passes, recipe.seed)
    return [showing for _, _, showing in sorted(placed, key=lambda each: each[:2])]


def _spread(title: str, kind: Kind, lessons: Sequence[Lesson], passes: int, seed: int) -> list[tuple[float, str, Showing]]:
    found = []
    for number in range(passes):
        for lesson in lessons:
            own = f"{seed} {title} {number} {lesson.document.id}"
            found.append(((number + Random(own).random()) / passes, own, Showing(lesson, kind, own)))  # noqa: S311  an order, not a secret
    return found
