"""Cells of tables: whatever program wrote them, they say the same to every reader."""

import io
from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipeline.files.cells import cells_of, columns_of, delimiter_of, plain_of, text_of
from pipeline.files.parquet_table import ParquetTable
from pipeline.files.written_dates import date_of
from pipeline.identifiers import document_id
from schema.errors import InvalidDate, InvalidInput, UnreadableRecord

MISSING = ["", " ", "-", "NA", "N/A", "NaN", "none", "null", "<NA>", None, float("nan")]


@pytest.mark.parametrize("cell", MISSING)
def test_a_cell_that_says_that_it_has_no_value_has_none(cell: object) -> None:
    assert plain_of(cell) == ""
    assert date_of(cell) is None
    with pytest.raises(InvalidInput):
        document_id(text_of(cell))


def test_a_text_is_left_as_it_is_for_it_may_be_a_name() -> None:
    assert [text_of(cell) for cell in (" NA ", "2.0", 7, None, float("nan"))] == ["NA", "2.0", "7", "", ""]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (1999.0, "1999"),
        ("1999.0", "1999"),
        (1999, "1999"),
        ("2001-05", "2001-05"),
        ("1998-12/1999-01", "1998-12/1999-01"),
        (date(2001, 5, 17), "2001-05-17"),
        (datetime(2001, 5, 17, 8, tzinfo=UTC), "2001-05-17"),
        ("2001-05-17T08:00:00Z", "2001-05-17"),
        ("2001-05-17 08:00:00", "2001-05-17"),
    ],
)
def test_a_date_may_be_a_date_a_moment_a_number_or_text(cell: object, expected: str) -> None:
    assert str(date_of(cell)) == expected


def test_what_is_no_date_is_refused() -> None:
    for cell in ("soon", 12.5, True, "2001-13"):
        with pytest.raises(InvalidDate):
            date_of(cell)


def test_numbers_keep_their_zeros_and_ids_lose_fractions_and_zeros() -> None:
    assert (plain_of("0012"), plain_of(77.0), plain_of("77.0"), plain_of("7.5")) == ("0012", "77", "77", "7.5")
    assert {document_id(text) for text in ("12", "0012", "12.0", "PMID:12", "pmid: 12.0")} == {"PMID:12"}
    assert document_id("doi:10.1000/1.0") == "doi:10.1000/1.0"


def test_a_header_decides_on_the_delimiter_and_the_first_known_name_on_the_column() -> None:
    assert [delimiter_of(header) for header in ("a\tb", "a,b", "a\tb,c", "a,b,c\td", "a")] == ["\t", ",", "\t", ",", ","]
    assert columns_of(["x", "ID", "id", " Key "], {"key": ("key", "id"), "name": ("name",), "x": ("x",)}) == {"key": 3, "x": 0}
    assert cells_of('1,"a, b"', ",") == ["1", "a, b"]
    assert cells_of('1,"open', ",") is None
    assert cells_of("1,a\rb", ",") is None


def test_parquet_gives_some_columns_of_all_rows_with_their_numbers() -> None:
    stream = io.BytesIO()
    pl.DataFrame({"a": range(7), "b": "x", "c": None}).write_parquet(stream)
    stream.seek(0)
    assert list(ParquetTable(stream).rows({"one": 0, "two": 0}, 3)) == [(n + 1, {"one": n, "two": n}) for n in range(7)]
    with pytest.raises(UnreadableRecord, match="no Parquet"):
        ParquetTable(io.BytesIO(b"PAR1 or not"))
