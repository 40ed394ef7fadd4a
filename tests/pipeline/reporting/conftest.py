"""What the reports of these tests rest on."""

import pytest

from pipeline.believing.evidence import Evidence
from pipeline.believing.rules import Rules
from schema.ontology import Ontology
from tests.pipeline.reporting.told import evidence_of


@pytest.fixture
def rules(biomedical: Ontology) -> Rules:
    return Rules(ontology=biomedical)


@pytest.fixture
def evidence(biomedical: Ontology) -> Evidence:
    return evidence_of(biomedical)
