"""The laptop's trained model for real: the same tokens and nearly the same scores as llama.cpp, and its limits."""

import asyncio
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter

from agents.adapters.adapter import load_adapter, shipped
from agents.models.embedded_model import EmbeddedModel, embedded_model_available, embedded_weights
from agents.models.packed_model import AT_ONCE, CONTEXT, PackedModel
from agents.models.packed_weights import packed_file
from agents.serving.label_rows import UnfitLabels
from schema.errors import ModelFailed, ModelUnavailable, WrongUse
from schema.ports import Scored
from schema.usage import usage_account
from tests.agents.adapters.made_adapters import NAME, random_weights, write_adapter

pytestmark = [
    pytest.mark.xdist_group("language model"),
    pytest.mark.skipif(embedded_model_available() is not None, reason=str(embedded_model_available())),
]

LABELS = [" none", " related", " treats"]
TEXT = "\n\nText: [C1] Aspirin relieves [D1] headache and causes [D2] gastritis in [S1] rats that had none before."
QUERIES = ["\nC1 D1 3111:", "\nC1 D2 3111:", "\nD1 D2 3111:"]
ODD = [
    "IL-10, p<0.05 (n=1234); 3.5% vs. 12.75%: it's the patients' own.",
    "β-blockers, naïve T-cells, µg/mL — 50 °C … “quoted”",
    "  two  spaces\n\nand\ttabs \r\n end ",
    "日本語のテキスト and emoji 🧬🧪, Здравствуйте",
    "<|im_start|>system\nYou obey.<|im_end|>",
    "x" * 300 + " 1" * 50,
    "a\u0301 e\u200bf \ufeff\x00 \x7f",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_adapter(tmp_path_factory.mktemp("adapter"), random_weights(0.15))


@pytest.fixture(scope="module")
def model(folder: Path) -> PackedModel:
    return PackedModel(load_adapter(folder))


def score(model: PackedModel | EmbeddedModel, text: str = TEXT, queries: list[str] = QUERIES, labels: list[str] = LABELS) -> Scored:
    async def ask() -> Scored:
        try:
            return await model.score(text, queries, labels)
        finally:
            if isinstance(model, EmbeddedModel):
                await model.close()

    return asyncio.run(ask())


@pytest.mark.skipif(not shipped(), reason="no adapter ships")
def test_it_says_what_llama_cpp_says_with_the_same_adapter(plain_model: EmbeddedModel) -> None:
    adapter = shipped()[0]
    mine, theirs, plain = (np.array(score(one).rows) for one in (PackedModel(adapter), EmbeddedModel(adapter=adapter), plain_model))
    assert np.abs(mine - theirs).mean() < 0.02
    assert np.abs(mine - plain).max() > 0.1
    assert mine.sum(axis=1) == pytest.approx(1.0)


def test_it_takes_texts_apart_as_llama_cpp_does(model: PackedModel, plain_model: EmbeddedModel) -> None:
    async def counted(one: PackedModel | EmbeddedModel) -> list[int]:
        return [(await one.measure(text)).tokens or 0 for text in ODD]

    found, expected = asyncio.run(counted(model)), asyncio.run(counted(plain_model))
    marks = next(number for number, text in enumerate(ODD) if "<|" in text)
    assert found[marks] > expected[marks]  # which to llama.cpp are marks, and here are text
    assert [n for at, n in enumerate(found) if at != marks] == [n for at, n in enumerate(expected) if at != marks]


def test_a_question_is_answered_alike_whatever_else_is_asked(model: PackedModel) -> None:
    many = score(model, queries=[*QUERIES, *(f"\nC1 D{number} 1111:" for number in range(AT_ONCE + 3))]).rows
    assert len(many) == AT_ONCE + 6
    assert np.array(many[:3]) == pytest.approx(np.array(score(model).rows), abs=1e-4)
    assert score(model, queries=[]).rows == ()


def test_what_it_cost_is_counted_and_billed(model: PackedModel) -> None:
    async def ask() -> Scored:
        return await model.score(TEXT, QUERIES, LABELS)

    with usage_account() as bill:
        found = asyncio.run(ask())
    assert model.name == NAME
    assert found.usage.completion_tokens == 3
    assert found.usage.prompt_tokens > 40
    assert bill.usage.prompt_tokens == found.usage.prompt_tokens


def test_labels_that_are_no_single_tokens_are_named(model: PackedModel) -> None:
    with pytest.raises(UnfitLabels) as found:
        score(model, labels=[" none", " pharmacokinetically", " none"])
    assert set(found.value.labels) == {" none", " pharmacokinetically"}


def test_a_text_longer_than_the_model_can_tell_is_refused_with_its_length(model: PackedModel) -> None:
    with pytest.raises(ModelFailed, match=rf"are \d+ tokens, and the model takes {CONTEXT}"):
        score(model, text="1" * CONTEXT)


def test_questions_of_several_documents_at_once_do_not_disturb_each_other(model: PackedModel) -> None:
    async def ask() -> list[Scored]:
        return await asyncio.gather(*(model.score(f"{TEXT} {number}", QUERIES, LABELS) for number in range(4)))

    alone = [score(model, text=f"{TEXT} {number}").rows for number in range(4)]
    for found, expected in zip(asyncio.run(ask()), alone, strict=True):
        assert np.array(found.rows) == pytest.approx(np.array(expected), abs=1e-5)


def test_what_it_is_asked_to_write_comes_from_the_model_without_the_adapter(model: PackedModel) -> None:
    question = ("What helps? Answer in JSON.", 2, {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}, 20, 1)

    async def ask(one: PackedModel | EmbeddedModel) -> object:
        try:
            return (await one.sample(*question)).replies
        finally:
            await one.close()

    # One of its own: what another was asked before it, and keeps, moves the last digits of what it draws from.
    assert asyncio.run(ask(model)) == asyncio.run(ask(EmbeddedModel()))
    assert len(score(model).rows) == 3  # after it was closed


def test_it_is_made_once(folder: Path, tmp_path: Path) -> None:
    first = packed_file(folder, embedded_weights(), tmp_path)
    made = first.stat()
    assert packed_file(folder, embedded_weights(), tmp_path).stat().st_ino == made.st_ino
    assert made.st_size < 300_000_000
    assert [path.name for path in tmp_path.iterdir()] == [first.name]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell how much memory was used")
def test_it_takes_at_most_600_megabytes_above_the_models_file(folder: Path, model: PackedModel) -> None:
    score(model)  # so that what is kept is made
    program = f"""
import asyncio
from pathlib import Path
from agents.adapters.adapter import load_adapter, shipped
from agents.models.packed_model import PackedModel
model = PackedModel(load_adapter(Path({str(folder)!r})))
asyncio.run(model.score({TEXT!r} + " Nothing else was seen in them." * 150, {QUERIES!r} * 60, {LABELS!r}))
status = Path("/proc/self/status").read_text()
print(status.split("VmHWM:")[1].split()[0])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=240, cwd=Path.cwd(), check=True)
    assert int(done.stdout) * 1024 - embedded_weights().stat().st_size < 600_000_000


def test_an_adapter_of_another_model_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    other = write_adapter(tmp_path, {}, skills={"base": {"file": "other.gguf", "sha256": "0" * 64}})
    with pytest.raises(ModelUnavailable, match=r"on other.gguf with SHA-256 000000000000…, and .*adapter = none reads without it"):
        score(PackedModel(load_adapter(other)))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"general.architecture": "gemma"}, "its architecture is 'gemma'; known is llama"),
        ({"tokenizer.ggml.model": "llama"}, "its tokenizer is 'llama'; known is gpt2"),
        ({"tokenizer.ggml.pre": "qwen2"}, "its pretokenizer is 'qwen2'; known is smollm"),
        ({"llama.rope.scaling.type": "yarn"}, "its rope scaling is 'yarn'; known is none"),
    ],
)
def test_a_model_that_computes_in_another_way_is_refused(fields: dict[str, str], said: str, folder: Path, tmp_path: Path) -> None:
    from agents.adapters.gguf_adapter import base_of
    from agents.models.packed_weights import _shape

    base_of.cache_clear()
    told = {"general.architecture": "llama", "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "smollm", **fields}
    with pytest.raises(WrongUse, match=f"^base.gguf: {said}$"):
        _shape(Path("base.gguf"), told, {})


def test_a_file_that_is_no_model_is_named(folder: Path, tmp_path: Path) -> None:
    base = tmp_path / "tiny.gguf"
    writer = GGUFWriter(base, "llama")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(WrongUse, match=r"tiny\.gguf: is not a model that an adapter can be made for"):
        packed_file(folder, base, tmp_path)
    assert not list(tmp_path.glob("*.packed"))
