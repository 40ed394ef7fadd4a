"""The one file that talks to a language model server over HTTP."""

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agents.serving import protocols
from agents.serving.limits import DEFAULT_BOUNDS, Again, Bounds, Throttle, pause, seconds
from schema.errors import ModelFailed, ModelUnavailable, WrongUse

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_ENOUGH = frozenset({429, 503})
_LOOK_S = 1.0


@dataclass(slots=True)
class _Session:
    """The connections of one event loop, and how many requests they take."""

    loop: asyncio.AbstractEventLoop
    client: "AsyncOpenAI"
    throttle: Throttle
    looked: float = math.inf  # when the server's queue was last asked for, in the loop's time
    looking: asyncio.Task[None] | None = None


class Server:
    """A server behind a URL: requests within bounds, as many at a time as it can do with."""

    def __init__(self, url: str, key: str | None = None, bounds: Bounds = DEFAULT_BOUNDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise WrongUse(f"{url!r} is not the URL of a model server: it starts with http:// or https:// and names a host")
        self._root = url.rstrip("/").removesuffix("/v1")
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self._key = key
        self._bounds = bounds
        self._known: _Session | None = None
        self.shown = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")

    @property
    def throttle(self) -> Throttle:
        """How many requests may be in flight."""
        return self._session.throttle

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

    async def call(self, path: str, body: dict[str, Any] | None = None) -> object:
        """One request within the bounds; raises ModelFailed at once for what no further attempt would change."""
        from tenacity import AsyncRetrying, RetryError, retry_if_exception_type, stop_after_attempt

        bounds, session = self._bounds, self._session
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
            raise ModelUnavailable(f"{self.shown}{path}: {reason}, {bounds.attempts} times") from error
        except TimeoutError as error:
            raise ModelUnavailable(f"{self.shown}{path}: no answer within {bounds.total:g} s, all attempts together") from error
        raise ModelUnavailable(f"{self.shown}{path}: not asked")

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
            raise ModelFailed(f"{self.shown}{path}: {reason}") from error
        except (openai.OpenAIError, ValueError) as error:
            raise ModelFailed(f"{self.shown}{path}: an answer that is not JSON ({self._scrubbed(str(error))})") from error
        if not isinstance(answer, dict | list):
            raise ModelFailed(f"{self.shown}{path}: an answer that is not JSON: {self._scrubbed(str(answer))!r}")
        if (failure := protocols.failure_within(answer)) is not None:
            words, code = failure
            reason = f"HTTP 200 with an error{f' {code}' if code else ''} in it: {self._scrubbed(words)}"
            if code in _ENOUGH:
                await session.throttle.refused()
            if code in _AGAIN:
                raise Again(reason)
            raise ModelFailed(f"{self.shown}{path}: {reason}")
        return answer

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
            await session.throttle.hear(waiting)

    def _scrubbed(self, text: str) -> str:
        return (text.replace(self._key, "***") if self._key else text)[:200]


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
            if (failure := protocols.failure_within(told := answer.json())) is not None:
                raise ModelFailed(f"{shown}/v1/models: HTTP 200 with an error in it: {failure[0][:200]}")
            return protocols.models(told)[0][0]
    except httpx.HTTPStatusError as error:
        raise ModelFailed(f"{shown}/v1/models: HTTP {error.response.status_code}") from error
    except httpx.HTTPError as error:
        raise ModelUnavailable(f"{shown}/v1/models: {type(error).__name__}") from error
    except ValueError as error:
        raise ModelFailed(f"{shown}/v1/models: an answer that is not JSON") from error
