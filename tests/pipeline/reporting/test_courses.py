"""The course of a fact: on every day it says what the fold as of that day says, and names the sentences that did it."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import fold
from pipeline.believing.gathering import all_evidence
from pipeline.believing.rules import Rules
from pipeline.reporting.over_time.courses import DayByDay, changes_on, course_of, day_by_day, papers_on, rivals_of
from pipeline.reporting.over_time.moments import moments_recorded
from schema.fact import Status, Triple
from schema.ids import EntityKey
from schema.ontology import Ontology
from schema.ports import Question
from tests.conftest import examples
from tests.histories import moments, sourced_histories
from tests.pipeline.believing.test_brute_force import BIOMEDICAL, GENERAL, MEDICAL_TRUST, TRUST, History, log_of, offices
from tests.pipeline.reporting.told import DRUG, ILLNESS, START, evidence_of

PREVENT, CAUSE = Triple(DRUG, "prevent", ILLNESS), Triple(DRUG, "cause", ILLNESS)
ASKED = {Question(tuple(sorted((DRUG, ILLNESS))))}
NOWHERE = (None, 0.0, 0)


def stands(steps: list[list[Any]], day: date) -> tuple[Any, ...]:
    """What a reader of the steps takes from them."""
    before = [step for step in steps if step[0] <= day.isoformat()]
    return (before[-1][3], *before[-1][1:3]) if before and before[-1][3] != Status.WITHDRAWN else NOWHERE


def agree(history: History, rules: Rules, moment: Any, day: date) -> None:
    evidence = all_evidence(log_of(history))
    questions = {rules.question(fact.triple) for fact in fold(evidence, rules, known_at=moment).facts}
    told = day_by_day(evidence, rules, questions, known_at=moment)
    stops = moments_recorded(evidence, rules, questions)
    assert stops == sorted(set(stops))
    assert bool(stops) or not questions
    found = {triple: stands(course_of(fact, told, {})["steps"], day) for triple, fact in told.facts.items()}
    then = fold(evidence, rules, as_of=day, known_at=moment, questions=questions, histories=False)
    wanted = {f.triple: (f.status.value, f.belief, f.support) for f in then.facts if f.status is not Status.WITHDRAWN}
    assert {triple: each for triple, each in found.items() if each != NOWHERE} == wanted
    cut = day_by_day(evidence, rules, questions, day, moment)
    ends = {t: stands(course_of(fact, cut, {})["steps"], date.max) for t, fact in cut.facts.items()}
    assert {triple: each for triple, each in ends.items() if each != NOWHERE} == wanted


@given(sourced_histories(BIOMEDICAL), MEDICAL_TRUST, st.none() | moments(16), st.dates(date(1998, 1, 1), date(2011, 1, 1)))
@settings(max_examples=examples(100), deadline=None)
def test_on_every_day_a_course_says_what_the_fold_as_of_that_day_says(
    history: History, trust: dict[str, float], moment: Any, day: date
) -> None:
    agree(history, Rules(BIOMEDICAL, trust=trust), moment, day)


@given(offices(), TRUST, st.none() | moments(16), st.dates(date(1989, 1, 1), date(2011, 1, 1)))
@settings(max_examples=examples(100), deadline=None)
def test_and_so_it_does_where_terms_are_stated_and_end(history: History, trust: dict[str, float], moment: Any, day: date) -> None:
    agree(history, Rules(GENERAL, trust=trust), moment, day)


def told_of(biomedical: Ontology, **limits: Any) -> DayByDay:
    return day_by_day(evidence_of(biomedical), Rules(biomedical), ASKED, **limits)


def test_a_course_tells_belief_status_and_support_from_step_to_step(biomedical: Ontology) -> None:
    told = told_of(biomedical)
    assert course_of(told.facts[PREVENT], told, {})["steps"] == [
        ["2001-03-01", 0.8, 1, "current"],
        ["2004-03-01", 0.94, 2, "current"],
        ["2010-03-01", 0.94, 2, "superseded"],
    ]
    assert course_of(told.facts[CAUSE], told, {})["steps"] == [["2010-03-01", 0.9, 1, "current"]]


def test_papers_for_and_against_are_told_and_retracted_ones_as_such(biomedical: Ontology) -> None:
    papers, left_out = papers_on(PREVENT, told_of(biomedical), 10)
    said = [(paper["document"], paper["polarity"], paper["retracted"], paper["retracted_on"]) for paper in papers]
    assert said == [("PMID:1", "asserts", False, None), ("PMID:2", "asserts", False, None), ("PMID:4", "denies", True, "2006-06-01")]
    assert left_out == 0
    surest, others = papers_on(PREVENT, told_of(biomedical), 2)
    assert ([paper["document"] for paper in surest], others) == (["PMID:1", "PMID:4"], 1)


def test_before_the_retraction_was_recorded_the_paper_counted(biomedical: Ontology) -> None:
    told = told_of(biomedical, known_at=START)
    assert [paper["retracted"] for paper in papers_on(PREVENT, told, 10)[0]] == [False, False, False]
    # 0.94 in two papers against a denial of 0.95: A = 2.813, N = 2.996 nats.
    assert course_of(told.facts[PREVENT], told, {})["steps"][2][:2] == ["2006-03-01", 0.482854]


def test_what_closed_a_fact_is_told_with_the_sentence_that_did_it(biomedical: Ontology) -> None:
    told = told_of(biomedical)
    opened, closed = changes_on(PREVENT, told, {})
    assert (opened["what"], closed["what"], closed["on"]) == ("opened", "closed", "2010-03-01")
    assert closed["by"] == f"{DRUG} causes {ILLNESS}"
    assert [each["document"] for each in closed["because"]] == ["PMID:3"]
    assert closed["because"][0]["quote"] == papers_on(CAUSE, told, 1)[0][0]["quote"] != ""
    assert [fact.triple for fact in rivals_of(PREVENT, told)] == [CAUSE]
    assert [fact.triple for fact in rivals_of(CAUSE, told)] == [PREVENT]


def test_a_fact_that_only_a_retracted_paper_asserted_is_withdrawn_from_the_day_of_that_paper(biomedical: Ontology) -> None:
    evidence = evidence_of(biomedical, retracted="PMID:3")
    told = day_by_day(evidence, Rules(biomedical), ASKED)
    course = course_of(told.facts[CAUSE], told, {})
    assert (course["status"], course["steps"]) == ("withdrawn", [["2010-03-01", 0.0, 0, "withdrawn"]])


def test_moments_are_those_when_something_was_recorded_and_few(biomedical: Ontology) -> None:
    evidence = evidence_of(biomedical)
    rules = Rules(biomedical)
    assert moments_recorded(evidence, rules, ASKED) == [START, START + timedelta(days=1)]
    assert moments_recorded(evidence, rules, ASKED, most=1) == [START + timedelta(days=1)]


def test_what_a_deleted_document_said_has_left_no_moment(biomedical: Ontology) -> None:
    assert moments_recorded(Evidence(), Rules(biomedical), ASKED) == []
    key = EntityKey("MESH:nothing")
    assert day_by_day(Evidence(), Rules(biomedical), {Question((key, key))}).facts == {}
