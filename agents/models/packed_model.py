"""The laptop's model as it was trained to read: every question about a text in one pass, in this process."""

import asyncio
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from agents.adapters.adapter import Adapter
from agents.models.embedded_model import EmbeddedModel, check_base, embedded_weights
from agents.models.forecast import Measured
from agents.models.model_calls import model_call, tell_usage
from agents.models.packed_weights import packed_network
from agents.serving.label_rows import UnfitLabels
from agents.serving.protocols import Dialect
from schema.errors import ModelFailed
from schema.ports import Sampled, Scored
from schema.usage import Usage, charge

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from agents.models.packed_network import PackedNetwork

CONTEXT = 8192
"""Tokens that the model can tell apart by their places: a text and one question."""

AT_ONCE = 256
"""Questions in one pass: bounds the memory that it takes."""


class PackedModel:
    """Scores with an adapter; what is sampled comes from the same model without it, on llama.cpp.

    A pass computes a text once and all questions about it side by side, which llama.cpp's server cannot: there they come one after
    the other. Weights are read at the first question, 0.3 GB; passes wait for each other.
    """

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._weights = embedded_weights()
        self._untrained = EmbeddedModel()
        self._loaded: tuple[PackedNetwork, Tokenizer] | None = None
        self._passing = Lock()

    @property
    def name(self) -> str:
        """The adapter's, as on every runtime."""
        return self._adapter.name

    def check(self) -> None:
        """Raises ModelUnavailable where the adapter was trained on other weights than these."""
        check_base(self._adapter, self._weights)

    async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
        """See the port. Raises UnfitLabels where labels are not distinct single tokens, ModelFailed where a text is too long."""
        with model_call("text_completion", "chronokg", self.name) as call:
            rows, tokens = await asyncio.to_thread(self._scored, prefix, queries, labels)
            usage = Usage(1, tokens, len(queries))
            tell_usage(call, usage)
        charge(usage)
        return Scored(tuple(rows), usage)

    async def sample(self, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> Sampled:
        """See the port."""
        return await self._untrained.sample(prompt, n, schema, max_tokens, seed)

    async def available(self) -> None:
        """See the port: the weights are those that it was trained on."""
        if self._loaded is None:
            await asyncio.to_thread(self.check)

    async def measure(self, text: str) -> Measured:
        """How long a text is to it."""
        return await asyncio.to_thread(lambda: Measured(Dialect.LLAMACPP, AT_ONCE, None, len(self._tokens(text))))

    async def close(self) -> None:
        """Let go of the model's memory; it is read again when asked again."""
        self._loaded = None
        await self._untrained.close()

    def _scored(self, prefix: str, queries: Sequence[str], labels: Sequence[str]) -> tuple[list[tuple[float, ...]], int]:
        ids, text = self._label_tokens(labels), self._tokens(prefix)
        lines = [self._tokens(query) for query in queries]
        longest = len(text) + max(map(len, lines), default=0)
        if longest > CONTEXT:
            raise ModelFailed(f"a text and a question about it are {longest} tokens, and the model takes {CONTEXT}")
        rows: list[tuple[float, ...]] = []
        with self._passing:
            network, _ = self._ready()
            for start in range(0, len(lines), AT_ONCE):
                rows += map(tuple, _shares(network.scores(text, lines[start : start + AT_ONCE], ids)).tolist())
        return rows, len(text) + sum(map(len, lines))

    def _label_tokens(self, labels: Sequence[str]) -> list[int]:
        found = [self._tokens(label) for label in labels]
        unfit = [label for label, ids in zip(labels, found, strict=True) if len(ids) != 1 or found.count(ids) > 1]
        if unfit:
            raise UnfitLabels(unfit)
        return [ids[0] for ids in found]

    def _tokens(self, text: str) -> list[int]:
        with self._passing:
            _, tokenizer = self._ready()
        return list(tokenizer.encode(text, add_special_tokens=False).ids)

    def _ready(self) -> "tuple[PackedNetwork, Tokenizer]":
        if self._loaded is None:
            self.check()
            self._loaded = packed_network(self._adapter.folder, self._weights)
        return self._loaded


def _shares(logits: Any) -> Any:
    """(questions, labels): the distribution over the labels."""
    import numpy as np

    shares = np.exp(logits - logits.max(axis=-1, keepdims=True), dtype=np.float64)
    return shares / shares.sum(axis=-1, keepdims=True)
