"""A training from lessons to an adapter's folder: which skills they teach, which documents are held out, what is written."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import psutil
from pydantic import TypeAdapter, ValidationError

from agents.adapters.adapter import CALIBRATION
from agents.adapters.derived_files import file_hash
from agents.adapters.gguf_adapter import WEIGHTS
from agents.adapters.linear_part import FILE as FILE_OF_LINEAR
from agents.adapters.linear_part import Linear, save_linear
from agents.adapters.skills import FILE, Base, LinearPart, ModelName, Skills, seen_relations
from agents.asking.prompting import NONE, prompt
from agents.asking.surface import VERSION
from agents.models.embedded_model import cores
from agents.training.lessons import Lesson, Showing, Teaching, Triple
from agents.training.recipe import Recipe
from agents.whole_files import read_kept
from schema.errors import WrongUse
from schema.ids import stable_id
from schema.ontology import Ontology

RELATIONS, NAMES = "labels-2", "names-1"
SEEN = 2
"""Times a relation must be seen between two types for a model to be asked about it."""

STAMP = 8
"""Digits of the hash in a trained model's name."""

EACH_HOLDS = 4 * 2**30
"""Bytes of memory that a text under training takes, at most."""

LIBRARIES = ("torch", "transformers", "peft", "accelerate")

T = TypeVar("T")


def check_libraries() -> None:
    """Raises WrongUse where the libraries that train are not installed."""
    missing = [library for library in LIBRARIES if find_spec(library) is None]
    if missing:
        raise WrongUse(f"training needs the extra `train` ({missing[0]} is not installed)")


def checked_name(name: str) -> str:
    """A model's name that the hash can be added to; raises WrongUse."""
    try:
        TypeAdapter(ModelName).validate_python(f"{name}-{'0' * STAMP}")
    except ValidationError as cause:
        raise WrongUse(f"--name {name!r}: small letters, digits, dots, dashes and underscores, at most 61 of them") from cause
    return name


def read_recipe(path: Path | None) -> Recipe:
    """The recipe of a file, defaults where it says nothing; raises WrongUse naming file, key and rule."""
    return Recipe() if path is None else read_kept(path, Recipe, "the recipe")


def held_out_from(lessons: Iterable[tuple[Lesson, T]], one_in: int) -> tuple[list[Lesson], list[T]]:
    """The lessons to learn, and what comes with those that are kept for calibration: one in so many whole ones, by their hash; 0: none."""
    learned, kept = list[Lesson](), list[T]()
    for lesson, held in lessons:
        if lesson.is_whole and one_in and int(stable_id(lesson.document.id)[:8], 16) % one_in == 0:
            kept.append(held)
        else:
            learned.append(lesson)
    return learned, kept


def skills_of(lessons: Sequence[Lesson], ontology: Ontology, weights: Path, name: str, taken_from: Sequence[Path]) -> Skills:
    """What a model can be taught by lessons from these files; raises WrongUse where that is nothing."""
    seen: Counter[Triple] = Counter()
    for lesson in lessons:
        types = {key: mention.type for mention in lesson.document.mentions for key in mention.identifiers}
        seen.update((types[head], relation, types[tail]) for head, relation, tail in lesson.said or ())
    relations = seen_relations((triple for triple, times in _both_ways(seen, ontology).items() if times >= SEEN), ontology)
    words = {label: tries[0] for label, tries in prompt(RELATIONS).words.items() if label == NONE or label in relations}
    wordless = sorted(set(relations) - set(words))
    if wordless:
        raise WrongUse(f"the prompt {RELATIONS} has no word for the relation {wordless[0]!r}")
    if not relations:
        raise WrongUse(f"{', '.join(path.name for path in taken_from)}: nothing is related often enough to be learned")
    kinds = {label: tries[0] for label, tries in prompt(NAMES).words.items() if label == NONE or label in ontology.entity_types}
    base = Base(file=weights.name, sha256=hashlib.sha256(weights.read_bytes()).hexdigest())
    return Skills(name=name, base=base, prompt=RELATIONS, words=words, relations=dict(relations), names=NAMES, kinds=kinds)


def kinds_of(lessons: Iterable[Lesson]) -> dict[str, int]:
    """How many lessons there are of each kind."""
    counts = Counter("unmarked" if each.said is None else "whole" if each.is_whole else "partial" for each in lessons)
    return dict(sorted(counts.items()))


def trained_adapter(
    lessons: Sequence[Lesson],
    showings: Sequence[Showing],
    skills: Skills,
    ontology: Ontology,
    recipe: Recipe,
    weights: Path,
    folder: Path,
    tell: Callable[[int], None],
) -> Skills:
    """Train an adapter into a folder, going on where an earlier run of the same course stopped; `tell` hears how many showings are done.

    The model's name gets a hash of what was learned, so that no answer of another adapter is ever taken for one of this.
    """
    from agents.training.linear_fit import learned
    from agents.training.network import base_network, save_adapter, with_matrices
    from agents.training.trainer import Trainer

    folder.mkdir(parents=True, exist_ok=True)
    network = with_matrices(base_network(weights), recipe)
    counted = learned(lessons, Teaching(skills, ontology, recipe), tuple(skills.words), recipe, workers())
    linear, prior = counted or (None, None)
    trainer = Trainer(network, Teaching(skills, ontology, recipe, prior), skills, recipe, folder, workers())
    trainer.train(showings, lambda status: tell(status.done))
    (folder / CALIBRATION).unlink(missing_ok=True)  # of other weights, if there is one
    save_adapter(network, trainer.exact, folder)
    finished = stamped(_with_linear(skills, linear, recipe, folder), folder)
    (folder / FILE).write_text(finished.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return finished


def workers() -> int:
    """Documents computed side by side: one a core, as far as there is memory for what each holds."""
    return max(1, min(cores(), psutil.virtual_memory().available // EACH_HOLDS))


def stamped(skills: Skills, folder: Path) -> Skills:
    """The skills with a name that only these weights and skills have."""
    digest = stable_id(file_hash(folder / WEIGHTS), skills.model_dump_json(exclude={"name"}))[:STAMP]
    return skills.model_copy(update={"name": f"{skills.name}-{digest}"})


def _with_linear(skills: Skills, linear: Linear | None, recipe: Recipe, folder: Path) -> Skills:
    """The skills with the linear part, which is written into the folder."""
    if linear is None:
        (folder / FILE_OF_LINEAR).unlink(missing_ok=True)
        return skills
    save_linear(linear, folder)
    part = LinearPart(sha256=file_hash(folder / FILE_OF_LINEAR), features=VERSION, asked_from=recipe.asked_from)
    return skills.model_copy(update={"linear": part})


def _both_ways(seen: Counter[Triple], ontology: Ontology) -> Counter[Triple]:
    """Symmetric relations counted whichever end comes first, directed ones in the direction that the ontology allows."""
    found: Counter[Triple] = Counter()
    for (head, relation, tail), times in seen.items():
        if relation not in ontology.relations:
            continue
        ends = sorted((head, tail)) if ontology.relations[relation].symmetric else [head, tail]
        if not ontology.allows(ends[0], relation, ends[1]):
            ends.reverse()
        found[ends[0], relation, ends[1]] += times
    return found
