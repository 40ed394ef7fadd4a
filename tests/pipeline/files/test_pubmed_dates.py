"""When a PubMed record was published, never more precise than it says."""

import pytest

from pipeline.files.pubmed_dates import from_parts, from_text, in_reference
from schema.dates import DateOrigin, Precision
from tests.pipeline.formats.helpers import article, article_set, document


def pubmed_day(year: int, month: int, day: int, status: str = "pubmed") -> str:
    return (
        f'<History><PubMedPubDate PubStatus="{status}"><Year>{year}</Year><Month>{month}</Month><Day>{day}</Day>'
        "<Hour>9</Hour><Minute>0</Minute></PubMedPubDate></History>"
    )


@pytest.mark.parametrize(
    ("pub_date", "meaning", "precision"),
    [
        ("<Year>1999</Year>", "1999", Precision.YEAR),
        ("<Year>1999</Year><Month>Mar</Month>", "1999-03", Precision.MONTH),
        ("<Year>1999</Year><Month>March</Month>", "1999-03", Precision.MONTH),
        ("<Year>1999</Year><Month>03</Month>", "1999-03", Precision.MONTH),
        ("<Year>1999</Year><Month>3</Month><Day>7</Day>", "1999-03-07", Precision.DAY),
        ("<Year>1999</Year><Month>Dec</Month><Day>07</Day>", "1999-12-07", Precision.DAY),
        ("<Year>2000</Year><Month>Feb</Month><Day>29</Day>", "2000-02-29", Precision.DAY),
        ("<Year>1999</Year><Season>Spring</Season>", "1999-21", Precision.SEASON),
        ("<Year>1999</Year><Season>Summer</Season>", "1999-22", Precision.SEASON),
        ("<Year>1999</Year><Season>Fall</Season>", "1999-23", Precision.SEASON),
        ("<Year>1999</Year><Season>Autumn</Season>", "1999-23", Precision.SEASON),
        ("<Year>1999</Year><Season>Winter</Season>", "1999-24", Precision.SEASON),
        ("<Year>2001</Year><Season>Spring-Summer</Season>", "2001-03/2001-08", Precision.RANGE),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998-12/1999-01", Precision.RANGE),
        ("<MedlineDate> 1998 Dec-1999 Jan </MedlineDate>", "1998-12/1999-01", Precision.RANGE),
    ],
)
def test_the_date_of_the_issue_is_read_as_precisely_as_it_is_given(pub_date: str, meaning: str, precision: Precision) -> None:
    found = document(article_set(article(pub_date=pub_date)))
    assert found.published is not None
    assert (str(found.published), found.published.precision) == (meaning, precision)
    assert found.date_origin is DateOrigin.PUBLICATION


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1998 Dec-1999 Jan", "1998-12/1999-01"),
        ("2000 Spring", "2000-21"),
        ("Fall 2000", "2000-23"),
        ("2000 Spring-Summer", "2000-03/2000-08"),
        ("1998 Dec 15-30", "1998-12-15/1998-12-30"),
        ("1998 Dec 28-1999 Jan 4", "1998-12-28/1999-01-04"),
        ("2000 Jul 31-Aug 6", "2000-07-31/2000-08-06"),
        ("1975-1976", "1975/1976"),
        ("2015 1st Quarter", "2015-01/2015-03"),
        ("2015 4th Quarter", "2015-10/2015-12"),
        ("2015 Q2", "2015-04/2015-06"),
        ("2001 Mar-Jun", "2001-03/2001-06"),
        ("1998 Dec-Jan", "1998-12/1999-01"),
        ("1999 Nov/Dec", "1999-11/1999-12"),
        ("2004 Jan", "2004-01"),
        ("2004 Jan 5", "2004-01-05"),
        ("2004 Sept", "2004-09"),
        ("1999 Nov \u2013 Dec", "1999-11/1999-12"),
        ("1999 Nov & Dec", "1999-11/1999-12"),
        ("1999-2000 Winter", "1999/2000"),
        ("1999-2000 Fall-Winter", "1999/2000"),
        ("2015 1st-2nd Quarter", "2015-01/2015-06"),
        ("2014 4th Quarter-2015 1st Quarter", "2014-10/2015-03"),
        ("2000", "2000"),
    ],
)
def test_free_text_dates_mean_all_the_days_they_can(text: str, meaning: str) -> None:
    found = from_text(text)
    assert found is not None
    first, _, last = meaning.partition("/")
    if len(first) == 4 and last:
        assert (found.first.isoformat(), found.last.isoformat()) == (f"{first}-01-01", f"{last}-12-31")
    else:
        assert str(found) == meaning


def test_a_winter_to_spring_issue_never_ends_before_it_starts_and_says_no_more_than_its_year_can() -> None:
    found = from_parts("2001", None, None, "Winter-Spring")
    assert found is not None
    assert found.first.isoformat() == "2001-01-01"
    assert found.last.isoformat() == "2001-05-31"


@pytest.mark.parametrize("text", ["2001 Foobar", "2001 Feb 31", "in the year 2001", "2001 Jan Feb Mar", "2001 Smarch 3", "2001 99"])
def test_of_what_cannot_be_understood_the_year_is_kept(text: str) -> None:
    assert str(from_text(text)) == "2001"


@pytest.mark.parametrize("text", ["", "Spring", "no date", "12345", "99", "Jan 5"])
def test_without_a_year_there_is_no_date(text: str) -> None:
    assert from_text(text) is None


@pytest.mark.parametrize("year", [None, "", "99", "19999", "n.d.", "0000"])
def test_elements_without_a_usable_year_give_no_date(year: str | None) -> None:
    assert from_parts(year, "Jan", "5", None) is None


def test_a_year_element_with_white_space_around_it_is_read() -> None:
    found = document(article_set(article(pub_date="<Year>\n 1999 \n</Year><Month> Mar </Month>")))
    assert str(found.published) == "1999-03"


@pytest.mark.parametrize(
    "pub_date", ["<Year>2001</Year>", "<Year>2001</Year><Month>May</Month>", "<MedlineDate>2001 Apr-Jun</MedlineDate>"]
)
@pytest.mark.parametrize("status", ["pubmed", "entrez"])
def test_a_coarse_date_is_refined_by_the_history_day_that_lies_within_it(pub_date: str, status: str) -> None:
    found = document(article_set(article(pub_date=pub_date, data=pubmed_day(2001, 5, 17, status))))
    assert str(found.published) == "2001-05-17"
    assert found.date_origin is DateOrigin.HISTORY


def test_a_history_day_outside_the_coarse_date_changes_nothing() -> None:
    found = document(article_set(article(pub_date="<Year>2001</Year>", data=pubmed_day(2002, 1, 1))))
    assert str(found.published) == "2001"
    assert found.date_origin is DateOrigin.PUBLICATION


def test_a_day_is_never_replaced_by_the_history() -> None:
    whole = "<Year>2001</Year><Month>May</Month><Day>2</Day>"
    found = document(article_set(article(pub_date=whole, data=pubmed_day(2001, 5, 2))))
    assert str(found.published) == "2001-05-02"
    assert found.date_origin is DateOrigin.PUBLICATION


def test_days_of_receipt_and_acceptance_refine_nothing() -> None:
    found = document(article_set(article(pub_date="<Year>2001</Year>", data=pubmed_day(2001, 1, 9, "received"))))
    assert str(found.published) == "2001"


def test_the_electronic_date_stands_in_for_a_missing_issue_date() -> None:
    electronic = '<ArticleDate DateType="Electronic"><Year>2003</Year><Month>04</Month><Day>05</Day></ArticleDate>'
    found = document(article_set(article(pub_date="", in_article=electronic)))
    assert str(found.published) == "2003-04-05"
    assert found.date_origin is DateOrigin.PUBLICATION


def test_a_record_without_any_date_stays_undated() -> None:
    assert document(article_set(article(pub_date=""))).published is None


def test_the_day_a_record_was_revised_is_no_publication_date() -> None:
    revised = "<DateRevised><Year>2010</Year><Month>02</Month><Day>03</Day></DateRevised>"
    found = document(article_set(article(pub_date="", in_citation=revised)))
    assert found.published is None
    assert str(found.revised) == "2010-02-03"


@pytest.mark.parametrize(
    ("citation", "meaning"),
    [
        ("Lancet. 2010 Feb 6;375(9713):445", "2010-02-06"),
        ("Science. 2001 Oct;294(5541):10", "2001-10"),
        ("J Zoo. 1998;12(3):1999-2003", "1998"),
        ("Vet Rec. 2005 Mar 3", "2005-03-03"),
        ("Some journal without a date", "None"),
        ("", "None"),
    ],
)
def test_the_date_of_a_notice_is_read_out_of_its_citation(citation: str, meaning: str) -> None:
    assert str(in_reference(citation)) == meaning
