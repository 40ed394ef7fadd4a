"""Ontologies as files: the shipped ones, and what is wrong with others."""

import json
from pathlib import Path

import pytest

from flows.home.configuration.settings import load_ontology, parse_ontology
from schema.errors import InvalidOntology
from schema.ontology import Stance
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, write_lines

SHIPPED = (ROOT / "schema" / "ontologies" / "general.yaml").read_text(encoding="utf-8")


def office(document: str, published: str, person: str, start: str | None, end: str | None) -> dict[str, object]:
    return {
        "document": document, "published": published, "source": "news", "relation": "held_by", "confidence": 0.9, "polarity": "asserts",
        "quote": "", "head": {"key": "office:x", "type": "Role", "name": "the office"},
        "tail": {"key": f"person:{person}", "type": "Person", "name": person}, "stated": [start, end],
    }  # fmt: skip


def test_what_the_biomedical_ontology_opposes_is_just_what_it_declares() -> None:
    ontology = load_ontology("biomedical")
    opposed = {frozenset(p) for p in ontology.opposed}
    assert opposed == {frozenset(p) for p in (("prevent", "cause"), ("stimulate", "inhibit"), ("positive_correlate", "negative_correlate"))}
    assert ontology.stance("treat", "cause") is Stance.UNDECLARED
    assert ontology.stance("treat", "prevent") is ontology.stance("associate", "cause") is Stance.COMPATIBLE


def test_an_office_passes_from_one_holder_to_the_next_on_the_stated_days(tmp_path: Path) -> None:
    lines = [office("N:1", "2004-02-01", "ann", "2003", None), office("N:2", "2008-06-01", "bob", "2007-05-10", None)]
    home = tmp_path / "home"
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", lines), "--ontology", "general", home=home)
    facts = [json.loads(line) for line in chronokg("export", home=home).splitlines() if '"kind": "fact"' in line]
    assert {f["tail"]: f["intervals"] for f in facts} == {
        "person:ann": [["2003-01-01", "2007-05-10"]],
        "person:bob": [["2007-05-10", None]],
    }
    # The home keeps its ontology: the next command needs not name it.
    assert json.loads(chronokg("ask", "who holds the office?", "--json", home=home))["facts"][0]["tail_name"] == "bob"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("entity_types: [Person,", "entity_types: [", "relations.held_by.pairs: 'Person' is not one of entity_types"),
        (
            "    functional: true\n    time: stated\n    pairs: [[Role",
            "    functional: true\n    symmetric: true\n    pairs: [[Role",
            "functional and symmetric",
        ),
        ("opposed: []", "opposed: [[held_by, works_for]]", "'held_by' is functional"),
        ("opposed: []", "opposed: [[owns, steals]]", "opposed: 'steals' is not one of relations"),
        ("grades: {}", "grades: {Review: 7}", "grades: 'Review' has the grade 7.0"),
        ("  held_by:", "  held by:", "'held by' is not an ASCII identifier"),
        ("  held_by:", "  reports:", "'reports' is the name of a relationship the graph itself uses"),
        ("name: general", "name: general\ncolour: red", "colour: Extra inputs are not permitted"),
        ("relations:", "relations: [", "is not YAML"),
        ("  Person: [Agent]", "  Ghost: [Agent]", "categories: 'Ghost' is not one of entity_types"),
        ("  Person: [Agent]", "  Person: [biolink:Agent]", "categories.Person.0: String should match pattern"),
        ("indra: {type: Association}", "indra: {type: Influence}", "gives the ends an order, and the relation is symmetric"),
        ("    inverse: employs", "    inverse: employs\n    indra: {type: Complex}", "does not keep the order of the ends"),
        ("indra: {type: Association}", "indra: {type: Activation, polarity: 1}", "only Association and Influence join events"),
        ("{predicate: part_of}", "{predicate: biolink:part_of}", "relations.part_of.biolink.predicate: String should match pattern"),
    ],
)
def test_an_ontology_that_contradicts_itself_is_refused_with_file_key_and_rule(old: str, new: str, told: str) -> None:
    assert old in SHIPPED
    with pytest.raises(InvalidOntology) as refused:
        parse_ontology(SHIPPED.replace(old, new, 1), "mine.yaml")
    assert "mine.yaml" in str(refused.value)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "is_read_again"),
    [
        ("functional: true", "functional: false", False),
        ("grades:", "grades:\n  Letter: 0.2", False),
        ("compatible:", "compatible:\n  - [married_to, owns]", False),
        ("Person", "Human", True),
        ("version: ", "version: 9", True),
        ("symmetric: true", "symmetric: false", True),
        ("time: stated", "time: publication", True),
    ],
)
def test_only_what_a_model_is_told_of_an_ontology_makes_it_another_to_a_reader(old: str, new: str, is_read_again: bool) -> None:
    assert old in GRADED
    before, after = (parse_ontology(text, "test") for text in (GRADED, GRADED.replace(old, new)))
    assert before.id != after.id
    assert (before.reading_name != after.reading_name) is is_read_again


GRADED = """
name: small
version: 1
entity_types: [Person, Organisation]
relations:
  owns: {functional: true, time: stated, description: has, pairs: [[Person, Organisation]]}
  married_to: {symmetric: true, pairs: [[Person, Person]]}
  works_for: {pairs: [[Person, Organisation], [Organisation, Organisation]]}
compatible:
  - [owns, works_for]
grades:
  Review: 0.5
"""


def test_the_order_of_types_relations_and_pairs_is_not_told() -> None:
    turned = parse_ontology(GRADED.replace("[Person, Organisation]\nrel", "[Organisation, Person]\nrel"), "test")
    relations = dict(reversed(list(turned.relations.items())))
    assert parse_ontology(GRADED, "test").reading_name == turned.model_copy(update={"relations": relations}).reading_name
    assert turned.reading_name.startswith("small-1-")
