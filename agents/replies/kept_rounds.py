"""Rounds of answers on the way to a whole answer: kept until that is, so that a reader that is killed in between pays for none again."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pydantic import TypeAdapter, ValidationError

from schema.errors import ModelFailed, ModelUnavailable
from schema.ids import stable_id
from schema.ports import LanguageModel, Reply, ReplyCache, Sampled, Scored
from schema.usage import Usage

_REPLIES = TypeAdapter(tuple[Reply, ...])

_asked: ContextVar[tuple[ReplyCache, list[str]] | None] = ContextVar("rounds of the answer that is being asked for", default=None)
"""Where they are kept, and under which keys."""


@contextmanager
def rounds_of_one_answer(cache: ReplyCache) -> Iterator[None]:
    """What is sampled inside is for one answer, which is in the cache, or has failed, when the block ends: then it is let go of.

    It stays where the server is away or the block is broken off: who asks again goes on from there.
    """
    keys: list[str] = []
    token = _asked.set((cache, keys))
    try:
        yield
    except ModelUnavailable:
        raise
    except ModelFailed:
        _forget(cache, keys)
        raise
    else:
        _forget(cache, keys)
    finally:
        _asked.reset(token)


class KeptRounds:
    """A LanguageModel whose samples are kept and found again as long as the answer is not whole that they are for; scores are not."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    @property
    def name(self) -> str:
        """See the port."""
        return self._model.name

    async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
        """See the port."""
        return await self._model.score(prefix, queries, labels, shared)

    async def sample(self, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> Sampled:
        """See the port."""
        if (asked := _asked.get()) is None:
            return await self._model.sample(prompt, n, schema, max_tokens, seed)
        cache, keys = asked
        key = stable_id("round-1", self._model.name, prompt, n, json.dumps(schema, sort_keys=True), max_tokens, seed)
        keys.append(key)
        if (replies := _kept(cache, key)) is not None:
            return Sampled(replies, Usage(cached=1))
        sampled = await self._model.sample(prompt, n, schema, max_tokens, seed)
        cache.put(key, _REPLIES.dump_json(sampled.replies, ensure_ascii=True).decode())
        return sampled

    async def available(self) -> None:
        """See the port."""
        await self._model.available()

    async def close(self) -> None:
        """See the port."""
        await self._model.close()


def _kept(cache: ReplyCache, key: str) -> tuple[Reply, ...] | None:
    kept = cache.get(key)
    try:
        return None if kept is None else _REPLIES.validate_json(kept)
    except ValidationError:  # of an older form
        return None


def _forget(cache: ReplyCache, keys: Sequence[str]) -> None:
    if keys:
        cache.forget(keys)
