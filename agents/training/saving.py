"""An adapter's files, as the library for such adapters reads them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from agents.training.network import Network

BASE = "HuggingFaceTB/SmolLM2-135M-Instruct"
"""Where the base model comes from: named in the files for people, never fetched."""


def save(network: Network, exact: Sequence[Any], folder: Path) -> None:
    """Write the matrices in float16 from their exact values; the network keeps its own."""
    weights = [weight for weight in network.model.parameters() if weight.requires_grad]
    held = [weight.data for weight in weights]
    for weight, value in zip(weights, exact, strict=True):
        weight.data = value.detach().to(torch.float16)
    for config in network.model.peft_config.values():
        config.base_model_name_or_path = BASE
        config.inference_mode = True
        config.target_modules = sorted(config.target_modules)  # a set, which would be written in another order each time
    network.model.save_pretrained(folder, save_embedding_layers=False)  # "auto" would ask a hub
    for weight, kept in zip(weights, held, strict=True):
        weight.data = kept
    (folder / "README.md").unlink(missing_ok=True)  # the library's own card says nothing; ours is written by hand
