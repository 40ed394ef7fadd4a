"""A language model behind a URL: vLLM, llama.cpp, or any that speaks OpenAI's protocol."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from agents.models.forecast import Measured
from agents.models.model_calls import model_call, tell_server, tell_usage
from agents.serving import protocols
from agents.serving.label_rows import NoProbabilities, UnfitLabels
from agents.serving.limits import DEFAULT_BOUNDS, Bounds
from agents.serving.protocols import Dialect
from agents.serving.server import Server
from agents.serving.servers import Servers, differing, kind_of
from schema.errors import ModelFailed, ModelRefused, ModelUnavailable
from schema.ports import Reply, Sampled, Scored
from schema.usage import Usage, charge

FILLER = " ."
"""What fills a block of the server's prefix cache; one token each, however often it is repeated."""

CHUNK = 64
"""Queries in one request: bounds a request's size and time."""

_Ask = Callable[[dict[str, Any]], Awaitable[object]]


@dataclass(slots=True)
class _Session:
    """What is known of the server in one event loop."""

    loop: asyncio.AbstractEventLoop
    found: asyncio.Lock = field(default_factory=asyncio.Lock)
    dialect: Dialect | None = None
    slots: asyncio.LifoQueue[int] | None = None
    block: int | None = None  # tokens in a block of the server's prefix cache
    untrained: dict[str, Any] = field(default_factory=dict)  # what a request says to be answered without an adapter


class ServedModel:
    """A language model of a server, or of several that serve the same. Without a name it is the first one that these list.

    One that is called like one of `adapters` has that, and was trained to score: what is sampled comes from the model under it, where
    the server has that too.
    """

    def __init__(
        self,
        url: str | Sequence[str],
        name: str | None = None,
        key: str | None = None,
        bounds: Bounds = DEFAULT_BOUNDS,
        adapters: frozenset[str] = frozenset(),
    ) -> None:
        self.server = Servers([url] if isinstance(url, str) else url, key, bounds)
        self.server.check = self._check
        self._reference: tuple[Dialect, str, str] | None = None  # of the first that answered: dialect, its first model, address
        self._id = name
        self._adapters = adapters
        self._session: _Session | None = None
        self._labels: dict[tuple[str, ...], tuple[int, ...]] = {}
        self._guided = True
        self._takes_lists = True
        self._most_at_once: int | None = None
        self._has_scored = False

    @property
    def name(self) -> str:
        """The model's name without the place where it lies; asks the server, once, where none was given."""
        if self._id is None:
            self._id = self.server.first_model()
        is_path = self._id.startswith(("/", ".")) or "\\" in self._id
        last = self._id.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] if is_path else self._id
        return last.removesuffix(".gguf")

    @property
    def _has_adapter(self) -> bool:
        return self.name in self._adapters if self._adapters else False

    async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
        """See the port. Raises UnfitLabels where labels are not distinct single tokens of the model."""
        session = await self._ready()
        words = tuple(labels)
        ids = await self._label_tokens(session, words)
        if session.block and len(queries) > 1 and not self._has_adapter:  # which never saw a text begin like that
            prefix = await self._aligned(session, session.block, prefix, shared)
        rows: list[tuple[float, ...]] = []
        usage = Usage()
        async with self._slot(session) as slot:
            for part in self._parts(session, queries):
                try:
                    found, cost = await self._scored(session, [prefix + query for query in part], ids, words, slot, prefix)
                except NoProbabilities as error:
                    if self._has_scored:
                        raise
                    raise ModelRefused(f"{self.server.shown}: {error}") from error  # it never will
                self._has_scored = True
                rows += found
                usage += cost
        return Scored(tuple(rows), usage)

    async def _scored(
        self, session: _Session, prompts: Sequence[str], ids: Sequence[int], words: Sequence[str], slot: int, near: str
    ) -> tuple[list[tuple[float, ...]], Usage]:
        """Rows for these prompts, and what they cost; one by one where a server takes no list of them, as Ollama does."""
        body = protocols.score_body(_known(session), self._id or "", prompts, ids, slot)
        path = "/completion" if session.dialect is Dialect.LLAMACPP else "/v1/completions"
        rows: list[tuple[float, ...]] = []
        usage = Usage()
        if self._takes_lists:
            try:
                rows, usage = await self._score_once(session, path, body, near, len(prompts), ids, words)
            except ModelFailed as error:
                if session.dialect is not Dialect.OPENAI or not protocols.refuses_lists(str(error)):
                    raise
                self._takes_lists = False
        if not self._takes_lists:
            for prompt in prompts:
                found, cost = await self._score_once(session, path, {**body, "prompt": prompt}, near, 1, ids, words)
                rows, usage = rows + found, usage + cost
        charge(usage)
        return rows, usage

    async def _score_once(
        self, session: _Session, path: str, body: dict[str, Any], near: str, asked: int, ids: Sequence[int], words: Sequence[str]
    ) -> tuple[list[tuple[float, ...]], Usage]:
        with model_call("text_completion", _known(session), self.name) as call:
            answer = await self.server.call(path, body, near, partial(tell_server, call))
            rows, usage = protocols.scored(_known(session), answer, asked, ids, words)
            tell_usage(call, usage)
        return rows, usage

    async def sample(self, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> Sampled:
        """See the port. Answers beyond what a server gives at once come from further requests, with further seeds."""
        session = await self._ready()
        replies: list[Reply] = []
        usage = Usage()
        while len(replies) < n:
            some = min(n - len(replies), self._most_at_once or n)
            found, cost = await self._ask(session, prompt, some, schema, max_tokens, seed + len(replies))
            replies += found
            usage += cost
            charge(cost)
            if all(reply.trouble and reply.complete for reply in found):  # what was cut may be asked about in parts
                raise ModelFailed(found[0].trouble, found[0].text)
        return Sampled(tuple(replies[:n]), usage)

    async def available(self) -> None:
        """See the port: one that is well and serves the model is enough. Raises ModelRefused where one serves another."""
        for server, answer in await self.server.healthy():
            self._check(server, answer)

    async def away(self) -> list[str]:
        """Of several servers, those that do not answer and why, one sentence each."""
        return await self.server.away()

    async def measure(self, text: str) -> Measured:
        """How the server is asked, and how many tokens a text is to it."""
        session = await self._ready()
        dialect = _known(session)
        tokens = None if dialect is Dialect.OPENAI else len(await self._tokens(session, text))
        return Measured(dialect, CHUNK, self._most_at_once, tokens)

    async def close(self) -> None:
        """Close the connections of this event loop."""
        self._session = None
        await self.server.close()

    async def _ask(
        self, session: _Session, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int
    ) -> tuple[tuple[Reply, ...], Usage]:
        body = protocols.sample_body(_known(session), self._id or "", prompt, n, schema, max_tokens, seed) | session.untrained
        with model_call("chat", _known(session), self.name) as call:
            ask = partial(self.server.call, "/v1/chat/completions", near=prompt, at=partial(tell_server, call))
            is_llamacpp = session.dialect is Dialect.LLAMACPP
            replies, usage = protocols.sampled(await (self._guided_answer(ask, body, schema) if is_llamacpp else ask(body)))
            if is_llamacpp and len(replies) > 1:  # which counts the tokens of one answer only
                text = "".join(reply.text for reply in replies)
                usage = Usage(usage.requests, usage.prompt_tokens, len(await self._tokens(session, text)))
            tell_usage(call, usage)
        return replies, usage

    async def _guided_answer(self, ask: _Ask, body: dict[str, Any], schema: Mapping[str, Any]) -> object:
        try:
            return await ask(body if self._guided else protocols.without_llguidance(body, schema))
        except ModelUnavailable:
            raise
        except ModelFailed:
            if not self._guided:
                raise
            answer = await ask(protocols.without_llguidance(body, schema))
            self._guided = False
            return answer

    def _parts(self, session: _Session, queries: Sequence[str]) -> list[Sequence[str]]:
        # The first alone, so that the others find the document in the server's cache; one slot of llama.cpp needs no such care.
        first = 0 if session.dialect is Dialect.LLAMACPP else 1
        heads = [queries[:first]] if first and queries else []
        return [*heads, *(queries[at : at + CHUNK] for at in range(first, len(queries), CHUNK))]

    @asynccontextmanager
    async def _slot(self, session: _Session) -> AsyncIterator[int]:
        # A slot of its own for each document in flight: its cached prefix is computed once and nobody evicts it meanwhile.
        if session.slots is None:
            yield -1
            return
        slot = await session.slots.get()
        try:
            yield slot
        finally:
            session.slots.put_nowait(slot)

    async def _label_tokens(self, session: _Session, words: tuple[str, ...]) -> tuple[int, ...]:
        if session.dialect is Dialect.OPENAI:
            if len(set(words)) < len(words):
                raise UnfitLabels([word for word in words if words.count(word) > 1])
            return ()
        if words not in self._labels:
            found = [await self._tokens(session, word) for word in words]
            unfit = [word for word, ids in zip(words, found, strict=True) if len(ids) != 1 or found.count(ids) > 1]
            if unfit:
                raise UnfitLabels(unfit)
            self._labels[words] = tuple(ids[0] for ids in found)
        return self._labels[words]

    async def _aligned(self, session: _Session, block: int, prefix: str, shared: int) -> str:
        """The prefix, filled up after its shared part so that it ends with a block of the cache: each query then costs itself only."""
        missing = -len(await self._tokens(session, prefix, special=True)) % block
        return prefix[:shared] + FILLER * missing + prefix[shared:]

    async def _tokens(self, session: _Session, text: str, *, special: bool = False) -> list[int]:
        body = protocols.tokenize_body(_known(session), self._id or "", text, special=special)
        return protocols.token_ids(await self.server.call("/tokenize", body))

    async def _ready(self) -> _Session:
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.loop is not loop:
            self._session = _Session(loop)
        session = self._session
        async with session.found:
            if session.dialect is None:
                session.dialect = await self._recognise(session)
        return session

    async def _recognise(self, session: _Session) -> Dialect:
        found = await self.server.listed()
        for server, answer in found:
            self._check(server, answer)
        _, answer = found[0]
        dialect, first, _ = self._reference or kind_of(*found[0])
        self._id = self._id or first
        if dialect is Dialect.LLAMACPP:
            self._most_at_once = protocols.slots(await self.server.call("/props"))
            if not self.server.are_several:  # which choose a slot by themselves, the one that has the prefix
                session.slots = asyncio.LifoQueue()
                for slot in reversed(range(self._most_at_once)):
                    session.slots.put_nowait(slot)
            if self._has_adapter:
                session.untrained = protocols.without_adapters(await self.server.call("/lora-adapters"))
                if not session.untrained:
                    raise ModelRefused(
                        f"the model server at {self.server.shown} calls its model {self.name!r} and serves no adapter (--lora)"
                    )
        elif self._has_adapter and (below := protocols.parent(answer, self._id)):
            session.untrained = {"model": below}
        if dialect is Dialect.VLLM:
            await self._look_into(session)
        return dialect

    def _check(self, server: Server, answer: object) -> None:
        """Raises ModelRefused where a server does not serve what is asked for, or not what the others serve."""
        told = kind_of(server, answer)
        self._reference = self._reference or told
        dialect, first, place = self._reference
        names = [name for name, _ in protocols.models(answer)]
        if self._id is not None and dialect is not Dialect.LLAMACPP and self._id not in names:
            raise ModelRefused(f"the model server at {server.shown} has no model {self._id!r}; it has {', '.join(names[:5])}")
        if told[0] is not dialect:
            raise ModelRefused(f"{place} is {dialect} and {server.shown} {told[0]}: the addresses of one setting are of one kind")
        is_named = self._id is not None and dialect is not Dialect.LLAMACPP
        if not is_named and told[1] != first:
            raise differing((first, place), (told[1], server.shown))
        server.is_known = True

    async def _look_into(self, session: _Session) -> None:
        """Ask a vLLM server for its queue, now and then, and for the blocks of its cache, where it tells of them."""
        told = await self.server.metrics()
        if told is None:
            return
        self.server.follow_queue()
        block = protocols.cache_block_size(told) or 0
        filler = protocols.tokenize_body(Dialect.VLLM, self._id or "", FILLER * block)
        if block and len(protocols.token_ids(await self.server.call("/tokenize", filler))) == block:
            session.block = block


def _known(session: _Session) -> Dialect:
    return session.dialect or Dialect.OPENAI
