"""`train`: gold documents become lessons, lessons an adapter, and held-out documents its calibration map."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agents.adapters.adapter import CALIBRATION
from agents.adapters.skills import Skills
from agents.asking.concurrency import ConcurrentBatches
from agents.confidence.calibration import write_map
from agents.models.choice import teacher_settings
from agents.models.embedded_model import embedded_weights
from agents.reader import ReadingAgent
from agents.training.course import check_libraries, checked_name, held_out_from, kinds_of, skills_of, trained_adapter
from agents.training.lessons import Lesson, schedule
from agents.training.recipe import Recipe
from agents.training.teachers import Heard, Teachers, taught
from flows.home.configuration.settings import load_ontology
from flows.home.homes import open_home
from flows.home.showing import Progress
from flows.quality.evaluate import fitted_map, read_gold_set
from flows.quality.gold_sets import documents_of, gold_set
from flows.wiring.readers import relation_reader
from pipeline.evaluating.evaluation import PROBLEMS_SHOWN, Result
from pipeline.evaluating.gold_cases import (
    Case,
    GoldSet,
    annotated_triples,
    covered_relations,
    finest_scheme,
    listed_documents,
    scores_by_program,
    scores_by_reader,
)
from pipeline.evaluating.relation_schemes import Scheme
from schema.document import Document
from schema.errors import WrongUse
from schema.ontology import Ontology

TRAINED_ON = "trained_on.json"


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


def train_adapter(course: Course, ontology_name: str, folder: Path, name: str) -> dict[str, Any]:
    """Train an adapter into a folder, with its calibration map; goes on where an earlier run of the same course stopped."""
    check_libraries()
    ontology, weights = load_ontology(ontology_name), embedded_weights()
    prepared = prepare(course, ontology_name, weights, name)
    showings = schedule(prepared.lessons, course.recipe)
    with Progress("training", len(showings)) as progress:
        skills = trained_adapter(
            prepared.lessons, showings, prepared.skills, ontology, course.recipe, weights, folder, _advancing(progress)
        )
    told = {**prepared.told, "recipe": course.recipe.model_dump(), "showings": len(showings)}
    (folder / TRAINED_ON).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    calibration = calibrate_adapter(prepared, ontology_name, folder)
    return {"written": str(folder.resolve()), "name": skills.name, **told, "calibration": calibration}


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
        evaluation, _ = read_gold_set(home, gold)
        try:
            known, told = fitted_map(gold, evaluation)
        except WrongUse as error:
            return {"none": str(error)}
    write_map(folder / CALIBRATION, known)
    return told


def prepare(course: Course, ontology_name: str, weights: Path, name: str) -> Prepared:
    """Read the gold and take it apart; raises WrongUse where nothing is left to learn."""
    ontology = load_ontology(ontology_name)
    name = checked_name(name)
    gold = gold_set(course.gold, (), ontology)
    left_out = frozenset(key for path in course.without for key in _identifiers(path, ontology))
    cases = [case for case in gold.cases[: course.limit] if case.document.id not in left_out]
    lessons, held_out = held_out_from(((_lesson(case, ontology, gold.problems), case) for case in cases), course.held_out)
    skills = skills_of(lessons, ontology, weights, name, course.gold)
    seen = left_out | {case.document.id for case in gold.cases}
    unmarked = [Lesson(each, said=None) for path in course.unmarked for each in documents_of(path, gold) if each.id not in seen]
    scored = _scored_lessons(course.scored, ontology, gold)
    known = seen | {lesson.document.id for lesson in unmarked}
    found = (
        *(lesson for lesson in scored if lesson.document.id not in known),
        *_taught([*lessons, *unmarked], course.teachers, gold, ontology, ontology_name),
    )
    told = {
        "files": gold.files,
        "lessons": kinds_of(found),
        **course.teachers.told,
        "held_out": [case.document.id for case in held_out],
        "left_out": len(gold.cases[: course.limit]) - len(cases),
        "problems": {"count": len(gold.problems), "first": gold.problems[:PROBLEMS_SHOWN]},
    }
    return Prepared(found, skills, tuple(held_out), told)


def _lesson(case: Case, ontology: Ontology, problems: list[str]) -> Lesson:
    said, covered = annotated_triples(case, ontology, problems), covered_relations(case.scheme, ontology)
    return Lesson(case.document, said, case.scheme.directed, covered)


def _scored_lessons(paths: Sequence[Path], ontology: Ontology, gold: GoldSet) -> list[Lesson]:
    """What a program found in other documents as lessons of its scores; what it did not mention has none. A relation needs a score."""
    told = gold_set(paths, (), ontology)
    gold.files += told.files
    gold.problems += told.problems
    return [Lesson(case.document, said=None, scores=scores_by_program(case, ontology, gold.problems)) for case in told.cases]


def _taught(lessons: Sequence[Lesson], teachers: Teachers, gold: GoldSet, ontology: Ontology, ontology_name: str) -> tuple[Lesson, ...]:
    """The lessons with what the teachers think of them, asked in the grain of annotators who say all relations, if any do."""
    scheme = finest_scheme(gold, ontology)
    documents = [lesson.document for lesson in lessons]
    heard = [_read(spec, documents, scheme, ontology, ontology_name) for spec in teachers.readers]
    doubts = [_read(spec, documents, scheme, ontology, ontology_name) for spec in teachers.critics]
    return taught(lessons, heard, next(iter(doubts), None))


def _read(spec: str, documents: Sequence[Document], scheme: Scheme, ontology: Ontology, ontology_name: str) -> Heard:
    """For each document the raw score of each claim, in the annotators' grain; None where it was not read."""
    with TemporaryDirectory() as place:
        home = open_home(Path(place), {**teacher_settings(spec), "reading": "labels", "graph": "memory:"}, ontology_name)
        results = asyncio.run(_asked(relation_reader(home), documents, home.concurrency))
    return scores_by_reader(spec, documents, results, scheme, ontology)


async def _asked(agent: ReadingAgent, documents: Sequence[Document], concurrency: int) -> list[Result]:
    try:
        return await ConcurrentBatches(agent.read, concurrency).batch(documents)
    finally:
        await agent.close()


def _identifiers(path: Path, ontology: Ontology) -> list[str]:
    """The documents of a gold file, or the identifiers of a plain list, one a line."""
    try:
        listed = listed_documents(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as cause:
        raise WrongUse(f"{path} cannot be read: {cause.strerror or cause}") from cause
    return listed or [case.document.id for case in gold_set((path,), (), ontology).cases]


def _advancing(progress: Progress) -> Callable[[int], None]:
    done = 0

    def tell(now: int) -> None:
        nonlocal done
        progress.advance(now - done)
        done = now

    return tell
