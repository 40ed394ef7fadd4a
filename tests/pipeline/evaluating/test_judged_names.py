"""Names found in plain text against those that annotators marked."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluating.judged_names import Linked, Marked, NamesJudged, by_place, judge_names, name_figures
from schema.document import Mention
from schema.entity_names import provisional_key
from schema.observation import Claim

TYPES = ("Chemical", "Disease")


def mention(start: int, end: int, kind: str = "Disease", *keys: str) -> Mention:
    return Mention(start, end, "x" * (end - start), kind, keys)


def judged(gold: Sequence[Mention], found: Sequence[Mention]) -> NamesJudged:
    return judge_names(gold, found, TYPES)


def test_exact_is_the_same_span_and_type() -> None:
    told = judged(
        [mention(0, 5), mention(10, 15), mention(20, 25)], [mention(0, 5), mention(10, 15, "Chemical"), mention(20, 24), mention(30, 34)]
    )
    assert told.exact == Marked(1, 4, 1, 3)
    assert told.overlapping == Marked(2, 4, 2, 3)
    assert dict(told.of_type) == {"Chemical": Marked(0, 1, 0, 0), "Disease": Marked(2, 3, 2, 3)}


def test_one_long_name_over_two_short_ones_finds_both() -> None:
    told = judged([mention(0, 5), mention(6, 12)], [mention(0, 12)])
    assert told.overlapping == Marked(1, 1, 2, 2)
    assert told.overlapping.told["f1"] == 1.0
    assert told.exact.told["f1"] == 0.0


def test_names_that_only_touch_do_not_overlap() -> None:
    assert judged([mention(0, 5)], [mention(5, 9)]).overlapping == Marked(0, 1, 0, 1)


def test_a_link_is_right_where_the_gold_name_under_it_has_its_identifier() -> None:
    gold = [mention(0, 5, "Disease", "MESH:1", "MESH:2"), mention(10, 15, "Disease", "MESH:3")]
    found = [
        mention(1, 5, "Disease", "MESH:2"),
        mention(10, 15, "Disease", "MESH:4"),
        mention(20, 25, "Disease", "MESH:3"),
        mention(30, 35, "Disease", provisional_key("Disease", "gout")),
    ]
    told = judged(gold, found)
    assert told.links == Linked(found=4, linked=3, on_gold=2, right=1)
    assert told.links.told["share_right"] == pytest.approx(1 / 3)
    assert told.links.told["share_right_on_gold"] == 0.5
    assert (told.entities.hits, told.entities.said, told.entities.gold) == (2, 3, 3)


def test_types_that_the_ontology_lacks_and_repeated_marks_are_not_counted() -> None:
    told = judged([mention(0, 5), mention(0, 5), mention(6, 9, "Device")], [mention(0, 5), mention(6, 9, "Device")])
    assert told.exact == Marked(1, 1, 1, 1)


def test_documents_are_put_together_by_their_counts() -> None:
    one, other = judged([mention(0, 5)], [mention(0, 5)]), judged([mention(0, 5, "Chemical")], [])
    told = name_figures([one, other])
    assert told["exact"] == {"found_right": 1, "found": 1, "gold_found": 1, "gold": 2, "precision": 1.0, "recall": 0.5, "f1": 2 / 3}
    assert told["of_type"]["Chemical"]["recall"] == 0.0
    assert name_figures([])["exact"]["f1"] == 0.0


MENTIONS = st.lists(
    st.builds(lambda at, size, kind: mention(at, at + size, kind), st.integers(0, 30), st.integers(1, 6), st.sampled_from(TYPES)),
    max_size=8,
)


@given(MENTIONS, MENTIONS)
def test_what_is_exact_overlaps_and_nothing_is_counted_twice(gold: list[Mention], found: list[Mention]) -> None:
    told = judged(gold, found)
    assert told.exact.found_right <= told.overlapping.found_right <= told.overlapping.found == told.exact.found <= len(found)
    assert told.exact.gold_found <= told.overlapping.gold_found <= told.overlapping.gold == told.exact.gold <= len(gold)
    perfect = judged(gold, gold)
    assert perfect.exact.found_right == perfect.exact.gold


def claim(head: str, tail: str) -> Claim:
    return Claim(head, "treat", tail, 0.9)


def test_ends_by_place_are_the_gold_entities_that_names_lie_on() -> None:
    gold = [mention(0, 5, "Chemical", "MESH:1"), mention(10, 15, "Disease", "MESH:2"), mention(20, 25, "Disease", "MESH:3")]
    zinc, gout, warts = (provisional_key("Disease", name) for name in ("zinc", "gout", "warts"))
    found = [
        mention(1, 5, "Chemical", zinc),
        mention(10, 15, "Disease", gout),
        mention(20, 24, "Disease", gout),
        mention(30, 34, "Disease", gout),
        mention(40, 45, "Disease", warts),
    ]
    told = by_place([claim(zinc, gout), claim(zinc, warts), claim("MESH:1", gout)], found, gold)
    assert [(each.head, each.tail) for each in told] == [("MESH:1", "MESH:2"), ("MESH:1", warts), ("MESH:1", "MESH:2")]


def test_two_names_of_one_thing_are_not_related_to_each_other_by_place() -> None:
    gold = [mention(0, 5, "Disease", "MESH:1"), mention(10, 15, "Disease", "MESH:1")]
    found = [mention(0, 5, "Disease", "X:1"), mention(10, 15, "Disease", "X:2")]
    assert by_place([claim("X:1", "X:2")], found, gold) == ()
