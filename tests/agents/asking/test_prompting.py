"""Prompts are files with versions: what a model sees is kept, character by character."""

from pathlib import Path

import pytest

from agents.asking.pairs import Pairing
from agents.asking.prompting import (
    NONE,
    filled,
    label_document,
    label_head,
    label_query,
    label_words,
    mention_prompt,
    prompt,
    ruling_prompt,
    stated_relations,
    vote_prompt,
)
from agents.asking.tagging import TaggedDocument
from agents.names.occurrences import Occurrences, as_in_prompts
from agents.relations.relations_by_votes import answer_schema
from agents.replies.claim_replies import parse_reply
from agents.replies.mention_replies import parse_mentions
from agents.serving.grammar import compact_grammar
from schema.errors import WrongUse
from schema.ontology import Ontology
from tests.agents.adjudication.examples import conflict, employment
from tests.agents.fakes import BIOMEDICAL, GENERAL, aspirin, document

GOLDEN = Path(__file__).parents[1] / "golden"
NEWS = document(
    "Jane Doe has been chief executive of Acme since 2003.",
    ("Jane Doe", "Person", "X:1"),
    ("chief executive", "Role", "X:2"),
    ("Acme", "Organisation", "X:3"),
    title="A change at the top.",
)


def golden(name: str, text: str) -> None:
    assert text + "\n" == (GOLDEN / name).read_text(encoding="utf-8")


def label_prefix(version: str, ontology: Ontology, words: dict[str, str], text: str) -> str:
    return label_head(version, ontology, words) + label_document(version, text)


def first_words(ontology: Ontology) -> dict[str, str]:
    return {name: tries[0] for name, tries in label_words("labels-1", ontology).items()}


@pytest.mark.parametrize(("ontology", "found"), [(BIOMEDICAL, aspirin()), (GENERAL, NEWS)], ids=["biomedical", "general"])
def test_the_prompt_of_label_reading_is_the_golden_one(ontology, found):
    tagged = TaggedDocument(found)
    prefix = label_prefix("labels-1", ontology, first_words(ontology), tagged.render((0, len(tagged.text))))
    golden(f"labels-1-{ontology.name}.txt", prefix + label_query("labels-1", *tagged.entities[:2]))


@pytest.mark.parametrize("version", ["votes-1", "votes-2"])
@pytest.mark.parametrize(("ontology", "found"), [(BIOMEDICAL, aspirin()), (GENERAL, NEWS)], ids=["biomedical", "general"])
def test_the_prompt_of_voting_is_the_golden_one(ontology, found, version):
    tagged = TaggedDocument(found)
    golden(f"{version}-{ontology.name}.txt", vote_prompt(version, ontology, tagged.entities, tagged.render((0, len(tagged.text)))))


@pytest.mark.parametrize(("ontology", "found"), [(BIOMEDICAL, aspirin()), (GENERAL, NEWS)], ids=["biomedical", "general"])
def test_the_prompt_for_names_is_the_golden_one(ontology, found):
    golden(f"mentions-1-{ontology.name}.txt", mention_prompt("mentions-1", ontology, as_in_prompts(found.text)))


@pytest.mark.parametrize(("ontology", "found"), [(BIOMEDICAL, conflict()), (GENERAL, employment())], ids=["biomedical", "general"])
def test_the_prompt_of_rulings_is_the_golden_one(ontology, found):
    golden(f"rulings-1-{ontology.name}.txt", ruling_prompt("rulings-1", ontology, found))


def test_examples_show_only_what_the_ontology_can_say():
    assert "Paracetamol" in label_prefix("labels-1", BIOMEDICAL, first_words(BIOMEDICAL), "")
    assert "Nordlys" not in label_prefix("labels-1", BIOMEDICAL, first_words(BIOMEDICAL), "")
    assert "Nordlys" in label_prefix("labels-1", GENERAL, first_words(GENERAL), "")
    assert "Paracetamol" not in label_prefix("labels-1", GENERAL, first_words(GENERAL), "")


def test_the_examples_of_names_and_votes_are_answers_that_we_would_take():
    for ontology in (BIOMEDICAL, GENERAL):
        for example in mention_prompt("mentions-1", ontology, "").split("\n\nText: ")[1:-1]:
            text, answer = example.split("\n")
            said = parse_mentions(answer, ontology.entity_types)
            assert said.refused == ()
            assert all(Occurrences(text).of(mention.text) for mention in said.mentions)
        asked = vote_prompt("votes-2", ontology, (), "").split("\n\nText: ")[1:-1]
        claims = [claim for example in asked for claim in parse_reply(example.rsplit("\n\n", 1)[1]).claims]
        assert {claim.polarity for claim in claims} == {"asserts", "denies"}
        assert all(claim.relation in ontology.relations for claim in claims)
        assert any(claim.stated == ("2003", None) for claim in claims) is (ontology is GENERAL)


def test_a_time_is_asked_for_where_the_ontologys_relations_have_one():
    assert "stated" not in vote_prompt("votes-2", BIOMEDICAL, (), "")
    assert '"stated":[FROM,UNTIL]' in vote_prompt("votes-2", GENERAL, (), "")
    entities = TaggedDocument(NEWS).entities
    claims = answer_schema(entities, Pairing(GENERAL), stated_relations("votes-2", GENERAL))["properties"]["claims"]["items"]["anyOf"]
    assert all("stated" in claim["required"] for claim in claims)
    assert compact_grammar(claims[0]) is not None
    assert stated_relations("votes-1", GENERAL) == stated_relations("votes-2", BIOMEDICAL) == frozenset()


def test_what_a_text_says_is_never_taken_for_a_slot():
    assert filled("{a} and {b} and {c}", {"a": "{b}", "b": "2"}) == "{b} and 2 and {c}"
    assert "{legend} {none}" in label_prefix("labels-1", BIOMEDICAL, first_words(BIOMEDICAL), "{legend} {none}")


def test_each_relation_has_words_unlike_those_of_all_others():
    words = prompt("labels-1").words
    assert {*BIOMEDICAL.relations, *GENERAL.relations, NONE} <= words.keys()
    spoken = [word for tries in words.values() for word in tries]
    assert len(set(spoken)) == len(spoken)


def test_a_prompt_that_there_is_not_is_refused():
    with pytest.raises(WrongUse, match="labels-99"):
        prompt("labels-99")


def test_the_schema_of_an_answer_admits_what_the_ontology_allows_and_nothing_else():
    entities = [entity for entity in TaggedDocument(aspirin()).entities if entity.type != "Species"]
    kinds = answer_schema(entities, Pairing(BIOMEDICAL))["properties"]["claims"]["items"]["anyOf"]
    said = {
        (head[0], r, tail[0])
        for kind in kinds
        for head in kind["properties"]["head"]["enum"]
        for r in kind["properties"]["relation"]["enum"]
        for tail in kind["properties"]["tail"]["enum"]
    }
    names = {"C": "Chemical", "D": "Disease"}
    assert all(BIOMEDICAL.allows(names[head], relation, names[tail]) for head, relation, tail in said)
    assert ("C", "treat", "D") in said
    assert ("C", "compare", "C") in said
    assert ("D", "treat", "C") not in said
