"""From PEFT's files to one that llama.cpp loads."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader, GGUFWriter
from safetensors.numpy import save, save_file

from agents.adapters.derived_files import cache_folder, file_hash
from agents.adapters.gguf_adapter import BaseLayers, base_of, converted, derived, gguf_adapter, matrices
from schema.errors import WrongUse
from tests.agents.adapters.made_adapters import CONFIG, key

FILE = Path("adapter_model.safetensors")
BASE = BaseLayers(
    architecture="llama", heads=2, kv_heads=1, shapes={f"blk.0.{name}.weight": (6, 8) for name in ("attn_q", "attn_k", "ffn_up")}
)


def pair(part: str, rank: int = 2) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(1)
    return {key(0, part, side): chance.normal(size=size).astype(np.float32) for side, size in (("A", (rank, 6)), ("B", (8, rank)))}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A model of one layer, as far as an adapter must know it."""
    path = tmp_path / "tiny.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    for name in BASE.shapes:
        writer.add_tensor(name, np.zeros((8, 6), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny-reader-0"
    folder.mkdir()
    save_file(pair("self_attn.q_proj"), folder / FILE)
    (folder / "adapter_config.json").write_text(json.dumps({**CONFIG, "r": 2, "lora_alpha": 4}))
    return folder


def test_rows_of_queries_and_keys_pair_the_two_halves_of_a_head():
    rows = np.arange(8.0)[:, None] + np.zeros((8, 2))
    found = {name: converted(FILE, {**pair(part), key(0, part, "B"): rows}, 2, BASE) for name, part in PARTS.items()}
    order = {name: tensors[f"blk.0.{name}.weight.lora_b"][:, 0].tolist() for name, tensors in found.items()}
    assert order["attn_q"] == [0, 2, 1, 3, 4, 6, 5, 7]  # two heads of four
    assert order["attn_k"] == [0, 4, 1, 5, 2, 6, 3, 7]  # one head of eight
    assert order["ffn_up"] == list(range(8))


PARTS = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "ffn_up": "mlp.up_proj"}


def test_the_file_has_the_same_numbers_and_the_scale(adapter: Path, base: Path, tmp_path: Path):
    reader = GGUFReader(derived(adapter, base, tmp_path / "cache"))
    tensors = {tensor.name: tensor.data for tensor in reader.tensors}
    assert np.array_equal(tensors["blk.0.attn_q.weight.lora_a"], pair("self_attn.q_proj")[key(0, "self_attn.q_proj", "A")])
    assert reader.fields["adapter.lora.alpha"].contents() == 4.0
    assert (reader.fields["general.type"].contents(), reader.fields["adapter.type"].contents()) == ("adapter", "lora")


def test_a_scale_by_the_root_of_the_rank_is_kept(adapter: Path, base: Path, tmp_path: Path):
    (adapter / "adapter_config.json").write_text(json.dumps({**CONFIG, "r": 2, "lora_alpha": 4, "use_rslora": True}))
    alpha = GGUFReader(derived(adapter, base, tmp_path / "cache")).fields["adapter.lora.alpha"].contents()
    assert alpha / 2 == pytest.approx(4 / 2**0.5)


def test_it_is_made_once_and_again_for_another_adapter_or_base(adapter: Path, base: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    first = derived(adapter, base, cache)
    made = first.stat().st_ino
    assert derived(adapter, base, cache) == first
    assert first.stat().st_ino == made
    save_file(pair("mlp.up_proj"), adapter / FILE)
    second = derived(adapter, base, cache)
    base.write_bytes(base.read_bytes() + b"\0" * 32)
    assert len({first, second, derived(adapter, base, cache)}) == 3


def test_many_at_once_make_one_whole_file(adapter: Path, base: Path, tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: derived(adapter, base, tmp_path / "cache"), range(16)))
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [path.name for path in paths]
    assert len(GGUFReader(paths.pop()).tensors) == 2


def test_without_a_folder_to_keep_it_in_it_lasts_as_long_as_it_is_needed(adapter: Path, base: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CHRONOKG_CACHE", str(base))  # a file is no folder
    with gguf_adapter(adapter, base) as path:
        assert path.is_file()
    assert not path.parent.exists()


def test_the_cache_folder_is_the_systems_unless_one_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("CHRONOKG_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("adapters") == tmp_path / "chronokg" / "adapters"
    monkeypatch.setenv("CHRONOKG_CACHE", str(tmp_path / "x"))
    assert cache_folder("adapters") == tmp_path / "x" / "adapters"


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (pair("self_attn.q_proj", rank=3), r"q_proj.lora_A.weight: is 3 × 6; with rank 2 and this base model it is 2 × 6"),
        ({**pair("mlp.up_proj"), key(0, "mlp.up_proj", "B"): np.zeros((9, 2))}, r"up_proj.lora_B.weight: is 9 × 2; .* 8 × 2"),
        ({key(0, "mlp.up_proj", "A"): np.zeros((2, 6))}, r"has blk.0.ffn_up.weight.lora_a and lacks blk.0.ffn_up.weight.lora_b"),
        ({key(4, "mlp.up_proj", "A"): np.zeros((2, 6))}, r"layers.4.mlp.up_proj.lora_A.weight: the base model has no such"),
        ({"base_model.model.lm_head.lora_A.weight": np.zeros((2, 6))}, r"lm_head.lora_A.weight: the base model has no such"),
        ({}, "has no matrix of an adapter"),
    ],
    ids=["rank", "rows", "half of a pair", "another layer", "another part", "nothing"],
)
def test_weights_that_are_not_this_models_are_refused_with_file_and_rule(weights: dict[str, np.ndarray], said: str):
    with pytest.raises(WrongUse, match=f"^adapter_model.safetensors: .*{said}"):
        converted(FILE, weights, 2, BASE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"peft_type": "IA3"}, "peft_type 'IA3'"),
        ({"use_dora": True}, "use_dora True"),
        ({"bias": "all"}, "bias 'all'"),
        ({"modules_to_save": ["lm_head"]}, r"modules_to_save \['lm_head'\]"),
        ({"rank_pattern": {"q_proj": 4}}, "rank_pattern"),
        ({"r": 0}, "r 0"),
    ],
)
def test_an_adapter_of_another_kind_is_refused(change: dict[str, object], said: str, adapter: Path, base: Path, tmp_path: Path):
    (adapter / "adapter_config.json").write_text(json.dumps({**CONFIG, "r": 2, **change}))
    with pytest.raises(WrongUse, match=f"adapter_config.json: {said}"):
        derived(adapter, base, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_files_that_are_not_what_they_should_be_are_named(adapter: Path, base: Path, tmp_path: Path):
    with pytest.raises(WrongUse, match="not a safetensors file"):
        matrices(FILE, b"no")
    with pytest.raises(WrongUse, match="x: has values that are no numbers"):
        matrices(FILE, save({"x": np.array([[np.nan]], np.float32)}))
    with pytest.raises(WrongUse, match="x: numbers of the kind I64"):
        matrices(FILE, save({"x": np.array([[1]], np.int64)}))
    (adapter / "adapter_config.json").write_text("{")
    with pytest.raises(WrongUse, match="is not JSON"):
        derived(adapter, base, tmp_path)
    (adapter / FILE).unlink()
    with pytest.raises(WrongUse, match="safetensors: No such file"):
        derived(adapter, base, tmp_path)
    with pytest.raises(WrongUse, match="is not a model that an adapter can be made for"):
        base_of(_other(tmp_path / "other.gguf"), "")


def test_half_precision_of_either_kind_is_read(tmp_path: Path):
    exact = np.array([[1.0, -0.5, 3.140625, 2.0**-20]], np.float32)
    upper = (exact.view(np.uint32) >> 16).astype(np.uint16)
    header = json.dumps({"x": {"dtype": "BF16", "shape": [1, 4], "data_offsets": [0, 8]}}).encode()
    found = matrices(FILE, len(header).to_bytes(8, "little") + header + upper.tobytes())
    assert np.array_equal(found["x"], exact)
    assert np.array_equal(matrices(FILE, save({"x": exact.astype(np.float16)}))["x"], exact.astype(np.float16))


def test_a_files_hash_follows_its_content(tmp_path: Path):
    path = tmp_path / "x"
    path.write_bytes(b"one")
    first = file_hash(path)
    assert file_hash(path) == first == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    path.write_bytes(b"two")
    os.utime(path, ns=(1, 1))
    assert file_hash(path) != first


def _other(path: Path) -> Path:
    writer = GGUFWriter(path, "mamba")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
