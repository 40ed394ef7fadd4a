"""A home of the demo's curated observations, and the app that serves it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from flows.api.app import make_app
from flows.home.homes import Home, open_home
from flows.jobs.observing import observe_file
from tests.conftest import ROOT

READ_KEY, WRITE_KEY = "a key that may only read", "a key that may write, too"
KEYS = {"reader": {"key": READ_KEY}, "writer": {"key": WRITE_KEY, "scopes": ["read", "write"]}}
READS, WRITES = ({"Authorization": f"Bearer {key}"} for key in (READ_KEY, WRITE_KEY))

Serve = Callable[..., TestClient]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Never written to."""
    return filled(tmp_path_factory.mktemp("api") / "home", ROOT / "examples" / "demo" / "curated.jsonl")


@pytest.fixture(scope="session")
def client(demo: Home) -> Iterator[TestClient]:
    """Somebody on this machine, without a key."""
    with asking(demo) as client:
        yield client


@pytest.fixture
def own(tmp_path: Path) -> Home:
    """A home with keys that a test may write to."""
    return open_home(tmp_path / "home", graph="memory:", serve_keys=KEYS, serve_rate=0)


@pytest.fixture
def writer(own: Home) -> Iterator[TestClient]:
    with asking(own, writes=True) as client:
        client.headers.update(WRITES)
        yield client


def filled(path: Path, lines: Path) -> Home:
    home = open_home(path, graph="memory:")
    observe_file(home, lines)
    return home


def asking(home: Home, *, writes: bool = False, client: str = "127.0.0.1", **more: Any) -> TestClient:
    return TestClient(
        make_app(home, writes=writes), base_url="http://127.0.0.1:8000", client=(client, 50_000), raise_server_exceptions=False, **more
    )
