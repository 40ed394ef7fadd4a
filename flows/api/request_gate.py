"""What every request passes, those to mounted parts too: an id, who asks, how much, how long it takes, and no error without a word."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.api.callers import Caller, Keyring
from flows.api.problems import Problem, response_of, too_many, unforeseen
from flows.api.rate_limit import RateLimit
from flows.home.serve_settings import Scope as KeyScope
from flows.watching.logs import log_bound, log_event, logs_are_on
from flows.watching.metrics import request_began, request_ended

MOST_BYTES = 16_000_000
"""Of the body of one request."""

_TOO_LARGE = 413

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_UNMATCHED = "other"
_ALWAYS = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
_LOOKS = ("/healthz", "/readyz")
"""What a probe asks, again and again: it is neither limited nor logged."""


class RequestGate:
    """ASGI middleware; `scope["state"]["caller"]` is who asks."""

    def __init__(
        self,
        app: ASGIApp,
        keys: Keyring,
        limit: RateLimit,
        guarded: Mapping[str, KeyScope],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """What lies under a `guarded` path is only for who has that scope."""
        self._app, self._keys, self._limit, self._guarded, self._clock = app, keys, limit, guarded, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passing = _Passing(scope, receive, send)
        begun, method = self._clock(), scope["method"] if scope["method"] in _METHODS else "_OTHER"
        request_began(method)
        with log_bound(request=passing.id):
            try:
                await self._answer(passing)
            finally:
                seconds = self._clock() - begun
                request_ended(method, passing.route, passing.status, seconds)
                if logs_are_on() and scope["path"] not in _LOOKS:
                    told = {"method": method, "path": scope["path"], "status": passing.status, "by": passing.caller_name}
                    log_event("request", "info", **told, seconds=round(seconds, 4))

    async def _answer(self, passing: "_Passing") -> None:
        try:
            self._admit(passing)
            await self._app(passing.scope, passing.receive, passing.send)
        except Problem as problem:  # of what is mounted, and of too large a body
            await passing.tell(problem)
        except Exception as error:
            if passing.has_begun:
                raise
            await passing.tell(_too_large() if passing.is_too_large else unforeseen(error))

    def _admit(self, passing: "_Passing") -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in passing.scope["headers"]}
        client = passing.scope.get("client")
        address = client[0] if client else "127.0.0.1"  # no address: in the same process, or by a socket file of this machine
        caller = self._keys.caller(headers, address)
        passing.scope.setdefault("state", {})["caller"] = caller
        passing.caller_name = caller.name
        if passing.scope["path"] not in _LOOKS and (wait := self._limit.wait_of(f"key {caller.name}" if caller.is_known else address)):
            raise too_many(wait)
        for path, scope in self._guarded.items():
            if passing.scope["path"] == path or passing.scope["path"].startswith(f"{path}/"):
                require_scope(passing.scope, scope)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > MOST_BYTES:
            raise _too_large()


class _Passing:
    """A request under way, with what is known of its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self.status, self.caller_name = 500, ""
        self.has_begun = False
        self._taken = 0
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
        self.id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex

    @property
    def route(self) -> str:
        """The template of the path, so that there are few of them."""
        route = self.scope.get("route")
        return getattr(route, "path_format", None) or getattr(route, "path", None) or _UNMATCHED

    async def receive(self) -> Message:
        """What comes in; raises Problem where that is too much."""
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self.is_too_large:
            raise _too_large()
        return message

    async def send(self, message: Message) -> None:
        """What goes out, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            if self.is_too_large and self.status != _TOO_LARGE:
                raise _too_large()  # the framework has made an error of its own of the one that it was told
            self.has_begun, self.status = True, message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.id
            for name, value in _ALWAYS.items():
                headers.setdefault(name, value)
        await self._send(message)

    @property
    def is_too_large(self) -> bool:
        """Whether more came in than may."""
        return self._taken > MOST_BYTES

    async def tell(self, problem: Problem) -> None:
        """Answer with a problem."""
        self.status = problem.status
        await response_of(problem)(self.scope, self._receive, self.send)


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def _too_large() -> Problem:
    return Problem("too-large", f"a request holds at most {MOST_BYTES:,} bytes: send several, or use `chronokg observe`")


def require_scope(scope: Any, wanted: KeyScope) -> Caller:
    """Who asks, by the ASGI scope of a request; raises Problem where they may not do what is asked."""
    caller: Caller = scope["state"]["caller"]
    if wanted in caller.scopes:
        return caller
    if caller.is_known or caller.scopes:
        raise Problem("not-allowed", caller.reason)
    raise Problem("key-needed", caller.reason, headers={"WWW-Authenticate": 'Bearer realm="chronokg"'})
