"""Words for times: what date they are, how precisely, and when they are none."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stated_times.time_spans import SpanShape, times
from schema.dates import DateOrigin, PartialDate, Precision

PUBLISHED = PartialDate.parse("2020-06-10")  # a Wednesday
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]


def said(text: str, published: PartialDate | None = PUBLISHED, *, whole: bool = True) -> list[tuple[str, str, str, str]]:
    found, _ = times(text, published, whole=whole)
    return [(each.shape.value, str(each.first or ""), str(each.last or ""), each.origin.value) for each in found]


@pytest.mark.parametrize(
    ("text", "shape", "first", "last"),
    [
        ("since 2003", "start", "2003", ""),
        ("2003", "point", "2003", ""),
        ("March 2020", "point", "2020-03", ""),
        ("Mar. 2020", "point", "2020-03", ""),
        ("5 March 2020", "point", "2020-03-05", ""),
        ("the 5th of March, 2020", "point", "2020-03-05", ""),
        ("March 5, 2020", "point", "2020-03-05", ""),
        ("2020-03-05", "point", "2020-03-05", ""),
        ("2020-03", "point", "2020-03", ""),
        ("2003–2007", "span", "2003", "2007"),
        ("2003-2007", "span", "2003", "2007"),
        ("2003–07", "span", "2003", "2007"),
        ("from 2003 to 2007", "span", "2003", "2007"),
        ("from 2003 until May 2007", "span", "2003", "2007-05"),
        ("from March to May 2020", "span", "2020-03", "2020-05"),
        ("from 3 to 5 May 2020", "span", "2020-05-03", "2020-05-05"),
        ("3–5 May 2020", "span", "2020-05-03", "2020-05-05"),
        ("from 3 May to 7 June 2020", "span", "2020-05-03", "2020-06-07"),
        ("between 1999 and 2004", "span", "1999", "2004"),
        ("throughout 2003", "span", "2003", "2003"),
        ("until 2019", "end", "", "2019"),
        ("up to 2019", "end", "", "2019"),
        ("not until 2007", "start", "2007", ""),
        ("from 2003 onwards", "start", "2003", ""),
        ("in the 1990s", "point", "1990-01/1999-12", ""),
        ("early 2010", "point", "2010", ""),
        ("late March 2010", "point", "2010-03", ""),
        ("spring 2004", "point", "2004-21", ""),
        ("the summer of 2004", "point", "2004-22", ""),
        ("winter 2004/05", "point", "2004-12/2005-02", ""),
        ("Q3 2019", "point", "2019-07/2019-09", ""),
        ("the third quarter of 2019", "point", "2019-07/2019-09", ""),
        ("the first half of 2019", "point", "2019-01/2019-06", ""),
        ("25/12/2005", "point", "2005-12-25", ""),
        ("12/25/2005", "point", "2005-12-25", ""),
        ("04/04/2005", "point", "2005-04-04", ""),
    ],
)
def test_a_time_is_as_precise_as_its_words(text: str, shape: str, first: str, last: str) -> None:
    assert said(text, None) == [(shape, first, last, "stated")]


def test_of_an_ambiguous_order_of_day_and_month_only_the_year_is_taken() -> None:
    assert said("on 03/04/2005") == [("point", "2005", "", "stated")]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("last year", "2019"),
        ("the year before", "2019"),
        ("two years ago", "2018"),
        ("two years earlier", "2018"),
        ("this year", "2020"),
        ("earlier this year", "2020"),
        ("next month", "2020-07"),
        ("last month", "2020-05"),
        ("three months ago", "2020-03"),
        ("last March", "2020-03"),
        ("last October", "2019-10"),
        ("next March", "2021-03"),
        ("yesterday", "2020-06-09"),
        ("10 days before", ""),
        ("three days ago", "2020-06-07"),
        ("last Monday", "2020-06-08"),
        ("next Monday", "2020-06-15"),
        ("last week", "2020-06/2020-06-07"),
        ("on 3 May", "2020-05-03"),
        ("on May 3", "2020-05-03"),
        ("in March", "2020-03"),
    ],
)
def test_a_relative_time_is_counted_from_the_documents_date(text: str, first: str) -> None:
    assert said(text) == ([("point", first, "", "relative")] if first else [])


@pytest.mark.parametrize(
    ("text", "published", "why"),
    [
        ("last month", "2020", "whose month is not known"),
        ("yesterday", "2020-06", "whose day is not known"),
        ("last year", "2019-12/2020-01", "whose year is not known"),
        ("on 3 December", "2020-06-10", "may be of 2020 or of the year before"),
        ("on 3 May", "2020", "may be of 2020 or of the year before"),
        ("two years later", "2020-06-10", "what 'two years later' is counted from"),
        ("that same year, the same year", "2020-06-10", "what 'the same year' is counted from"),
        ("fiscal 2020", "2020-06-10", "a fiscal year begins where its owner says"),
        ("30 February 2020", "2020-06-10", "not a date in the calendar"),
        ("31/31/2020", "2020-06-10", "not a date in the calendar"),
        ("2007–2003", "2020-06-10", "ends before it starts"),
        ("before 2003", "2020-06-10", "is a bound"),
        ("by 2003", "2020-06-10", "is a bound"),
        ("twenty or 30 years ago", "2020-06-10", "is a round number"),
    ],
)
def test_what_cannot_be_known_is_dropped_with_the_reason_and_never_guessed(text: str, published: str, why: str) -> None:
    found, dropped = times(text, PartialDate.parse(published), whole=True)
    assert found == []
    assert any(why in each.reason for each in dropped), dropped


def test_without_a_date_of_the_document_nothing_is_counted_from_one() -> None:
    assert [said(text, None) for text in ("last year", "on 3 May", "two years ago")] == [[], [], []]


def test_later_is_counted_from_the_date_that_the_sentence_gives() -> None:
    assert said("In 2005 she left; two years later she was back.", whole=False)[1] == ("point", "2007", "", "relative")
    assert said("She came in 2005 and left in 2009, two years later than planned.", whole=False)[2:] == []


@pytest.mark.parametrize(
    "text",
    [
        "A 65-year-old man took 2000 mg for 3 years.",
        "After 12 months 1,990 of 2003 patients were alive.",
        "In 2000 patients and 1995 controls no difference was seen.",
        "Doses from 1500 to 2000 mg lowered it by 20% within 2 years.",
        "In 1200 and in 2999 it was said; n = 1998; 2003/1; p = 0.2004.",
        "He may march in the spring, and now and then he does.",
        "She was born in 1950, aged 2010 days.",
        "Patients were treated for 5 to 10 years (mean 7, range 1990-2000 days).",
        "currently, formerly, recently, soon",
    ],
)
def test_ages_doses_durations_and_counts_are_no_times(text: str) -> None:
    assert said(text, whole=False) == []


WORDINGS = {
    Precision.DAY: ["{d} {m} {y}", "{m} {d}, {y}", "{d}th of {m} {y}", "{y}-{n:02}-{d:02}"],
    Precision.MONTH: ["{m} {y}", "{m}, {y}", "{a} {y}", "{y}-{n:02}", "late {m} {y}"],
    Precision.YEAR: ["{y}", "the year {y}", "early {y}"],
}
AROUND = {"since {}": SpanShape.START, "in {}": SpanShape.POINT, "until {}": SpanShape.END, "from {} on": SpanShape.START}


@given(st.dates(date(1600, 1, 1), date(2090, 12, 31)), st.sampled_from(list(WORDINGS)), st.data())
def test_any_date_in_any_wording_is_read_back(day: date, precision: Precision, data: st.DataObject) -> None:
    wanted = PartialDate.parse(day.isoformat()[: {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4}[precision]])
    wording, around = data.draw(st.sampled_from(WORDINGS[precision])), data.draw(st.sampled_from(list(AROUND)))
    name = MONTHS[day.month - 1]
    text = around.format(wording.format(d=day.day, m=name, a=name[:3], n=day.month, y=day.year))
    (found,), dropped = times(text, None)
    assert (found.first or found.last, found.shape, found.origin, dropped) == (wanted, AROUND[around], DateOrigin.STATED, [])


PIECES = [*MONTHS, "since", "from", "to", "2003", "03", "1999", "31", "ago", "two", "years", "last", "-", "–", "/", ",", "Q1", "s", "and"]


@given(
    st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join)
    | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
    | st.text(max_size=80)
)
def test_no_text_makes_it_fail_or_gives_a_date_that_is_not_in_it(text: str) -> None:
    years = set(re.findall(r"\d{4}", text))
    shorts = {f"{year[:2]}{short}" for year in years for short in re.findall(r"\d\d", text)} | {str(int(year) + 1) for year in years}
    decades = {str(int(year) + 9) for year in years}
    for whole in (True, False):
        found, _ = times(text, PUBLISHED, whole=whole)
        for each in found:
            assert text[each.start : each.end] == each.said
            if each.origin is DateOrigin.STATED:
                dates = [found_date for found_date in (each.first, each.last) if found_date is not None]
                assert {str(d.year) for one in dates for d in (one.first, one.last)} <= years | shorts | decades


@given(
    st.dates(date(1900, 1, 1), date(2090, 1, 1)),
    st.sampled_from(["last year", "two months ago", "yesterday", "last week", "last March", "on 3 May", "in June"]),
)
def test_what_is_past_is_never_later_than_the_document(day: date, text: str) -> None:
    found, _ = times(text, PartialDate.day(day))
    assert all(each.first is not None and each.first.first <= day for each in found)
    if text == "yesterday":
        assert found[0].first == PartialDate.day(day - timedelta(days=1))
