"""An ontology that grows, and a graph of an older version: folded again from the log, nothing read anew."""

import pytest

from flows.home.configuration.settings import load_ontology
from graph_store.cypher.cypher_store import CypherStore
from graph_store.cypher.definitions import GRAPH_FORMAT
from pipeline.believing.fold import fold
from pipeline.believing.gathering import all_evidence
from pipeline.believing.rules import Rules
from pipeline.exports.canonical import canonical_lines
from pipeline.line import bring_up_to_date
from schema.fact import Status
from schema.ids import BatchId, EntityKey
from schema.observation import Entity
from schema.ontology import Ontology, Relation
from schema.ports import GraphStore
from schema.records import Recorded
from tests.graph_store.log.memory_log import MemoryEvidenceLog
from tests.pipeline.believing.examples import AT, DRUG, ILLNESS, asserts

BIOMEDICAL = load_ontology("biomedical")
DEVICE = Entity(EntityKey("DEV:1"), "Device", "a device")


def grown(**changes: object) -> Ontology:
    return Ontology.model_validate({**BIOMEDICAL.model_dump(), **changes})


def log_with(*observations: object) -> MemoryEvidenceLog:
    log = MemoryEvidenceLog()
    log.append(BatchId("all"), [Recorded(each, AT) for each in observations])
    return log


def statuses(store: GraphStore) -> dict[str, Status]:
    return {fact.triple.relation: fact.status for fact in store.facts()}


def test_opposition_that_an_ontology_gains_closes_what_held(store: GraphStore) -> None:
    log = log_with(asserts("PMID:1", "2001", "treat"), asserts("PMID:2", "2010", "cause", 0.95))
    store.clear()
    bring_up_to_date(log, store, Rules(BIOMEDICAL))
    assert statuses(store) == {"treat": Status.CURRENT, "cause": Status.CURRENT}
    opposed = grown(opposed=(*BIOMEDICAL.opposed, ("treat", "cause")))
    bring_up_to_date(log, store, Rules(opposed))
    assert statuses(store) == {"treat": Status.SUPERSEDED, "cause": Status.CURRENT}
    bring_up_to_date(log, store, Rules(BIOMEDICAL))
    assert statuses(store) == {"treat": Status.CURRENT, "cause": Status.CURRENT}


def test_types_and_relations_that_an_ontology_gains_make_facts_of_what_the_log_has(store: GraphStore) -> None:
    said = [
        asserts("PMID:1", "2001", "treat"),
        asserts("PMID:2", "2002", "monitor", head=DEVICE),
        asserts("PMID:3", "2003", "cause", head=ILLNESS, tail=DRUG),
    ]
    log = log_with(*said)
    store.clear()
    bring_up_to_date(log, store, Rules(BIOMEDICAL))
    assert statuses(store) == {"treat": Status.CURRENT}
    relations = {name: relation.model_dump() for name, relation in BIOMEDICAL.relations.items()}
    relations["monitor"] = Relation(pairs=(("Device", "Disease"),)).model_dump()
    wider = grown(entity_types=(*BIOMEDICAL.entity_types, "Device"), relations=relations)
    bring_up_to_date(log, store, Rules(wider))
    assert statuses(store) == {"treat": Status.CURRENT, "monitor": Status.CURRENT}
    expected = fold(all_evidence(log), Rules(wider))
    assert list(canonical_lines(store.facts(), store.entities(), store.documents())) == list(
        canonical_lines(expected.facts, expected.entities, expected.documents)
    )


@pytest.mark.parametrize("wrong", ["SET m.format = 1", "SET m.ontology = 'another'", "SET m.rules = 'others'"])
def test_a_graph_of_an_older_version_is_recognised_and_folded_again(server: CypherStore, wrong: str) -> None:
    log = log_with(asserts("PMID:1", "2001", "treat"))
    server.clear()
    bring_up_to_date(log, server, Rules(BIOMEDICAL))
    server._do(f"MATCH (m:Meta) {wrong}")
    server._do("MATCH (f:Fact) SET f.belief = 0.1, f.status = 'contested'")
    bring_up_to_date(log, server, Rules(BIOMEDICAL))
    assert [(fact.status, fact.belief) for fact in server.facts()] == [(Status.CURRENT, 0.8)]
    assert server.query("MATCH (m:Meta) RETURN m.format AS format") == [{"format": GRAPH_FORMAT}]
