"""The one file that fetches over HTTP: attempts, waits, redirects, time and size are all bounded, and no secret is told."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from schema.errors import FileUnfinished, SourceFailed, SourceUnavailable

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_REDIRECTS = 5
_AGENT = "ChronoKG"
_MOST_OF_REFUSAL = 10_000
"""Bytes that are read of what a server says when it refuses; of these 200 letters are told."""


@dataclass(frozen=True, slots=True)
class FetchBounds:
    """How long, how often and how much is fetched. Seconds and bytes."""

    attempts: int = 5
    timeout: float = 60.0  # for the next bytes
    total: float = 3600.0  # for one file with all that it has
    wait: float = 1.0  # before the second attempt; doubles from there
    longest_wait: float = 300.0  # a server that asks for a longer one is tried another time
    largest: int = 4_000_000_000
    most_text: int = 200_000_000  # of an answer that is held in memory


class _Busy(SourceUnavailable):
    """The server asks for a pause of `after` seconds."""

    def __init__(self, message: str, after: float) -> None:
        super().__init__(message)
        self.after = after


class _Final(SourceUnavailable):
    """Worth another run, and no further attempt in this one."""


class _Gone(FileUnfinished, _Final):
    """It was listed, and may be there again."""


class Pace:
    """Lets so many requests go in a second, evenly; for all requests of one process to one service."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self._apart, self._clock, self._sleep = 1 / per_second, clock, sleep
        self._next = 0.0

    def wait(self) -> None:
        """Come back when the next request may go."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._apart


class Web:
    """Requests to one source. What fails in a way that may pass is tried again; raises SourceUnavailable, or SourceFailed for good."""

    def __init__(self, bounds: FetchBounds, *, secrets: tuple[str, ...] = (), pace: Pace | None = None) -> None:
        """`secrets` are cut out of whatever a server answers before it is told."""
        import httpx

        self._bounds, self._pace = bounds, pace
        self._secrets = tuple(filter(None, secrets))
        # No redirect is followed unseen; and the log of httpx tells addresses, so nothing secret goes into one.
        self._client = httpx.Client(timeout=bounds.timeout, follow_redirects=False, headers={"User-Agent": _AGENT})

    def ask(
        self, url: str, read: Callable[[bytes], T], *, form: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None
    ) -> T:
        """What `read` makes of an answer; an answer of which it raises SourceUnavailable is asked for again. `form` makes it a POST."""

        def once() -> T:
            with self._answer(url, form, query) as answer:
                content = bytearray()
                for piece in self._pieces(answer, url, self._bounds.most_text, raw=False):
                    content += piece
            return self._read_safely(bytes(content), read)

        return self._tried(url, once)

    def download(self, url: str, to: Path) -> str:
        """Fetch a file, whole or not at all, byte for byte as it lies on the server; returns its MD5 in hexadecimal."""
        part = to.with_name(f"{to.name}.part")

        def once() -> str:
            digest = md5(usedforsecurity=False)
            with self._answer(url, None, None) as answer, part.open("wb") as file:
                for piece in self._pieces(answer, url, self._bounds.largest, raw=True):
                    digest.update(piece)
                    file.write(piece)
            part.replace(to)
            return digest.hexdigest()

        try:
            return self._tried(url, once)
        finally:
            part.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _tried(self, url: str, once: Callable[[], T]) -> T:
        import httpx

        def attempt() -> T:
            try:
                return once()
            except httpx.HTTPError as cause:
                raise SourceUnavailable(f"{shown_address(url)}: {self._safe(str(cause)) or type(cause).__name__}") from cause
            except httpx.InvalidURL as cause:
                raise SourceFailed(f"{shown_address(url)} is no address: {self._safe(str(cause))}") from cause

        attempts = Retrying(
            stop=stop_after_attempt(self._bounds.attempts),
            wait=self._pause,
            retry=retry_if_exception(lambda error: isinstance(error, SourceUnavailable) and not isinstance(error, _Final)),
            reraise=True,
        )
        return attempts(attempt)

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, _Busy) else 0.0
        return float(max(asked, min(self._bounds.longest_wait, self._bounds.wait * 2 ** (state.attempt_number - 1))))

    @contextmanager
    def _answer(self, url: str, form: Mapping[str, str] | None, query: Mapping[str, str] | None) -> "Iterator[httpx.Response]":
        """A good answer, behind redirects, still to be read."""
        if self._pace is not None:
            self._pace.wait()
        method = "POST" if form is not None else "GET"
        request = self._client.build_request(method, url, data=form, params=query, headers={"Accept-Encoding": "identity"})
        answer = self._client.send(request, stream=True)
        try:
            for _ in range(_MOST_REDIRECTS):
                following = answer.next_request
                if following is None:
                    break
                self._check_redirect(url, str(following.url))
                answer.close()
                answer = self._client.send(following, stream=True)
            self._check(answer, url)
            yield answer
        finally:
            answer.close()

    def _check_redirect(self, url: str, target: str) -> None:
        before, after = urlsplit(url).scheme, urlsplit(target).scheme
        if after not in {before, "https"}:
            raise SourceFailed(f"{shown_address(url)} redirects to {shown_address(target)}, which is less safe: not followed")

    def _check(self, answer: "httpx.Response", url: str) -> None:
        status = answer.status_code
        if 200 <= status < 300:
            return
        where = f"{shown_address(url)} answered {status} {answer.reason_phrase}".rstrip()
        if 300 <= status < 400:
            raise SourceFailed(f"{where}, after {_MOST_REDIRECTS} redirects" if answer.has_redirect_location else where)
        after = _asked_pause(answer.headers.get("Retry-After"), datetime.now(UTC))
        if after > self._bounds.longest_wait:
            raise _Final(f"{where} and asks for {after:.0f} s of pause: try again later")
        if status in _AGAIN:
            raise _Busy(where, after)
        if status in {404, 410}:
            raise _Gone(where)
        said = self._refusal(answer, url)
        raise SourceFailed(f"{where}{f': {said}' if said else ''}")

    def _refusal(self, answer: "httpx.Response", url: str) -> str:
        """The beginning of what a server says with an error; empty where that is a page, or more than is fetched of anything."""
        if "html" in answer.headers.get("Content-Type", ""):
            return ""
        body = bytearray()
        with suppress(SourceFailed):
            for piece in self._pieces(answer, url, self._bounds.most_text, raw=False):
                body += piece
                if len(body) > _MOST_OF_REFUSAL:
                    break
        return self._safe(body.decode("utf-8", "replace"))[:200]  # cut last: the first half of a secret is one, too

    def _pieces(self, answer: "httpx.Response", url: str, most: int, *, raw: bool) -> Iterator[bytes]:
        declared = answer.headers.get("Content-Length", "")
        if declared.isdecimal() and int(declared) > most:
            raise SourceFailed(f"{shown_address(url)} has {declared} bytes, and at most {most} are fetched")
        got, until = 0, time.monotonic() + self._bounds.total
        # Raw: a server that marks a packed file as packed for the way would have it unpacked here, and no checksum would fit.
        # As they come: gathered to pieces of one size, bytes that trickle would be looked at only when hours are gone.
        for piece in answer.iter_raw() if raw else answer.iter_bytes():
            got += len(piece)
            if got > most:
                raise SourceFailed(f"{shown_address(url)} has more than the {most} bytes that are fetched")
            if time.monotonic() > until:
                raise SourceUnavailable(f"{shown_address(url)} took longer than {self._bounds.total:g} s")
            yield piece

    def _read_safely(self, content: bytes, read: Callable[[bytes], T]) -> T:
        """What `read` makes of an answer; where it refuses that, it says so of an answer that tells no secret, however it cuts it short."""
        try:
            return read(content)
        except SourceFailed:
            cleaned = content
            for secret in self._secrets:
                cleaned = cleaned.replace(secret.encode(), b"...")
            if cleaned == content:
                raise
        return read(cleaned)

    def _safe(self, said: str) -> str:
        for secret in self._secrets:
            said = said.replace(secret, "…")
        return " ".join(said.split())


def shown_address(url: str) -> str:
    """A URL without what may be secret: user, password, parameters."""
    scheme, _, rest = url.partition("://")  # by hand: what is no address at all is shown, too
    host, slash, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _asked_pause(header: str | None, now: datetime) -> float:
    """Seconds that a `Retry-After` asks for, as a number or as a date; 0 where it says nothing of use."""
    if not header:
        return 0.0
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
    except (TypeError, ValueError):
        return 0.0
