"""The demo's home, served, and a browser."""

from collections.abc import Iterator
from typing import Any

import pytest

from flows.home.homes import Home, open_home
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg
from tests.flows.explorer.browsing import CHROMIUM, Watched
from tests.flows.explorer.served import served


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The demo's curated data, and then a retraction."""
    place = tmp_path_factory.mktemp("explorer") / "home"
    chronokg("observe", ROOT / "examples/demo/curated.jsonl", home=place)
    chronokg("retract", "DEMO:hcq-registry-2020", "--on", "2020-06-05", home=place)
    return open_home(place, graph="memory:", reads_only=True)


@pytest.fixture(scope="package")
def address(home: Home) -> Iterator[str]:
    with served(home) as url:
        yield f"{url}/explorer"


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page on which nothing may go wrong unseen: errors, what the policy refuses, dialogs."""
    with Watched(browser) as opened:
        yield opened
