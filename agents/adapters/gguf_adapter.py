"""From an adapter as PEFT writes it (safetensors) to one that llama.cpp loads (GGUF), made on first use and kept."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.adapters.derived_files import file_hash, kept, made
from schema.errors import WrongUse

if TYPE_CHECKING:
    from numpy import dtype, ndarray

    Matrix = ndarray[tuple[int, ...], dtype[Any]]

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"

FORM = "1"
"""Changes whenever what is written for the same adapter does."""

_KEY = re.compile(r"base_model\.model\.model\.layers\.(\d+)\.(?:self_attn|mlp)\.(\w+)\.lora_([AB])\.weight")
_NAMES = {
    "q_proj": "attn_q",
    "k_proj": "attn_k",
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
}


class _Config(BaseModel):
    """What PEFT says of an adapter, as far as it matters; anything that would change what it computes must be off."""

    model_config = ConfigDict(extra="ignore")

    peft_type: Literal["LORA"]
    r: int = Field(ge=1, le=1024)
    lora_alpha: float = Field(gt=0, allow_inf_nan=False)
    use_rslora: bool = False
    use_dora: Literal[False] = False
    fan_in_fan_out: Literal[False] = False
    bias: Literal["none"] = "none"
    modules_to_save: None = None
    rank_pattern: dict[str, int] = Field(default_factory=dict, max_length=0)
    alpha_pattern: dict[str, float] = Field(default_factory=dict, max_length=0)

    @property
    def alpha(self) -> float:
        """As llama.cpp takes it, which divides by the rank."""
        return self.lora_alpha * self.r**0.5 if self.use_rslora else self.lora_alpha


class BaseLayers(BaseModel):
    """What the adapter must know of the model that it was trained on: attention heads, and (columns, rows) of each matrix."""

    architecture: str
    heads: int
    kv_heads: int
    shapes: dict[str, tuple[int, ...]]


@contextmanager
def gguf_adapter(folder: Path, base: Path) -> Iterator[Path]:
    """The adapter of a folder for the base model of a GGUF file, to be loaded inside the context.

    It is written again where adapter or base changed. Raises WrongUse naming file and rule for an adapter that cannot be one of this
    model.
    """
    with kept(lambda cache: derived(folder, base, cache)) as path:
        yield path


def derived(folder: Path, base: Path, cache: Path) -> Path:
    """The file in a cache folder, made where it is missing."""
    name = derived_name(folder, base, FORM)

    def write(path: Path) -> None:
        alpha, _, tensors = low_rank(folder, base)
        _write(path, alpha, tensors)

    return made(cache / f"{name}.gguf", write)


def derived_name(folder: Path, base: Path, form: str) -> str:
    """A name for what is made of an adapter and its base: another for each content, and for each form of what is written."""
    parts = [hashlib.sha256(content(folder / name)).digest() for name in (CONFIG, WEIGHTS)]
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in (*parts, file_hash(base).encode(), form.encode())))
    return f"{re.sub(r'[^A-Za-z0-9._-]', '-', folder.name)[:60]}-{digest.hexdigest()[:16]}"


def low_rank(folder: Path, base: Path) -> tuple[float, int, dict[str, "Matrix"]]:
    """An adapter's alpha, its rank, and its matrices under the names and in the order of the base's GGUF file, checked."""
    told = _config(folder / CONFIG, content(folder / CONFIG))
    found = matrices(folder / WEIGHTS, content(folder / WEIGHTS))
    return told.alpha, told.r, converted(folder / WEIGHTS, found, told.r, base_of(base, file_hash(base)))


def converted(path: Path, found: Mapping[str, "Matrix"], rank: int, base: BaseLayers) -> dict[str, "Matrix"]:
    """PEFT's matrices (by its names) under llama.cpp's names, checked against the base; `path` is for what is said of them."""
    tensors: dict[str, Matrix] = {}
    for key, matrix in found.items():
        parts = _KEY.fullmatch(key)
        name = f"blk.{parts[1]}.{_NAMES[parts[2]]}.weight" if parts and parts[2] in _NAMES else ""
        if parts is None or name not in base.shapes:
            raise WrongUse(f"{path}: {key}: the base model has no such linear layer")
        side = parts[3]
        columns, rows = base.shapes[name]
        wanted = (rank, columns) if side == "A" else (rows, rank)
        if matrix.shape != wanted:
            raise WrongUse(f"{path}: {key}: is {_by(matrix.shape)}; with rank {rank} and this base model it is {_by(wanted)}")
        tensors[f"{name}.lora_{side.lower()}"] = _turned(matrix, name, base) if side == "B" else matrix
    for name in tensors:
        other = f"{name[:-1]}{'b' if name.endswith('a') else 'a'}"
        if other not in tensors:
            raise WrongUse(f"{path}: has {name} and lacks {other}: they come in pairs")
    if not tensors:
        raise WrongUse(f"{path}: has no matrix of an adapter")
    return dict(sorted(tensors.items()))


def matrices(path: Path, content: bytes) -> dict[str, "Matrix"]:
    """The matrices of a safetensors file, as single precision where they are bfloat16; `path` is for what is said of them."""
    import numpy as np
    from safetensors import SafetensorError, deserialize

    kinds: dict[str, dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}
    try:
        parts: list[tuple[str, dict[str, Any]]] = deserialize(content)  # type: ignore[no-untyped-call]
    except SafetensorError as cause:
        raise WrongUse(f"{path}: is not a safetensors file: {cause}") from cause
    found: dict[str, Matrix] = {}
    for name, told in parts:
        if told["dtype"] not in kinds:
            raise WrongUse(f"{path}: {name}: numbers of the kind {told['dtype']}; there are {', '.join(kinds)}")
        matrix = np.frombuffer(told["data"], kinds[told["dtype"]]).reshape(told["shape"])
        if told["dtype"] == "BF16":  # the upper half of a float of single precision
            matrix = (matrix.astype(np.uint32) << 16).view(np.float32)
        if not np.isfinite(matrix).all():
            raise WrongUse(f"{path}: {name}: has values that are no numbers")
        found[name] = matrix
    return found


@lru_cache(maxsize=4)
def base_of(path: Path, digest: str) -> BaseLayers:
    """What an adapter must know of a model in a GGUF file, whose hash is asked for so that it is read once."""
    del digest
    from gguf import GGUFReader

    try:
        reader = GGUFReader(path)
        kind = str(reader.fields["general.architecture"].contents())
        heads, kv_heads = (int(reader.fields[f"{kind}.attention.{name}"].contents()) for name in ("head_count", "head_count_kv"))
    except (ValueError, KeyError, IndexError) as cause:
        raise WrongUse(f"{path}: is not a model that an adapter can be made for: {cause}") from cause
    shapes = {tensor.name: tuple(int(size) for size in tensor.shape) for tensor in reader.tensors}
    return BaseLayers(architecture=kind, heads=heads, kv_heads=kv_heads, shapes=shapes)


def _turned(matrix: "Matrix", name: str, base: BaseLayers) -> "Matrix":
    """Rows of queries and keys in llama.cpp's order: it rotates neighbouring numbers of a head, PEFT's model its two halves."""
    if base.architecture != "llama" or not name.endswith(("attn_q.weight", "attn_k.weight")):
        return matrix
    heads = base.heads if name.endswith("attn_q.weight") else base.kv_heads
    rows, columns = matrix.shape
    return matrix.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def _write(path: Path, alpha: float, tensors: Mapping[str, "Matrix"]) -> None:
    import numpy as np
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name, matrix in tensors.items():
        writer.add_tensor(name, np.ascontiguousarray(matrix, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _config(path: Path, content: bytes) -> _Config:
    try:
        told = json.loads(content)
        if isinstance(told, dict):  # null stands for nothing there
            told = {key: value for key, value in told.items() if value not in (None, [])}
        return _Config.model_validate(told)
    except ValidationError as cause:
        first = cause.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the adapter"
        raise WrongUse(f"{path}: {where} {first['input']!r}: {first['msg']}") from cause
    except ValueError as cause:
        raise WrongUse(f"{path}: is not JSON: {cause}") from cause


def content(path: Path) -> bytes:
    """What is in a file; raises WrongUse naming it."""
    try:
        return path.read_bytes()
    except OSError as cause:
        raise WrongUse(f"{path}: {cause.strerror or cause}") from cause


def _by(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
