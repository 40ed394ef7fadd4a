"""Identities of many rows at once are those of each row by itself, and those that logs have kept from the beginning."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.columnar import completed, stable_ids, typed
from schema.columns import IDENTITY, OBSERVATION
from schema.dates import DateOrigin, PartialDate
from schema.document import Revision
from schema.ids import DocumentId, EntityKey, stable_id
from schema.observation import Entity, Observation, Polarity, Reader
from tests.pipeline.believing.examples import AT

texts = st.text(alphabet='ab"\\\x00\x1f\x7f\u2028é😀|;, \t', max_size=5)
ROWS = st.tuples(texts, texts | st.none(), st.floats(0, 1) | st.none(), st.lists(texts, max_size=3) | st.none(), st.none())
SCHEMA = {"a": pl.String, "b": pl.String, "c": pl.Float64, "d": pl.List(pl.String), "e": pl.String}

READ = Observation(
    document=DocumentId("PMID:1"),
    published=PartialDate.parse("2001-05"),
    source='a "source"',
    head=Entity(EntityKey("MESH:C1"), "Chemical", "drug\t1"),
    relation="treat",
    tail=Entity(EntityKey("MESH:D1"), "Disease", "Ménière"),
    confidence=0.1 + 0.2,
    polarity=Polarity.DENIES,
    quote="it does\\not",
    publication_types=("Letter", "Review"),
    stated_start=PartialDate.parse("2001-23"),
    stated_origin=DateOrigin.STATED,
    revision=Revision(2, "2001-06-01", "abc"),
    reader=Reader("labels", "a/model", "1", "2"),
    raw_score=0.5,
)


@given(st.lists(ROWS, max_size=8))
def test_the_identities_of_rows_are_the_hashes_of_their_cells(rows: list[tuple[object, ...]]) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    assert stable_ids(frame, list(SCHEMA)).to_list() == [stable_id(*row) for row in rows]


def test_an_observation_comes_back_from_its_row_with_the_identity_that_logs_keep() -> None:
    row = READ.cells()
    assert {*row, "at"} == OBSERVATION.keys()
    assert Observation.of(row) == READ
    assert READ.id == row["id"] == "339c540184b77428886e31bb0c0a34f0"
    frame = pl.DataFrame([{**row, "at": AT}], schema=typed(OBSERVATION))
    assert stable_ids(frame, IDENTITY).to_list() == [READ.id]


def test_what_a_table_does_not_say_is_said_by_default() -> None:
    said = completed(pl.DataFrame({"document": ["PMID:1"]}), OBSERVATION)
    assert set(said.columns) == set(OBSERVATION)
    assert said.select("polarity", "quote", "publication_types", "stated_origin", "reader").rows() == [("asserts", "", [], "unknown", None)]
