"""A server that speaks S3, for tests: moto's, with requests one at a time so that each is whole, as S3 has them; it can be told to fail."""

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Lock, Thread
from typing import Any
from uuid import uuid4

import httpx
import pytest

Answer = Callable[[dict[str, Any], Callable[..., Any]], "Iterable[bytes] | None"]
"""What is answered in place of the store; None: let the store answer, with what was changed of the request."""

BUCKET = "bucket"


class ObjectStore:
    """`requests` counts what was asked, such as "PUT part"; a secret key of its own goes with what `environment` names."""

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
        from werkzeug.serving import make_server

        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)  # a line for each request else
        self._app = DomainDispatcherApplication(create_backend_app)
        self._alone = Lock()
        self.answer: Answer = lambda environ, start: None
        self.requests: Counter[str] = Counter()
        self._server = make_server("127.0.0.1", 0, self._asked, threaded=True, request_handler=MotoRequestHandler)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.port}"
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.make(BUCKET)

    def make(self, bucket: str) -> None:
        httpx.put(f"{self.url}/{bucket}").raise_for_status()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "a-key-of-tests",
            "AWS_SECRET_ACCESS_KEY": "a-secret-of-tests",
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }

    def place(self, name: str) -> str:
        """A folder that nobody else has."""
        return f"s3://{BUCKET}/{name}-{uuid4().hex[:8]}"

    @contextmanager
    def answering(self, answer: Answer) -> Iterator[None]:
        before, self.answer = self.answer, answer
        try:
            yield
        finally:
            self.answer = before

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _asked(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.requests[environ["REQUEST_METHOD"]] += 1
        content = environ["wsgi.input"].read(length := int(environ.get("CONTENT_LENGTH") or 0))
        if len(content) < length:  # who sent it was killed: moto would keep the half
            start("400 Bad Request", [])
            return []
        environ["wsgi.input"] = BytesIO(content)
        answered = self.answer(environ, start)
        if answered is not None:
            return answered
        return self.written(environ, start)

    def written(self, environ: dict[str, Any], start: Callable[..., Any] = lambda *_: None) -> Iterable[bytes]:
        """The store's own answer."""
        with self._alone:  # moto looks and writes in two steps, and what reads at the same time may get half
            return list(self._app(environ, start))


def refusing(status: str, code: str, method: str = ".*", path: str = ".*") -> Answer:
    """The store's way to say no to requests of a method for a path."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes] | None:
        if not (re.fullmatch(method, environ["REQUEST_METHOD"]) and re.fullmatch(path, environ["PATH_INFO"])):
            return None
        start(status, [("Content-Type", "application/xml")])
        return [f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>a message</Message></Error>".encode()]

    return answer


def without_conditions(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes] | None:
    """A store that does not know what it is to write only where there is nothing."""
    environ.pop("HTTP_IF_NONE_MATCH", None)
    return None


@pytest.fixture(scope="session")
def object_server() -> Iterator[ObjectStore]:
    store = ObjectStore()
    yield store
    store.close()


@pytest.fixture
def object_store(object_server: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """The server, named in the environment as users name theirs."""
    for name, value in object_server.environment.items():
        monkeypatch.setenv(name, value)
    object_server.requests.clear()
    return object_server
