"""Tables: CSV, tab-separated and Parquet."""

import io
from datetime import date

import polars as pl
import pytest

from tests.pipeline.formats.helpers import document, documents, gz, ids, refused, set_aside

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


PUBMED = (
    "\ufeffPMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,NIHMS ID,DOI\n"
    '7,Lumorin and ash,"Elm A, Oak B.","J Ash. 2019 Apr 3;7(2):1.",Elm A,J Ash,2019,2019/04/05,PMC70,,10.5555/ash.1\n'
)
SCOPUS = (
    '\ufeff"Authors","Title","Year","Source title","DOI","Abstract","PubMed ID","Document Type","EID"\n'
    '"Elm A.","Lumorin and ash","2019","J Ash","10.5555/ash.1","Lumorin cured ash.","7","Review","2-s2.0-70"\n'
)
WEB_OF_SCIENCE = (
    "Article Title\tAbstract\tPublication Year\tSource Title\tDOI\tPubmed Id\tUT (Unique WOS ID)\n"
    "Lumorin and ash\tLumorin cured ash.\t2019\tJ Ash\t10.5555/ash.1\t7\tWOS:70\n"
)
TAGS = "PT\tTI\tAB\tPY\tSO\tDI\tPM\tUT\nJ\tLumorin and ash\tLumorin cured ash.\t2019\tJ Ash\t10.5555/ash.1\t7\tWOS:70\n"


@pytest.mark.parametrize("data", [PUBMED, SCOPUS, WEB_OF_SCIENCE, TAGS])
def test_what_pubmed_scopus_and_web_of_science_export_is_read(data: str) -> None:
    found = document(data)
    assert (found.id, found.title, str(found.published), found.journal) == ("PMID:7", "Lumorin and ash", "2019", "J Ash")
    assert found.doi == "10.5555/ash.1"


def test_the_first_column_that_says_something_counts() -> None:
    rows = "pmid,doi,title,date,year\n,10.5555/Ash.2,Ash,,2019\n8,,Oak,2020-02-01,2020\nNA,NA,Elm,2020,2020\n"
    assert [(d.id, str(d.published)) for d in documents(rows)] == [("doi:10.5555/ash.2", "2019"), ("PMID:8", "2020-02-01")]
    assert [a.position for a in set_aside(rows)] == ["line 4"]


@pytest.mark.parametrize("nothing", ["NA", "NaN", "NaT", "null", "None", "<NA>", ""])
def test_a_cell_that_says_that_it_is_missing_is_empty_also_where_a_text_belongs(nothing: str) -> None:
    rows = f"pmid,title,abstract,year,journal,doi,publication_types\n1,Ash,{nothing},{nothing},{nothing},{nothing},{nothing}\n"
    found = document(rows)
    assert (found.text, found.published, found.journal, found.doi, found.publication_types) == ("Ash", None, None, None, ())
    assert "has neither title nor text" in refused(f"pmid,title,year\n1,{nothing},2001\n").reason
