"""Which time of a sentence belongs to a claim, and what a reader's own words for a time are worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stated_times.claim_time import time_in_words, time_of_claim
from schema.dates import DateOrigin, PartialDate
from tests.pipeline.sentences.said import marked

PUBLISHED = PartialDate.parse("2020-06-10")
TEXT = "Since 2003 she led it, from March to May 2020 with him; last year it moved. It was founded by 1998 people."


def of(said: str, *, lasting: bool = True) -> tuple[str | None, str | None]:
    sentence = marked(said)
    time = time_of_claim(sentence.text, list(sentence.heads), list(sentence.tails), PUBLISHED, lasting=lasting)
    return (str(time.start) if time.start else None, str(time.end) if time.end else None)


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("[Ann Lee] has been {mayor} since 2003.", "2003", None),
        ("In May 2010, [Ann Lee] became {mayor}.", "2010-05", None),
        ("[Ann Lee] was {mayor} from 1999 to 2004 and Bob Ray from 2004 to 2010.", "1999", "2004"),
        ("Ann Lee was {mayor} from 1999 to 2004 and [Bob Ray] from 2004 to 2010.", "2004", "2010"),
        ("[Ann Lee], born in 1950, became {mayor} in 1999.", "1999", None),
        ("[Ann Lee], who was born in 1950 in Rome, became {mayor} in 1999.", "1999", None),
        ("{Mayor} [Ann Lee] was born in 1950.", None, None),
        ("[Ann Lee] resigned as {mayor} in 2007.", None, "2007"),
        ("[Ann Lee] left {Acme} in 2007 to join Beta.", None, "2007"),
        ("[Ann Lee] left Acme in 2007 to join {Beta}.", None, None),
        ("After Brown resigned in May 2010, [Cameron] became {prime minister}.", None, None),
        ("After {Prime Minister} [Brown] resigned in May 2010, Cameron took over.", None, "2010-05"),
        ("[Acme], founded in 1990, is based in {Paris}.", None, None),
        ("[Ann Lee] was {mayor} until 2019.", None, "2019"),
        ("[Ann Lee] ({mayor} 2003–2007) spoke.", "2003", "2007"),
        ("{Mayor} from 2001 to 2009, [Ann Lee] died in 2015.", "2001", "2009"),
        ("[Ann Lee] became {mayor} last year.", "2019", None),
        ("[Ann Lee] will become {mayor} next month.", "2020-07", None),
        ("In 2005 [Ann Lee] moved; two years earlier she had become {mayor}.", "2003", None),
        ("[Ann Lee], who never resigned, is {mayor}.", None, None),
        ("[Ann Lee], 65, has been {mayor} for 3 years.", None, None),
        ("[Ann Lee] was {mayor} in 2003, in 2009 and in 2015.", None, None),
        ("In 2003 and 2009 [Ann Lee] was {mayor}.", None, None),
    ],
)
def test_a_claim_takes_the_time_of_its_own_clause_or_none(said: str, start: str | None, end: str | None) -> None:
    assert of(said) == (start, end)


@pytest.mark.parametrize(
    "said",
    [
        "Former {mayor} [Ann Lee] opened the bridge.",
        "[Ann Lee] is no longer {mayor}.",
        "[Ann Lee] resigned as {mayor}.",
        "Cameron came after {mayor} [Lee] resigned.",
        "Then-{mayor} [Ann Lee] opened it in 2009.",
    ],
)
def test_a_former_or_vacated_office_is_over_by_the_documents_day(said: str) -> None:
    assert of(said) == (None, "2020-06-09")  # the last day on which it can have held
    assert of(said, lasting=False)[1] is None  # where the relation's time is the publication's, no end is made up


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2003", None, "2003", None),
        ("since 2003", None, "2003", None),
        ("in office since 2003", None, "2003", None),
        ("from March to May 2020", None, "2020-03", "2020-05"),
        ("march 2020", "MAY 2020", "2020-03", "2020-05"),
        ("2020-03", "2020-05", "2020-03", "2020-05"),
        ("March 2020", "until May 2020", "2020-03", "2020-05"),
        ("until May 2020", None, None, "2020-05"),
        (None, "May 2020", None, "2020-05"),
        ("last year", None, "2019", None),
        ("2019", None, "2019", None),  # the text says "last year"
        ("2003-05-07", None, "2003", None),  # no more precisely than the text
        ("2020-03/2020-04", "2020-05", "2020-03/2020-04", "2020-05"),
    ],
)
def test_a_readers_words_for_a_time_are_read_as_far_as_the_text_has_it(
    start: str | None, end: str | None, first: str | None, last: str | None
) -> None:
    time = time_in_words(start, end, TEXT, PUBLISHED)
    assert (time.start and str(time.start), time.end and str(time.end)) == (first, last)
    assert time.origin is (DateOrigin.RELATIVE if start == "last year" else DateOrigin.STATED)


@pytest.mark.parametrize(
    "words", ["2031", "soon", "the year of the king", "2018-01", "since time immemorial", "2003 and 2020", "0000", "9999"]
)
def test_words_that_are_no_date_or_not_in_the_text_are_dropped_with_a_reason(words: str) -> None:
    time = time_in_words(words, None, TEXT, PUBLISHED)
    assert (time.start, time.end, time.origin) == (None, None, DateOrigin.UNKNOWN)
    assert time.dropped


@given(st.text(max_size=60) | st.from_regex(r"(since |until |from )?[12]\d{3}(-\d\d)?", fullmatch=True), st.text(max_size=60))
def test_a_reader_can_say_anything_and_makes_up_no_year(start: str, text: str) -> None:
    time = time_in_words(start, start, text, PUBLISHED)
    for each in (time.start, time.end):
        assert each is None or each.first.year == 2020 or str(each.first.year) in text or time.origin is DateOrigin.RELATIVE
