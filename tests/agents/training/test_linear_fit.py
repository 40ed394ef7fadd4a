"""Fitting the linear part; runs where the extra `train` is installed."""

from random import Random

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytestmark = pytest.mark.train

from agents.adapters.linear_part import row  # noqa: E402
from agents.training.lessons import AskedPair, Lesson, Teaching, TrainingQuestion  # noqa: E402
from agents.training.linear_fit import fit_linear, learned  # noqa: E402
from agents.training.recipe import Recipe  # noqa: E402
from tests.agents.fakes import BIOMEDICAL, document  # noqa: E402
from tests.agents.training.lessons import SKILLS  # noqa: E402

LABELS = tuple(SKILLS.words)
CHEMICAL, DISEASE = ("Zinc", "Chemical", "MESH:D015032"), ("Warts", "Disease", "MESH:D014860")


def asked(features: dict[str, float], right: dict[str, float], *, soft: bool = False, labels: tuple[str, ...] = LABELS) -> AskedPair:
    return AskedPair(TrainingQuestion("", labels, right, soft), row(features))


def said(word: str, number: int, relation: str | None) -> Lesson:
    triple = (CHEMICAL[2], relation, DISEASE[2])
    found = document(f"Zinc {word} Warts.", CHEMICAL, DISEASE, identifier=f"PMID:{number}")
    return Lesson(found, frozenset({triple}) if relation else frozenset())


def lessons() -> list[Lesson]:
    words = (("healed", "treat"), ("brought", "cause"), ("and", None))
    return [said(word, 10 * at + number, relation) for number in range(8) for at, (word, relation) in enumerate(words)]


def test_it_learns_what_features_tell():
    told = [asked({"heals": 1.0}, {"treat": 1.0}), asked({"brings": 1.0}, {"cause": 1.0}), asked({"and": 1.0}, {"none": 1.0})] * 5
    model = fit_linear(told, LABELS, 0.1)
    for word, relation in (("heals", "treat"), ("brings", "cause"), ("and", "none")):
        assert model.shares(row({word: 1.0}), ["associate", "treat", "cause"])[relation] > 0.8


def test_a_feature_seen_less_than_three_times_is_not_kept():
    model = fit_linear([asked({"often": 1.0}, {"treat": 1.0})] * 3 + [asked({"twice": 1.0}, {"cause": 1.0})] * 2, LABELS, 1.0)
    assert list(model.features) == list(row({"often": 1.0}).numbers)
    assert fit_linear([asked({"once": 1.0}, {"treat": 1.0})], LABELS, 1.0).shares(row({"once": 1.0}), ["treat"])["treat"] > 0.5


def test_what_annotators_leave_open_denies_nothing_but_what_they_tell():
    told = [asked({"x": 1.0}, {"none": 1.0, "treat": 1.0})] * 4 + [asked({"x": 1.0}, {"treat": 1.0})] * 4
    found = fit_linear(told, ("none", "treat", "cause"), 0.1).shares(row({"x": 1.0}), ["treat", "cause"])
    assert found["treat"] > 0.8
    assert found["cause"] < 0.05


def test_shares_are_learned_as_shares():
    told = [asked({"x": 1.0}, {"none": 0.25, "treat": 0.75}, soft=True, labels=("none", "treat"))] * 20
    assert fit_linear(told, ("none", "treat"), 0.01).shares(row({"x": 1.0}), ["treat"])["treat"] == pytest.approx(0.75, abs=0.02)


def test_no_document_is_judged_by_a_model_that_learned_from_it():
    recipe, teaching = Recipe(folds=4, shrinking=0.5), Teaching(SKILLS, BIOMEDICAL, Recipe())
    odd = said("misled", 99, "treat")  # a word that no other document has
    counted = learned([*lessons(), odd, said("misled", 98, "treat"), said("misled", 97, "treat")], teaching, LABELS, recipe)
    assert counted is not None
    linear, prior = counted
    (about,) = teaching.all(odd)
    assert set(row({"between HEAD misled": 1.0}).numbers) <= set(linear.features)
    assert prior(odd.document.id, about)["treat"] < linear.shares(about.features, ["associate", "treat", "cause"])["treat"]


def test_it_comes_out_the_same_on_several_cores():
    teaching = Teaching(SKILLS, BIOMEDICAL, Recipe())
    one, several = (learned(lessons(), teaching, LABELS, Recipe(), workers) for workers in (1, 3))
    assert one is not None
    assert several is not None
    assert (one[0].weights == several[0].weights).all()
    (about,) = teaching.all(lessons()[0])
    assert one[1](lessons()[0].document.id, about) == several[1](lessons()[0].document.id, about)


def test_too_few_documents_or_no_folds_and_there_is_none():
    teaching = Teaching(SKILLS, BIOMEDICAL, Recipe())
    assert learned(lessons()[:4], teaching, LABELS, Recipe()) is None
    assert learned(lessons(), teaching, LABELS, Recipe(folds=0)) is None


def test_a_network_is_shown_what_the_linear_part_leaves_open_with_what_it_thinks():
    recipe = Recipe(shuffled=False)
    counted = learned(lessons(), Teaching(SKILLS, BIOMEDICAL, recipe), LABELS, recipe)
    assert counted is not None
    shown = [example for lesson in lessons() for example in Teaching(SKILLS, BIOMEDICAL, recipe, counted[1]).relations(lesson, Random(1))]
    priors = [question.prior for example in shown for question in example.questions]
    assert priors
    assert all(prior is not None and sum(prior.values()) == pytest.approx(1.0) for prior in priors)
    strict = Recipe(shuffled=False, asked_from=1.0)
    assert not [e for lesson in lessons() for e in Teaching(SKILLS, BIOMEDICAL, strict, counted[1]).relations(lesson, Random(1))]
