"""Which relations and whether change is asked for, by the words of a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.home.settings import load_ontology
from pipeline.retrieving.question_words import OPPOSITE, asks_about_change, relations_asked, stem

BIOMEDICAL, GENERAL = load_ontology("biomedical"), load_ontology("general")


@pytest.mark.parametrize(
    "question",
    [
        "Does resveratrol still stimulate SIRT1?",
        "Why is beta-carotene no longer recommended?",
        "What was thought to prevent arrhythmias?",
        "Since when does rofecoxib cause heart attacks?",
        "The history of flecainide",
        "Hormones used to protect the heart, right?",
        "Did opinion on oestrogens change?",
    ],
)
def test_a_question_about_change_is_heard(question: str) -> None:
    assert asks_about_change(question)


@pytest.mark.parametrize("question", ["Does aspirin treat pain?", "What causes stroke?", "", "distillation of still-water"[:12]])
def test_any_other_question_is_not(question: str) -> None:
    assert not asks_about_change(question)


@pytest.mark.parametrize(
    ("question", "relation"),
    [
        ("Is gefitinib effective in lung cancer?", "treat"),
        ("Which therapies are there?", "treat"),
        ("What causes stroke?", "cause"),
        ("Is it harmful?", "cause"),
        ("Does it lead to death?", "cause"),
        ("Can it be prevented?", "prevent"),
        ("Does it protect the heart?", "prevent"),
        ("Which drugs are inhibitors of PTGS2?", "inhibit"),
        ("Does it activate SIRT1?", "stimulate"),
        ("is there a positive correlation", "positive_correlate"),
    ],
)
def test_words_ask_for_relations_in_any_form(question: str, relation: str) -> None:
    assert relations_asked(question, [], BIOMEDICAL)[relation] == 1.0


def test_what_is_opposed_to_what_was_asked_is_nearly_as_relevant() -> None:
    asked = relations_asked("Does it prevent it?", [], BIOMEDICAL)
    assert asked == {"prevent": 1.0, "cause": OPPOSITE}


def test_words_of_names_ask_for_nothing() -> None:
    assert relations_asked("What of treatment-resistant depression?", ["treatment-resistant depression"], BIOMEDICAL) == {}
    assert relations_asked("What of it?", [], BIOMEDICAL) == {}


def test_an_ontology_says_its_own_words() -> None:
    assert set(relations_asked("Who is the president?", [], GENERAL)) == {"held_by"}
    assert relations_asked("Who employs her?", [], GENERAL)["works_for"] == 1.0


@pytest.mark.parametrize(
    "words",
    [
        ("prevent", "prevents", "prevented", "preventing", "prevention"),
        ("inhibit", "inhibitor", "inhibitors", "inhibition"),
        ("treat", "treatment", "treatments"),
        ("stop", "stopped", "stopping"),
    ],
)
def test_forms_of_a_word_have_one_stem(words: tuple[str, ...]) -> None:
    assert len(set(map(stem, words))) == 1


@given(st.text(max_size=60))
def test_any_text_can_be_asked(text: str) -> None:
    asks_about_change(text)
    assert all(0.0 < value <= 1.0 for value in relations_asked(text, [text[:5]], BIOMEDICAL).values())
