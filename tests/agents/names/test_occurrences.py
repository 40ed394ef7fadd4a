"""Where names stand in a text: letter by letter, as whole words."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agents.names.occurrences import Occurrences, as_in_prompts, longest_first, spelling_of


def places(text: str, name: str) -> list[str]:
    return [text[start:end] for start, end in Occurrences(text).of(name)]


def test_a_name_is_found_wherever_it_stands_as_whole_words():
    text = "IL-1 is not IL-10; IL-1-like, (IL-1) and anti-IL-1 are, xIL-1 is not."
    assert len(places(text, "IL-1")) == 4
    assert places("CRP and CR", "CR") == ["CR"]
    assert places("1,2-dichloroethane", "1,2-dichloroethane") == ["1,2-dichloroethane"]
    assert places("TGF\u03b2", "TGF") == []


def test_short_names_keep_their_case_and_longer_ones_need_not():
    assert places("The CAT scan of a cat.", "CAT") == ["CAT"]
    assert places("Aspirin and aspirin.", "aspirin") == ["Aspirin", "aspirin"]
    assert spelling_of("CAT") != spelling_of("cat")
    assert spelling_of("Aspirin") == spelling_of("aspirin")


def test_dashes_quotes_and_space_of_other_kinds_are_no_difference():
    text = "non\u2010small\u00a0cell\n lung cancer of O\u2019Neill"
    assert places(text, "non-small cell lung cancer") == ["non\u2010small\u00a0cell\n lung cancer"]
    assert places(text, "O'Neill") == ["O\u2019Neill"]


def test_what_a_prompt_shows_is_as_long_as_the_text():
    text = "[C1] <think> \u0130stanbul \ud800 \u2028 \x00 \U0001f600"
    assert len(as_in_prompts(text)) == len(text)
    assert "[" not in as_in_prompts(text)
    assert "<" not in as_in_prompts(text)
    assert "\n" not in as_in_prompts("a\nb")


@given(st.text(max_size=60), st.text(min_size=1, max_size=8))
def test_every_place_is_in_the_text_and_reads_like_the_name(text, name):
    for start, end in Occurrences(text).of(name):
        assert 0 <= start < end <= len(text)
        found, sought = (" ".join(as_in_prompts(part).lower().split()) for part in (text[start:end], name))
        assert len(found) == len(sought)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), max_size=20))
def test_of_names_that_overlap_the_longest_stays(found):
    spans = [((start, start + length), "x") for start, length in found]
    kept = [span for span, _ in longest_first(spans, 50)]
    assert all(one[1] <= two[0] for one, two in pairwise(kept))
    assert not spans or max(end - start for (start, end), _ in spans) == max(end - start for start, end in kept)
    for (start, end), _ in spans:
        assert any(start < b and a < end and b - a >= end - start for a, b in kept)
