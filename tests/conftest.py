"""What every test may use: where the shared data lies, and a world without network or telemetry."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from flows.home.configuration.settings import load_ontology
from flows.home.processes import quieten
from schema.ontology import Ontology

quieten()
if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the processors: what else would take them all, and wait for itself in busy loops, gets one. Read when it is loaded.
    os.environ |= {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# A busy machine is slow, not wrong. `ci` tries a quarter of the examples, always the same ones; `--hypothesis-profile=full` tries new ones.
PATIENT = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("full", max_examples=100, deadline=None, derandomize=False, suppress_health_check=PATIENT)
hypothesis.settings.register_profile("ci", max_examples=25, deadline=None, derandomize=True, suppress_health_check=PATIENT)
hypothesis.settings.load_profile("ci")

ROOT = Path(__file__).resolve().parent.parent


def examples(number: int) -> int:
    """So many examples in the profile `full`, the same share of them as of all others in the profile that is loaded."""
    return max(1, number * hypothesis.settings().max_examples // 100)


def some(values: Iterable[Any]) -> list[Any]:
    """Of examples that are listed, the same share."""
    return list(values)[:: 100 // hypothesis.settings().max_examples]


NIGHTLY = pytest.StashKey[set[str]]()
"""Of the tests that were collected, those that are left to the night: file and name."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Share the tests out: a file stays with one worker, and all that uses the one Neo4j server with one."""
    config.stash[NIGHTLY] = {item.nodeid.partition("[")[0] for item in items if item.get_closest_marker("nightly")}
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            group = "neo4j" if item.get_closest_marker("neo4j") else str(item.path.relative_to(ROOT))
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to share one server out among workers: where groups are asked for, xdist writes them behind the names of tests."""
    if session.config.getoption("loadgroup", default=False) and not all("@" in item.nodeid for item in session.items):
        raise pytest.UsageError("tests are not kept together in groups: this pytest and this pytest-xdist do not go together")


@pytest.fixture(scope="session", autouse=True)
def _derived_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is made of weights is made once, for all tests and all workers, and away from the user's own."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "derived"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHRONOKG_CACHE", str(folder))
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared real data; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("CHRONOKG_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip("the shared data folder is absent (CHRONOKG_SHARED names it)")
    return folder


@pytest.fixture(scope="session")
def biomedical() -> Ontology:
    return load_ontology("biomedical")


@pytest.fixture(scope="session")
def general() -> Ontology:
    return load_ontology("general")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End without taking the process down piece by piece, once every result is out.

    Java's virtual machine and llama.cpp, each with threads of its own, live in this one process; no user's command starts
    both and a test runner too, and their finalisers have been seen to crash into each other at its very end.
    """
    session = config.pluginmanager.get_plugin("session")
    status = getattr(session, "exitstatus", None)
    if status is not None and "xllamacpp" in sys.modules and "jpype" in sys.modules:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(status))
