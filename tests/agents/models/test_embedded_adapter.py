"""The embedded model with an adapter, for real: llama.cpp in this process."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader
from gguf.quants import dequantize

from agents.adapters.adapter import load_adapter
from agents.models.embedded_model import EmbeddedModel, embedded_model_available, embedded_weights
from agents.relations.relations_by_labels import LabelRelations
from schema.errors import ModelUnavailable
from tests.agents.adapters.made_adapters import NAME, SHAPES, key, random_weights, write_adapter
from tests.agents.fakes import BIOMEDICAL, aspirin

pytestmark = [
    pytest.mark.xdist_group("language model"),
    pytest.mark.skipif(embedded_model_available() is not None, reason=str(embedded_model_available())),
]

LABELS = [" none", " related", " treats"]
TEXT = "\n\nText: [C1] Aspirin relieves [D1] headache and causes [D2] gastritis in [S1] rats that had none before."
QUERIES = ["\nC1 D1 3111:", "\nC1 D2 3111:", "\nD1 D2 3111:"]
QUESTION = ("What helps? Answer in JSON.", 3, {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}, 30, 1)
HEAD = 64  # numbers of an attention head


@pytest.fixture(scope="module")
def plain(plain_model: EmbeddedModel) -> np.ndarray:
    """What the model says without an adapter."""
    return asyncio.run(scored(plain_model))


def with_adapter(folder: Path) -> EmbeddedModel:
    return EmbeddedModel(adapter=load_adapter(folder))


async def scored(model: EmbeddedModel) -> np.ndarray:
    return np.array((await model.score(TEXT, QUERIES, LABELS)).rows)


def alone(model: EmbeddedModel) -> np.ndarray:
    async def ask() -> np.ndarray:
        try:
            return await scored(model)
        finally:
            await model.close()

    return asyncio.run(ask())


def test_it_scores_with_the_adapter_and_answers_without_and_neither_disturbs_the_other(
    plain: np.ndarray, plain_model: EmbeddedModel, tmp_path: Path
):
    async def ask(model: EmbeddedModel) -> tuple[np.ndarray, object, np.ndarray]:
        try:
            return await scored(model), (await model.sample(*QUESTION)).replies, await scored(model)
        finally:
            await model.close()

    said = asyncio.run(plain_model.sample(*QUESTION)).replies
    trained = with_adapter(write_adapter(tmp_path, random_weights(0.15)))
    first, answers, again = asyncio.run(ask(trained))
    assert trained.name == NAME
    assert np.abs(first - plain).max() > 0.02
    assert len(answers) == len(said) == 3
    assert all(answer.text.startswith('{"a":') for answer in answers)
    assert again == pytest.approx(first, abs=0.001)


def test_an_adapter_that_adds_nothing_changes_nothing(plain: np.ndarray, tmp_path: Path):
    weights = {name: matrix * (name.endswith("A.weight")) for name, matrix in random_weights().items()}
    assert alone(with_adapter(write_adapter(tmp_path, weights))) == pytest.approx(plain, abs=0.005)


def test_queries_and_keys_are_turned_as_llama_cpp_holds_them(plain: np.ndarray, tmp_path: Path):
    # A head whose keys are nothing sees all alike, and so does one whose queries are: the first keys serve the first three queries.
    q, k = silencing("attn_q", "self_attn.q_proj", 3 * HEAD), silencing("attn_k", "self_attn.k_proj", HEAD)
    queries = alone(with_adapter(write_adapter(tmp_path / "queries", q, {"r": 3 * HEAD, "lora_alpha": 3 * HEAD})))
    keys = alone(with_adapter(write_adapter(tmp_path / "keys", k, {"r": HEAD, "lora_alpha": HEAD})))
    assert np.abs(queries - keys).mean() < np.abs(plain - keys).mean() / 3


def silencing(name: str, part: str, rank: int) -> dict[str, np.ndarray]:
    """What takes the first rows away from the weights of the first layers; in all of them the rounding adds up."""
    tensors = {tensor.name: tensor for tensor in GGUFReader(embedded_weights()).tensors}
    rows, columns = SHAPES[part]
    found = {}
    for layer in range(8):
        tensor = tensors[f"blk.{layer}.{name}.weight"]
        weights = dequantize(tensor.data, tensor.tensor_type).reshape(rows, columns)
        halves = weights.reshape(rows // HEAD, HEAD // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)
        found[key(layer, part, "A")] = np.ascontiguousarray(halves[:rank], np.float32)
        found[key(layer, part, "B")] = -np.eye(rows, rank, dtype=np.float32)
    return found


def test_a_reader_with_it_asks_its_prompt_and_says_its_words(tmp_path: Path):
    async def read():
        adapter = load_adapter(write_adapter(tmp_path))
        model = EmbeddedModel(adapter=adapter)
        reader = LabelRelations(model, BIOMEDICAL, skills=adapter.skills, floor=0.0)
        try:
            return reader.reader, await reader.read(aspirin())
        finally:
            await model.close()

    reader, found = asyncio.run(read())
    assert reader.name == f"labels/{NAME}/labels-2/{BIOMEDICAL.reading_name}"
    assert {claim.relation for claim in found.claims} == {"treat", "cause", "associate"}


def test_an_adapter_of_another_model_is_refused_before_anything_is_loaded(tmp_path: Path):
    folder = write_adapter(tmp_path, {}, skills={"base": {"file": "other.gguf", "sha256": "0" * 64}})
    with pytest.raises(ModelUnavailable, match=r"on other.gguf with SHA-256 000000000000…, and .*adapter = none reads without it"):
        alone(with_adapter(folder))
