"""A real vLLM server, where CHRONOKG_TEST_VLLM names its URL (`.ci/vllm/up.sh` starts one)."""

import asyncio
import json
import os

import pytest

from agents.asking.pairs import Pairing
from agents.asking.tagging import TaggedDocument
from agents.models.served_model import ServedModel
from agents.names.names_by_votes import mention_schema
from agents.relations.relations_by_labels import LabelRelations
from agents.relations.relations_by_votes import VoteRelations, answer_schema
from agents.replies.claim_replies import parse_reply
from agents.serving.label_rows import UnfitLabels
from agents.serving.limits import Bounds
from schema.errors import ModelFailed
from tests.agents.fakes import BIOMEDICAL, aspirin

URL = os.environ.get("CHRONOKG_TEST_VLLM", "")
pytestmark = [pytest.mark.vllm, pytest.mark.skipif(not URL, reason="CHRONOKG_TEST_VLLM names no server")]

LABELS = [" none", " treats", " causes"]


def asked(question):
    async def go():
        model = ServedModel(URL, bounds=Bounds(attempts=2, timeout=120.0))
        try:
            return await question(model)
        finally:
            await model.close()

    return asyncio.run(go())


def test_the_distribution_over_the_labels_sums_to_one_and_comes_out_the_same_again():
    once, again = (asked(lambda model: model.score("Aspirin relieves headache.\nAspirin", [" headache:", ""], LABELS)) for _ in range(2))
    assert all(sum(row) == pytest.approx(1.0) for row in once.rows)
    for row, same in zip(once.rows, again.rows, strict=True):
        assert same == pytest.approx(row, abs=0.05)


def test_labels_of_several_tokens_are_named():
    with pytest.raises(UnfitLabels):
        asked(lambda model: model.score("A", [":"], [" none", " positively correlated"]))


def test_sampled_answers_obey_the_schema_and_waste_no_whitespace():
    tagged = TaggedDocument(aspirin())
    schema = answer_schema([entity for entity in tagged.entities if entity.type != "Species"], Pairing(BIOMEDICAL))
    found = asked(lambda model: model.sample("What helps? Answer in JSON.", 6, schema, 300, 3))
    assert len({reply.text for reply in found.replies}) > 1
    for reply in found.replies:
        said = parse_reply(reply.text, reply.complete)
        assert not said.refused
        assert "\n" not in reply.text
        assert all(claim.head in tagged.by_name for claim in said.claims)


def test_answers_that_name_things_obey_the_schema():
    schema = mention_schema(BIOMEDICAL.entity_types, 3)
    found = asked(lambda model: model.sample("What is named here? Answer in JSON.", 3, schema, 200, 3))
    for reply in found.replies:
        assert "\n" not in reply.text
        assert reply.text.startswith('{"mentions":[')
        assert not reply.complete or all(mention["type"] in BIOMEDICAL.entity_types for mention in json.loads(reply.text)["mentions"])


def test_both_ways_of_reading_quote_verbatim():
    found = aspirin()
    labels = asked(lambda model: LabelRelations(model, BIOMEDICAL, floor=0.0).read(found))
    votes = asked(lambda model: VoteRelations(model, BIOMEDICAL, votes=4, floor=0.0).read(found))
    assert labels.claims
    assert all(claim.quote and claim.quote in found.text for claim in labels.claims + votes.claims)


def test_what_does_not_fit_the_context_fails_at_once():
    with pytest.raises(ModelFailed, match="400"):
        asked(lambda model: model.score("fever and " * 20_000, [":"], LABELS))
