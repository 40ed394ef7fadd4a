"""The Cypher of each shape: nothing of a question is in its text, it only reads, and what there is not is refused."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_store.queries.query_guard import refuse_hostile
from pipeline.querying.query_shapes import RelationSide, Shape, ShapedQuestion, cypher_of
from schema.errors import WrongUse
from schema.ids import EntityKey
from schema.ontology import Ontology

KEYS = st.text(min_size=1, max_size=20).map(EntityKey)
DAYS = st.none() | st.dates()


@given(
    shape=st.sampled_from(Shape),
    ends=st.lists(KEYS, min_size=1, max_size=2).map(tuple),
    relation=st.sampled_from([None, "treat", "cause", "inhibit"]),
    direction=st.sampled_from(RelationSide),
    other=st.sampled_from([None, "Gene", "Disease"]),
    days=st.tuples(DAYS, DAYS, DAYS),
)
def test_a_query_is_our_own_text_and_only_reads(
    biomedical: Ontology, shape: Shape, ends: tuple[EntityKey, ...], relation: str | None, direction: RelationSide, other: str | None,
    days: tuple[date | None, ...],
) -> None:  # fmt: skip
    query = cypher_of(ShapedQuestion(shape, ends, relation, direction, other, *days), biomedical)
    refuse_hostile(query.text)
    said = ShapedQuestion(shape, (EntityKey("A"), EntityKey("B"))[: len(ends)], relation, direction, other, *days)
    assert query.text == cypher_of(said, biomedical).text  # whatever the keys are
    assert set(re.findall(r"\$(\w+)", query.text)) <= query.parameters.keys()
    assert "LIMIT" in query.text or "count(" in query.text
    assert cypher_of(said, biomedical).parameters["key"] == "A"


@pytest.mark.parametrize(
    ("ends", "relation", "other", "refused"),
    [
        (("A",), "treat]->() DETACH DELETE x //", None, "is not one of the ontology"),
        (("A",), None, "Gene) DELETE x", "is not one of the ontology's types"),
        ((), None, None, "about one entity or two, not 0"),
        (("A", "B", "C"), None, None, "about one entity or two, not 3"),
    ],
)
def test_what_there_is_not_is_refused(
    biomedical: Ontology, ends: tuple[str, ...], relation: str | None, other: str | None, refused: str
) -> None:
    with pytest.raises(WrongUse, match=refused):
        cypher_of(ShapedQuestion(Shape.FACTS, tuple(map(EntityKey, ends)), relation, other=other), biomedical)
