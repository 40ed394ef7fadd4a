"""What the fold makes of small, telling histories."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from flows.home.configuration.settings import load_ontology
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import Graph, fold
from pipeline.believing.rules import Rules, adjudicated, latest_supersedes
from schema.dates import PartialDate
from schema.document import Document
from schema.errors import WrongUse
from schema.fact import Fact, Status
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity, Observation, Polarity, Reader
from schema.records import Deletion, Preference, Reading, Recorded, Restoration, Retraction, Ruling, Verdict
from tests.pipeline.believing.examples import AT, DRUG, ILLNESS, asserts, evidence_of

RULES = Rules(load_ontology("biomedical"))
LATER = datetime(2026, 2, 1, tzinfo=UTC)
FIRST, SECOND = Reader("labels", "a", "1", "1"), Reader("labels", "b", "1", "1")


def denies(document: str, published: str, relation: str = "treat", confidence: float = 0.8) -> Observation:
    return asserts(document, published, relation, confidence, polarity=Polarity.DENIES)


def facts(*observations: Observation, rules: Rules = RULES) -> dict[str, Fact]:
    return {f.triple.relation: f for f in fold(evidence_of(*observations), rules).facts}


def only(graph: Graph) -> Fact:
    assert len(graph.facts) == 1
    return graph.facts[0]


def read(document: Document, reader: Reader, relation: str | None, at: datetime = AT) -> list[Recorded[object]]:
    said = (
        []
        if relation is None
        else [replace(asserts(document.id, str(document.published), relation), revision=document.revision, reader=reader)]
    )
    return [Recorded(record, at) for record in (document, Reading(document.id, document.revision, reader), *said)]


def evidence(*batches: list[Recorded[object]]) -> Evidence:
    records = [r for batch in batches for r in batch]

    def of(kind: type) -> tuple[Recorded[object], ...]:
        return tuple(r for r in records if isinstance(r.record, kind))

    return Evidence(
        observations=of(Observation),  # type: ignore[arg-type]
        documents=of(Document),  # type: ignore[arg-type]
        readings=of(Reading),  # type: ignore[arg-type]
        retractions=of(Retraction),  # type: ignore[arg-type]
        deletions=of(Deletion),  # type: ignore[arg-type]
        restorations=of(Restoration),  # type: ignore[arg-type]
        rulings=of(Ruling),  # type: ignore[arg-type]
        preferences=of(Preference),  # type: ignore[arg-type]
    )


def paper(title: str = "A paper", **changes: object) -> Document:
    return replace(
        Document(DocumentId("PMID:1"), title, published=PartialDate.parse("2001"), source="pubmed"),
        **changes,  # type: ignore[arg-type]
    )


def test_twenty_five_papers_of_four_fifths_against_one_denial_leave_93_percent() -> None:
    said = [asserts(f"PMID:{n}", "2001") for n in range(25)]
    assert facts(*said, denies("PMID:99", "2001", confidence=0.95))["treat"].belief == pytest.approx(0.93, abs=0.005)


def test_a_case_report_weighs_far_less_than_a_trial() -> None:
    case = facts(asserts("PMID:1", "2001", kinds=("Case Reports",)))["treat"]
    trial = facts(asserts("PMID:1", "2001", kinds=("Randomized Controlled Trial", "Case Reports")))["treat"]
    assert (case.belief, trial.belief) == (0.32, 0.8)


def test_retracting_what_overturned_a_fact_reopens_it_and_the_past_still_knows() -> None:
    said = evidence_of(asserts("PMID:1", "2001", "prevent"), asserts("PMID:2", "2010", "cause", 0.95))
    retracted = replace(said, retractions=(Recorded(Retraction(DocumentId("PMID:2"), PartialDate.parse("2011")), LATER),))
    now = {f.triple.relation: f.status for f in fold(retracted, RULES).facts}
    then = {f.triple.relation: f.status for f in fold(retracted, RULES, known_at=AT).facts}
    assert now == {"prevent": Status.CURRENT, "cause": Status.WITHDRAWN}
    assert then == {"prevent": Status.SUPERSEDED, "cause": Status.CURRENT}


def test_a_deleted_notice_retracts_nothing() -> None:
    said = evidence_of(asserts("PMID:1", "2001"))
    retracted = replace(said, retractions=(Recorded(Retraction(DocumentId("PMID:1"), None, DocumentId("PMID:9")), AT),))
    assert only(fold(retracted, RULES)).status is Status.WITHDRAWN
    without = replace(retracted, deletions=(Recorded(Deletion(DocumentId("PMID:9"), "x"), AT),))
    assert only(fold(without, RULES)).status is Status.CURRENT


def test_on_a_tie_of_moments_the_deletion_stands() -> None:
    said = replace(evidence_of(asserts("PMID:1", "2001")), deletions=(Recorded(Deletion(DocumentId("PMID:1"), "x"), AT),))
    assert fold(replace(said, restorations=(Recorded(Restoration(DocumentId("PMID:1"), "y"), AT),)), RULES).facts == ()
    assert only(fold(replace(said, restorations=(Recorded(Restoration(DocumentId("PMID:1"), "y"), LATER),)), RULES)).support == 1


def test_the_greatest_revision_is_live_whatever_came_last() -> None:
    old, new = paper(version=1), paper(version=2)
    for order in ([old, new], [new, old]):
        batches = [read(d, FIRST, "treat" if d is old else "cause") for d in order]
        found = {f.triple.relation: f.status for f in fold(evidence(*batches), RULES).facts}
        assert found == {"treat": Status.WITHDRAWN, "cause": Status.CURRENT}


def test_only_the_first_reader_counts_and_a_reading_that_found_nothing_is_a_reading() -> None:
    document = paper()
    both = evidence(read(document, FIRST, None), read(document, SECOND, "treat"))
    assert only(fold(both, RULES)).status is Status.WITHDRAWN
    preferred = replace(both, preferences=(Recorded(Preference(SECOND.name), LATER),))
    assert only(fold(preferred, RULES)).status is Status.CURRENT
    assert only(fold(preferred, RULES, known_at=AT)).status is Status.WITHDRAWN


def test_the_most_precise_date_of_a_document_counts_also_from_a_line_that_is_not_admitted() -> None:
    fact = facts(asserts("PMID:1", "2001"), asserts("PMID:1", "2001-11-20", confidence=0.1))["treat"]
    assert fact.first_seen == date(2001, 11, 20)


def test_the_reverse_direction_is_another_question_of_direction() -> None:
    gene, other = (Entity(EntityKey(f"NCBIGene:{n}"), "Gene", f"G{n}") for n in (1, 2))
    graph = fold(
        evidence_of(
            asserts("PMID:1", "2001", "inhibit", head=gene, tail=other), asserts("PMID:2", "2010", "stimulate", head=other, tail=gene)
        ),
        RULES,
    )
    assert [f.status for f in graph.facts] == [Status.CURRENT, Status.CURRENT]


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.BOTH, {"treat": Status.CURRENT, "cause": Status.CURRENT}),
        (Verdict.NEWER, {"treat": Status.SUPERSEDED, "cause": Status.CURRENT}),
        (Verdict.OLDER, {"treat": Status.CURRENT, "cause": Status.CONTESTED}),
    ],
)
def test_a_ruling_decides_what_the_ontology_leaves_open(verdict: Verdict, expected: dict[str, Status]) -> None:
    ruling = Ruling((DRUG.key, ILLNESS.key), ("cause", "treat"), verdict, "a person")
    said = replace(
        evidence_of(asserts("PMID:1", "2001", confidence=0.95), asserts("PMID:2", "2010", "cause", 0.6)), rulings=(Recorded(ruling, AT),)
    )
    assert {f.triple.relation: f.status for f in fold(said, RULES).facts} == expected


def test_of_several_rulings_the_last_recorded_counts() -> None:
    both, newer = (Ruling((DRUG.key, ILLNESS.key), ("cause", "treat"), v, "a person") for v in (Verdict.BOTH, Verdict.NEWER))
    said = replace(
        evidence_of(asserts("PMID:1", "2001"), asserts("PMID:2", "2010", "cause")),
        rulings=(Recorded(newer, LATER), Recorded(both, AT)),
    )
    assert {f.status for f in fold(said, RULES).facts} == {Status.SUPERSEDED, Status.CURRENT}


def test_under_latest_supersedes_a_single_weak_paper_overturns_many() -> None:
    said = [asserts(f"PMID:{n}", "2001", "prevent", 0.95) for n in range(9)]
    found = facts(*said, asserts("PMID:99", "2001-06", "cause", 0.6), rules=replace(RULES, policy=latest_supersedes))
    assert (found["prevent"].status, found["cause"].status) == (Status.SUPERSEDED, Status.CURRENT)
    assert facts(*said, asserts("PMID:99", "2001-06", "cause", 0.6))["cause"].status is Status.CONTESTED


def test_under_adjudicated_a_ruling_overrides_declared_opposition() -> None:
    ruling = Ruling((DRUG.key, ILLNESS.key), ("cause", "prevent"), Verdict.BOTH, "a person")
    said = replace(
        evidence_of(asserts("PMID:1", "2001", "prevent"), asserts("PMID:2", "2010", "cause", 0.95)), rulings=(Recorded(ruling, AT),)
    )
    assert {f.status for f in fold(said, replace(RULES, policy=adjudicated)).facts} == {Status.CURRENT}
    assert {f.status for f in fold(said, RULES).facts} == {Status.CURRENT, Status.SUPERSEDED}


def test_a_source_trusted_by_half_cannot_overturn_however_many_papers_it_plants() -> None:
    planted = [asserts(f"PMID:{n}", "2010", "cause", 0.95, source="planted") for n in range(100)]
    found = facts(asserts("PMID:900", "2009", "prevent", 0.95), *planted, rules=replace(RULES, trust={"planted": 0.5}))
    assert (found["prevent"].status, found["cause"].status) == (Status.CURRENT, Status.CONTESTED)


def test_additive_facts_around_shared_entities_close_nothing() -> None:
    others = [Entity(EntityKey(f"MESH:D{n}"), "Disease", f"illness {n}") for n in range(10, 60)]
    said = [asserts(f"PMID:{n}", f"{1990 + n % 20}", "treat", tail=o) for n, o in enumerate(others)]
    assert all(f.status is Status.CURRENT for f in fold(evidence_of(*said), RULES).facts)


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_dates_at_the_ends_of_the_calendar_are_folded_exactly(year: str) -> None:
    found = facts(asserts("PMID:1", "0001", "prevent"), asserts("PMID:2", year, "cause", 0.95), asserts("PMID:3", "2000", "prevent"))
    assert set(found) == {"prevent", "cause"}


@pytest.mark.parametrize(
    ("setting", "value"), [("threshold", 1.5), ("half_life", 0.0), ("margin", 0), ("trust", {"pubmed": -0.1}), ("trust", {"pubmed": 2.0})]
)
def test_rules_that_cannot_be_right_are_refused_with_the_value(setting: str, value: object) -> None:
    with pytest.raises(WrongUse, match=str(value if not isinstance(value, dict) else value["pubmed"])):
        replace(RULES, **{setting: value})  # type: ignore[arg-type]
