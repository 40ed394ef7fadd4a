"""One entity under several names: the fold counts what judgements say, and forgets it with them."""

from datetime import timedelta
from typing import Any

import pytest

from flows.home.configuration.settings import load_ontology
from graph_store.log.delta_log import DeltaEvidenceLog
from graph_store.memory_store import MemoryStore
from pipeline.believing.fold import Graph, fold
from pipeline.believing.gathering import all_evidence
from pipeline.believing.rules import Rules
from pipeline.exports.canonical import canonical_lines
from pipeline.line import bring_up_to_date, history_of, rebuild
from pipeline.updating.graph_changes import change_of, questions_about
from schema.entity_names import provisional_key
from schema.fact import Triple
from schema.ids import BatchId, EntityKey
from schema.observation import Entity
from schema.ports import EvidenceLog, GraphChange, Question, Revise
from schema.records import Judgement, JudgementWithdrawal, Recorded, Ruling, Sameness, Verdict
from tests.graph_store.log.memory_log import MemoryEvidenceLog
from tests.pipeline.believing.examples import AT, DRUG, ILLNESS, asserts

BIOMEDICAL = load_ontology("biomedical")
RULES = Rules(BIOMEDICAL)
OTHER = Entity(EntityKey("MESH:D5"), "Disease", "another illness")
NAME = Entity(provisional_key("Disease", "wheezing"), "Disease", "wheezing")


@pytest.fixture(params=["memory", "delta"])
def log(request: pytest.FixtureRequest, tmp_path: Any) -> EvidenceLog:
    return MemoryEvidenceLog() if request.param == "memory" else DeltaEvidenceLog(tmp_path / "log")


def said(log: EvidenceLog, *records: Any, after: int = 0) -> None:
    """A batch, recorded so many hours after the first."""
    at = AT + timedelta(hours=after)
    log.append(BatchId(" ".join(str(record.id) for record in records)), [Recorded(record, at) for record in records])


def judged(key: str = ILLNESS.key, sameness: Sameness = Sameness.SAME, entity: Entity = NAME, **more: Any) -> Judgement:
    more = {"label": "Asthma", "by": "names 1", **more}
    return Judgement(entity.name, entity.type, EntityKey(key), sameness, more.pop("by"), 0.9, **more)


def exported(graph: Graph | MemoryStore) -> list[str]:
    if isinstance(graph, Graph):
        return list(canonical_lines(graph.facts, graph.entities, graph.documents))
    return list(canonical_lines(graph.facts(), graph.entities(), graph.documents()))


def followed(log: EvidenceLog, store: MemoryStore, rules: Rules = RULES) -> list[str]:
    """The graph brought up to date, which must be what a fold of everything gives."""
    bring_up_to_date(log, store, rules)
    assert exported(store) == exported(fold(all_evidence(log), rules))
    return exported(store)


def test_what_is_said_under_a_name_supports_the_entity_that_it_is(log: EvidenceLog) -> None:
    store = MemoryStore()
    said(log, asserts("PMID:1", "2001"), asserts("PMID:2", "2002", tail=NAME), judged())
    followed(log, store)
    (fact,) = store.facts()
    assert (fact.triple, fact.support) == (Triple(DRUG.key, "treat", ILLNESS.key), 2)
    named = {entity.key: entity for entity in store.entities()}
    assert (named[ILLNESS.key].name, set(named[ILLNESS.key].aliases)) == ("Asthma", {"an illness", "wheezing"})


def test_a_merge_that_is_undone_leaves_an_identical_export(log: EvidenceLog) -> None:
    store = MemoryStore()
    said(log, asserts("PMID:1", "2001"), asserts("PMID:2", "2002", tail=NAME), asserts("PMID:3", "2003", "cause", tail=NAME))
    before = followed(log, store)
    merged = judged(by="a person", by_person=True, origin="now")
    said(log, merged, after=1)
    during = followed(log, store)
    assert not any("NAME:" in line for line in during)
    said(log, JudgementWithdrawal(merged.id, merged.name, merged.type, "a person"), after=2)
    assert followed(log, store) == before
    rebuild(log, store, RULES)
    assert exported(store) == before
    known = fold(all_evidence(log), RULES, known_at=AT + timedelta(hours=1))
    assert exported(known) == during


def test_a_new_vocabulary_moves_a_name_from_one_entity_to_another(log: EvidenceLog) -> None:
    store = MemoryStore()
    said(log, asserts("PMID:2", "2002", tail=NAME), judged())
    followed(log, store)
    said(log, judged("MESH:D9", by="names 2", label="Bronchitis"), after=1)
    followed(log, store)
    assert [(fact.triple.tail, fact.support) for fact in store.facts()] == [("MESH:D9", 1)]
    assert [entity.name for entity in store.entities()] == ["a drug", "Bronchitis"]


def test_what_a_fact_rests_on_moves_with_the_name(log: EvidenceLog) -> None:
    said(log, asserts("PMID:1", "2001"), asserts("PMID:2", "2002", tail=NAME))
    merged = judged()
    said(log, merged, after=1)
    change = change_of(log, RULES, [], log.touched([BatchId(merged.id)]))
    (fact,) = change.facts
    assert [report.document for report in fact.reports] == ["PMID:1", "PMID:2"]
    assert fact.triple in change.whole
    assert Triple(DRUG.key, "treat", NAME.key) in change.gone_facts


def test_a_name_and_its_entity_are_never_head_and_tail_of_a_fact(log: EvidenceLog) -> None:
    store = MemoryStore()
    gene, name = Entity(EntityKey("NCBIGene:1"), "Gene", "GEN1"), Entity(provisional_key("Gene", "gen-1"), "Gene", "gen-1")
    said(log, asserts("PMID:1", "2001", "positive_correlate", head=name, tail=gene))
    assert any('"fact"' in line for line in followed(log, store))
    said(log, judged(gene.key, entity=name, label=""), after=1)
    assert not any('"fact"' in line for line in followed(log, store))


def test_a_symmetric_relation_keeps_its_ends_in_key_order_after_a_merge(log: EvidenceLog) -> None:
    store = MemoryStore()
    first, last = (Entity(EntityKey(f"NCBIGene:{n}"), "Gene", f"GEN{n}") for n in (1, 9))
    name = Entity(provisional_key("Gene", "gen-1"), "Gene", "gen-1")
    said(
        log,
        asserts("PMID:1", "2001", "positive_correlate", head=last, tail=name),
        asserts("PMID:2", "2002", "positive_correlate", head=first, tail=last),
    )
    said(log, judged(first.key, entity=name, label=""), after=1)
    followed(log, store)
    assert [(fact.triple, fact.support) for fact in store.facts()] == [(Triple(first.key, "positive_correlate", last.key), 2)]


def test_an_office_that_goes_by_two_names_has_one_holder_at_a_time(log: EvidenceLog) -> None:
    rules, store = Rules(load_ontology("general")), MemoryStore()
    office = Entity(EntityKey("role:mayor"), "Role", "mayor")
    name = Entity(provisional_key("Role", "head of the town"), "Role", "head of the town")
    holm, said_ = (Entity(EntityKey(f"person:{n}"), "Person", f"person {n}") for n in (1, 2))
    said(log, asserts("NEWS:1", "2003", "held_by", head=office, tail=holm), asserts("NEWS:2", "2011", "held_by", head=name, tail=said_))
    followed(log, store, rules)
    assert [fact.status for fact in store.facts()] == ["current", "current"]
    said(log, judged(office.key, entity=name, label=""), after=1)
    followed(log, store, rules)
    assert {fact.triple.tail: fact.status.value for fact in store.facts()} == {holm.key: "superseded", said_.key: "current"}


def test_a_ruling_on_a_name_goes_with_it_to_its_entity_and_comes_back(log: EvidenceLog) -> None:
    store = MemoryStore()
    said(log, asserts("PMID:1", "2001"), asserts("PMID:2", "2010", "cause"))
    said(log, Ruling((DRUG.key, NAME.key), ("cause", "treat"), Verdict.NEWER, "a person"), after=1)
    before = followed(log, store)
    merged = judged(label="")
    said(log, merged, after=2)
    assert '"superseded"' in "".join(followed(log, store))
    said(log, JudgementWithdrawal(merged.id, merged.name, merged.type, "a person"), after=3)
    assert followed(log, store) == before


def test_a_judgement_on_a_name_that_nobody_uses_only_names_its_entity(log: EvidenceLog) -> None:
    store = MemoryStore()
    said(log, asserts("PMID:1", "2001"))
    followed(log, store)
    said(log, judged(), after=1)
    followed(log, store)
    assert {entity.key: entity.name for entity in store.entities()} == {DRUG.key: "a drug", ILLNESS.key: "Asthma"}


def test_judging_a_name_again_touches_nothing(log: EvidenceLog) -> None:
    said(log, asserts("PMID:1", "2001", tail=NAME), judged())
    said(log, asserts("PMID:2", "2001"), judged(), after=1)
    first, again = log.batches()
    assert log.touched([first]).names == {NAME.key}
    assert log.touched([again]).names == frozenset()


def test_questions_are_answered_under_every_name_then_and_now(log: EvidenceLog) -> None:
    said(log, asserts("PMID:1", "2001"), asserts("PMID:2", "2002", tail=NAME))
    said(log, judged(), after=1)
    question = Question((DRUG.key, ILLNESS.key))
    assert questions_about(log, RULES, [ILLNESS.key]) == {question}
    assert questions_about(log, RULES, [NAME.key], AT) == {Question((DRUG.key, NAME.key))}
    now, then = history_of(log, RULES, [question]), history_of(log, RULES, [question], known_at=AT)
    assert [graph.facts[0].support for graph in (now, then)] == [2, 1]
    assert sorted(r.record.document for r in log.observations([question])) == ["PMID:1", "PMID:2"]


class Meanwhile(MemoryStore):
    """A graph into which another process's judgement falls: after a change was folded, before it is written."""

    def __init__(self, log: EvidenceLog, judgement: Judgement) -> None:
        super().__init__()
        self.waiting = [(log, judgement)]

    def apply(self, change: GraphChange, revise: Revise | None = None) -> None:
        if self.waiting:
            said(*self.waiting.pop())
        super().apply(change, revise)


def test_a_judgement_that_comes_in_while_another_process_writes_is_not_undone_by_it(log: EvidenceLog) -> None:
    said(log, asserts("PMID:1", "2001"), asserts("PMID:2", "2002", tail=NAME), asserts("PMID:3", "2003", tail=OTHER))
    store = Meanwhile(log, judged())
    bring_up_to_date(log, store, RULES, alone=False, tries=1)
    assert [fact.triple.tail for fact in store.facts()] == ["MESH:D5"]
    bring_up_to_date(log, store, RULES, alone=False)
    assert exported(store) == exported(fold(all_evidence(log), RULES))
    assert {fact.triple.tail: fact.support for fact in store.facts()} == {ILLNESS.key: 2, "MESH:D5": 1}
