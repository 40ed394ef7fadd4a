"""A stand-in for a language model that answers with nothing and counts what it is asked: what reading would take."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any, Protocol

from agents.serving.protocols import Dialect
from schema.errors import ModelFailed
from schema.ports import Reply, Sampled, Scored
from schema.usage import NOTHING_PAID, Usage

CHARACTERS = 4
"""Characters in a token, where the server does not tell."""

CLAIMS, MENTIONS = (6, 40, 250), (20, 150, 600)
"""Tokens of one sampled answer with claims or with names: none found, likely, many found."""

TEMPLATE = 20
"""Tokens that a server puts around a question."""

BLOCK = 16
"""Tokens of a prompt that vLLM computes again at most, for it caches whole blocks."""

_PIECES = re.compile(r"[^\W\d_]+|\d|[^\w\s]|\n")


@dataclass(frozen=True, slots=True)
class Measured:
    """How a server is spoken to, how much it takes at once, and the tokens of a text; None where it does not tell."""

    dialect: Dialect
    queries_at_once: int
    answers_at_once: int | None
    tokens: int | None


_UNKNOWN = Measured(Dialect.OPENAI, 64, None, None)
"""A server that does not answer, or does not tell."""


class Measuring(Protocol):
    """A model that can tell how long a text is."""

    @property
    def name(self) -> str:
        """The model's name."""

    async def measure(self, text: str) -> Measured:
        """The text as the server sees it; no answer is asked for."""

    async def close(self) -> None:
        """Let go of it."""


class ForecastModel:
    """Counts in three ways: `low`, `likely` and `high`. `is_measured`: tokens are counted by the model's own tokenizer.

    Where answers decide how many more are asked for, `votes` is the most for one question.
    """

    def __init__(self, real: Measuring, votes: int) -> None:
        self._real = real
        self._votes = votes
        self._seen: set[str] = set()
        self.low = self.likely = self.high = NOTHING_PAID
        self.is_measured = False
        self._is_away = False

    @property
    def name(self) -> str:
        """The model's."""
        return self._real.name

    async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
        """See the port; all labels are equally likely."""
        if queries and (prefix or not self._is_known(f"{queries} {labels}")):  # labels are tried once
            told, text = await self._measured(prefix)
            _, asked = await self._measured("".join(queries))
            _, head = await self._measured(prefix[:shared]) if shared and self._is_known(prefix[:shared]) else (told, 0)
            self._add_scores(told, len(queries), text, text - head, asked)
        row = (1.0 / len(labels),) * len(labels)
        return Scored((row,) * len(queries), NOTHING_PAID)

    async def sample(self, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> Sampled:
        """See the port; every answer is an empty list."""
        del seed
        if not self._is_known(prompt):
            told, text = await self._measured(prompt)
            claims = "claims" in schema.get("properties", {})
            most = max(n, self._votes) if claims else n
            each = [min(tokens, max_tokens) for tokens in (CLAIMS if claims else MENTIONS)]
            self._add_samples(told, text + TEMPLATE, (n, (n + most) / 2, most), each)
        empty = dumps({name: [] for name in schema.get("required", ())})
        return Sampled((Reply(empty),) * n, NOTHING_PAID)

    async def available(self) -> None:
        """Always: it asks nothing of the model."""

    async def close(self) -> None:
        """Let go of the model."""
        await self._real.close()

    def _add_scores(self, told: Measured, queries: int, text: int, fresh: int, asked: int) -> None:
        first = 0 if told.dialect is Dialect.LLAMACPP else 1
        requests = first + -(-(queries - first) // told.queries_at_once)
        least, whole = fresh + asked, queries * text + asked
        uncached = told.dialect is Dialect.OPENAI  # whether it caches, and tells, is not known
        again = queries * BLOCK if told.dialect is Dialect.VLLM else queries
        self.low += Usage(requests, least, queries)
        self.likely += Usage(requests, whole if uncached else least, queries)
        self.high += Usage(requests, whole if uncached else text + asked + again, queries)

    def _add_samples(self, told: Measured, text: int, answers: tuple[float, float, float], each: Sequence[int]) -> None:
        requests = [max(1, -(-int(number) // (told.answers_at_once or int(number)))) for number in answers]
        prompts = (text, text, text * requests[-1])
        tokens = [round(number * length) for number, length in zip(answers, each, strict=True)]
        self.low, self.likely, self.high = (
            total + Usage(*part)
            for total, part in zip((self.low, self.likely, self.high), zip(requests, prompts, tokens, strict=True), strict=True)
        )

    async def _measured(self, text: str) -> tuple[Measured, int]:
        told = _UNKNOWN
        if not self._is_away:
            try:
                told = await self._real.measure(text)
            except ModelFailed:
                self._is_away = True
        self.is_measured = told.tokens is not None
        return told, by_rule(text) if told.tokens is None else told.tokens

    def _is_known(self, text: str) -> bool:
        """Whether a text was asked about before, so that the server has it in its cache."""
        known = text in self._seen
        self._seen.add(text)
        return known


def by_rule(text: str) -> int:
    """Tokens of a text, about: four characters each, but every digit and sign at least one."""
    return max(-(-len(text) // CHARACTERS), sum(1 for _ in _PIECES.finditer(text)))
