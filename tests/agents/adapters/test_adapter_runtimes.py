"""One adapter on four runtimes: packed passes, llama.cpp, transformers, vLLM. Each where it is installed or served; what ships also against
a record.

`python -m benchmarks.small_reader.runtimes ask torch …` writes the record, tests/agents/golden/runtimes-NAME.json.
"""

import asyncio
import json
import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from agents.adapters.adapter import Adapter, load_adapter, shipped
from agents.adapters.derived_files import file_hash
from agents.adapters.gguf_adapter import WEIGHTS
from agents.models.embedded_model import EmbeddedModel, embedded_model_available, embedded_weights
from agents.models.packed_model import PackedModel
from agents.models.served_model import ServedModel
from agents.serving.limits import Bounds
from agents.serving.protocols import models
from schema.ports import LanguageModel
from tests.agents.abstracts import abstracts
from tests.agents.adapters.made_adapters import random_weights, write_adapter
from tests.agents.adapters.runtimes import Agreement, Answers, agreement, answers
from tests.agents.fakes import BIOMEDICAL

GOLDEN = Path(__file__).parents[1] / "golden"
URL = os.environ.get("CHRONOKG_TEST_VLLM", "")
SAME, MEAN = 0.98, 0.02
"""At least this share of labels is the same, and at most so far are probabilities apart."""

here = pytest.mark.skipif(embedded_model_available() is not None, reason=str(embedded_model_available()))


def asked(model: LanguageModel, adapter: Adapter) -> Answers:
    async def ask() -> Answers:
        try:
            return await answers(model, adapter, BIOMEDICAL, abstracts())
        finally:
            await model.close()

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    """What ships, else one of random weights."""
    if known := shipped():
        return known[0]
    return load_adapter(write_adapter(tmp_path_factory.mktemp("adapter"), random_weights(0.15)))


@pytest.fixture(scope="module")
def embedded(adapter: Adapter) -> Answers:
    return asked(EmbeddedModel(adapter=adapter), adapter)


@pytest.fixture(scope="module")
def packed(adapter: Adapter) -> Answers:
    return asked(PackedModel(adapter), adapter)


def check(found: Agreement) -> None:
    assert found.questions >= 60
    assert found.same >= SAME, found
    assert found.mean <= MEAN, found


def exactly(found: Agreement) -> None:
    """The same computation in the same precision, but for the order of sums."""
    check(found)
    assert found.most < 0.002, found


@here
@pytest.mark.train
@pytest.mark.skipif(not all(map(find_spec, ("torch", "transformers", "peft"))), reason="torch, transformers and peft are not installed")
def test_llama_cpp_and_packed_passes_say_what_transformers_says(adapter: Adapter, embedded: Answers, packed: Answers):
    from agents.training.network import TorchModel

    measure = asked(TorchModel(embedded_weights(), adapter.folder), adapter)
    check(agreement(embedded, measure))
    exactly(agreement(packed, measure))


@here
@pytest.mark.vllm
@pytest.mark.skipif(not URL, reason="CHRONOKG_TEST_VLLM names no server")
def test_vllm_says_what_llama_cpp_says(adapter: Adapter, embedded: Answers):
    async def listed() -> list[str]:
        model = ServedModel(URL)
        try:
            return [name for name, _ in models(await model.server.call("/v1/models"))]
        finally:
            await model.close()

    if adapter.name not in asyncio.run(listed()):
        pytest.skip(f"{URL} does not serve the adapter {adapter.name}")
    served = ServedModel(URL, adapter.name, bounds=Bounds(attempts=2, timeout=120.0), adapters=frozenset({adapter.name}))
    check(agreement(embedded, asked(served, adapter)))


@here
@pytest.mark.parametrize("runtime", ["packed", pytest.param("embedded", marks=pytest.mark.nightly)])
def test_what_ships_says_what_it_said_where_it_was_trained(runtime: str, adapter: Adapter, request: pytest.FixtureRequest):
    if not shipped():
        pytest.skip("no adapter ships")
    record = GOLDEN / f"runtimes-{adapter.name}.json"
    told = json.loads(record.read_text())
    assert told["sha256"] == file_hash(adapter.folder / WEIGHTS), f"{record} is of other weights: write it again"
    (exactly if runtime == "packed" else check)(agreement(request.getfixturevalue(runtime), told["answers"]))


def test_agreement_counts_labels_and_probabilities():
    one = {"a": {"none": 0.9, "treat": 0.1}, "b": {"none": 0.4, "treat": 0.6}}
    other = {"a": {"none": 0.8, "treat": 0.2}, "b": {"none": 0.6, "treat": 0.4}}
    assert agreement(one, one) == Agreement(2, 1.0, 0.0, 0.0)
    found = agreement(one, other)
    assert (found.questions, found.same) == (2, 0.5)
    assert found.mean == pytest.approx(0.15)
    assert found.most == pytest.approx(0.2)
