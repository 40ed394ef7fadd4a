"""A home in which facts were overturned, contested and withdrawn, and servers of it."""

from pathlib import Path

import pytest

from flows.home.homes import Home, open_home
from flows.jobs.keeping import retract_document
from flows.jobs.observing import observe_file
from tests.conftest import ROOT

DEMO = ROOT / "examples" / "demo"


@pytest.fixture(scope="session")
def demo_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's curated data, with one document retracted."""
    path = tmp_path_factory.mktemp("agents") / "home"
    made = open_home(path, graph="memory:")
    for name in ("curated.jsonl", "curated_late.jsonl"):
        observe_file(made, DEMO / name)
    retract_document(made, "DEMO:hcq-registry-2020", "2020-06-05")
    return path


@pytest.fixture(scope="session")
def demo(demo_path: Path) -> Home:
    return open_home(demo_path, graph="memory:", make=False, reads_only=True)
