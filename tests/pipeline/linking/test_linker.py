import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.linking.linker import VocabularyLinker
from schema.entity_names import NameInText
from schema.records import Sameness
from tests.conftest import examples
from tests.pipeline.linking.examples import TERMS, link, store, term


@pytest.mark.parametrize(
    ("written", "kind", "key"),
    [
        ("Aspirin", "Chemical", "MESH:D001241"),
        ("aspirin", "Chemical", "MESH:D001241"),
        ("acetylsalicylic-acid", "Chemical", "MESH:D001241"),
        ("acetylsalicylate", "Chemical", "MESH:D001241"),
        ("folate", "Chemical", "MESH:D005492"),
        ("Ca(2+)", "Chemical", "MESH:D002118"),
        ("1,2-Dichloroethane", "Chemical", "MESH:C024565"),
        ("neoplasm of the lung", "Disease", "MESH:D008175"),
        ("lung tumours", "Disease", "MESH:D008175"),
        ("pulmonary cancer", "Disease", "MESH:D008175"),
        ("renal disease", "Disease", "MESH:D007674"),
        ("nephropathies", "Disease", "MESH:D007674"),
        ("type II diabetes mellitus", "Disease", "MESH:D003924"),
        ("hypertensive", "Disease", "MESH:D006973"),
        ("hypertensoin", "Disease", "MESH:D006973"),
        ("diabetes", "Disease", "MESH:D003920"),
        ("the human IL-10 gene", "Gene", "NCBIGene:3586"),
        ("interleukin-10", "Gene", "NCBIGene:3586"),
        ("TGF-β1", "Gene", "NCBIGene:7040"),
        ("KRAS", "Gene", "NCBIGene:3845"),
    ],
)
def test_one_name_written_in_another_way_is_linked(written: str, kind: str, key: str) -> None:
    found = link(written, kind)
    assert found.sameness is Sameness.SAME, found
    assert found.entity is not None
    assert found.entity.key == key
    assert 0.85 <= found.score <= 1.0
    assert key in found.reason
    assert found.by.startswith("first 1, ")


@pytest.mark.parametrize(
    ("written", "kind", "never"),
    [
        ("IL-1", "Gene", "NCBIGene:3586"),
        ("IL-100", "Gene", "NCBIGene:3586"),
        ("CR", "Gene", "NCBIGene:1401"),
        ("CRPs1", "Gene", "NCBIGene:1401"),
        ("TGF-α1", "Gene", "NCBIGene:7040"),
        ("NRAS", "Gene", "NCBIGene:3845"),
        ("type 1 diabetes", "Disease", "MESH:D003924"),
        ("type 3 diabetes mellitus", "Disease", "MESH:D003924"),
        ("hypotension", "Disease", "MESH:D006973"),
        ("1,1-dichloroethane", "Chemical", "MESH:C024565"),
        ("2,1-dichloroethane", "Chemical", "MESH:C024565"),
        ("dichloroethane", "Chemical", "MESH:C024565"),
        ("Thiazine", "Chemical", "MESH:D008297"),
        ("aspirin", "Disease", "MESH:D001241"),
        ("was", "Gene", "NCBIGene:7454"),
        ("mexiletine sulfate", "Chemical", "MESH:D000001"),
    ],
)
def test_another_number_letter_sign_or_type_is_never_the_same(written: str, kind: str, never: str) -> None:
    found = link(written, kind)
    assert found.entity is None or found.entity.key != never or found.sameness is Sameness.UNSURE


@pytest.mark.parametrize(
    ("known", "written"),
    [("SR-2023-052", "SR-2023-053"), ("iodine-131", "iodine-125"), ("vitamin D", "vitamin E"), ("factor V", "factor X"), ("PD-1", "PD-L1")],
)
@pytest.mark.parametrize("kind", ["Chemical", "Gene", "Disease"])
def test_codes_that_differ_in_a_digit_or_letter_stay_apart(known: str, written: str, kind: str) -> None:
    assert link(written, kind, "", [term("X:1", kind, known)]).sameness is not Sameness.SAME
    assert link(known, kind, "", [term("X:1", kind, known)]).sameness is Sameness.SAME


def test_a_name_of_two_entities_is_unsure_and_names_both() -> None:
    found = link("p21", "Gene")
    assert found.sameness is Sameness.UNSURE
    assert found.entity is not None
    assert {found.entity.key, *(other.key for other in found.others)} >= {"NCBIGene:3845", "NCBIGene:1026"}
    assert "as good" in found.reason


def test_a_preferred_name_stands_before_a_synonym() -> None:
    terms = [term("X:1", "Disease", "Wasting Fever", "Red Fever"), term("X:2", "Disease", "Red Fever")]
    found = link("Red Fever", "Disease", "", terms)
    assert found.sameness is Sameness.SAME
    assert found.entity is not None
    assert found.entity.key == "X:2"


def test_the_vocabulary_that_was_loaded_first_gives_key_and_name() -> None:
    terms = [term("DOID:1", "Disease", "gallstones"), term("MESH:D006973", "Disease", "raised pressure")]
    found = link("gallstones", "Disease", "", TERMS, terms)
    assert found.sameness is Sameness.SAME
    assert found.entity is not None
    assert found.entity.key == "MESH:D005705"
    same = link("raised pressure", "Disease", "", TERMS, terms)
    assert same.entity is not None
    assert (same.entity.key, same.entity.name) == ("MESH:D006973", "Hypertension")


def test_an_order_can_be_given() -> None:
    lookup = store(TERMS, [term("DOID:1", "Disease", "gallstones")])
    found = VocabularyLinker(lookup, ["second", "first"]).link([NameInText("gallstones", "Disease")])[0]
    assert found.entity is not None
    assert found.entity.key == "DOID:1"


def test_a_short_form_is_what_its_long_form_is() -> None:
    found = link("HBP", "Disease", "high blood pressure")
    assert found.sameness is Sameness.SAME
    assert found.entity is not None
    assert found.entity.key == "MESH:D006973"


def test_a_short_form_that_a_vocabulary_has_for_something_else_is_not_linked_by_itself() -> None:
    found = link("CRP", "Gene", "cyclic repression peptide")
    assert found.sameness is Sameness.UNSURE
    assert "long form" in found.reason


def test_what_nothing_resembles_is_different() -> None:
    found = link("zzyzx", "Disease")
    assert (found.sameness, found.entity, found.score) == (Sameness.DIFFERENT, None, 0.0)


_PIECES = st.one_of(
    st.sampled_from([name for each in TERMS for name in (each.name, *each.synonyms)]),
    st.text(alphabet=string.ascii_letters + string.digits + " -+,()'αβé\u0130ß", max_size=12),
)
_NAMES = st.lists(st.builds(NameInText, _PIECES, st.sampled_from(["Gene", "Chemical", "Disease", "Species"]), st.just("")), max_size=6)


@settings(max_examples=examples(60))
@given(_NAMES)
def test_a_link_does_not_depend_on_what_else_is_asked(names: list[NameInText]) -> None:
    linker = VocabularyLinker(_LOOKUP)
    together = linker.link(names)
    assert together == [linker.link([name])[0] for name in names]
    assert all(found.entity is None or found.entity.type == name.type for name, found in zip(names, together, strict=True))


_LOOKUP = store()


@settings(max_examples=examples(60))
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(["SR-{}", "compound {}", "IL{}", "type {} syndrome", "p{}alpha"]))
def test_names_with_different_numbers_are_never_the_same(one: int, other: int, form: str) -> None:
    kind = "Chemical"
    lookup = store([term("X:1", kind, form.format(one))])
    found = VocabularyLinker(lookup).link([NameInText(form.format(other), kind)])[0]
    assert (found.sameness is Sameness.SAME) == (one == other)
