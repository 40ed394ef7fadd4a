"""Prompts are filled up to whole blocks of a server's prefix cache, where it tells of them."""

import asyncio

from agents.models.served_model import ServedModel
from tests.agents.fakes import QUICK, tokens
from tests.agents.serving.test_server import LABELS, METRICS, score


def test_a_prefix_is_filled_up_behind_its_shared_part_to_whole_blocks_of_vllms_cache(vllm):
    vllm.metrics = METRICS

    async def ask(prefix: str, shared: int, queries: list[str]) -> None:
        model = ServedModel(vllm.url, bounds=QUICK)
        try:
            await model.score(prefix, queries, LABELS, shared)
        finally:
            await model.close()

    asyncio.run(ask("Read this. Text: one two three", len("Read this."), ["\nC1 D1:", "\nC1 D2:"]))
    asked = [prompt for body in vllm.asked("/v1/completions") for prompt in body["prompt"]]
    assert all(prompt.startswith("Read this. .") and " Text: one two three\nC1 D" in prompt for prompt in asked)
    assert {len(tokens(prompt.rsplit("\n", 1)[0])) % 16 for prompt in asked} == {0}


def test_a_model_with_an_adapter_is_not_asked_in_a_way_that_it_never_saw(vllm):
    vllm.metrics = METRICS

    async def ask() -> None:
        model = ServedModel(vllm.url, bounds=QUICK, adapters=frozenset({"org/tiny"}))
        try:
            await model.score("Text: one two three", ["\nC1 D1:", "\nC1 D2:"], LABELS)
        finally:
            await model.close()

    asyncio.run(ask())
    asked = [prompt for body in vllm.asked("/v1/completions") for prompt in body["prompt"]]
    assert asked == ["Text: one two three\nC1 D1:", "Text: one two three\nC1 D2:"]


def test_a_prompt_stays_as_it_is_where_vllm_does_not_tell_its_block_size(vllm):
    score(vllm, ["\nC1 D1:", "\nC1 D2:"])
    assert [body["prompt"] for body in vllm.asked("/v1/completions")] == [["A text.\nC1 D1:"], ["A text.\nC1 D2:"]]
