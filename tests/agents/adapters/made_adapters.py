"""Adapters for tests: folders as PEFT writes them, with small random weights, and skills."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from agents.adapters.derived_files import file_hash
from agents.models.embedded_model import embedded_model_available, embedded_weights

NAME = "tiny-reader-0"
SHAPES = {  # of SmolLM2-135M: rows, columns
    "self_attn.q_proj": (576, 576),
    "self_attn.k_proj": (192, 576),
    "self_attn.v_proj": (192, 576),
    "self_attn.o_proj": (576, 576),
    "mlp.gate_proj": (1536, 576),
    "mlp.up_proj": (1536, 576),
    "mlp.down_proj": (576, 1536),
}
LAYERS, RANK = 30, 8

CONFIG = {"peft_type": "LORA", "r": RANK, "lora_alpha": 2 * RANK, "bias": "none", "modules_to_save": None, "use_dora": False}
SKILLS: dict[str, Any] = {
    "name": NAME,
    "prompt": "labels-2",
    "words": {"none": "none", "treat": "treats", "cause": "causes", "associate": "related"},
    "relations": {
        "treat": [["Chemical", "Disease"]],
        "cause": [["Chemical", "Disease"]],
        "associate": [["Chemical", "Disease"], ["Disease", "Chemical"], ["Gene", "Disease"], ["Disease", "Gene"]],
    },
}


def key(layer: int, part: str, side: str) -> str:
    return f"base_model.model.model.layers.{layer}.{part}.lora_{side}.weight"


def random_weights(size: float = 0.05, rank: int = RANK) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(7)
    found = {}
    for layer in range(LAYERS):
        for part, (rows, columns) in SHAPES.items():
            found[key(layer, part, "A")] = (chance.normal(size=(rank, columns)) / columns**0.5).astype(np.float16)
            found[key(layer, part, "B")] = (chance.normal(size=(rows, rank)) * size).astype(np.float16)
    return found


def write_adapter(
    folder: Path,
    weights: Mapping[str, np.ndarray] | None = None,
    config: Mapping[str, Any] | None = None,
    skills: Mapping[str, Any] | None = None,
) -> Path:
    """An adapter of the embedded model where that can run here, else one of no model."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(dict(random_weights() if weights is None else weights), folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({**CONFIG, **(config or {})}))
    known = file_hash(embedded_weights()) if embedded_model_available() is None else "0" * 64
    base = {"file": "SmolLM2-135M-Instruct.Q4_1.gguf", "sha256": known}
    (folder / "skills.json").write_text(json.dumps({**SKILLS, "base": base, **(skills or {})}))
    return folder
