"""The one file that talks to a language model server over HTTP: vLLM, llama.cpp, or any that speaks OpenAI's protocol."""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agents import metrics, protocols
from agents.bill import paid
from agents.bounds import DEFAULT_BOUNDS, Again, Bounds, pause, seconds
from agents.measuring import Measured
from agents.protocols import Dialect, UnfitLabels
from agents.throttle import Throttle
from schema.errors import ModelFailed, ModelUnavailable, WrongUse
from schema.observation import Usage
from schema.ports import Reply, Sampled, Scored

if TYPE_CHECKING:
    from openai import AsyncOpenAI

FILLER = " ."
"""What fills a block of the server's prefix cache; one token each, however often it is repeated."""

CHUNK = 64
"""Queries in one request: bounds a request's size and time."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_ENOUGH = frozenset({429, 503})
_LOOK_S = 1.0


@dataclass(slots=True)
class _Session:
    """What is known of the server, and the connections, of one event loop."""

    loop: asyncio.AbstractEventLoop
    client: "AsyncOpenAI"
    throttle: Throttle
    found: asyncio.Lock
    dialect: Dialect | None = None
    slots: asyncio.LifoQueue[int] | None = None
    block: int | None = None  # tokens in a block of the server's prefix cache
    looked: float = 0.0  # when the server's queue was last asked for, in the loop's time
    looking: asyncio.Task[None] | None = None


class ServedModel:
    """A language model behind a URL. Without a name it is the first model that the server lists."""

    def __init__(self, url: str, name: str | None = None, key: str | None = None, bounds: Bounds = DEFAULT_BOUNDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise WrongUse(f"{url!r} is not the URL of a model server: it starts with http:// or https:// and names a host")
        self._root = url.rstrip("/").removesuffix("/v1")
        self._host = parts.hostname
        self._shown = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        self._id = name
        self._key = key
        self._bounds = bounds
        self._session: _Session | None = None
        self._labels: dict[tuple[str, ...], tuple[int, ...]] = {}
        self._guided = True
        self._most_at_once: int | None = None

    @property
    def name(self) -> str:
        """The model's name without the place where it lies; asks the server, once, where none was given."""
        if self._id is None:
            self._id = _first_model(self._root, self._shown, self._key, self._host not in _LOOPBACK)
        last = (
            self._id.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] if self._id.startswith(("/", ".")) or "\\" in self._id else self._id
        )
        return last.removesuffix(".gguf")

    async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
        """See the port. Raises UnfitLabels where labels are not distinct single tokens of the model."""
        session = await self._ready()
        words = tuple(labels)
        ids = await self._label_tokens(session, words)
        if session.block and len(queries) > 1:
            prefix = await self._aligned(session, session.block, prefix, shared)
        rows: list[tuple[float, ...]] = []
        usage = Usage()
        async with self._slot(session) as slot:
            for part in self._parts(session, queries):
                body = protocols.score_body(_known(session), self._id or "", [prefix + query for query in part], ids, slot)
                path = "/completion" if session.dialect is Dialect.LLAMACPP else "/v1/completions"
                found, cost = protocols.scored(_known(session), await self._call(session, path, body), len(part), ids, words)
                rows += found
                usage += cost
                paid(cost)
        return Scored(tuple(rows), usage)

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
            paid(cost)
        return Sampled(tuple(replies[:n]), usage)

    async def measure(self, text: str) -> Measured:
        """How the server is asked, and how many tokens a text is to it."""
        session = await self._ready()
        dialect = _known(session)
        tokens = None if dialect is Dialect.OPENAI else len(await self._tokens(session, text))
        return Measured(dialect, CHUNK, self._most_at_once, tokens)

    async def close(self) -> None:
        """Close the connections of this event loop; those of a loop that is gone went with it."""
        session, self._session = self._session, None
        if session is not None and session.loop is asyncio.get_running_loop():
            if session.looking is not None:
                session.looking.cancel()
                await asyncio.gather(session.looking, return_exceptions=True)
            await session.client.close()

    async def _ask(
        self, session: _Session, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int
    ) -> tuple[tuple[Reply, ...], Usage]:
        body = protocols.sample_body(_known(session), self._id or "", prompt, n, schema, max_tokens, seed)
        path = "/v1/chat/completions"
        if session.dialect is not Dialect.LLAMACPP:
            return protocols.sampled(await self._call(session, path, body))
        try:
            answer = await self._call(session, path, body if self._guided else protocols.without_llguidance(body, schema))
        except ModelUnavailable:
            raise
        except ModelFailed:
            if not self._guided:
                raise
            answer = await self._call(session, path, protocols.without_llguidance(body, schema))
            self._guided = False
        replies, usage = protocols.sampled(answer)
        if len(replies) > 1:  # llama.cpp counts the tokens of one answer only
            text = "".join(reply.text for reply in replies)
            usage = Usage(usage.requests, usage.prompt_tokens, len(await self._tokens(session, text)))
        return replies, usage

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
        return protocols.tokens(await self._call(session, "/tokenize", body))

    async def _ready(self) -> _Session:
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.loop is not loop:
            client = _client(self._root, self._key, self._host, self._bounds.timeout)
            self._session = _Session(loop, client, Throttle(self._bounds.in_flight, self._bounds.most_in_flight), asyncio.Lock())
        session = self._session
        async with session.found:
            if session.dialect is None:
                session.dialect = await self._recognise(session)
        return session

    async def _recognise(self, session: _Session) -> Dialect:
        listed = protocols.models(await self._call(session, "/v1/models"))
        names = [name for name, _ in listed]
        self._id = self._id or names[0]
        owners = {owner for _, owner in listed}
        if "llamacpp" in owners:
            self._most_at_once = protocols.slots(await self._call(session, "/props"))
            session.slots = asyncio.LifoQueue()
            for slot in reversed(range(self._most_at_once)):
                session.slots.put_nowait(slot)
            return Dialect.LLAMACPP
        if self._id not in names:
            raise ModelFailed(f"the model server at {self._shown} has no model {self._id!r}; it has {', '.join(names[:5])}")
        if "vllm" not in owners:
            return Dialect.OPENAI
        told = await self._metrics(session)
        block = metrics.block_size(told or "")
        session.looked = session.loop.time() if told else math.inf  # one that does not tell is not asked again
        if block and len(protocols.tokens(await self._call(session, "/tokenize", self._filler(block)))) == block:
            session.block = block
        return Dialect.VLLM

    async def _call(self, session: _Session, path: str, body: dict[str, Any] | None = None) -> object:
        """One request within the bounds; raises ModelFailed at once for what no further attempt would change."""
        from tenacity import AsyncRetrying, RetryError, retry_if_exception_type, stop_after_attempt

        bounds = self._bounds
        attempts = AsyncRetrying(
            stop=stop_after_attempt(bounds.attempts),
            wait=lambda state: pause(bounds, state.attempt_number, state.outcome.exception() if state.outcome else None),
            retry=retry_if_exception_type(Again),
        )
        try:
            async with session.throttle, asyncio.timeout(bounds.total):  # waiting for one's turn does not count
                async for attempt in attempts:
                    with attempt:
                        answer = await self._once(session, path, body)
                        self._look(session)
                        return answer
        except RetryError as error:
            reason = error.last_attempt.exception()
            raise ModelUnavailable(f"{self._shown}{path}: {reason}, {bounds.attempts} times") from error
        except TimeoutError as error:
            raise ModelUnavailable(f"{self._shown}{path}: no answer within {bounds.total:g} s, all attempts together") from error
        raise ModelUnavailable(f"{self._shown}{path}: not asked")

    async def _once(self, session: _Session, path: str, body: dict[str, Any] | None) -> object:
        import openai

        client = session.client
        try:
            if body is None:
                answer: object = await client.get(self._root + path, cast_to=object)
            else:
                answer = await client.post(self._root + path, cast_to=object, body=body)
        except openai.APITimeoutError as error:
            raise Again(f"no answer within {self._bounds.timeout:g} s") from error
        except openai.APIConnectionError as error:
            raise Again(f"no connection ({self._scrubbed(str(error.__cause__ or error))})") from error
        except openai.APIStatusError as error:
            reason = f"HTTP {error.status_code}: {self._scrubbed(error.message)}"
            if error.status_code in _ENOUGH:
                await session.throttle.refused()
            if error.status_code in _AGAIN:
                raise Again(reason, seconds(error.response.headers.get("retry-after"))) from error
            raise ModelFailed(f"{self._shown}{path}: {reason}") from error
        except (openai.OpenAIError, ValueError) as error:
            raise ModelFailed(f"{self._shown}{path}: an answer that is not JSON ({self._scrubbed(str(error))})") from error
        if not isinstance(answer, dict | list):
            raise ModelFailed(f"{self._shown}{path}: an answer that is not JSON: {self._scrubbed(str(answer))!r}")
        return answer

    def _look(self, session: _Session) -> None:
        """Ask for the server's queue, now and then, beside the requests."""
        now = session.loop.time()
        if session.dialect is Dialect.VLLM and now - session.looked > _LOOK_S and (session.looking is None or session.looking.done()):
            session.looked = now
            session.looking = session.loop.create_task(self._hear(session))

    async def _hear(self, session: _Session) -> None:
        waiting = metrics.waiting(await self._metrics(session) or "")
        if waiting is not None:
            await session.throttle.hear(waiting)

    async def _metrics(self, session: _Session) -> str | None:
        """What the server tells of itself, None where it does not."""
        import openai

        try:
            return await session.client.get(self._root + "/metrics", cast_to=str)
        except openai.OpenAIError:
            return None

    def _filler(self, times: int) -> dict[str, Any]:
        return protocols.tokenize_body(Dialect.VLLM, self._id or "", FILLER * times)

    def _scrubbed(self, text: str) -> str:
        return (text.replace(self._key, "***") if self._key else text)[:200]


def _known(session: _Session) -> Dialect:
    return session.dialect or Dialect.OPENAI


def _client(root: str, key: str | None, host: str, timeout: float) -> "AsyncOpenAI":
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    http = DefaultAsyncHttpxClient(timeout=timeout, trust_env=host not in _LOOPBACK)  # no proxy for this machine itself
    return AsyncOpenAI(base_url=f"{root}/v1", api_key=key or "none", max_retries=0, timeout=timeout, http_client=http)


def _first_model(root: str, shown: str, key: str | None, trust_env: bool) -> str:
    import httpx

    try:
        with httpx.Client(timeout=10.0, trust_env=trust_env) as client:
            answer = client.get(f"{root}/v1/models", headers={"Authorization": f"Bearer {key}"} if key else {})
            answer.raise_for_status()
            return protocols.models(answer.json())[0][0]
    except httpx.HTTPStatusError as error:
        raise ModelFailed(f"{shown}/v1/models: HTTP {error.response.status_code}") from error
    except httpx.HTTPError as error:
        raise ModelUnavailable(f"{shown}/v1/models: {type(error).__name__}") from error
    except ValueError as error:
        raise ModelFailed(f"{shown}/v1/models: an answer that is not JSON") from error
