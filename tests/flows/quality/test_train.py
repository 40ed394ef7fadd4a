"""`train`: what is learned from which documents, and the command itself where its libraries are installed."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from agents.adapters.adapter import CALIBRATION, shipped
from agents.adapters.gguf_adapter import WEIGHTS
from agents.adapters.skills import FILE, load_skills
from agents.confidence.calibration import load_map
from agents.models.embedded_model import embedded_model_available, embedded_weights
from agents.serving.protocols import Dialect
from agents.training.course import read_recipe, stamped
from agents.training.lessons import Teaching
from agents.training.recipe import Recipe
from agents.training.teachers import Teachers
from flows.home.configuration.settings import load_ontology
from flows.home.homes import open_home
from flows.quality.evaluate import EvaluationRequest, evaluate_reading
from flows.quality.gold_sets import gold_set
from flows.quality.train import Course, Prepared, calibrate_adapter, prepare
from schema.errors import ModelUnavailable, WrongUse
from tests.agents.fakes import FakeServer
from tests.conftest import ROOT
from tests.flows.commands.running import environ
from tests.flows.quality.gold_texts import CHEMICALS, DISEASES, pubtator

ZINC, COPPER, WARTS, GOUT = "D015032", "D003300", "D014860", "D006073"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("base") / "base.gguf"
    path.write_bytes(b"weights")
    return path


def whole(path: Path, numbers: range = range(1, 41)) -> Path:
    related = {number: [("Negative_Correlation", ZINC, WARTS), ("Positive_Correlation", COPPER, GOUT)] for number in numbers}
    path.write_text(pubtator(numbers, related), encoding="utf-8")
    return path


def causes(path: Path, numbers: range) -> Path:
    path.write_text(pubtator(numbers, {number: [("CID", COPPER, GOUT)] for number in numbers}).replace("\tNovel", ""), encoding="utf-8")
    return path


def train(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "flows", "train", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environ(), capture_output=True, text=True, timeout=880, check=False)


def prepared(course: Course, weights: Path) -> Prepared:
    return prepare(course, "biomedical", weights, "taught-1")


def test_skills_are_what_the_gold_relates_in_the_ontologys_words(weights: Path, tmp_path: Path) -> None:
    skills = prepared(Course((whole(tmp_path / "gold"),)), weights).skills
    assert skills.relations == {"cause": (("Chemical", "Disease"),), "treat": (("Chemical", "Disease"),)}
    assert skills.words == {"none": "none", "cause": "causes", "treat": "treats"}
    assert skills.base.file == "base.gguf"
    assert skills.kinds["Disease"] == "disease"


def test_a_share_of_whole_documents_is_kept_for_calibration_and_never_learned(weights: Path, tmp_path: Path) -> None:
    found = prepared(Course((whole(tmp_path / "gold"), causes(tmp_path / "causes", range(41, 61))), held_out=4), weights)
    kept = {case.document.id for case in found.held_out}
    learned = {lesson.document.id for lesson in found.lessons}
    assert 3 <= len(kept) <= 20
    assert not kept & learned
    assert len(kept | learned) == 60
    assert {f"PMID:{number}" for number in range(41, 61)} <= learned
    assert found.told["held_out"] == sorted(kept, key=lambda key: int(key.split(":")[1]))
    assert not prepared(Course((tmp_path / "gold",), held_out=0), weights).held_out


def test_documents_to_measure_on_are_left_out_by_file_or_by_list(weights: Path, tmp_path: Path) -> None:
    gold = whole(tmp_path / "gold")
    (tmp_path / "list.txt").write_text("1\n2\nPMID:3\n", encoding="utf-8")
    left_out = (tmp_path / "list.txt", whole(tmp_path / "dev", range(4, 7)))
    found = prepared(Course((gold,), left_out, held_out=0), weights)
    assert {lesson.document.id for lesson in found.lessons} == {f"PMID:{number}" for number in range(7, 41)}


def test_annotators_of_causes_alone_leave_the_other_relations_open(weights: Path, tmp_path: Path) -> None:
    found = prepared(Course((whole(tmp_path / "gold"), causes(tmp_path / "causes", range(41, 43)))), weights)
    partial = [lesson for lesson in found.lessons if not lesson.is_whole]
    assert [lesson.covered for lesson in partial] == [frozenset({"cause"})] * 2
    assert found.told["lessons"]["partial"] == 2


def test_a_teachers_confidences_become_shares_and_a_critic_takes_out_what_it_does_not_find(weights: Path, tmp_path: Path) -> None:
    gold, unmarked = whole(tmp_path / "gold"), causes(tmp_path / "unmarked", range(41, 43))
    course = Course((gold,), unmarked=(unmarked, gold), held_out=0)
    assert len(prepared(course, weights).lessons) == 40  # without a teacher nobody speaks of the others
    with FakeServer(Dialect.VLLM) as teacher, FakeServer(Dialect.VLLM) as critic:
        teacher.likes, critic.likes = {" treats": 20.0, " causes": 8.0}, {" treats": 99.0}
        one = prepared(replace(course, teachers=Teachers((teacher.url,))), weights)
        both = prepared(replace(course, teachers=Teachers((teacher.url,), critic.url)), weights)
    assert len(one.lessons) == 42
    taught = next(lesson for lesson in one.lessons if lesson.said is None)
    treated, caused = (taught.scores[f"MESH:{ZINC}", relation, f"MESH:{WARTS}"] for relation in ("treat", "cause"))
    assert treated > 2 * caused > 0.2
    doubted = next(lesson for lesson in both.lessons if lesson.said is None).doubted
    assert {relation for _, relation, _ in doubted} == {"cause"}
    assert (one.told["teachers"], one.told["critic"]) == (["a server"], None)
    assert both.told["critic"] == "a server"


def scored(path: Path, numbers: range, score: str | None = "0.75") -> Path:
    """What a program found, as PubTator3 writes it; the causes of `causes`, each with a score."""
    documents = []
    for number in numbers:
        text = "Copper and gout."
        named = [("Copper", "Chemical", f"MESH:{COPPER}"), ("gout", "Disease", f"MESH:{GOUT}")]
        annotations = [
            {
                "id": str(at),
                "text": name,
                "infons": {"type": kind, "identifier": key},
                "locations": [{"offset": text.index(name), "length": len(name)}],
            }
            for at, (name, kind, key) in enumerate(named)
        ]
        roles = {"role1": {"identifier": f"MESH:{GOUT}"}, "role2": {"identifier": f"MESH:{COPPER}"}}
        relation = {"id": "R1", "infons": {"type": "Positive_Correlation", "score": score, **roles}, "nodes": []}
        passage = {"offset": 0, "infons": {"type": "title"}, "text": text, "annotations": annotations}
        documents.append({"id": str(number), "pmid": number, "infons": {}, "passages": [passage], "relations": [relation]})
    path.write_text(json.dumps({"PubTator3": documents}), encoding="utf-8")
    return path


def test_what_a_program_found_is_learned_by_its_scores_in_the_ontologys_direction(weights: Path, tmp_path: Path) -> None:
    course = Course((whole(tmp_path / "gold"),), held_out=0, scored=(scored(tmp_path / "scored.json", range(39, 43)),))
    found = prepared(course, weights)
    mine = [lesson for lesson in found.lessons if lesson.said is None]
    assert [lesson.document.id for lesson in mine] == ["PMID:41", "PMID:42"]  # the others people annotated
    assert {tuple(lesson.scores.items()) for lesson in mine} == {(((f"MESH:{COPPER}", "cause", f"MESH:{GOUT}"), 0.75),)}
    assert found.told["files"][-1]["scheme"] == "BioRED"
    (asked,) = Teaching(found.skills, load_ontology("biomedical"), Recipe()).all(mine[0])
    assert asked.question.soft
    assert asked.question.right == {"none": 0.25, "cause": 0.75}


def test_a_relation_without_a_score_is_told_and_not_learned(weights: Path, tmp_path: Path) -> None:
    course = Course((whole(tmp_path / "gold"),), held_out=0, scored=(scored(tmp_path / "scored.json", range(41, 42), None),))
    found = prepared(course, weights)
    assert [dict(lesson.scores) for lesson in found.lessons if lesson.said is None] == [{}]
    assert any("nobody says how sure that is" in problem for problem in found.told["problems"]["first"])


def test_a_teacher_that_reads_nothing_ends_the_training_before_it_begins(weights: Path, tmp_path: Path) -> None:
    with FakeServer(Dialect.VLLM) as teacher:
        teacher.always["/v1/completions"] = (400, {}, "no")
        with pytest.raises(ModelUnavailable, match="read none of 40 documents"):
            prepared(Course((whole(tmp_path / "gold"),), held_out=0, teachers=Teachers((teacher.url,))), weights)


def test_the_longest_name_still_fits_with_the_hash_that_is_added(weights: Path, tmp_path: Path) -> None:
    skills = prepare(Course((whole(tmp_path / "gold"),)), "biomedical", weights, "m" * 61).skills
    (tmp_path / WEIGHTS).write_bytes(b"matrices")
    (tmp_path / FILE).write_text(stamped(skills, tmp_path).model_dump_json(), encoding="utf-8")
    assert load_skills(tmp_path).name.startswith("m" * 61 + "-")
    (tmp_path / WEIGHTS).write_bytes(b"other matrices")
    assert stamped(skills, tmp_path).name != load_skills(tmp_path).name


def test_gold_of_causes_alone_teaches_causes(weights: Path, tmp_path: Path) -> None:
    found = prepared(Course((causes(tmp_path / "causes", range(1, 11)),)), weights)
    assert found.skills.relations == {"cause": (("Chemical", "Disease"),)}
    assert not found.held_out


def test_what_the_gold_says_and_training_cannot_use_is_told(weights: Path, tmp_path: Path) -> None:
    gold = whole(tmp_path / "gold")
    gold.write_text(gold.read_text() + "\n999|t|Bad.\n999|a|No more.\n999\tBind\t1\t2\tNovel\n", encoding="utf-8")
    problems = prepared(Course((gold,)), weights).told["problems"]
    assert problems["count"] >= 1
    assert any("999" in problem for problem in problems["first"])


@pytest.mark.parametrize(
    ("course", "name", "said"),
    [
        (lambda gold: Course((gold,)), "My Reader", "--name 'My Reader'"),
        (lambda gold: Course((gold,)), "m" * 62, "at most 61 of them"),
        (lambda gold: Course((gold,), without=(gold.with_name("missing"),)), "taught-1", "missing cannot be read"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_value_and_rule(course, name: str, said: str, weights: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=said):
        prepare(course(whole(tmp_path / "gold")), "biomedical", weights, name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"rank": 0}', "rank: Input should be greater than or equal to 1"),
        ('{"ranks": 4}', "ranks: Extra"),
        ("{", "the recipe: Invalid JSON"),
    ],
)
def test_a_wrong_recipe_is_refused_with_file_key_and_rule(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse, match=f"recipe.json: {said}"):
        read_recipe(path)
    assert read_recipe(None) == Recipe()


@pytest.mark.skipif(find_spec("torch") is not None, reason="the extra `train` is installed")
def test_without_its_libraries_the_command_says_what_to_install(tmp_path: Path) -> None:
    ended = train("--gold", whole(tmp_path / "gold"), "--out", tmp_path / "out", "--name", "taught-1")
    assert ended.returncode == 2
    assert "needs the extra `train` (torch is not installed)" in ended.stderr
    assert not (tmp_path / "out").exists()


def one_pair(number: int, word: str) -> str:
    """A text that is about a chemical and a disease and leaves open how they are related."""
    (chemical, one), (disease, other) = CHEMICALS[number % 3], DISEASES[number % 4]
    title = f"{chemical} in {disease}."
    text = f"Study {number}: {chemical} was given to patients with {disease}; {disease} was then assessed."
    lines = [f"{number}|t|{title}", f"{number}|a|{text}"]
    for name, kind, key in ((chemical, "ChemicalEntity", one), (disease, "DiseaseOrPhenotypicFeature", other)):
        places = [found.span() for found in re.finditer(name, f"{title} {text}")]
        lines += [f"{number}\t{start}\t{end}\t{name}\t{kind}\t{key}" for start, end in places]
    return "\n".join([*lines, f"{number}\t{word}\t{one}\t{other}\tNovel", ""])


@pytest.mark.skipif(embedded_model_available() is not None, reason=f"no embedded model: {embedded_model_available()}")
@pytest.mark.skipif(not shipped(), reason="no adapter ships")
@pytest.mark.nightly
def test_the_map_of_an_adapter_is_fitted_to_what_it_says_of_held_out_documents_and_none_to_too_few_claims(tmp_path: Path) -> None:
    folder, gold = tmp_path / "adapter", tmp_path / "held out"
    words = ("Positive_Correlation", "Association", "Negative_Correlation")
    gold.write_text("\n".join(one_pair(number, words[number % 3]) for number in range(1, 61)), encoding="utf-8")
    shutil.copytree(shipped()[0].folder, folder)
    cases = gold_set((gold,), (), load_ontology("biomedical"))
    found = replace(prepared(Course((whole(tmp_path / "gold"),)), gold), held_out=tuple(cases.cases))
    told = calibrate_adapter(found, "biomedical", folder)
    assert told is not None
    known = load_map(folder / CALIBRATION)
    assert (known.version, known.cuts) == (told["version"], told["cuts"])
    assert shipped()[0].name in known.reader
    few = replace(found, held_out=found.held_out[:1])
    assert "too few to calibrate" in (calibrate_adapter(few, "biomedical", folder) or {})["none"]
    assert not (folder / CALIBRATION).exists()


@pytest.mark.train
@pytest.mark.timeout(900)
@pytest.mark.skipif(find_spec("torch") is None, reason="the extra `train` is not installed")
@pytest.mark.skipif(embedded_model_available() is not None, reason=f"no embedded model: {embedded_model_available()}")
def test_what_was_trained_reads_what_it_was_taught(tmp_path: Path) -> None:
    gold, dev = whole(tmp_path / "gold", range(1, 25)), whole(tmp_path / "dev", range(25, 31))
    recipe = tmp_path / "recipe.json"
    recipe.write_text(json.dumps({"rank": 8, "alpha": 16, "passes": 2, "name_passes": 0, "rate": 2e-3, "warmup": 4}), encoding="utf-8")
    out = tmp_path / "taught-1"
    ended = train("--gold", gold, "--out", out, "--name", "taught-1", "--recipe", recipe, "--held-out", 0, "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["calibration"] is None
    assert embedded_weights().name == json.loads((out / "skills.json").read_text())["base"]["file"]
    home = open_home(tmp_path / "home", {"model": "embedded", "adapter": str(out), "graph": "memory:", "orchestration": "direct"})
    figures = evaluate_reading(home, EvaluationRequest((dev,)))
    assert figures["reader"].startswith(f"labels/{told['name']}/labels-2/")
    assert re.fullmatch(r"taught-1-[0-9a-f]{8}", told["name"])
    # Every document says the same two of twelve pairs: what cannot be missed after a dozen of them.
    assert figures["raw"]["extraction"]["pair and type"]["best"]["f1"] > 0.8
