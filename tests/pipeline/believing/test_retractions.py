"""A retraction can be taken back: of both the last recorded counts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flows.home.configuration.settings import load_ontology
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import fold
from pipeline.believing.rules import Rules
from pipeline.believing.standing import retractions_that_stand
from schema.dates import PartialDate
from schema.fact import Status
from schema.ids import DocumentId
from schema.records import Recorded, Retraction, RetractionWithdrawal
from tests.pipeline.believing.examples import asserts, evidence_of

RULES = Rules(load_ontology("biomedical"), trust={"blog": 0.3})
PAPER = DocumentId("PMID:1")
NOTICE = Retraction(PAPER, PartialDate.parse("2011"), DocumentId("PMID:9"), "pubmed")
BACK = RetractionWithdrawal(PAPER, "command")
FIRST, SECOND, THIRD = (datetime(2027, month, 1, tzinfo=UTC) for month in (1, 2, 3))


def said(*retractions: tuple[Retraction, datetime], back: tuple[RetractionWithdrawal, datetime]) -> Evidence:
    return replace(
        evidence_of(asserts(PAPER, "2001")),
        retractions=tuple(Recorded(*each) for each in retractions),
        retractions_withdrawn=(Recorded(*back),),
    )


@pytest.mark.parametrize(
    ("retractions", "back", "status"),
    [
        ([(NOTICE, FIRST)], (BACK, SECOND), Status.CURRENT),
        ([(NOTICE, SECOND)], (BACK, FIRST), Status.WITHDRAWN),
        ([(NOTICE, FIRST)], (BACK, FIRST), Status.WITHDRAWN),  # a tie: the retraction stands
        ([(NOTICE, FIRST), (Retraction(PAPER), FIRST)], (BACK, SECOND), Status.CURRENT),  # all there were by then
        ([(NOTICE, FIRST), (replace(NOTICE, on=PartialDate.parse("2012")), THIRD)], (BACK, SECOND), Status.WITHDRAWN),  # a new one stands
        ([(NOTICE, FIRST), (replace(NOTICE, source=None, origin="again"), THIRD)], (BACK, SECOND), Status.WITHDRAWN),
        ([(NOTICE, FIRST)], (replace(BACK, source="blog"), SECOND), Status.WITHDRAWN),  # trusted less than who told of the paper
    ],
)
def test_the_last_recorded_of_retraction_and_withdrawal_counts(
    retractions: list[tuple[Retraction, datetime]], back: tuple[RetractionWithdrawal, datetime], status: Status
) -> None:
    assert [fact.status for fact in fold(said(*retractions, back=back), RULES).facts] == [status]


def test_what_we_knew_before_it_was_taken_back_is_that_it_was_retracted() -> None:
    evidence = said((NOTICE, FIRST), back=(BACK, SECOND))
    assert [fold(evidence, RULES, known_at=at).facts[0].status for at in (FIRST, SECOND)] == [Status.WITHDRAWN, Status.CURRENT]


def test_the_day_of_a_retraction_is_that_of_those_that_stand() -> None:
    later = replace(NOTICE, on=PartialDate.parse("2015"))
    evidence = said((NOTICE, FIRST), (later, THIRD), back=(BACK, SECOND))
    assert str(fold(evidence, RULES).documents[0].retracted_on) == "2015-01-01"
    assert retractions_that_stand(evidence, RULES) == [later]


def test_a_person_who_retracts_again_says_something_new() -> None:
    once = Retraction(PAPER, PartialDate.parse("2011"))
    assert len({once.id, replace(once, origin="a moment").id, replace(once, source="a moment").id, NOTICE.id}) == 4
