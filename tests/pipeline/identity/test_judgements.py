"""Which judgement stands on a name, and which entity a recorded key counts as."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identity.judgements import AS_RECORDED, Possible, identity_in, judged_by, judgements_in_force
from schema.entity_names import provisional_key
from schema.fact import Triple
from schema.ids import BatchId, EntityKey
from schema.ports import Votes
from schema.records import Judgement, JudgementWithdrawal, Recorded, Sameness
from tests.graph_store.log.memory_log import MemoryEvidenceLog
from tests.histories import judgements

START = datetime(2026, 1, 1, tzinfo=UTC)
K1, K2 = EntityKey("MESH:D001249"), EntityKey("MESH:D000001")


def name(text: str) -> EntityKey:
    return provisional_key("Disease", text)


def judged(text: str, key: str = K1, sameness: Sameness = Sameness.SAME, **more: Any) -> Judgement:
    return Judgement(text, "Disease", EntityKey(key), sameness, more.pop("by", "names 1"), 0.9, **more)


def table(*records: Judgement | JudgementWithdrawal) -> pl.DataFrame:
    """Recorded one hour after the other."""
    log = MemoryEvidenceLog()
    log.append(BatchId("all"), [Recorded(record, START + timedelta(hours=n)) for n, record in enumerate(records)])
    return pl.DataFrame(log.judgements())


def taken_back(judgement: Judgement) -> JudgementWithdrawal:
    return JudgementWithdrawal(judgement.id, judgement.name, judgement.type, "a person")


def test_without_judgements_every_key_is_itself() -> None:
    assert identity_in(None) is AS_RECORDED
    assert identity_in(table()) is AS_RECORDED
    frame = pl.DataFrame({"head": ["a"], "tail": ["b"]})
    assert AS_RECORDED.rows(frame) is frame


def test_a_name_that_is_the_same_counts_as_its_entity_however_it_is_written() -> None:
    identity = identity_in(table(judged("Asthma ", label="asthma")))
    assert identity.of(name("ASTHMA")) == K1
    assert identity.of(K1) == K1
    assert identity.labels == {K1: "asthma"}


@pytest.mark.parametrize("sameness", [Sameness.DIFFERENT, Sameness.UNSURE])
def test_a_name_that_is_different_or_unsure_stands_by_itself(sameness: Sameness) -> None:
    assert identity_in(table(judged("asthma", sameness=sameness))).of(name("asthma")) == name("asthma")


def test_the_last_recorded_program_counts_and_a_person_before_all() -> None:
    old, new, person = judged("asthma", K1), judged("asthma", K2, by="names 2"), judged("asthma", K1, by="Ines", by_person=True)
    assert identity_in(table(old, new)).of(name("asthma")) == K2
    assert identity_in(table(person, old, new)).of(name("asthma")) == K1
    assert judgements_in_force(table(person, old, new))["id"].to_list() == [person.id]


def test_what_is_withdrawn_lets_what_stood_before_stand_again() -> None:
    program, person = judged("asthma", K1), judged("asthma", "", Sameness.DIFFERENT, by_person=True)
    assert identity_in(table(program, person)).of(name("asthma")) == name("asthma")
    assert identity_in(table(program, person, taken_back(person))).of(name("asthma")) == K1
    assert identity_in(table(program, taken_back(program))).of(name("asthma")) == name("asthma")


def test_at_a_moment_counts_what_was_recorded_by_then() -> None:
    program, person = judged("asthma", K1), judged("asthma", K2, by_person=True)
    all_of_it = table(program, person, taken_back(person))
    found = [identity_in(judged_by(all_of_it, START + timedelta(hours=hour))).of(name("asthma")) for hour in (-1, 0, 1, 2)]
    assert found == [name("asthma"), K1, K2, K1]


def test_chains_of_names_lead_to_their_end_and_circles_to_their_first_key() -> None:
    chain = identity_in(table(judged("short", name("long")), judged("long", K1, label="asthma")))
    assert {chain.of(name("short")), chain.of(name("long"))} == {K1}
    circle = identity_in(table(judged("b", name("c")), judged("c", name("a")), judged("a", name("b")), judged("z", name("c"))))
    assert {circle.of(name(each)) for each in "abcz"} == {name("a")}
    assert identity_in(table(judged("a", name("a")))).keys == {}


@pytest.mark.parametrize(("one", "other"), [("IL-1", "IL-10"), ("SR-2023-052", "SR-2023-053"), ("CR", "CRP"), ("1,2-dichloroethane", "1")])
def test_names_that_no_judgement_merges_stay_apart(one: str, other: str) -> None:
    identity = identity_in(table(judged(one, K1)))
    assert identity.of(name(one)) == K1
    assert identity.of(name(other)) == name(other)


def test_rows_triples_and_votes_follow_the_names() -> None:
    identity = identity_in(table(judged("asthma", K1)))
    rows = identity.rows(pl.DataFrame({"head": [name("asthma"), K2], "tail": [K2, name("asthma")], "relation": ["r", "r"]}))
    assert rows.select("head", "tail").rows() == [(K1, K2), (K2, K1)]
    assert identity.triple(Triple(name("asthma"), "r", K2)) == Triple(K1, "r", K2)
    votes = identity.votes({name("asthma"): Votes({"Disease": 2}, {"asthma": 2}), K1: Votes({"Disease": 1}, {"Asthma": 1})})
    assert votes[K1] == Votes({"Disease": 3}, {"asthma": 2, "Asthma": 1})


@given(st.lists(judgements(), max_size=8), st.lists(st.integers(0, 7), max_size=3))
def test_whatever_stands_a_name_counts_as_something_that_it_could_count_as(made: list[Judgement], gone: list[int]) -> None:
    unique = list({each.id: each for each in made}.values())
    found = table(*unique, *[taken_back(unique[n]) for n in set(gone) if n < len(unique)])
    identity, possible = identity_in(found), Possible(found)
    for each in unique:
        key = provisional_key(each.type, each.name)
        assert identity.of(key) in possible.of(key)
        assert key in possible.names([identity.of(key)])
        assert identity.of(identity.of(key)) == identity.of(key)
