"""Names of vocabularies that stand in a text."""

import time
from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from pipeline.linking.mention_linking import MOST, spotted
from pipeline.linking.name_forms import forms_of

TYPES = ("Chemical", "Disease", "Gene")


class Vocabulary:
    """Knows a few names, and how often it was asked."""

    def __init__(self, **names: str) -> None:
        self.forms = {form for name, kind in names.items() for form in forms_of(kind, name.replace("_", " ")).whole}
        self.asked: list[int] = []

    def __call__(self, forms: Collection[int]) -> Collection[int]:
        self.asked.append(len(forms))
        return self.forms & set(forms)


def test_names_are_found_as_the_text_writes_them_in_its_order_and_by_one_question() -> None:
    known = Vocabulary(lung_tumor="Disease", aspirin="Chemical", IL10="Gene")
    text = "Aspirin in lung tumours (IL-10): more aspirin, fewer lung tumours."
    assert spotted(text, TYPES, known) == ("Aspirin", "lung tumours", "IL-10", "aspirin")
    assert len(known.asked) == 1


def test_a_name_of_another_type_than_those_asked_for_is_none() -> None:
    assert spotted("aspirin", ("Disease",), Vocabulary(aspirin="Chemical")) == ()


def test_a_name_has_at_most_six_words_and_does_not_run_on_after_a_sentence_or_a_line() -> None:
    six, seven = "one big bad old odd fever", "one big bad old odd red fever"
    known = Vocabulary(**{six: "Disease", seven: "Disease", "gout fever": "Disease"})
    assert spotted(f"It was {six} or {seven}.", TYPES, known) == (six,)
    assert spotted("She had gout. Fever came.", TYPES, known) == ()
    assert spotted("She had gout\nfever.", TYPES, known) == ()


def test_words_that_only_join_stand_inside_a_name_and_not_around_it() -> None:
    known = Vocabulary(**{"gout of the toe": "Disease", "gout": "Disease"})
    assert spotted("The gout of the toe.", TYPES, known) == ("gout", "gout of the toe")


def test_nothing_is_asked_about_a_text_without_words() -> None:
    known = Vocabulary()
    assert spotted(" ... ", TYPES, known) == ()
    assert known.asked == []


def test_a_huge_text_is_looked_at_in_part_and_in_bounded_time() -> None:
    known = Vocabulary(gout="Disease")
    began = time.process_time()
    assert spotted("gout and more gout. " * 1_000_000, TYPES, known) == ("gout",)
    spotted(" ".join(f"word{number}" for number in range(100_000)), ("Disease",), known)
    spotted("x" * 5_000_000, TYPES, known)
    assert max(known.asked) <= MOST
    assert time.process_time() - began < 10


@given(st.text(max_size=200))
def test_what_is_found_stands_in_the_text(text: str) -> None:
    found = spotted(text, ("Disease",), lambda forms: forms)
    assert all(name in text and name == name.strip() for name in found)
    assert len(set(found)) == len(found)
