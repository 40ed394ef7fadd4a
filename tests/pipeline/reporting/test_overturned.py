"""What was overturned and learnt, and what a report tells of by itself."""

from datetime import date, timedelta

from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import fold
from pipeline.believing.rules import Rules
from pipeline.reporting.overturned import KnowledgeUpdate, learnt, overturned
from pipeline.reporting.stories import concerning, days_to_compare, disputes, questions_of
from pipeline.reporting.words import page_of, sentence_of
from schema.fact import Triple
from schema.ids import DocumentId, EntityKey
from schema.ontology import Ontology
from tests.flows.commands.running import line
from tests.pipeline.reporting.told import DRUG, ILLNESS, LINES, START, evidence_of


def test_what_was_overturned_names_the_sentence_that_did_it(evidence: Evidence, rules: Rules) -> None:
    graph = fold(evidence, rules)
    ((row,), _) = overturned(graph, {entity.key: entity for entity in graph.entities}, {DocumentId("PMID:3"): "a big trial"})
    assert (row["fact"], row["from"], row["to"], row["belief"]) == ("a drug prevents an illness", "2001-03-01", "2010-03-01", 0.94)
    assert row["by"] == "a drug causes an illness"
    (because,) = row["because"]
    assert (because["citation"], because["quote"]) == ("PMID:3, 2010-03-01 (a big trial)", "sentence of PMID:3")
    assert because["page"] == "https://pubmed.ncbi.nlm.nih.gov/3/"


def test_a_denial_that_closes_a_fact_is_quoted_too(biomedical: Ontology, rules: Rules) -> None:
    graph = fold(evidence_of(biomedical, [*LINES[:1], LINES[3]], retracted=None), rules)
    ((row,), _) = overturned(graph, {}, {})
    assert (row["by"], row["because"][0]["quote"], row["now"]) == ("denial", "sentence of PMID:4", "does not hold")


def test_an_update_shows_what_was_known_before_and_after(evidence: Evidence, rules: Rules) -> None:
    rows = learnt(KnowledgeUpdate("retracted", START, START + timedelta(days=2)), evidence, rules, {})
    assert [(row["before"], row["after"]) for row in rows] == [
        ("held 2001-03-01 to 2006-03-01", "held 2001-03-01 to 2010-03-01"),
    ]


def test_what_is_disputed_most_is_told_first_and_days_show_what_fell(biomedical: Ontology, rules: Rules) -> None:
    quiet = [{**line(f"PMID:{n}", "2012", "treat", 0.9), "tail": {"key": "MESH:D2", "type": "Disease", "name": "a cold"}} for n in (8, 9)]
    graph = fold(evidence_of(biomedical, [*quiet, *LINES]), rules, histories=False)
    names = {entity.key: entity for entity in graph.entities}
    fought, calm = disputes(graph, rules, names, 5)
    assert (fought.title, calm.title) == ("a drug and an illness", "a drug and a cold")
    assert disputes(graph, rules, names, 1) == [fought]
    assert questions_of([calm], graph, rules) == {rules.question(Triple(DRUG, "treat", EntityKey("MESH:D2")))}
    assert days_to_compare(graph) == (date(2010, 2, 28), date(2012, 1, 1))
    assert {fact.triple.tail for fact in concerning(graph, [ILLNESS], between=False).facts} == {ILLNESS}
    assert not concerning(graph, [ILLNESS, EntityKey("MESH:D2")], between=True).facts


def test_relations_are_words_and_documents_lead_to_their_pages() -> None:
    assert sentence_of(Triple(DRUG, "positive_correlate", ILLNESS), {}) == "MESH:C1 correlates positively with MESH:D1"
    assert sentence_of(Triple(DRUG, "works_for", ILLNESS), {}) == "MESH:C1 works for MESH:D1"
    assert page_of(DocumentId("DOI:10.1/x")) == "https://doi.org/10.1/x"
    assert page_of(DocumentId("DEMO:1")) is None
    assert page_of(DocumentId('PMID:1"onclick="')) is None
