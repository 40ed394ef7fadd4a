"""What every test may use: where the shared data lies, and a world without network or telemetry."""

import os
from pathlib import Path

import pytest

from flows.ontologies import load_ontology
from flows.quiet import quieten
from schema.ontology import Ontology

quieten()

ROOT = Path(__file__).resolve().parent.parent


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
