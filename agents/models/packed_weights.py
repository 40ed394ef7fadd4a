"""A model's weights with an adapter added to them, as the packed network takes them: made on first use and kept."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.adapters.derived_files import kept, made
from agents.adapters.gguf_adapter import derived_name, low_rank
from agents.models.packed_network import Dimensions, Layer, Matrix, PackedNetwork
from schema.errors import WrongUse

if TYPE_CHECKING:
    from numpy import dtype, ndarray
    from tokenizers import Tokenizer

    Array = ndarray[tuple[int, ...], dtype[Any]]

FORM = "packed-1"
"""Changes whenever what is written for the same adapter does."""

PRETOKENIZERS = ("smollm",)
"""Ways of taking a text apart that are known here, by llama.cpp's names."""

EMBEDDINGS, NORM, TOKENIZER = "token_embd.weight", "output_norm.weight", "tokenizer"
PARTS = ("attn_q", "attn_k", "attn_v"), ("attn_output",), ("ffn_gate", "ffn_up"), ("ffn_down",)


def packed_network(folder: Path, base: Path) -> tuple[PackedNetwork, "Tokenizer"]:
    """The base model of a GGUF file with the adapter of a folder, and its tokenizer.

    Raises WrongUse naming file and rule for an adapter that is not one of this model, or a model of a kind that is not known here.
    """
    with kept(lambda cache: packed_file(folder, base, cache)) as path:
        return _loaded(path)


def packed_file(folder: Path, base: Path, cache: Path) -> Path:
    """The file in a cache folder, made where it is missing: some ten seconds, and 270 MB for the embedded model."""
    return made(cache / f"{derived_name(folder, base, FORM)}.packed", lambda path: _write(path, folder, base))


def _write(path: Path, folder: Path, base: Path) -> None:
    from gguf import GGUFReader
    from gguf.quants import dequantize
    from safetensors.numpy import save_file

    alpha, rank, added = low_rank(folder, base)
    reader = GGUFReader(base)
    told = {name: field.contents() for name, field in reader.fields.items()}
    exact: dict[str, Array] = {tensor.name: dequantize(tensor.data, tensor.tensor_type) for tensor in reader.tensors}
    shape = _shape(base, told, exact)
    for name in {key.rpartition(".lora_")[0] for key in added}:
        exact[name] = exact[name] + alpha / rank * (added[f"{name}.lora_b"].astype("f4") @ added[f"{name}.lora_a"].astype("f4"))
    found: dict[str, Array] = {NORM: exact[NORM], TOKENIZER: _bytes(_tokenizer(base, told).to_str())}
    found |= _matrix(EMBEDDINGS, exact, EMBEDDINGS)
    for layer in range(int(told["llama.block_count"])):
        of = f"blk.{layer}."
        found |= {name: exact[name] for name in (f"{of}attn_norm.weight", f"{of}ffn_norm.weight")}
        for parts in PARTS:
            found |= _matrix(f"{of}{parts[0]}", exact, *(f"{of}{part}.weight" for part in parts))
    save_file(found, path, {name: str(getattr(shape, name)) for name in Dimensions.__slots__})


def _shape(base: Path, told: Mapping[str, Any], exact: Mapping[str, Any]) -> Dimensions:
    """What the weights do not say; raises WrongUse for a model that computes in another way than the packed network."""
    wanted: dict[str, tuple[Any, Sequence[Any]]] = {
        "architecture": (told.get("general.architecture"), ("llama",)),
        "tokenizer": (told.get("tokenizer.ggml.model"), ("gpt2",)),
        "pretokenizer": (told.get("tokenizer.ggml.pre"), PRETOKENIZERS),
        "output weights": ("its own" if "output.weight" in exact else "the embeddings", ("the embeddings",)),
        "rope scaling": (told.get("llama.rope.scaling.type", "none"), ("none",)),
        "rope frequencies": ("its own" if "rope_freqs.weight" in exact else "none", ("none",)),
    }
    for name, (found, known) in wanted.items():
        if found not in known:
            raise WrongUse(f"{base}: its {name} is {found!r}; known is {', '.join(known)}")
    heads = int(told["llama.attention.head_count"])
    if int(told["llama.rope.dimension_count"]) * heads != int(told["llama.embedding_length"]):
        raise WrongUse(f"{base}: it turns {told['llama.rope.dimension_count']} numbers of a head, and not all of them")
    return Dimensions(
        heads,
        int(told["llama.attention.head_count_kv"]),
        float(told["llama.attention.layer_norm_rms_epsilon"]),
        float(told.get("llama.rope.freq_base", 10000.0)),
    )


def _tokenizer(base: Path, told: Mapping[str, Any]) -> "Tokenizer":
    """As llama.cpp takes texts apart; marks such as <|im_end|> in a text are text."""
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

    if told.get("tokenizer.ggml.add_bos_token"):
        raise WrongUse(f"{base}: it wants a mark before each text, which the packed network does not give")
    merges = [(one, other) for one, _, other in (merge.partition(" ") for merge in told["tokenizer.ggml.merges"])]
    found = Tokenizer(BPE(vocab={token: number for number, token in enumerate(told["tokenizer.ggml.tokens"])}, merges=merges))
    found.pre_tokenizer = Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])
    return found


def _matrix(name: str, exact: Mapping[str, Any], *parts: str) -> dict[str, "Array"]:
    import numpy as np

    found = Matrix.of(np.concatenate([exact[part] for part in parts]))
    return {f"{name}.whole": found.whole, f"{name}.scale": found.scale}


def _bytes(text: str) -> "Array":
    import numpy as np

    return np.frombuffer(text.encode(), np.uint8)


def _loaded(path: Path) -> tuple[PackedNetwork, "Tokenizer"]:
    from safetensors import safe_open
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    arrays = load_file(path)
    with safe_open(path, framework="numpy") as file:
        told = file.metadata()
    shape = Dimensions(int(told["heads"]), int(told["kv_heads"]), float(told["epsilon"]), float(told["rope_base"]))

    def matrix(name: str) -> Matrix:
        return Matrix(arrays[f"{name}.whole"], arrays[f"{name}.scale"])

    layers = []
    for number in range(sum(name.endswith("attn_norm.weight") for name in arrays)):
        of = f"blk.{number}."
        attention_in, attention_out, network_in, network_out = (matrix(f"{of}{parts[0]}") for parts in PARTS)
        norms = (arrays[f"{of}{name}_norm.weight"] for name in ("attn", "ffn"))
        layers.append(Layer(next(norms), attention_in, attention_out, next(norms), network_in, network_out))
    network = PackedNetwork(shape, matrix(EMBEDDINGS), tuple(layers), arrays[NORM])
    return network, Tokenizer.from_str(arrays[TOKENIZER].tobytes().decode())
