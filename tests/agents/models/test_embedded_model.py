"""The embedded model for real: llama.cpp with SmolLM2 in this process."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from agents.asking.pairs import Pairing
from agents.asking.prompting import NONE, label_words
from agents.asking.tagging import TaggedDocument
from agents.models import embedded_model as embedded
from agents.models.embedded_model import EmbeddedModel, embedded_model_available
from agents.names.names_by_votes import mention_schema
from agents.relations.relations_by_labels import LabelRelations
from agents.relations.relations_by_votes import VoteRelations, answer_schema
from agents.replies.claim_replies import parse_reply
from agents.serving.label_rows import UnfitLabels
from schema.errors import ModelFailed, ModelUnavailable
from tests.agents.asking.test_prompting import NEWS
from tests.agents.fakes import BIOMEDICAL, GENERAL, aspirin

pytestmark = [
    pytest.mark.xdist_group("language model"),
    pytest.mark.skipif(embedded_model_available() is not None, reason=str(embedded_model_available())),
]

LABELS = [" none", " treats", " causes"]
PREFIX = "Aspirin relieves headache and causes gastritis.\nAspirin"


@pytest.fixture
def model(plain_model: EmbeddedModel) -> EmbeddedModel:
    return plain_model


def test_the_distribution_over_the_labels_sums_to_one_and_comes_out_the_same_again(model):
    once, again = (asyncio.run(model.score(PREFIX, [" headache:", " gastritis:", ""], LABELS)) for _ in range(2))
    assert len(once.rows) == 3
    assert all(sum(row) == pytest.approx(1.0) for row in once.rows)
    assert all(0.0 < value < 1.0 for row in once.rows for value in row)
    for row, same in zip(once.rows, again.rows, strict=True):
        assert same == pytest.approx(row, abs=0.02)


def test_the_distribution_is_the_models_own_restricted_to_the_labels(model):
    # Asked about fewer labels, the odds between them stay.
    ((none, treats, causes),) = asyncio.run(model.score(PREFIX, [" headache:"], LABELS)).rows
    ((first, second),) = asyncio.run(model.score(PREFIX, [" headache:"], [" treats", " causes"])).rows
    assert first / second == pytest.approx(treats / causes, rel=0.05)
    assert none + treats + causes == pytest.approx(1.0)


def test_the_text_is_computed_once_for_all_queries(model):
    text = "Paracetamol was given to ninety patients with a fever of unknown origin. " * 20
    usage = asyncio.run(model.score(text, [f"\nC{n} D1:" for n in range(20)], LABELS)).usage
    assert usage.completion_tokens == 20
    assert usage.prompt_tokens < 600


@pytest.mark.parametrize("ontology", [BIOMEDICAL, GENERAL], ids=["biomedical", "general"])
def test_each_label_of_the_shipped_ontologies_is_a_token_of_its_own(model, ontology):
    words = {name: tries[0] for name, tries in label_words("labels-1", ontology).items()}
    (row,) = asyncio.run(model.score("A", [":"], [f" {word}" for word in words.values()])).rows
    assert len(row) == len({NONE, *ontology.relations})


def test_labels_of_several_tokens_are_named(model):
    with pytest.raises(UnfitLabels, match="positively correlated"):
        asyncio.run(model.score("A", [":"], [" none", " positively correlated"]))


def test_sampled_answers_obey_the_schema_and_the_same_seed_gives_the_same_answers(model):
    tagged = TaggedDocument(aspirin())
    schema = answer_schema([entity for entity in tagged.entities if entity.type != "Species"], Pairing(BIOMEDICAL))
    once, again = (asyncio.run(model.sample("What helps? Answer in JSON.", 5, schema, 200, 3)) for _ in range(2))
    assert once.replies == again.replies
    assert len({reply.text for reply in once.replies}) > 1
    for reply in once.replies:
        said = parse_reply(reply.text, reply.complete)
        assert not said.refused
        assert "\n" not in reply.text
        assert all(claim.head in tagged.by_name and claim.relation in BIOMEDICAL.relations for claim in said.claims)
    assert once.usage.completion_tokens > 0


def test_answers_that_name_things_obey_the_schema(model):
    schema = mention_schema(BIOMEDICAL.entity_types, 3)
    sampled = asyncio.run(model.sample("What is named here? Answer in JSON.", 3, schema, 120, 3))
    for reply in sampled.replies:
        assert "\n" not in reply.text
        assert reply.text.startswith('{"mentions":[')
        assert not reply.complete or all(mention["type"] in BIOMEDICAL.entity_types for mention in json.loads(reply.text)["mentions"])
    assert any(reply.complete for reply in sampled.replies)


def test_answers_state_times_where_the_schema_asks_for_them(model):
    schema = answer_schema(TaggedDocument(NEWS).entities, Pairing(GENERAL), frozenset(GENERAL.relations))
    said = [json.loads(reply.text) for reply in asyncio.run(model.sample("Who?", 4, schema, 300, 1)).replies if reply.complete]
    assert any(claims["claims"] for claims in said)
    assert all(len(claim["stated"]) == 2 for claims in said for claim in claims["claims"])


def test_an_answer_that_reaches_the_limit_is_not_complete(model):
    schema = {"type": "object", "properties": {"a": {"type": "array", "minItems": 20, "items": {"enum": ["b"]}}}, "required": ["a"]}
    assert not asyncio.run(model.sample("Hello.", 1, schema, 10, 1)).replies[0].complete


def test_both_ways_of_reading_quote_verbatim_and_stay_within_the_ontology(model):
    found = aspirin()
    labels = asyncio.run(LabelRelations(model, BIOMEDICAL, floor=0.0).read(found))
    votes = asyncio.run(VoteRelations(model, BIOMEDICAL, votes=2, floor=0.0).read(found))
    assert labels.claims
    kinds = {mention.identifiers[0]: mention.type for mention in found.mentions}
    for claim in labels.claims + votes.claims:
        assert claim.quote
        assert claim.quote in found.text
        assert BIOMEDICAL.allows(kinds[claim.head], claim.relation, kinds[claim.tail])
        assert 0.0 <= claim.confidence <= 1.0


def test_what_does_not_fit_the_context_fails_with_the_reason(model):
    with pytest.raises(ModelFailed, match="context"):
        asyncio.run(model.score("fever and " * 5000, [":"], LABELS))


def test_it_is_quiet_and_can_be_closed_and_used_again():
    program = """
import asyncio
from agents.models.embedded_model import EmbeddedModel
async def main():
    model = EmbeddedModel()
    for _ in range(2):
        await model.score("A", [":"], [" none", " treats"])
        await model.close()
    await model.close()
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=120, cwd=Path.cwd(), check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_without_weights_the_reason_is_said(monkeypatch):
    assert embedded_model_available() is None
    monkeypatch.setattr(embedded, "PACKAGE", "no_such_package")
    assert embedded_model_available() == "no weights of the embedded model: the package no-such-package is not installed"
    with pytest.raises(ModelUnavailable, match="no-such-package"):
        EmbeddedModel()
