"""Rulings: which stands, what withdrawing one brings back, and which conflicts are left to them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.home.configuration.settings import load_ontology
from pipeline.believing.evidence import Evidence, latest_rulings
from pipeline.believing.fold import fold
from pipeline.believing.rules import Rules, adjudicated
from pipeline.conflicts.undecided import (
    BEFORE,
    CITED_AGAINST,
    CITED_FOR,
    PERSON,
    RulingEffect,
    conflicts,
    most_at_stake_first,
    possible_conflicts,
    queue_for_ruling,
    ruling_effects,
)
from pipeline.exports.canonical import canonical_lines
from schema.conflict import Conflict
from schema.fact import Status
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity, Observation, Polarity
from schema.records import Recorded, Retraction, Ruling, RulingWithdrawal, Verdict
from tests.conftest import examples
from tests.pipeline.believing.examples import DRUG, ILLNESS, asserts, evidence_of

ONTOLOGY = load_ontology("biomedical")
RULES = Rules(ONTOLOGY)
MATTER = ((DRUG.key, ILLNESS.key), ("cause", "treat"))
TREATS, CAUSES = asserts("PMID:1", "2001", confidence=0.95), asserts("PMID:2", "2010", "cause", 0.7)
GENES = [Entity(EntityKey(f"NCBIGene:{n}"), "Gene", f"GEN{n}") for n in (1, 2)]


def hour(number: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)


def ruling(verdict: Verdict, number: int, by: str = "", **more: Any) -> Recorded[Ruling]:
    """Of a model, unless a person is named."""
    said = Ruling(*MATTER, verdict, by or "rulings/m/1/1", "why", by_model=not by, origin=hour(number).isoformat(), **more)
    return Recorded(said, hour(number))


def withdrawal(of: Recorded[Ruling], number: int) -> Recorded[RulingWithdrawal]:
    return Recorded(RulingWithdrawal(of.record.id, of.record.ends, of.record.relations, "a person"), hour(number))


def ruled(*rulings: Recorded[Ruling], taken: Sequence[Recorded[RulingWithdrawal]] = (), said: Evidence | None = None) -> Evidence:
    return replace(said or evidence_of(TREATS, CAUSES), rulings=rulings, withdrawals=tuple(taken))


def found(evidence: Evidence, rules: Rules = RULES) -> list[Conflict]:
    return conflicts(fold(evidence, rules), rules)


def standing(evidence: Evidence) -> Verdict | None:
    stands = latest_rulings(evidence).get(MATTER)
    return stands.verdict if stands else None


def test_a_person_is_not_overruled_by_a_model_that_rules_later() -> None:
    assert standing(ruled(ruling(Verdict.OLDER, 1, "a person"), ruling(Verdict.NEWER, 2))) is Verdict.OLDER


def test_among_persons_and_among_models_the_last_recorded_stands() -> None:
    one, other = ruling(Verdict.OLDER, 2, "one"), ruling(Verdict.BOTH, 3, "other")
    assert standing(ruled(other, one)) is Verdict.BOTH
    assert standing(ruled(ruling(Verdict.OLDER, 2), ruling(Verdict.NEWER, 3))) is Verdict.NEWER


def test_who_rules_the_same_again_has_the_last_word_again() -> None:
    first, second, third = ruling(Verdict.BOTH, 1, "one"), ruling(Verdict.NEWER, 2, "other"), ruling(Verdict.BOTH, 3, "one")
    assert first.record.id != third.record.id
    assert standing(ruled(first, second, third)) is Verdict.BOTH


def test_a_ruling_of_an_old_log_keeps_its_identity() -> None:
    assert Ruling(*MATTER, Verdict.BOTH, "a person", "why").id == "237798911326df6be97076cd9b34a989"


def test_withdrawing_brings_back_what_stood_before_and_the_past_still_knows() -> None:
    model, person = ruling(Verdict.NEWER, 1), ruling(Verdict.OLDER, 2, "a person")
    one = ruled(model, person, taken=[withdrawal(person, 3)])
    assert standing(one) is Verdict.NEWER
    assert standing(one.known_at(hour(2))) is Verdict.OLDER
    both = ruled(model, person, taken=[withdrawal(person, 3), withdrawal(model, 4)])
    assert standing(both) is None
    statuses = {f.triple.relation: f.status for f in fold(both, RULES).facts}
    assert statuses == {"treat": Status.CURRENT, "cause": Status.CURRENT}
    assert {f.status for f in fold(both, RULES, known_at=hour(3)).facts} == {Status.SUPERSEDED, Status.CURRENT}


def rulings() -> st.SearchStrategy[Ruling]:
    return st.builds(
        lambda relations, verdict, by_model, number: Ruling(
            MATTER[0], relations, verdict, "m" if by_model else "p", by_model=by_model, origin=f"moment {number}"
        ),
        st.sampled_from([("cause", "treat"), ("cause", "prevent")]),
        st.sampled_from(Verdict),
        st.booleans(),
        st.integers(0, 20),
    )


def quarrels() -> st.SearchStrategy[list[Observation]]:
    """Papers of different years that a drug treats, prevents or causes an illness, or does not."""
    said = st.tuples(
        st.sampled_from(["treat", "cause", "prevent"]), st.sampled_from([0.6, 0.8, 0.95]), st.sampled_from([True, True, True, False])
    )
    return st.lists(said, min_size=3, max_size=9).map(
        lambda papers: [
            asserts(f"PMID:{n}", str(2000 + n), relation, confidence, polarity=Polarity.ASSERTS if so else Polarity.DENIES)
            for n, (relation, confidence, so) in enumerate(papers)
        ]
    )


@given(
    quarrels(),
    st.lists(rulings(), min_size=1, max_size=5, unique_by=lambda r: r.id),
    st.data(),
    st.sampled_from([RULES, replace(RULES, policy=adjudicated)]),
)
@settings(max_examples=examples(200), deadline=None)
def test_folding_with_a_withdrawal_is_folding_without_it_and_the_ruling(
    said: list[Observation], made: list[Ruling], data: Any, rules: Rules
) -> None:
    # A withdrawal may have been recorded before its ruling, as where two logs were joined: the order does not matter.
    moments = [hour(n) for n in data.draw(st.permutations(range(2 * len(made))))]
    recorded = [Recorded(r, at) for r, at in zip(made, moments, strict=False)]
    gone = data.draw(st.sets(st.integers(0, len(made) - 1), min_size=1))
    taken = [withdrawal(recorded[n], 0) for n in gone]
    taken = [replace(w, at=moments[len(made) + n]) for w, n in zip(taken, gone, strict=True)]
    evidence = evidence_of(*said)
    one = fold(replace(evidence, rulings=tuple(recorded), withdrawals=tuple(taken)), rules)
    other = fold(replace(evidence, rulings=tuple(r for n, r in enumerate(recorded) if n not in gone)), rules)
    assert list(canonical_lines(one.facts, one.entities, one.documents)) == list(
        canonical_lines(other.facts, other.entities, other.documents)
    )
    assert one.histories == other.histories


def test_a_treatment_that_harms_is_left_to_rulings_and_both_sides_are_told() -> None:
    (conflict,) = found(evidence_of(TREATS, CAUSES))
    assert conflict.matter == MATTER
    assert conflict.ends == (DRUG, ILLNESS)
    assert [position.fact.triple.relation for position in conflict.positions] == ["cause", "treat"]
    assert [c.quote for position in conflict.positions for c in position.citations] == ["sentence of PMID:2", "sentence of PMID:1"]


@pytest.mark.parametrize("relations", [("prevent", "treat"), ("associate", "cause"), ("cause", "prevent"), ("treat", "treat")])
def test_what_the_ontology_declares_is_not_left_to_rulings(relations: tuple[str, str]) -> None:
    one, other = relations
    assert found(evidence_of(asserts("PMID:1", "2001", one), asserts("PMID:2", "2010", other))) == []


def test_under_adjudicated_declared_opposites_are_left_to_rulings_too() -> None:
    said = evidence_of(asserts("PMID:1", "2001", "prevent"), asserts("PMID:2", "2010", "cause"))
    assert [c.relations for c in found(said, replace(RULES, policy=adjudicated))] == [("cause", "prevent")]


def test_relations_in_opposite_directions_are_no_conflict_but_a_symmetric_one_is_with_either() -> None:
    one, other = GENES
    inhibits = asserts("PMID:1", "2001", "inhibit", head=one, tail=other)
    stimulates_back = asserts("PMID:2", "2001", "stimulate", head=other, tail=one)
    binds = asserts("PMID:3", "2001", "interact", head=one, tail=other)
    assert [c.relations for c in found(evidence_of(inhibits, stimulates_back, binds))] == [
        ("inhibit", "interact"),
        ("interact", "stimulate"),
    ]


def test_facts_with_one_holder_at_a_time_are_no_conflict() -> None:
    general = Rules(load_ontology("general"))
    office = Entity(EntityKey("X:1"), "Organisation", "Nordlys")
    town = Entity(EntityKey("X:2"), "Place", "Ardal")
    said = evidence_of(
        asserts("N:1", "2001", "headquartered_in", head=office, tail=town), asserts("N:2", "2001", "located_in", head=office, tail=town)
    )
    assert found(said, general) == []


def test_what_nothing_supports_any_more_is_no_conflict() -> None:
    said = evidence_of(TREATS, CAUSES)
    assert found(replace(said, retractions=(Recorded(Retraction(DocumentId("PMID:2")), hour(1)),))) == []


def gene_papers() -> st.SearchStrategy[list[Observation]]:
    """Papers on two genes, in either direction."""
    ends = st.permutations(GENES)
    said = st.tuples(ends, st.sampled_from(["inhibit", "stimulate", "interact", "positive_correlate"]), st.sampled_from([0.3, 0.8]))
    return st.lists(said, max_size=6).map(
        lambda papers: [
            asserts(f"PMID:{n}", str(2000 + n), relation, confidence, head=pair[0], tail=pair[1])
            for n, (pair, relation, confidence) in enumerate(papers)
        ]
    )


@given(quarrels() | gene_papers(), st.sampled_from([RULES, replace(RULES, policy=adjudicated)]))
@settings(max_examples=examples(100), deadline=None)
def test_no_conflict_is_missed_by_looking_at_the_ends_of_observations_only(said: list[Observation], rules: Rules) -> None:
    evidence = evidence_of(*said)
    sure = replace(rules, threshold=0.0)
    matters = possible_conflicts(evidence.said(), rules)
    assert {conflict.matter for conflict in found(evidence, rules)} <= matters
    denied = any(o.polarity is Polarity.DENIES for o in said)
    assert denied or {conflict.matter for conflict in found(evidence, sure)} == matters


def test_a_position_brings_the_surest_sentences_for_it_and_against() -> None:
    for_it = [asserts(f"PMID:{n}", "2001", confidence=0.6 + n / 100) for n in range(20)]
    against = [asserts(f"PMID:{n}", "2001", confidence=0.6 + n / 1000, polarity=Polarity.DENIES) for n in range(100, 120)]
    (conflict,) = found(evidence_of(*for_it, *against, CAUSES))
    treat = conflict.positions[1]
    assert [c.document for c in treat.citations] == ["PMID:19", "PMID:18", "PMID:17", "PMID:119", "PMID:118"]
    assert len(treat.citations) == CITED_FOR + CITED_AGAINST


def test_conflicts_with_most_at_stake_come_first() -> None:
    other = Entity(EntityKey("MESH:D0"), "Disease", "another illness")
    weak = [asserts("PMID:5", "2001", confidence=0.6, tail=other), asserts("PMID:6", "2001", "cause", 0.95, tail=other)]
    assert [c.ends[1] for c in most_at_stake_first(found(evidence_of(*weak, TREATS, CAUSES)))] == [ILLNESS, other]


def test_a_model_is_not_asked_again_until_evidence_comes_or_goes() -> None:
    (conflict,) = found(evidence_of(TREATS, CAUSES))
    before = ruled(ruling(Verdict.NEWER, 1, evidence=conflict.evidence))
    assert queue_for_ruling([conflict], before).left == {BEFORE: (conflict,)}
    assert queue_for_ruling([conflict], before, again=True).to_rule == (conflict,)
    (more,) = found(evidence_of(TREATS, CAUSES, asserts("PMID:3", "2012", "cause")))
    (less,) = found(evidence_of(TREATS, CAUSES, asserts("PMID:3", "2012", polarity=Polarity.DENIES)))
    assert queue_for_ruling([more], before).to_rule == (more,)
    assert queue_for_ruling([less], before).to_rule == (less,)


def test_a_model_is_not_asked_again_because_its_ruling_was_withdrawn() -> None:
    (conflict,) = found(evidence_of(TREATS, CAUSES))
    model = ruling(Verdict.NEWER, 1, evidence=conflict.evidence)
    assert queue_for_ruling([conflict], ruled(model, taken=[withdrawal(model, 2)])).to_rule == ()


def test_a_model_is_never_asked_about_what_a_person_decided_but_again_when_the_person_takes_it_back() -> None:
    (conflict,) = found(evidence_of(TREATS, CAUSES))
    person = ruling(Verdict.OLDER, 1, "a person")
    assert queue_for_ruling([conflict], ruled(person), again=True).left == {PERSON: (conflict,)}
    assert queue_for_ruling([conflict], ruled(person, taken=[withdrawal(person, 2)])).to_rule == (conflict,)


def test_each_ruling_says_what_became_of_it() -> None:
    taken, overruled, stands, later = (
        ruling(Verdict.BOTH, 1, "one"),
        ruling(Verdict.BOTH, 2, "two"),
        ruling(Verdict.BOTH, 3, "three"),
        ruling(Verdict.NEWER, 4),
    )
    opposed = Recorded(Ruling((DRUG.key, ILLNESS.key), ("cause", "prevent"), Verdict.BOTH, "four"), hour(5))
    unknown = Recorded(Ruling((DRUG.key, ILLNESS.key), ("cause", "cures"), Verdict.BOTH, "five"), hour(6))
    evidence = ruled(later, unknown, taken, opposed, stands, overruled, taken=[withdrawal(taken, 7)])
    expected = [
        RulingEffect.WITHDRAWN,
        RulingEffect.OVERRULED,
        RulingEffect.APPLIES,
        RulingEffect.OVERRULED,
        RulingEffect.NONE,
        RulingEffect.NONE,
    ]
    assert [effect for _, effect in ruling_effects(evidence, RULES)] == expected
    assert {r.record.by: e for r, e in ruling_effects(evidence, replace(RULES, policy=adjudicated))}["four"] is RulingEffect.APPLIES
