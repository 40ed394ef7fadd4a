"""Votes: stopping early never changes what all the answers would have decided."""

import random
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.relations.ballot import Ballot, reaches

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


@pytest.mark.parametrize(("most", "count", "seen"), [(6, 0, 2), (6, 2, 2), (6, 1, 3), (5, 0, 0), (7, 3, 6)])
def test_the_probability_to_reach_a_share_is_that_of_every_way_to_go_on(most, count, seen):
    share = Fraction(3, 5)
    likely = 0.0
    for rest in product((0, 1), repeat=most - seen):
        chance, yes, no = 1.0, count + 1, seen - count + 1
        for said in rest:  # Polya's urn draws what the beta-binomial counts
            chance *= (yes if said else no) / (yes + no)
            yes, no = yes + said, no + 1 - said
        likely += chance if Fraction(count + sum(rest), most) >= share else 0.0
    assert reaches(most, count, seen, share) == pytest.approx(likely)


def test_stopping_at_an_error_asks_less_and_decides_nearly_always_the_same():
    chance = random.Random(7)
    asked = same = decisions = 0
    for _ in range(300):
        rates = [chance.betavariate(0.4, 1.2) for _ in range(4)]
        answers = [{name for name, rate in zip("abcd", rates, strict=True) if chance.random() < rate} or {"e"} for _ in range(50)]
        early: Ballot[str] = Ballot(50, 0.6, 0.05)
        while some := early.next_round:
            for answer in answers[early.asked : early.asked + some]:
                early.add(answer)
        full = counted(answers, 50)
        asked += early.asked
        decisions += 4
        same += sum((early.shares().get(name, 0.0) >= 0.6) == (full.shares().get(name, 0.0) >= 0.6) for name in "abcd")
    assert same / decisions > 0.98
    assert asked < 0.7 * 50 * 300


def test_answers_that_are_of_no_use_end_the_asking_early():
    ballot: Ballot[str] = Ballot(50, 0.6, 0.05)
    while some := ballot.next_round:
        for _ in range(some):
            ballot.add(None)
    assert ballot.asked < 26
    assert ballot.hopeless


def test_all_answers_are_asked_for_at_once_where_no_error_is_chosen():
    ballot: Ballot[str] = Ballot(50, 0.6, None)
    assert ballot.next_round == 50
    for _ in range(50):
        ballot.add({"a"})
    assert ballot.next_round == 0
