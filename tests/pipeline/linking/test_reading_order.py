"""Names of vocabularies in reading order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.linking.reading_order import reading_order


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("Carcinoma, Non-Small-Cell Lung", "Non-Small-Cell Lung Carcinoma"),
        ("Leukemia, Myeloid, Acute", "Acute Myeloid Leukemia"),
        ("Estrogens, Conjugated (USP)", "Conjugated Estrogens (USP)"),
        ("Receptors, Tumor Necrosis Factor, Type I", "Tumor Necrosis Factor Receptors, Type I"),
        ("Diabetes Mellitus, Type 2", "Diabetes Mellitus, Type 2"),
        ("1,2-dichloroethane", "1,2-dichloroethane"),
        ("N,N-dimethyl-1,4-phenylenediamine", "N,N-dimethyl-1,4-phenylenediamine"),
        ("tremor, ataxia, and nystagmus", "tremor, ataxia, and nystagmus"),
        ("deafness, autosomal recessive 12", "deafness, autosomal recessive 12"),
        ("salts (sodium, potassium)", "salts (sodium, potassium)"),
        ("asthma", "asthma"),
        ("asthma, ", "asthma, "),
    ],
)
def test_what_is_turned_round_for_lists_is_read_in_order(name: str, read: str) -> None:
    assert reading_order(name, "Disease") == read


def test_the_comma_of_a_place_is_none_of_a_list() -> None:
    assert reading_order("Paris, France", "Place") == "Paris, France"


@given(st.text("aA ,()1-", max_size=30))
def test_no_word_is_lost(name: str) -> None:
    assert sorted(filter(str.isalnum, reading_order(name, "Chemical"))) == sorted(filter(str.isalnum, name))
