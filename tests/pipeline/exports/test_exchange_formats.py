"""Formats of exchange: what goes out comes back as the same facts, and in the words of those who defined the format."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.home.configuration.settings import load_ontology
from pipeline.believing.rules import Rules
from pipeline.exports.exchange_view import ExchangedGraph, exchanged_graph
from pipeline.exports.indra_json import indra_lines
from pipeline.exports.kgx_files import kgx_edges, kgx_nodes
from pipeline.formats.indra_statements import indra_statement_lines, is_indra
from pipeline.formats.kgx_edges import ForeignLine, is_kgx_edges, is_kgx_nodes, kgx_lines, read_kgx_nodes
from pipeline.grounding.given_values import NOTHING_GIVEN
from pipeline.identifiers.exchange_ids import (
    biolink_curie,
    indra_refs,
    key_in_curie,
    keys_in_refs,
    publication_curie,
    publication_in_curie,
    web_address,
)
from pipeline.intake.line_batches import take_foreign
from schema.dates import PartialDate
from schema.fact import Status
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Observation
from schema.ontology import BiolinkTerm
from schema.records import Recorded, SetAside
from tests.graph_store.builders import ONTOLOGY
from tests.graph_store.cookbook.evidence import chance, ending, said, stories
from tests.graph_store.log.memory_log import MemoryEvidenceLog
from tests.histories import batch_of, days, sourced_histories

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TOLD = (Status.CURRENT, Status.SUPERSEDED, Status.CONTESTED)
RULES = Rules(ONTOLOGY)
GENERAL = load_ontology("general")


def log_of(observations: Iterable[Observation]) -> MemoryEvidenceLog:
    log = MemoryEvidenceLog()
    log.append(BatchId("all"), [Recorded(each, NOW) for each in observations])
    return log


def renumbered(record: Any) -> Any:
    """The same with a gene's number in place of 0, which to `observe` says that no gene is meant."""
    if not isinstance(record, Observation):
        return record
    ends = {
        side: replace(end, key=EntityKey("NCBIGene:9")) for side in ("head", "tail") if (end := getattr(record, side)).key == "NCBIGene:0"
    }
    return replace(record, **ends) if ends else record


def world() -> list[Observation]:
    """Everything that can become of a fact."""
    return [renumbered(each) for each in [*stories(), *chance()]]


def through_kgx(graph: ExchangedGraph) -> list[ForeignLine]:
    nodes, edges = ("\n".join(lines).encode() + b"\n" for lines in (kgx_nodes(graph), kgx_edges(graph)))
    assert is_kgx_nodes(nodes)
    assert not is_kgx_edges(nodes)
    assert is_kgx_edges(edges)
    assert not is_kgx_nodes(edges)
    return list(kgx_lines(BytesIO(edges), read_kgx_nodes(BytesIO(nodes), graph.ontology), graph.ontology))


def through_indra(graph: ExchangedGraph) -> list[ForeignLine]:
    text = "\n".join(indra_lines(graph)).encode()
    assert len(json.loads(text)) == graph.size
    assert graph.size == 0 or is_indra(text)
    return list(indra_statement_lines(BytesIO(text), graph.ontology))


WAYS = {"kgx": through_kgx, "indra": through_indra}


def observed_again(lines: list[ForeignLine], rules: Rules = RULES) -> MemoryEvidenceLog:
    intake = take_foreign(lines, "file", rules.ontology, NOW, NOTHING_GIVEN)
    assert intake.tallies[0].set_aside == {}, [r.record for r in intake.records if isinstance(r.record, SetAside)]
    log = MemoryEvidenceLog()
    log.append(intake.batch, intake.records, intake.observations)
    return log


def told(graph: ExchangedGraph) -> list[Any]:
    """All that the facts of a graph say, save what its entities are called."""
    return [
        (fact.id, fact.belief, fact.status, fact.support, fact.first_seen, fact.last_seen, fact.held, fact.closed, fact.statements)
        for fact in graph.facts()
    ]


def without_readers(facts: list[Any]) -> list[Any]:
    """What is read by one becomes what is observed by the other."""
    return [(*rest, [said._replace(is_read=False) for said in statements]) for *rest, statements in facts]


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_goes_out_on_any_day_comes_back_as_the_same_facts(way: str, data: st.DataObject) -> None:
    log = MemoryEvidenceLog()
    for unit in data.draw(sourced_histories(ONTOLOGY)):
        log.append(batch_of(unit), [replace(each, record=renumbered(each.record)) for each in unit])
    graph = exchanged_graph(log, RULES, as_of=data.draw(st.none() | days()), statuses=TOLD)
    again = exchanged_graph(observed_again(WAYS[way](graph)), RULES, statuses=TOLD)
    assert without_readers(told(again)) == without_readers(told(graph))


@pytest.mark.parametrize("way", WAYS)
def test_every_kind_of_story_comes_back(way: str) -> None:
    graph = exchanged_graph(log_of(world()), RULES, statuses=TOLD)
    assert {fact.status for fact in graph.facts()} == set(TOLD)
    assert any(said.denies for fact in graph.facts() for said in fact.statements)
    again = exchanged_graph(observed_again(WAYS[way](graph)), RULES, statuses=TOLD)
    assert told(again) == told(graph)
    # Documents that assert nothing that ever was a fact have no place in it.
    assert {key: (e.type, e.name) for key, e in again.entities.items()} == {key: (e.type, e.name) for key, e in graph.entities.items()}
    assert again.cited() == graph.cited()


@pytest.mark.parametrize("way", WAYS)
def test_times_that_a_text_states_come_back(way: str) -> None:
    office, places = Entity(EntityKey("R:mayor"), "Role", "mayor"), [Entity(EntityKey(f"P:{n}"), "Person", f"person {n}") for n in range(3)]
    terms = [("2001", None, 0), ("2005-03", "2009", 1), ("2012", "2013-05-02", 1), (None, None, 2)]
    made = [
        Observation(
            DocumentId(f"news:{number}"), PartialDate.parse("2010-05"), "news", office, "held_by", places[who], 0.8,
            stated_start=PartialDate.parse(start) if start else None, stated_end=PartialDate.parse(end) if end else None,
        )
        for number, (start, end, who) in enumerate(terms)
    ]  # fmt: skip
    rules = Rules(GENERAL)
    graph = exchanged_graph(log_of(made), rules, statuses=TOLD)
    assert len([span for fact in graph.facts() for span in fact.spans]) > 3
    again = exchanged_graph(observed_again(WAYS[way](graph), rules), rules, statuses=TOLD)
    assert told(again) == told(graph)


HOSTILE = 'a\tb\nc|d "e" \\ <f> \u2028 🧬 \x0b &amp; =1+1'


@pytest.mark.parametrize("way", WAYS)
def test_names_and_quotes_with_anything_in_them_break_no_line(way: str) -> None:
    drug = Entity(EntityKey("NAME:Chemical/a/b c|d:e%f"), "Chemical", HOSTILE)
    made = Observation(
        DocumentId("file:///x|y z"), PartialDate.parse("2001"), "pubmed", drug, "treat", ending("Disease", 1), 0.8, quote=HOSTILE
    )
    graph = exchanged_graph(log_of([made, said("PMID:2", "2002", drug, "treat", ending("Disease", 2))]), RULES)
    again = exchanged_graph(observed_again(WAYS[way](graph)), RULES)
    assert told(again) == told(graph)
    quotes = [said.quote for fact in again.facts() for said in fact.statements]
    assert HOSTILE in quotes


def test_by_default_there_are_only_facts_that_hold_on_the_day() -> None:
    log = log_of(world())
    for day in (date(1985, 1, 1), date(1995, 1, 1), None):
        graph = exchanged_graph(log, RULES, as_of=day)
        assert graph.size > 1
        assert all(fact.holds_on(day) if day else fact.last and fact.last.end is None for fact in map(_Holds, graph.facts()))
    relations = [
        {(fact.head.key, fact.relation, fact.tail.key) for fact in exchanged_graph(log, RULES, as_of=day).facts()}
        for day in (date(1985, 1, 1), date(1995, 1, 1))
    ]
    assert ("MESH:C0", "prevent", "MESH:D0") in relations[0] - relations[1]
    assert ("MESH:C0", "cause", "MESH:D0") in relations[1] - relations[0]


class _Holds:
    """A fact with the question whether it held on a day."""

    def __init__(self, fact: Any) -> None:
        self.last = fact.last
        self.held = fact.held

    def holds_on(self, day: date) -> bool:
        return any(each.interval.contains(day) for each in self.held)


def test_edges_speak_biolink() -> None:
    log = log_of([said("PMID:901", "2001-05", ending("Chemical", 1), "inhibit", ending("Gene", 77)), *world()])
    graph = exchanged_graph(log, RULES)
    header, *rows = (line.split("\t") for line in kgx_edges(graph))
    edges = [dict(zip(header, row, strict=True)) for row in rows]
    found = next(edge for edge in edges if edge["subject"] == "MESH:C1" and edge["object"] == "NCBIGene:77")
    assert found["predicate"] == "biolink:affects"
    assert (found["qualified_predicate"], found["object_direction_qualifier"]) == ("biolink:causes", "decreased")
    assert found["object_aspect_qualifier"] == "activity_or_abundance"
    assert found["publications"] == "PMID:901"
    assert (found["valid_from"], found["valid_to"], found["status"], found["belief"]) == ("2001-05-01", "", "current", "0.8")
    assert {edge["primary_knowledge_source"] for edge in edges} == {"infores:chronokg"}
    _, *nodes = (line.split("\t") for line in kgx_nodes(graph))
    assert {row[1] for row in nodes if row[0].startswith("NCBIGene:")} == {"biolink:Gene"}


@pytest.mark.parametrize(
    ("key", "curie"),
    [
        ("MESH:D003924", "MESH:D003924"),
        ("dbSNP:rs113488022", "DBSNP:rs113488022"),
        ("NAME:Chemical/some drug", "NAME:Chemical%2Fsome%20drug"),
        ("p|SUB|V|600|E;CorrespondingGene:673", "chronokg:p%7CSUB%7CV%7C600%7CE%3BCorrespondingGene%3A673".replace("%3B", ";")),
        ("no prefix", "chronokg:no%20prefix"),
        ("A:", "chronokg:A%3A"),
    ],
)
def test_keys_become_curies_that_kgx_takes_and_come_back(key: str, curie: str) -> None:
    assert biolink_curie(key) == curie
    assert key_in_curie(curie.replace("DBSNP:", "dbSNP:")) == key


@given(st.text(min_size=1))
def test_any_key_comes_back_from_curies_groundings_and_has_an_address_of_its_own(key: str) -> None:
    assert key_in_curie(biolink_curie(f"X:{key}")) == f"X:{key}"
    assert key_in_curie(biolink_curie(f"9:{key}")) == f"9:{key}"
    assert next(keys_in_refs(indra_refs(f"X:{key}", "name"))) == f"X:{key}"
    assert not set(web_address(key, "entity")) & set(' <>"{}|\\^`')
    assert publication_in_curie(publication_curie(f"X:{key.replace('%7C', '')}")) == f"X:{key.replace('%7C', '')}"


def test_other_keys_of_indra_are_found_best_first() -> None:
    assert list(keys_in_refs({"TEXT": "x", "UP": "P04637", "HGNC": "11998", "EGID": "7157"})) == [
        "NCBIGene:7157", "HGNC:11998", "UniProtKB:P04637",
    ]  # fmt: skip
    assert list(keys_in_refs({"CHEBI": "CHEBI:15365", "MESH": "D001241"})) == ["MESH:D001241", "CHEBI:15365"]


@cache
def biolink() -> dict[str, Any]:
    found = find_spec("biolink_model")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the package biolink-model, which holds the model, is not installed")
    text = (Path(next(iter(found.submodule_search_locations))) / "schema" / "biolink_model.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@pytest.mark.parametrize("name", ["biomedical", "general"])
def test_what_ontologies_that_ship_call_things_is_in_biolink(name: str) -> None:
    model, ontology = biolink(), load_ontology(name)
    slots = {slot.replace(" ", "_"): each for slot, each in model["slots"].items()}
    classes = {
        kind.title().replace(" ", "").replace("Of", "of").casefold() for kind, each in model["classes"].items() if not each.get("mixin")
    }
    for relation, each in ontology.relations.items():
        term = each.biolink or BiolinkTerm(predicate="related_to")
        for predicate in filter(None, (term.predicate, term.qualified_predicate, *term.also)):
            assert predicate in slots, (relation, predicate)
        assert "deprecated" not in slots[term.predicate], (relation, term.predicate)
        assert bool(slots[term.predicate].get("symmetric")) == each.symmetric or each.biolink is None, (relation, term.predicate)
        if term.object_aspect_qualifier:
            assert term.object_aspect_qualifier in model["enums"]["GeneOrGeneProductOrChemicalEntityAspectEnum"]["permissible_values"]
    for kind, categories in ontology.categories.items():
        for category in categories[:1]:
            assert category.casefold() in classes, (kind, category)
