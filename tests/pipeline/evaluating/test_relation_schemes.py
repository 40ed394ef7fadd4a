"""Annotators' words and the ontology's: total, allowed, and the same after going there and back."""

from itertools import combinations_with_replacement

import pytest

from pipeline.evaluating.relation_schemes import BC5CDR, BIORED, Scheme, scheme_of
from schema.errors import WrongUse
from schema.ontology import Ontology

TYPES = ("Chemical", "Disease", "Gene", "Variant", "Species", "CellLine")
# Every word and pair of types in BioRED's Train and Dev.
IN_BIORED = {
    "Association": "CC CD CG CV DG DV GG GV VV",
    "Bind": "CC CG GG",
    "Comparison": "CC",
    "Conversion": "CC",
    "Cotreatment": "CC CG",
    "Drug_Interaction": "CC",
    "Negative_Correlation": "CC CD CG CV DG DV GG",
    "Positive_Correlation": "CC CD CG CV DG DV GG",
}
LETTERS = {"C": "Chemical", "D": "Disease", "G": "Gene", "V": "Variant"}


def types(letters: str) -> frozenset[str]:
    return frozenset(LETTERS[letter] for letter in letters)


def is_allowed(ontology: Ontology, relation: str, between: frozenset[str]) -> bool:
    one, other = (*between, *between)[:2]
    return ontology.allows(one, relation, other) or ontology.allows(other, relation, one)


def test_every_word_between_every_two_types_of_biored_is_a_relation_that_the_ontology_allows_there(biomedical: Ontology) -> None:
    assert set(IN_BIORED) == BIORED.words
    for word, pairs in IN_BIORED.items():
        for letters in pairs.split():
            relation = BIORED.into(word, types(letters))
            assert relation is not None
            assert is_allowed(biomedical, relation, types(letters)), (word, letters, relation)


@pytest.mark.parametrize(
    ("word", "letters", "relation"),
    [
        ("Positive_Correlation", "CD", "cause"),
        ("Negative_Correlation", "CD", "treat"),
        ("Positive_Correlation", "GD", "cause"),
        ("Negative_Correlation", "GD", "inhibit"),
        ("Positive_Correlation", "VD", "cause"),
        ("Negative_Correlation", "VD", "prevent"),
        ("Positive_Correlation", "CG", "positive_correlate"),
        ("Negative_Correlation", "GG", "negative_correlate"),
        ("Association", "GD", "associate"),
        ("Bind", "GG", "interact"),
        ("Conversion", "CC", "interact"),
        ("Cotreatment", "CC", "cotreat"),
        ("Cotreatment", "CG", "associate"),
        ("Comparison", "CC", "compare"),
        ("Drug_Interaction", "CC", "drug_interact"),
    ],
)
def test_sign_and_types_decide_what_a_word_of_biored_is(word: str, letters: str, relation: str) -> None:
    assert BIORED.into(word, types(letters)) == relation


@pytest.mark.parametrize(
    ("relation", "letters", "word"),
    [
        ("treat", "CD", "Negative_Correlation"),
        ("prevent", "CD", "Negative_Correlation"),
        ("inhibit", "CG", "Negative_Correlation"),
        ("stimulate", "CG", "Positive_Correlation"),
        ("cause", "GD", "Positive_Correlation"),
        ("interact", "GG", "Bind"),
        ("associate", "VV", "Association"),
    ],
)
def test_a_claim_is_put_in_the_words_of_biored(relation: str, letters: str, word: str) -> None:
    assert BIORED.back(relation, types(letters)) == word


@pytest.mark.parametrize("scheme", [BIORED, BC5CDR], ids=lambda scheme: scheme.name)
def test_what_annotators_do_not_tell_apart_becomes_one_relation_and_stays_it(scheme: Scheme, biomedical: Ontology) -> None:
    judged = 0
    for one, other in combinations_with_replacement(TYPES, 2):
        between = frozenset((one, other))
        for relation in biomedical.relations:
            if not is_allowed(biomedical, relation, between):
                continue
            canonical = scheme.canonical(relation, between)
            if canonical is not None:
                judged += 1
                assert is_allowed(biomedical, canonical, between)
                assert scheme.canonical(canonical, between) == canonical
    assert judged > 0


def test_a_claim_between_types_that_annotators_do_not_relate_is_neither_right_nor_wrong() -> None:
    assert BIORED.back("associate", frozenset({"Disease"})) is None
    assert BIORED.back("associate", frozenset({"Chemical", "Species"})) is None
    assert BC5CDR.back("treat", types("CD")) is None
    assert BC5CDR.back("cause", types("CD")) == "CID"


def test_the_words_say_which_scheme_it_is(biomedical: Ontology) -> None:
    assert scheme_of({"Bind", "Association"}, biomedical).name == "BioRED"
    assert scheme_of({"CID"}, biomedical).name == "BC5CDR"
    own = scheme_of({"treat", "cause"}, biomedical)
    assert (own.name, own.directed) == ("biomedical", True)
    assert own.canonical("prevent", types("CD")) == "prevent"


def test_words_of_no_scheme_or_of_several_are_refused_by_name(biomedical: Ontology) -> None:
    with pytest.raises(WrongUse, match=r"gold\.txt has the relation 'Heals'"):
        scheme_of({"Bind", "Heals"}, biomedical, "gold.txt")
    with pytest.raises(WrongUse, match="the words of several schemes: CID, treat"):
        scheme_of({"CID", "treat"}, biomedical)
