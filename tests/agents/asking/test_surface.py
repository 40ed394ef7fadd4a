"""What can be counted about a pair: positions and words, and never who is meant."""

import pytest

from agents.asking.surface import POSITION, WORDS, Surface
from agents.asking.tagging import TaggedDocument
from schema.document import Document
from tests.agents.fakes import document

FIRST, SECOND = ("Zinc", "Chemical", "MESH:D015032"), ("Warts", "Disease", "MESH:D014860")


def features(found: Document, head: int = 0, tail: int = 1) -> dict[str, float]:
    return Surface(TaggedDocument(found)).features(head, tail)


def without_types(found: dict[str, float]) -> set[str]:
    return {name for name in found if ">" not in name}


def test_the_words_between_two_ends_are_told_with_the_ends_in_their_order():
    found = without_types(features(document("Zinc strongly reduced Warts in men.", FIRST, SECOND)))
    assert {"between HEAD strongly", "between HEAD strongly reduced", "stems reduce TAIL", "sentence men", "between strongly"} <= found
    assert "between men" not in found
    turned = without_types(features(document("Zinc strongly reduced Warts in men.", FIRST, SECOND), 1, 0))
    assert "between TAIL strongly" in turned


def test_who_is_meant_is_never_told():
    one = document("Zinc reduced Warts, and Copper did not.", FIRST, SECOND, ("Copper", "Chemical", "MESH:D003300"))
    named = ("Iron", "Chemical", "x:1"), ("Gout", "Disease", "x:2"), ("Gold", "Chemical", "x:3")
    other = document("Iron reduced Gout, and Gold did not.", *named)
    for head, tail in ((0, 1), (1, 0), (2, 1), (0, 2)):
        assert features(one, head, tail) == features(other, head, tail)
    assert not [name for name in features(one) if "zinc" in name.lower() or "wart" in name.lower()]


def test_ends_that_share_no_sentence_are_told_by_the_nearest_two():
    found = features(document("Zinc was given. Nothing happened. Then Warts went away.", FIRST, SECOND))
    assert {"~apart2", "far-head given", "far-tail away"} <= set(found)
    assert not [name for name in found if "between" in name or "nothing" in name]


def test_position_tells_title_shared_sentences_and_mentions():
    once = set(features(document("Zinc cured Warts.", FIRST, SECOND)))
    often = set(features(document("Zinc cured Warts. Zinc cured Warts.", FIRST, SECOND, title="Zinc.")))
    assert {"~title0", "~shared1", "~head1", "~tail1"} <= once
    assert {"~title1", "~shared2", "~head3", "~tail2"} <= often


def test_all_words_of_a_pair_together_weigh_the_same_however_many_they_are():
    for text in ("Zinc cured Warts.", "Zinc cured Warts in all of forty men and women who came to be seen. Zinc was not a cure for Warts."):
        found = features(document(text, FIRST, SECOND))
        words = [value for name, value in found.items() if ">" not in name and not name.startswith("~")]
        assert sum(value**2 for value in words) == pytest.approx(WORDS**2)
        assert min(value for name, value in found.items() if name.startswith("~")) == POSITION


def test_a_name_within_a_name_is_told_with_it():
    found = document("Zinc oxide paste helped Warts.", FIRST, ("Zinc oxide", "Chemical", "MESH:D015034"), SECOND)
    tagged = TaggedDocument(found)
    inner = next(number for number, entity in enumerate(tagged.entities) if entity.key == FIRST[2])
    warts = next(number for number, entity in enumerate(tagged.entities) if entity.key == SECOND[2])
    assert "between HEAD paste helped" in Surface(tagged).features(inner, warts)
