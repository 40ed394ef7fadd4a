"""Where sentences begin: after a full stop that is one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.document import sentence_spans, sentence_starts


def split(text: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentence",
    [
        "He has held the office since Sept. 1999.",
        "From Dec. 1, 1999 to Nov. 30, 2002 (Fig. 2) nothing changed.",
        "As Smith et al. Showed, zinc (Zn, approx. 5 mg, i.e. One spoon) helps.",
        "Rats were given zinc (5 mg/kg i.p. 30 min before) or 10 mg p.o. 2 h later.",
        "Dr. J. R. Doe, e.g. No. 5 of Zinc Inc. Boston, disagrees.",
        "Plasmodium spp. Were found in U.S. Army camps, cf. Eq. 3, Ref. 12 and Suppl. Table 1.",
        "S. aureus vs. E. Coli, ca. 5 of them.",
    ],
)
def test_an_abbreviation_s_dot_ends_no_sentence(sentence: str) -> None:
    assert split(f"{sentence} Zinc works.") == [sentence, "Zinc works."]


@pytest.mark.parametrize(
    "sentence",
    [
        "They lacked vitamin C.",
        "Rats were given 5 mg/kg i.v.",
        "This was shown by Smith et al.",
        "It was first seen in Sept.",
        "So are Plasmodium spp.",
        'He said: "No."',
    ],
)
def test_but_before_a_word_that_often_begins_one_it_can(sentence: str) -> None:
    assert split(f"{sentence} The others did not.") == [sentence, "The others did not."]


def test_questions_quotes_and_numbers_end_and_begin_sentences() -> None:
    assert split('Was it so? "Yes." (It was.) 40 left!') == ["Was it so?", '"Yes."', "(It was.)", "40 left!"]


@given(st.text(alphabet="ab .!?\n(A1\"'é", max_size=60), st.integers(0, 60))
def test_sentences_cover_a_text_in_order_and_a_part_is_split_by_itself(text: str, begin: int) -> None:
    spans = sentence_spans(text)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    assert "".join(text[start:end] for start, end in spans).split() == text.split()
    assert all(begin < at <= len(text) for at in sentence_starts(text, begin))
