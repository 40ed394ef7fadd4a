"""The base model from its packaged weights, and the low-rank matrices that are trained on top of it."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from agents.training.packing import packed
from agents.training.recipe import Recipe
from schema.errors import WrongUse


class Network:
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


def base_network(weights: Path, dtype: Any = None) -> Network:
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
    return Network(model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer)


def fastest() -> Any:
    """bfloat16; float32 on processors that have no instructions for it: there it takes more than twice as long."""
    if torch.cuda.is_available() or platform.machine().lower() not in {"x86_64", "amd64"}:
        return torch.bfloat16
    return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported() else torch.float32


def with_matrices(network: Network, recipe: Recipe) -> Network:
    """The network with untrained low-rank matrices on all linear layers."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules="all-linear", task_type="CAUSAL_LM")
    torch.manual_seed(recipe.seed)
    return Network(get_peft_model(network.model, config).to(network.model.dtype), network.tokenizer)


def with_adapter(network: Network, folder: Path) -> Network:
    """The network with trained matrices, for reading."""
    from peft import PeftModel

    return Network(PeftModel.from_pretrained(network.model, folder).to(network.model.dtype).eval(), network.tokenizer)
