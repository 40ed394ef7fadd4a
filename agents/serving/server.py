"""The one file that talks to a language model server over HTTP: one address, one request at a time for each caller."""

import asyncio
import math
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from agents.serving import protocols
from agents.serving.limits import Again, Bounds, Circuit, Throttle, seconds
from schema.errors import ModelFailed, ModelRefused, ModelUnavailable, WrongUse, users_masked

if TYPE_CHECKING:
    from openai import AsyncOpenAI

T = TypeVar("T")

PROBE_S = 10.0
"""How long a question may take that costs the server nothing."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_ENOUGH = frozenset({429, 503})
_NEVER = frozenset({401, 402, 403, 404, 405, 407, 501})
"""What it answers to whoever may not ask, or asks for a model or a path that there is not: the same for every document."""

_OUT_OF_MEMORY = re.compile(r"out of memory|outofmemory|cannot allocate memory|can't allocate memory", re.IGNORECASE)
_LOADING = re.compile(r"\bloading\b.{0,20}\bmodel\b|\bmodel\b.{0,60}\b(?:loading|warming up|not ready|starting)\b", re.IGNORECASE)
_LOOK_S = 1.0


@dataclass(slots=True)
class _Session:
    """The connections of one event loop, and how many requests they take."""

    loop: asyncio.AbstractEventLoop
    client: "AsyncOpenAI"
    throttle: Throttle
    looked: float = math.inf  # when the server's queue was last asked for, in the loop's time
    looking: asyncio.Task[None] | None = None
    waiting: int = 0  # requests in the server's own queue, as it last told, whoever's they are


class Server:
    """A server behind a URL."""

    def __init__(self, url: str, key: str | None, bounds: Bounds) -> None:
        scheme, self.host, port = _address_in(url)
        self._root = url.rstrip("/").removesuffix("/v1")
        self.port = port or (443 if scheme == "https" else 80)
        self._key = key
        self._bounds = bounds
        self._known: _Session | None = None
        self.circuit = Circuit(2 * bounds.wait, bounds.longest_rest)
        self.asked = 0  # requests, ever
        self.is_known = False  # whether it was seen, since it rested last, to serve what is asked for
        self.room: Callable[[], None] = lambda: None  # is called where there may be more of it
        self.shown = f"{scheme}://{self.host}" + (f":{port}" if port else "")

    @property
    def throttle(self) -> Throttle:
        """How many requests may be in flight."""
        return self._session.throttle

    @property
    def busy(self) -> float:
        """What it has to do, others' requests in its queue included, as a share of what it can do with at a time."""
        session = self._session
        return (session.throttle.in_flight + session.waiting) / session.throttle.limit

    def rest(self, after: float = 0.0) -> None:
        """It failed, and is left out for a while, at least the seconds that it asks for; then it is to be seen anew what it serves."""
        self.circuit.failed(time.monotonic(), after)
        self.is_known = False

    def first_model(self) -> str:
        """The first model that the server lists, asked for without an event loop."""
        return _first_model(self._root, self.shown, self._key, self.host not in _LOOPBACK)

    async def metrics(self) -> str | None:
        """What the server tells of itself, None where it does not."""
        import openai

        try:
            return await self._session.client.get(self._root + "/metrics", cast_to=str)
        except openai.OpenAIError:
            return None

    def follow_queue(self) -> None:
        """From now on the requests in flight follow the queue that the server tells of."""
        self._session.looked = self._session.loop.time()

    async def close(self) -> None:
        """Close the connections of this event loop; those of a loop that is gone went with it."""
        session, self._known = self._known, None
        if session is not None and session.loop is asyncio.get_running_loop():
            if session.looking is not None:
                session.looking.cancel()
                await asyncio.gather(session.looking, return_exceptions=True)
            await session.client.close()

    async def listed(self) -> object:
        """What it says of its models; raises Again where that takes long, whatever else its bounds are."""
        try:
            async with asyncio.timeout(PROBE_S):
                return await self.ask("/v1/models")
        except TimeoutError as error:
            raise Again(f"no answer within {PROBE_S:g} s") from error

    async def healthy(self) -> object:
        """The same, asked only of a server that does not say that it is unwell: an engine can be dead behind a list of models."""
        try:
            async with asyncio.timeout(PROBE_S):
                await self._request("/health", None, str)
        except TimeoutError as error:
            raise Again(f"no answer within {PROBE_S:g} s") from error
        except (ModelFailed, ModelRefused):
            pass  # not every server has that page
        return await self.listed()

    async def ask(self, path: str, body: dict[str, Any] | None = None) -> object:
        """One request. Raises Again for what may pass, ModelRefused for what never will, ModelFailed for what another body would change."""
        answer = await self._request(path, body, object)
        if not isinstance(answer, dict | list):
            raise ModelFailed(f"{self.shown}{path}: an answer that is not JSON: {self._scrubbed(str(answer))!r}")
        if (failure := protocols.failure_within(answer)) is not None:
            words, code = failure
            reason = f"HTTP 200 with an error{f' {code}' if code else ''} in it: {self._scrubbed(words)}"
            raise self._failure(path, reason, code, words)
        self._look(self._session)
        return answer

    async def _request(self, path: str, body: dict[str, Any] | None, kind: type[T]) -> T:
        import openai

        client = self._session.client
        try:
            if body is None:
                return await client.get(self._root + path, cast_to=kind)
            return await client.post(self._root + path, cast_to=kind, body=body)
        except openai.APITimeoutError as error:
            raise Again(f"no answer within {self._bounds.timeout:g} s") from error
        except openai.APIConnectionError as error:
            raise Again(f"no connection ({self._scrubbed(str(error.__cause__ or error))})") from error
        except openai.APIStatusError as error:
            reason = f"HTTP {error.status_code}: {self._scrubbed(error.message)}"
            after = seconds(error.response.headers.get("retry-after"))
            raise self._failure(path, reason, error.status_code, error.message, after) from error
        except (openai.OpenAIError, ValueError) as error:
            raise ModelFailed(f"{self.shown}{path}: an answer that is not JSON ({self._scrubbed(str(error))})") from error

    def _failure(self, path: str, reason: str, code: int | None, words: str, after: float = 0.0) -> Exception:
        """What a status and the words with it mean for the one who asked."""
        is_full = _OUT_OF_MEMORY.search(words) is not None
        if code in _ENOUGH or is_full:
            self._session.throttle.refused()
        if code in _AGAIN or is_full or (code is not None and _LOADING.search(words)):
            return Again(reason, after, is_busy=code == 429)
        return (ModelRefused if code in _NEVER else ModelFailed)(f"{self.shown}{path}: {reason}")

    @property
    def _session(self) -> _Session:
        loop = asyncio.get_running_loop()
        if self._known is None or self._known.loop is not loop:
            client = _client(self._root, self._key, self.host, self._bounds.timeout)
            self._known = _Session(loop, client, Throttle(self._bounds.in_flight, self._bounds.most_in_flight))
        return self._known

    def _look(self, session: _Session) -> None:
        """Ask for the server's queue, now and then, beside the requests."""
        now = session.loop.time()
        if now - session.looked > _LOOK_S and (session.looking is None or session.looking.done()):
            session.looked = now
            session.looking = session.loop.create_task(self._hear(session))

    async def _hear(self, session: _Session) -> None:
        waiting = protocols.requests_waiting(await self.metrics() or "")
        if waiting is not None:
            session.waiting = waiting
            session.throttle.hear(waiting)
            self.room()

    def _scrubbed(self, text: str) -> str:
        return (text.replace(self._key, "***") if self._key else text)[:200]


def _address_in(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL; raises WrongUse naming the setting and the rule."""
    with suppress(ValueError):  # what it says of a port may be a piece of a password
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0:
            return parts.scheme, parts.hostname, parts.port
    rule = "it starts with http:// or https:// and names a host, and a port is a number from 1 to 65535"
    raise WrongUse(f"{users_masked(url)!r} (setting model) is not the URL of a model server: {rule}")


def _client(root: str, key: str | None, host: str, timeout: float) -> "AsyncOpenAI":
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    http = DefaultAsyncHttpxClient(timeout=timeout, trust_env=host not in _LOOPBACK)  # no proxy for this machine itself
    return AsyncOpenAI(base_url=f"{root}/v1", api_key=key or "none", max_retries=0, timeout=timeout, http_client=http)


def _first_model(root: str, shown: str, key: str | None, trust_env: bool) -> str:
    import httpx

    try:
        with httpx.Client(timeout=PROBE_S, trust_env=trust_env) as client:
            answer = client.get(f"{root}/v1/models", headers={"Authorization": f"Bearer {key}"} if key else {})
            answer.raise_for_status()
            if (failure := protocols.failure_within(told := answer.json())) is not None:
                raise ModelFailed(f"{shown}/v1/models: HTTP 200 with an error in it: {failure[0][:200]}")
            return protocols.models(told)[0][0]
    except httpx.HTTPStatusError as error:
        code = error.response.status_code
        kind = ModelUnavailable if code in _AGAIN else ModelRefused if code in _NEVER else ModelFailed
        raise kind(f"{shown}/v1/models: HTTP {code}") from error
    except httpx.HTTPError as error:
        raise ModelUnavailable(f"{shown}/v1/models: {type(error).__name__}") from error
    except ValueError as error:
        raise ModelFailed(f"{shown}/v1/models: an answer that is not JSON") from error
