"""Tables: CSV, tab-separated and Parquet."""

import io
from datetime import date

import polars as pl
import pytest

from tests.pipeline.formats.helpers import document, gz, ids, refused, set_aside

CSV = 'PMID,Title,ABSTRACT,Year\n1,Zebra stripes,"Flies, they say,\navoid stripes.",1999.0\n2,Other,,2001\n'


def test_columns_are_found_whatever_their_case_and_a_year_may_be_written_as_a_fraction() -> None:
    found = document(CSV.split("2,Other", maxsplit=1)[0])
    assert (found.id, found.text, str(found.published)) == ("PMID:1", "Zebra stripes Flies, they say,\navoid stripes.", "1999")


def test_tabs_gzip_and_line_ends_change_nothing() -> None:
    plain = "pmid\ttitle\tabstract\tyear\n1\tZebra, stripes\tx\t1999\n2\tOther\ty\t\n"
    assert ids(CSV) == ids(gz(CSV)) == ids(plain) == ids(plain.replace("\n", "\r\n")) == ids("\ufeff" + plain) == ["PMID:1", "PMID:2"]


def test_a_number_of_the_rows_own_is_not_taken_for_the_pmid() -> None:
    assert ids("record_id,pubmedID,title\n7,1,Zebra\n") == ["PMID:1"]


def test_a_row_without_a_date_is_undated() -> None:
    assert document("pmid,title,year\n1,Zebra,\n").published is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,Other", "has 2 cells where the header has 4"),
        ("2,Other,text,1999,more", "has 5 cells"),
        ("2,,,1999", "neither title nor text"),
        (",Other,text,1999", "is empty"),
        ("2,Other,text,soon", "'soon' is not a date"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_line_and_the_rest_goes_on(row: str, reason: str) -> None:
    data = f"pmid,title,abstract,year\n1,Zebra,x,1999\n{row}\n3,Last,y,2000\n"
    assert ids(data) == ["PMID:1", "PMID:3"]
    (found,) = set_aside(data)
    assert reason in found.reason
    assert found.position == "line 3"


def test_bytes_that_are_not_utf8_set_only_their_row_aside() -> None:
    data = b"pmid,title\n1,Zebra\n2,Caf\xe9\n3,Last\n"
    assert ids(data) == ["PMID:1", "PMID:3"]
    assert "not UTF-8" in set_aside(data)[0].reason


def test_a_quote_that_is_never_closed_makes_no_document_of_the_rest() -> None:
    data = 'pmid,title\n1,Zebra\n2,"Other\n3,Last\n'
    assert ids(data) == ["PMID:1"]
    (found,) = set_aside(data)
    assert found.position == "line 3"
    assert "no CSV" in found.reason


def test_a_carriage_return_within_a_row_costs_only_that_row_and_blank_lines_before_the_header_nothing() -> None:
    data = "\r\n\r" + CSV.replace("2,Other", "3,Zeb\rra,x,2001\n2,Other")
    assert ids(data) == ["PMID:1", "PMID:2"]
    (found,) = set_aside(data)
    assert (found.file, found.position) == ("file", "line 5")
    assert "new-line character" in found.reason
    assert "3,Zeb\rra" in found.payload


def test_a_table_without_id_or_text_is_refused() -> None:
    assert "neither PubMed XML" in refused("name,colour\nZebra,striped\n").reason


def test_parquet_is_read_with_its_own_types() -> None:
    frame = pl.DataFrame({"PMID": [1, 2, None], "title": ["Zebra", None, "x"], "date": [date(1999, 3, 7)] * 3})
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    found = document_and_rest = buffer.getvalue()
    assert ids(found) == ["PMID:1"]
    assert [(a.position, a.file) for a in set_aside(document_and_rest, "t.parquet")] == [("row 2", "t.parquet"), ("row 3", "t.parquet")]


def test_parquet_years_and_lists_are_understood() -> None:
    frame = pl.DataFrame({"pmid": [1], "title": ["Zebra"], "year": [1999.0], "publication_types": [["Review", "Journal Article"]]})
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    found = document(buffer.getvalue())
    assert (str(found.published), found.publication_types) == ("1999", ("Journal Article", "Review"))


def test_parquet_without_the_columns_names_those_it_has() -> None:
    buffer = io.BytesIO()
    pl.DataFrame({"colour": [1]}).write_parquet(buffer)
    assert "colour" in refused(buffer.getvalue()).reason


def test_broken_parquet_is_refused() -> None:
    assert "no Parquet" in refused(b"PAR1" + b"\x00" * 50).reason
