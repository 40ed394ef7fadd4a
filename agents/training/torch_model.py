"""The trained model in the library it was trained with: the measure for the other runtimes."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from agents.adapters.skills import load_skills
from agents.models.forecast import Measured
from agents.serving.protocols import Dialect
from agents.training.network import base_network, with_adapter
from schema.errors import WrongUse
from schema.ports import Sampled, Scored
from schema.usage import Usage

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
