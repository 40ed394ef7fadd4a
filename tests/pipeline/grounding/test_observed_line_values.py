"""Single values of a line of `observe` that were taken for something else, or stopped the whole file."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.grounding.observed_line import observe
from schema.errors import InvalidInput
from schema.ontology import Ontology

LINE: dict[str, Any] = {
    "document": "PMID:1",
    "published": "2001-05",
    "source": "x",
    "head": {"key": "MESH:D1", "type": "Chemical", "name": "zinc"},
    "relation": "treat",
    "tail": {"key": "MESH:D2", "type": "Disease", "name": "warts"},
    "confidence": 0.8,
}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"confidence": True}, "true or false"),
        ({"publication_types": ["Review\x1fMeta-Analysis"]}, "control character '\\\\x1f'"),
        ({"journal": "J\nZoo"}, "control character"),
        ({"source": "a\u2028b"}, "control character"),
        ({"recorded_at": "0001-01-01T00:00:00+14:00"}, "outside the years"),
        ({"recorded_at": datetime(2001, 1, 1)}, "time zone"),
        ({"document": "PMID:nan"}, "there is none"),
        ({"document": "P\u041cID:1"}, "mixes scripts"),
        ({"tail": {"key": "CUI-less", "type": "Disease"}}, "identifies nothing"),
        ({"tail": {"key": "M\u0415SH:D2", "type": "Disease"}}, "mixes scripts"),
        ({"published": "NaT"}, "no date"),
        ({"published": True}, "not a date"),
        ({"published": "10.5555/journal.77"}, "'10.5555/journal.77'"),
    ],
)
def test_a_value_that_means_something_else_is_refused_by_name(change: dict[str, Any], told: str, biomedical: Ontology) -> None:
    with pytest.raises(InvalidInput, match=told):
        observe({**LINE, **change}, biomedical, NOW)


@pytest.mark.parametrize("published", ["2001/05", "2001-05-00", "May 2001", "2001-05"])
def test_dates_are_read_as_those_of_documents_are(published: str, biomedical: Ontology) -> None:
    assert str(observe({**LINE, "published": published}, biomedical, NOW).record.published) == "2001-05"


def test_keys_and_ids_are_the_same_with_and_without_what_nobody_sees(biomedical: Ontology) -> None:
    unseen = {"document": "PMID:\uff11\u200b", "tail": {"key": "MESH:\uff24\ufeff2", "type": "Disease", "name": "warts"}}
    assert observe({**LINE, **unseen}, biomedical, NOW) == observe(LINE, biomedical, NOW)
