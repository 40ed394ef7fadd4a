"""Tables of dates: the same dates as a reader line by line finds, in little room."""

import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.date_table import DateTable, read_date_table
from pipeline.files.opened_file import OpenedFile
from schema.dates import PartialDate
from schema.errors import InvalidInput

DATES = ["2001", "2001-05", "2001-05-17", "1998-12/1999-01", "2001-23"]


def table(text: str) -> DateTable:
    return read_date_table(OpenedFile(io.BytesIO(text.encode())))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30) | st.sampled_from([999_999_999, 5_000_000_000]) | st.sampled_from(["DOC:a", "PMC1"]), st.sampled_from(DATES)
        )
    ),
    st.integers(1, 60),
)
def test_each_document_has_the_last_of_its_dates_whatever_the_blocks(rows: list[tuple[int | str, str]], size: int) -> None:
    text = "".join(f"{document}\t{date}\n" for document, date in rows)
    found = read_date_table(OpenedFile(io.BytesIO(text.encode())), size)
    expected = {document if isinstance(document, str) else f"PMID:{document}": date for document, date in rows}
    assert len(found) == len(expected)
    asked = [*expected, "PMID:31", "DOC:b"]
    assert found.texts(pl.Series(asked, dtype=pl.String)).to_list() == [expected.get(document) for document in asked]
    assert [found.get(document) for document in asked] == [
        PartialDate.parse(expected[document]) if document in expected else None for document in asked
    ]


def test_a_header_comments_empty_lines_quotes_and_further_columns_are_no_obstacle() -> None:
    found = table('\ufeffpmid,date,journal\n\n# a comment\n"12","2001-05","A, B"\nPMID:0013,1999,x\nlonely\n')
    assert (len(found), str(found.get("PMID:12")), str(found.get("PMID:13"))) == (2, "2001-05", "1999")


@pytest.mark.parametrize(
    ("text", "told"),
    [("pmid\tdate\n1\t2001\n2\tsoon\n", "line 3: 'soon' is not a date"), ("1\t2001\n\t2001\n", "line 2: the document id '' is empty")],
)
def test_a_wrong_line_is_named(text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        table(text)


def test_fractions_moments_and_missing_dates_are_read_as_in_any_table() -> None:
    found = table("12.0\t2001.0\n13\tNA\n14\t2001-05-17T08:00:00Z\nDOC:a\t\n")
    assert [str(found.get(key)) for key in ("PMID:12", "PMID:13", "PMID:14", "DOC:a")] == ["2001", "None", "2001-05-17", "None"]


def test_an_empty_table_dates_nothing() -> None:
    assert table("").texts(pl.Series(["PMID:1"])).to_list() == [None]


def test_the_real_table_is_read_as_it_stands(shared: Path) -> None:
    path = shared / "data" / "pmid_dates.tsv"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    with path.open("rb") as stream:
        found = read_date_table(OpenedFile(stream))
    assert found.texts(pl.Series([f"PMID:{row[0]}" for row in rows])).to_list() == [row[1] for row in rows]


def test_a_header_may_come_after_comments_and_only_the_first_line_may_be_one() -> None:
    assert table("# made up in part\n#\npmid\tdate\n7\t2001-05\n").get("PMID:7") == PartialDate.parse("2001-05")
    with pytest.raises(InvalidInput, match="line 4: 'date' is not a date"):
        table("# made up in part\npmid\tdate\n7\t2001\npmid\tdate\n")
