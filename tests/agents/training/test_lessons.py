"""What a model is shown: the questions that a reader asks, with what is right."""

import asyncio
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from agents.asking.tagging import TaggedDocument
from agents.relations.relations_by_labels import LabelRelations
from agents.training.lessons import Example, Lesson, Teaching, TrainingQuestion, renumbered, schedule
from agents.training.recipe import Recipe
from tests.agents.fakes import BIOMEDICAL, FakeModel, aspirin, document
from tests.agents.training.lessons import CAUSES, SKILLS, TREATS, causes_alone, whole


def teaching(**options) -> Teaching:
    return Teaching(SKILLS, BIOMEDICAL, Recipe(**{"shuffled": False, **options}))


def relations(lesson: Lesson, **options) -> Example:
    (example,) = teaching(**options).relations(lesson, Random(1))
    return example


def by_line(example: Example) -> dict[str, TrainingQuestion]:
    return {question.line.strip(): question for question in example.questions}


def test_a_lesson_asks_exactly_what_a_reader_with_these_skills_asks():
    model = FakeModel()
    asyncio.run(LabelRelations(model, BIOMEDICAL, skills=SKILLS).read(aspirin()))
    ((prefix, queries, labels),) = model.asked
    example = relations(whole())
    assert example.prefix == prefix
    assert {question.line for question in example.questions} == set(queries)
    assert set(labels) == {f" {word}" for word in SKILLS.words.values()}


def test_what_is_said_is_right_and_every_other_pair_is_none():
    asked = by_line(relations(whole()))
    assert asked["C1 D1 0111:"].right == {"treat": 1.0}
    assert asked["C1 D2 0012:"].right == {"cause": 1.0}
    assert asked["C2 D1 0011:"].right == {"none": 1.0}
    assert asked["C2 D2 0112:"].labels == ("none", "associate", "cause", "treat")


def test_silence_of_annotators_who_wrote_down_causes_alone_denies_a_cause_and_nothing_else():
    asked = by_line(relations(causes_alone()))
    assert asked["C1 D2 0012:"].right == {"cause": 1.0}
    assert asked["C1 D1 0111:"].right == {"none": 1.0, "associate": 1.0, "treat": 1.0}
    nothing = relations(replace(causes_alone(), covered=frozenset({"treat"}), said=frozenset()))
    assert all("cause" in question.right for question in nothing.questions)
    assert not list(teaching().relations(replace(causes_alone(), covered=frozenset({"compare"}), said=frozenset()), Random(1)))


def test_a_teachers_scores_are_shares_of_the_answer():
    taught = replace(whole(), said=None, scores={TREATS: 0.75, CAUSES: 0.5, (TREATS[0], "cause", TREATS[2]): 0.75})
    asked = by_line(relations(taught))
    assert asked["C1 D1 0111:"].right == {"none": 0.0, "treat": 0.5, "cause": 0.5}
    assert asked["C1 D2 0012:"].right == {"none": 0.5, "cause": 0.5}
    assert asked["C2 D1 0011:"].right == {"none": 1.0}
    assert all(question.soft for question in asked.values())


def test_a_teachers_word_and_the_annotators_are_mixed_and_where_these_leave_it_open_the_teachers_counts():
    asked = by_line(relations(replace(whole(), scores={TREATS: 0.6}), teacher=0.25))
    assert asked["C1 D1 0111:"].right == pytest.approx({"none": 0.1, "associate": 0.0, "cause": 0.0, "treat": 0.9})
    assert asked["C1 D2 0012:"].right == pytest.approx({"none": 0.25, "associate": 0.0, "cause": 0.75, "treat": 0.0})
    open_ = by_line(relations(replace(causes_alone(), scores={TREATS: 0.6}), teacher=0.25))
    assert open_["C1 D1 0111:"].right == pytest.approx({"none": 0.4, "treat": 0.6})


def test_what_a_critic_doubts_is_not_asked_about():
    asked = by_line(relations(replace(whole(), said=None, scores={TREATS: 0.75, CAUSES: 0.5}, doubted=frozenset({CAUSES}))))
    assert set(asked) == {"C1 D1 0111:", "C2 D1 0011:", "C2 D2 0112:"}
    annotated = by_line(relations(replace(whole(), scores={TREATS: 0.75, CAUSES: 0.5}, doubted=frozenset({CAUSES}))))
    assert annotated["C1 D2 0012:"].right == {"cause": 1.0}


def test_annotators_who_tell_head_from_tail_teach_a_direction():
    genes = document("TP53 and MDM2.", ("TP53", "Gene", "NCBIGene:7157"), ("MDM2", "Gene", "NCBIGene:4193"))
    skills = SKILLS.model_copy(
        update={"words": {**SKILLS.words, "inhibit": "inhibits"}, "relations": {"inhibit": (("Gene", "Gene"),)}},
    )
    said = frozenset({("NCBIGene:4193", "inhibit", "NCBIGene:7157")})
    made = Teaching(skills, BIOMEDICAL, Recipe(shuffled=False))

    def right(directed: bool) -> dict[str, dict[str, float]]:
        (example,) = made.relations(Lesson(genes, said, directed=directed), Random(1))
        return {line: dict(question.right) for line, question in by_line(example).items()}

    assert right(directed=True) == {"G1 G2 0111:": {"none": 1.0}, "G2 G1 0111:": {"inhibit": 1.0}}
    assert right(directed=False) == {"G1 G2 0111:": {"inhibit": 1.0}, "G2 G1 0111:": {"inhibit": 1.0}}


def test_names_are_taught_as_the_text_has_them_and_types_without_a_word_as_none():
    odd = document("Benzo[a]pyrene and liver.", ("Benzo[a]pyrene", "Chemical", "MESH:D001564"), ("liver", "Anatomy", "MESH:D008099"))
    (example,) = teaching(most=100).names(Lesson(odd), Random(1))
    asked = by_line(example)
    assert asked["Benzo(a)pyrene:"].right == {"Chemical": 1.0}
    assert asked["liver:"].right == {"none": 1.0}


def test_negatives_that_are_left_out_are_made_up_for_by_those_that_are_asked():
    all_ = relations(whole())
    some = relations(whole(), most=3, heaviest=10.0)
    positive = [question for question in some.questions if question.is_positive]
    negative = [question for question in some.questions if not question.is_positive]
    assert len(positive) == 2
    assert {question.weight for question in positive} == {1.0}
    assert sum(question.weight for question in negative) == pytest.approx(sum(not question.is_positive for question in all_.questions))
    assert {question.weight for question in relations(whole(), most=3, heaviest=1.5).questions} == {1.0, 1.5}


def test_every_piece_of_a_text_that_could_be_a_name_is_asked_about_with_its_type_or_none():
    (example,) = teaching(most=100).names(whole(), Random(1))
    asked = by_line(example)
    assert asked["Aspirin:"].right == {"Chemical": 1.0}
    assert asked["gastritis:"].right == {"Disease": 1.0}
    assert asked["patients:"].right == {"Species": 1.0}
    assert asked["drugs:"].right == {"none": 1.0}
    assert "[C1]" not in example.prefix


def test_tags_are_numbered_anew_within_their_letters():
    tagged = TaggedDocument(aspirin())
    seen = {tuple(entity.tag for entity in renumbered(tagged, Random(seed)).entities) for seed in range(30)}
    assert len(seen) > 2
    assert all(sorted(tags) == sorted(entity.tag for entity in tagged.entities) for tags in seen)
    assert [entity.tag for entity in tagged.entities] == [entity.tag for entity in TaggedDocument(aspirin()).entities]
    turned = renumbered(tagged, Random(3))
    assert f"[{turned.entities[0].tag}] Aspirin" in turned.render((0, len(turned.text)))


def test_passes_are_spread_evenly_and_the_same_for_the_same_seed():
    taught = [replace(whole(number), said=None, scores={}) for number in range(30, 35)]
    lessons = [*(whole(number) for number in range(20)), *(causes_alone(number) for number in range(20, 30)), *taught]
    recipe = Recipe(passes=3, partial_passes=2, name_passes=1, taught_passes=1)
    shown = schedule(lessons, recipe)
    assert Counter((showing.kind, showing.lesson.is_whole) for showing in shown) == {
        ("relations", True): 60,
        ("relations", False): 20 + 5,
        ("names", True): 20,
    }
    thirds = [[s.lesson.document.id for s in shown if s.kind == "relations" and s.lesson.is_whole][at : at + 20] for at in (0, 20, 40)]
    assert all(len(set(third)) == 20 for third in thirds)
    assert thirds[0] != thirds[1]
    first_half = shown[: len(shown) // 2]
    assert 6 <= sum(showing.kind == "names" for showing in first_half) <= 14
    assert shown == schedule(lessons, recipe)
    assert shown != schedule(lessons, recipe.model_copy(update={"seed": 8}))
