"""The base model from its packaged weights, and the low-rank matrices that are trained on top of it and written for PEFT."""

import asyncio
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from agents.adapters.skills import load_skills
from agents.models.forecast import Measured
from agents.serving.protocols import Dialect
from agents.training.recipe import Recipe
from schema.errors import WrongUse
from schema.ports import Sampled, Scored
from schema.usage import Usage

BASE = "HuggingFaceTB/SmolLM2-135M-Instruct"
"""Where the base model comes from: named in the files for people, never fetched."""


class TrainedNetwork:
    """A causal language model with its tokenizer, asked for the logits of a few labels only."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model = model
        self.tokenizer = tokenizer

    @property
    def device(self) -> Any:
        """Where its weights are."""
        return next(self.model.parameters()).device

    def tokens(self, text: str) -> list[int]:
        """A text's tokens, none added."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def label_ids(self, labels: Sequence[str]) -> list[int]:
        """The token of each label; raises WrongUse for one that is not a token of its own."""
        found = [self.tokens(label) for label in labels]
        wrong = [label for label, ids in zip(labels, found, strict=True) if len(ids) != 1 or found.count(ids) > 1]
        if wrong:
            raise WrongUse(f"the label {wrong[0]!r} is not one token of the model, unlike the others'")
        return [ids[0] for ids in found]

    def logits(self, prefix: str, lines: Sequence[str], label_ids: Sequence[int]) -> Any:
        """(lines, labels) in float32: what comes after each line if it follows the prefix."""
        one = packed(self.tokens(prefix), [self.tokens(line) for line in lines], self.device, self.model.dtype)
        body = self.model.get_base_model().model if hasattr(self.model, "get_base_model") else self.model.model
        hidden = body(input_ids=one.ids, position_ids=one.positions, attention_mask=one.mask, use_cache=False).last_hidden_state
        words = self.model.get_input_embeddings().weight[torch.tensor(label_ids, device=self.device)]
        return (hidden[0, list(one.ends)] @ words.T).float()


def base_network(weights: Path, dtype: Any = None) -> TrainedNetwork:
    """The model of a GGUF file, its weights unpacked, on the GPU where there is one, in the numbers that train fastest there.

    To compare probabilities it takes float32: bfloat16 alone moves them by 0.02 on average.
    """
    dtype = dtype or fastest()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(weights.parent, gguf_file=weights.name, dtype=dtype, attn_implementation="sdpa")
    tied = model.get_output_embeddings().weight is model.get_input_embeddings().weight or model.config.tie_word_embeddings
    if not tied:
        raise WrongUse(f"{weights.name}: its output weights are not its embeddings, which reading by labels takes them to be")
    tokenizer = AutoTokenizer.from_pretrained(weights.parent, gguf_file=weights.name)
    return TrainedNetwork(model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer)


def fastest() -> Any:
    """bfloat16; float32 on processors that have no instructions for it: there it takes more than twice as long."""
    if torch.cuda.is_available() or platform.machine().lower() not in {"x86_64", "amd64"}:
        return torch.bfloat16
    return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported() else torch.float32


def with_matrices(network: TrainedNetwork, recipe: Recipe) -> TrainedNetwork:
    """The network with untrained low-rank matrices on all linear layers."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules="all-linear", task_type="CAUSAL_LM")
    torch.manual_seed(recipe.seed)
    return TrainedNetwork(get_peft_model(network.model, config).to(network.model.dtype), network.tokenizer)


def with_adapter(network: TrainedNetwork, folder: Path) -> TrainedNetwork:
    """The network with trained matrices, for reading."""
    from peft import PeftModel

    return TrainedNetwork(PeftModel.from_pretrained(network.model, folder).to(network.model.dtype).eval(), network.tokenizer)


def save_adapter(network: TrainedNetwork, exact: Sequence[Any], folder: Path) -> None:
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


@dataclass(frozen=True, slots=True)
class Packed:
    """Token ids and positions (1, n), an additive mask (1, 1, n, n), and where each question ends (its last token)."""

    ids: Any
    positions: Any
    mask: Any
    ends: tuple[int, ...]


def packed(prefix: Sequence[int], lines: Sequence[Sequence[int]], device: Any, dtype: Any) -> Packed:
    """Positions of each line go on after the prefix; the mask is causal and hides the other lines."""
    ids, positions, block, ends = list(prefix), list(range(len(prefix))), [0] * len(prefix), []
    for number, line in enumerate(lines, 1):
        ids += line
        positions += range(len(prefix), len(prefix) + len(line))
        block += [number] * len(line)
        ends.append(len(ids) - 1)
    of = torch.tensor(block, device=device)
    seen = ((of[:, None] == of[None, :]) | (of[None, :] == 0)).tril()
    mask = torch.zeros(seen.shape, dtype=dtype, device=device).masked_fill(~seen, torch.finfo(dtype).min)
    return Packed(torch.tensor([ids], device=device), torch.tensor([positions], device=device), mask[None, None], tuple(ends))


AT_ONCE = 64
"""Questions in one pass."""


class TorchModel:
    """Scores only; without an adapter it is the untrained model."""

    def __init__(self, base: Path, adapter: Path | None = None) -> None:
        network = base_network(base, torch.float32)
        self._network = network if adapter is None else with_adapter(network, adapter)
        self._name = base.stem.lower().replace(".", "-") if adapter is None else load_skills(adapter).name

    @property
    def name(self) -> str:
        """As on every runtime."""
        return self._name

    async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
        """See the port."""
        return await asyncio.to_thread(self._score, prefix, queries, labels)

    async def sample(self, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> Sampled:
        """Not here."""
        raise WrongUse("this model only scores labels")

    async def available(self) -> None:
        """Always: it is in this process."""

    async def measure(self, text: str) -> Measured:
        """How long a text is to it."""
        return Measured(Dialect.OPENAI, AT_ONCE, None, len(self._network.tokens(text)))

    async def close(self) -> None:
        """Nothing is held open."""

    def _score(self, prefix: str, queries: Sequence[str], labels: Sequence[str]) -> Scored:
        ids = self._network.label_ids(labels)
        rows: list[tuple[float, ...]] = []
        with torch.no_grad():
            for start in range(0, len(queries), AT_ONCE):
                logits = self._network.logits(prefix, queries[start : start + AT_ONCE], ids)
                rows += [tuple(row) for row in logits.softmax(-1).tolist()]
        tokens = len(self._network.tokens(prefix)) + sum(len(self._network.tokens(query)) for query in queries)
        return Scored(tuple(rows), Usage(1, tokens, len(queries)))
