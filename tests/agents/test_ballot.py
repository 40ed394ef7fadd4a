"""Votes: stopping early never changes what all the answers would have decided."""

from hypothesis import given
from hypothesis import strategies as st

from agents.ballot import Ballot

ANSWERS = st.lists(st.none() | st.sets(st.sampled_from("abc")), min_size=1, max_size=20)


def decided(ballot: Ballot[str]) -> dict[str, bool]:
    return {candidate: share >= 0.6 for candidate, share in ballot.shares().items() if share >= 0.6}


def set_aside(ballot: Ballot[str]) -> bool:
    return ballot.hopeless or ballot.mostly_none_for_sure


def counted(answers: list[set[str] | None], most: int) -> Ballot[str]:
    ballot: Ballot[str] = Ballot(most, 0.6)
    for answer in answers:
        ballot.add(answer)
    return ballot


@given(ANSWERS)
def test_stopping_early_decides_what_all_answers_would_have(answers):
    most = len(answers)
    early: Ballot[str] = Ballot(most, 0.6)
    while some := early.next_round:
        for answer in answers[early.asked : early.asked + some]:
            early.add(answer)
    full = counted(answers, most)
    assert early.asked <= most
    assert set_aside(early) == set_aside(full)
    if not set_aside(early):
        assert decided(early) == decided(full)


@given(ANSWERS, st.integers(0, 20))
def test_what_is_settled_stays_so_whatever_comes(answers, more):
    most = len(answers) + more
    ballot = counted(answers, most)
    if not ballot.settled or set_aside(ballot):
        return
    for rest in ([{"a", "b", "c"}] * more, [set[str]()] * more, [None] * more, [{"a"}, None] * more, [{"new"}] * more):
        final = counted([*answers, *rest[:more]], most)
        assert decided(final) == decided(ballot)
        assert not set_aside(final)


def test_unanimity_needs_no_more_than_the_answers_that_settle_it():
    ballot: Ballot[str] = Ballot(20, 0.6)
    assert ballot.next_round == 9  # eleven more could not bring a new candidate to 0.6 of twenty
    for _ in range(12):
        ballot.add({"a"})
    assert ballot.settled


def test_an_answer_that_says_none_counts_and_one_that_is_not_valid_does_not():
    ballot = counted([{"a"}, set(), None], 3)
    assert ballot.valid == 2
    assert ballot.shares() == {"a": 0.5}


def test_over_half_none_and_under_half_valid_are_seen_as_soon_as_they_are_certain():
    assert counted([set()] * 11, 20).mostly_none_for_sure
    assert not counted([set()] * 10, 20).mostly_none_for_sure
    assert counted([None] * 11, 20).hopeless
    assert not counted([None] * 10, 20).hopeless
