"""A schema as a grammar of compact JSON."""

import asyncio
import json

import pytest

from agents.models.embedded_model import EmbeddedModel
from agents.serving.grammar import compact_grammar
from agents.serving.protocols import Dialect, sample_body, without_llguidance


def test_an_answers_schema_becomes_a_grammar_without_a_space():
    claim = {"type": "object", "properties": {"head": {"enum": ["C1", 'a"b']}, "n": {"const": 1}}, "required": ["head", "n"]}
    schema = {"type": "object", "properties": {"claims": {"type": "array", "items": claim, "maxItems": 3}}, "required": ["claims"]}
    assert compact_grammar(schema).splitlines() == [
        r'root ::= "{\"claims\":" r3 "}"',
        'r3 ::= "[" (r2 ("," r2){0,2})? "]"',
        r'r2 ::= "{\"head\":" r0 ",\"n\":" r1 "}"',
        'r1 ::= "1"',
        r'r0 ::= "\"C1\"" | "\"a\\\"b\""',
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "array"},
        {"type": "object"},
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "string", "pattern": "a+"},
        {"type": "integer", "minimum": 3},
        {"$ref": "#/$defs/x"},
        {"type": "object", "properties": {"a": {"oneOf": []}}, "required": ["a"]},
    ],
)
def test_a_schema_that_says_more_than_the_grammar_can_has_none(schema):
    assert compact_grammar(schema) is None


def test_vllm_and_a_plain_llamacpp_get_the_grammar_and_otherwise_the_schema():
    schema = {"type": "array", "items": {"enum": ["a"]}, "minItems": 1, "maxItems": 2}
    grammar = compact_grammar(schema)
    assert sample_body(Dialect.VLLM, "m", "p", 1, schema, 10, 1)["structured_outputs"] == {"grammar": grammar}
    body = sample_body(Dialect.LLAMACPP, "m", "p", 1, schema, 10, 1)
    assert without_llguidance(body, schema)["grammar"] == grammar
    assert "grammar" not in without_llguidance(body, {})


@pytest.mark.xdist_group("language model")
def test_llamacpp_keeps_to_the_grammar(plain_model: EmbeddedModel):
    every = {
        "type": "object",
        "properties": {
            "some": {"type": "array", "items": {"anyOf": [{"enum": ["é", 1]}, {"type": "null"}]}, "minItems": 2, "maxItems": 3},
            "text": {"type": "string"},
            "flag": {"type": "boolean"},
            "whole": {"enum": [3, 4]},
        },
        "required": ["some", "text", "flag", "whole"],
    }

    async def go():
        served = await plain_model._started()
        await served._ready()
        body = without_llguidance(sample_body(Dialect.LLAMACPP, "m", "Say some JSON.", 2, every, 300, 3), every)
        return await served.server.call("/v1/chat/completions", body)

    for choice in asyncio.run(go())["choices"]:
        if choice["finish_reason"] == "stop":
            said = json.loads(choice["message"]["content"])
            assert list(said) == ["some", "text", "flag", "whole"]
            assert 2 <= len(said["some"]) <= 3
