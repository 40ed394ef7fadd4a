"""`train`: gold documents become lessons, lessons an adapter, and held-out documents its calibration map."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from pydantic import TypeAdapter, ValidationError

from agents.adapters.adapter import CALIBRATION
from agents.adapters.derived_files import file_hash
from agents.adapters.gguf_adapter import WEIGHTS
from agents.adapters.kept_json import read_kept
from agents.adapters.linear_part import FILE as FILE_OF_LINEAR
from agents.adapters.linear_part import Linear
from agents.adapters.linear_part import save as save_linear
from agents.adapters.skills import FILE, Base, LinearPart, ModelName, Skills, seen_relations
from agents.asking.prompting import NONE, prompt
from agents.asking.surface import VERSION
from agents.confidence.calibration import write
from agents.models.embedded_model import cores, embedded_weights
from agents.training.lessons import Lesson, Teaching
from agents.training.recipe import Recipe
from agents.training.schedule import schedule
from flows.home.homes import open_home
from flows.home.ontology_files import load_ontology
from flows.home.progress import Progress
from flows.quality.evaluate import PROBLEMS_SHOWN, fitted, read_gold_set
from flows.quality.gold_sets import Case, GoldSet, documents_of, gold_set
from flows.quality.teaching import Teachers, scored_lessons, taught
from pipeline.evaluating.judged_claims import judge
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

TRAINED_ON = "trained_on.json"
LIBRARIES = ("torch", "transformers", "peft", "accelerate")


@dataclass(frozen=True, slots=True)
class Course:
    """What to train on. One in `held_out` of the documents whose annotators say all relations is kept for the calibration map.

    Documents of `without` (gold files, or lists of identifiers) are left out: what a model is measured on must not be learned.
    Those of `unmarked`, which bring mentions, are learned from as far as teachers speak of them. Those of `scored` bring relations that
    a program found and how sure it was, as PubTator3's do: its scores are learned.
    """

    gold: tuple[Path, ...]
    without: tuple[Path, ...] = ()
    unmarked: tuple[Path, ...] = ()
    scored: tuple[Path, ...] = ()
    teachers: Teachers = field(default_factory=Teachers)
    held_out: int = 10
    limit: int | None = None
    recipe: Recipe = field(default_factory=Recipe)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Lessons, the skills that they teach, the documents that are kept for calibration, and what was used of which file."""

    lessons: tuple[Lesson, ...]
    skills: Skills
    held_out: tuple[Case, ...]
    told: dict[str, Any]


def train(course: Course, ontology_name: str, folder: Path, name: str) -> dict[str, Any]:
    """Train an adapter into a folder; goes on where an earlier run of the same course stopped.

    The model's name gets a hash of what was learned, so that no answer of another adapter is ever taken for one of this.
    """
    missing = [library for library in LIBRARIES if find_spec(library) is None]
    if missing:
        raise WrongUse(f"training needs the extra `train` ({missing[0]} is not installed)")
    from agents.training.linear_fit import learned
    from agents.training.network import base_network, with_matrices
    from agents.training.saving import save
    from agents.training.trainer import Trainer

    ontology, weights = load_ontology(ontology_name), embedded_weights()
    prepared = prepare(course, ontology_name, weights, name)
    showings = schedule(prepared.lessons, course.recipe)
    folder.mkdir(parents=True, exist_ok=True)
    network = with_matrices(base_network(weights), course.recipe)
    counted = learned(
        prepared.lessons, Teaching(prepared.skills, ontology, course.recipe), tuple(prepared.skills.words), course.recipe, workers()
    )
    teaching = Teaching(prepared.skills, ontology, course.recipe, counted[1] if counted else None)
    trainer = Trainer(network, teaching, prepared.skills, course.recipe, folder, workers())
    with Progress("training", len(showings)) as progress:
        trainer.train(showings, _advancing(progress))
    (folder / CALIBRATION).unlink(missing_ok=True)  # of other weights, if there is one
    save(network, trainer.exact, folder)
    skills = stamped(_with_linear(prepared.skills, counted[0] if counted else None, course.recipe, folder), folder)
    (folder / FILE).write_text(skills.model_dump_json(indent=1) + "\n", encoding="utf-8")
    told = {**prepared.told, "recipe": course.recipe.model_dump(), "showings": len(showings)}
    (folder / TRAINED_ON).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return {
        "written": str(folder.resolve()),
        "name": skills.name,
        **told,
        "calibration": calibrate_adapter(prepared, ontology_name, folder),
    }


def workers() -> int:
    """Documents computed side by side: one a core, as far as there is memory for what each holds."""
    return max(1, min(cores(), psutil.virtual_memory().available // EACH_HOLDS))


def _with_linear(skills: Skills, linear: Linear | None, recipe: Recipe, folder: Path) -> Skills:
    """The skills with the linear part, which is written into the folder."""
    if linear is None:
        (folder / FILE_OF_LINEAR).unlink(missing_ok=True)
        return skills
    save_linear(linear, folder)
    return skills.model_copy(
        update={"linear": LinearPart(sha256=file_hash(folder / FILE_OF_LINEAR), features=VERSION, asked_from=recipe.asked_from)}
    )


def stamped(skills: Skills, folder: Path) -> Skills:
    """The skills with a name that only these weights and skills have."""
    digest = stable_id(file_hash(folder / WEIGHTS), skills.model_dump_json(exclude={"name"}))[:STAMP]
    return skills.model_copy(update={"name": f"{skills.name}-{digest}"})


def read_recipe(path: Path | None) -> Recipe:
    """The recipe of a file, defaults where it says nothing; raises WrongUse naming file, key and rule."""
    return Recipe() if path is None else read_kept(path, Recipe, "the recipe")


def calibrate_adapter(prepared: Prepared, ontology: str, folder: Path) -> dict[str, Any] | None:
    """Let the embedded model read the held-out documents with the adapter, and keep the map beside it.

    None where none are held out; where their claims are too few for a map, it says so, and the adapter is without.
    """
    if not prepared.held_out:
        return None
    settings = {"model": "embedded", "adapter": str(folder), "reading": "labels", "graph": "memory:"}
    (folder / CALIBRATION).unlink(missing_ok=True)
    with TemporaryDirectory() as place:
        home = open_home(Path(place), settings, ontology)
        gold = GoldSet(list(prepared.held_out), [file for file in prepared.told["files"] if file["scheme"]], [])
        outcome = read_gold_set(home, gold)
        try:
            known, told = fitted(gold, outcome)
        except WrongUse as error:
            return {"none": str(error)}
    write(folder / CALIBRATION, known)
    return told


def prepare(course: Course, ontology_name: str, weights: Path, name: str) -> Prepared:
    """Read the gold and take it apart; raises WrongUse where nothing is left to learn."""
    ontology = load_ontology(ontology_name)
    name = _named(name)
    gold = gold_set(course.gold, (), ontology)
    left_out = frozenset(key for path in course.without for key in _identifiers(path, ontology))
    lessons, held_out = list[Lesson](), list[Case]()
    for case in gold.cases[: course.limit]:
        if case.document.id in left_out:
            continue
        lesson = _lesson(case, ontology, gold.problems)
        if lesson.is_whole and course.held_out and int(stable_id(case.document.id)[:8], 16) % course.held_out == 0:
            held_out.append(case)
        else:
            lessons.append(lesson)
    skills = _skills(lessons, ontology, weights, name)
    if not skills.relations:
        raise WrongUse(f"{', '.join(path.name for path in course.gold)}: nothing is related often enough to be learned")
    seen = left_out | {case.document.id for case in gold.cases}
    unmarked = [Lesson(each, said=None) for path in course.unmarked for each in documents_of(path, gold) if each.id not in seen]
    scheme = next((case.scheme for case in gold.cases if case.scheme.is_whole(ontology)), gold.cases[0].scheme)
    scored = scored_lessons(course.scored, seen | {lesson.document.id for lesson in unmarked}, ontology, gold)
    found = scored + taught([*lessons, *unmarked], course.teachers, scheme, ontology, ontology_name)
    left = sum(case.document.id in left_out for case in gold.cases[: course.limit])
    return Prepared(found, skills, tuple(held_out), _told(gold, found, held_out, left, course.teachers))


def _lesson(case: Case, ontology: Ontology, problems: list[str]) -> Lesson:
    found = judge(case.document, (), case.related, case.scheme, ontology)
    problems += found.problems
    said = frozenset((str(head), relation, str(tail)) for head, relation, tail in found.units)
    whole = case.scheme.is_whole(ontology)
    covered = None if whole else case.scheme.covered(ontology)
    return Lesson(case.document, said, case.scheme.directed, covered)


def _skills(lessons: Sequence[Lesson], ontology: Ontology, weights: Path, name: str) -> Skills:
    seen: Counter[tuple[str, str, str]] = Counter()
    for lesson in lessons:
        types = {key: mention.type for mention in lesson.document.mentions for key in mention.identifiers}
        seen.update((types[head], relation, types[tail]) for head, relation, tail in lesson.said or ())
    relations = seen_relations((triple for triple, times in _both_ways(seen, ontology).items() if times >= SEEN), ontology)
    words = {label: tries[0] for label, tries in prompt(RELATIONS).words.items() if label == NONE or label in relations}
    wordless = sorted(set(relations) - set(words))
    if wordless:
        raise WrongUse(f"the prompt {RELATIONS} has no word for the relation {wordless[0]!r}")
    kinds = {label: tries[0] for label, tries in prompt(NAMES).words.items() if label == NONE or label in ontology.entity_types}
    base = Base(file=weights.name, sha256=hashlib.sha256(weights.read_bytes()).hexdigest())
    return Skills(name=name, base=base, prompt=RELATIONS, words=words, relations=dict(relations), names=NAMES, kinds=kinds)


def _both_ways(seen: Counter[tuple[str, str, str]], ontology: Ontology) -> Counter[tuple[str, str, str]]:
    """Symmetric relations counted whichever end comes first, directed ones in the direction that the ontology allows."""
    found: Counter[tuple[str, str, str]] = Counter()
    for (head, relation, tail), times in seen.items():
        if relation not in ontology.relations:
            continue
        ends = sorted((head, tail)) if ontology.relations[relation].symmetric else [head, tail]
        if not ontology.allows(ends[0], relation, ends[1]):
            ends.reverse()
        found[ends[0], relation, ends[1]] += times
    return found


def _identifiers(path: Path, ontology: Ontology) -> list[str]:
    """The documents of a gold file, or the identifiers of a plain list, one a line."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split()
    except OSError as cause:
        raise WrongUse(f"{path} cannot be read: {cause.strerror or cause}") from cause
    if lines and all(line.isdigit() or line.startswith("PMID:") for line in lines):
        return [line if line.startswith("PMID:") else f"PMID:{line}" for line in lines]
    return [case.document.id for case in gold_set((path,), (), ontology).cases]


def _told(gold: GoldSet, lessons: Sequence[Lesson], held_out: Sequence[Case], left_out: int, teachers: Teachers) -> dict[str, Any]:
    kinds = Counter("unmarked" if each.said is None else "whole" if each.is_whole else "partial" for each in lessons)
    return {
        "files": gold.files,
        "lessons": dict(sorted(kinds.items())),
        "teachers": [_reader_told(spec) for spec in teachers.readers],
        "critic": _reader_told(teachers.critic) if teachers.critic else None,
        "held_out": [case.document.id for case in held_out],
        "left_out": left_out,
        "problems": {"count": len(gold.problems), "first": gold.problems[:PROBLEMS_SHOWN]},
    }


def _reader_told(spec: str) -> str:
    """A teacher without the place where it is."""
    return "a server" if "://" in spec else Path(spec).name


def _named(name: str) -> str:
    try:
        TypeAdapter(ModelName).validate_python(f"{name}-{'0' * STAMP}")
    except ValidationError as cause:
        raise WrongUse(f"--name {name!r}: small letters, digits, dots, dashes and underscores, at most 61 of them") from cause
    return name


def _advancing(progress: Progress) -> Callable[[Any], None]:
    done = 0

    def tell(told: Any) -> None:
        nonlocal done
        progress.advance(told.done - done)
        done = told.done

    return tell
