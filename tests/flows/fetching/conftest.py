"""A server with two of PubMed's files, and a home that follows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.home.homes import Home
from tests.flows.fetching.following import ONE, TWO, home_of
from tests.flows.fetching.servers import LocalServer, PubmedSite, article, packed, serving


@pytest.fixture
def site() -> PubmedSite:
    found = PubmedSite()
    found.put(ONE, packed(article(1), article(2)))
    found.put(TWO, packed(article(3)))
    return found


@pytest.fixture
def server(site: PubmedSite) -> Iterator[LocalServer]:
    with serving(site.respond) as found:
        yield found


@pytest.fixture
def home(server: LocalServer, tmp_path: Path) -> Home:
    return home_of(tmp_path, {"kind": "pubmed-files", "at": f"{server.url}/pubmed/updatefiles/"})
