"""Tables of dates: the same dates as a reader line by line finds, in little room."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.date_table import DateTable, read_date_table
from schema.dates import PartialDate
from schema.errors import InvalidInput

DATES = ["2001", "2001-05", "2001-05-17", "1998-12/1999-01", "2001-23"]


def table(text: str) -> DateTable:
    return read_date_table([(1, text.encode())])


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30) | st.sampled_from([999_999_999, 5_000_000_000]) | st.sampled_from(["DOC:a", "PMC1"]), st.sampled_from(DATES)
        )
    ),
    st.integers(1, 4),
)
def test_each_document_has_the_last_of_its_dates_whatever_the_blocks(rows: list[tuple[int | str, str]], size: int) -> None:
    blocks = [
        (start + 1, "".join(f"{document}\t{date}\n" for document, date in rows[start : start + size]).encode())
        for start in range(0, len(rows), size)
    ]
    found = read_date_table(blocks)
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


def test_an_empty_table_dates_nothing() -> None:
    assert table("").texts(pl.Series(["PMID:1"])).to_list() == [None]


def test_the_real_table_is_read_as_it_stands(shared: Path) -> None:
    path = shared / "data" / "pmid_dates.tsv"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    found = read_date_table([(1, path.read_bytes())])
    assert found.texts(pl.Series([f"PMID:{row[0]}" for row in rows])).to_list() == [row[1] for row in rows]
