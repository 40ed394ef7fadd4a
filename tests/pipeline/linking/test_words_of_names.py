import time

from hypothesis import given
from hypothesis import strategies as st

from pipeline.linking.name_forms import blocks_to_ask, forms_of
from pipeline.linking.words_of_names import concepts, numbers_in, words


def test_spelling_number_case_and_greek_letters_change_no_word() -> None:
    assert words("Oesophageal tumours", "Disease") == words("esophageal tumor", "Disease")
    assert words("Sjögren’s syndrome", "Disease") == words("sjogren syndrome", "Disease")
    assert words("IL-1β", "Gene") == words("IL1 beta", "Gene") == ("il", "1", "beta")
    assert words("type II", "Disease") == ("type", "2")
    assert words("PKCalpha", "Gene") == ("pkc", "alpha")
    assert words("KRAS", "Gene") == ("kras",)


def test_mirror_images_stay_apart() -> None:
    assert words("(+)-zorbin", "Chemical") != words("(-)-zorbin", "Chemical")


def test_names_of_the_same_thing_in_latin_and_english_have_the_same_concepts() -> None:
    one, other = (concepts(words(name, "Disease"), "Disease") for name in ("renal carcinomas", "carcinoma of the kidney"))
    assert one == other


@given(st.text(max_size=60), st.sampled_from(["Gene", "Chemical", "Disease", "Species"]))
def test_any_text_has_forms_and_asks_for_the_blocks_that_it_is_kept_under(name: str, kind: str) -> None:
    forms = forms_of(kind, name)
    assert forms == forms_of(kind, name)
    assert len(forms.whole) == 2
    assert set(forms.blocks) <= set(blocks_to_ask(kind, words(name, kind)))
    assert all(-(1 << 63) <= form < 1 << 63 for form in (*forms.whole, *forms.blocks))


@given(st.lists(st.integers(0, 999), max_size=4))
def test_numbers_are_kept_in_order(figures: list[int]) -> None:
    assert numbers_in(words("zorbin " + ",".join(map(str, figures)), "Disease")) == tuple(map(str, figures))


def test_a_text_of_any_length_takes_little_time() -> None:
    start = time.process_time()
    for hostile in ("(" * 10**6, "a-" * 10**6, "β" * 10**6, "'s" * 10**6):
        forms_of("Chemical", hostile)
    assert time.process_time() - start < 2.0
