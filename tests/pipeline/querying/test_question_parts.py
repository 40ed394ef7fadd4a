"""What of a question is fixed: its entities as marks, in their order, and its days."""

from datetime import date

import pytest

from pipeline.querying.question_parts import NamedEnd, parts_of_question
from schema.ids import EntityKey

DRUG = NamedEnd("flecainide", EntityKey("MESH:1"), "Chemical")
ILLNESS = NamedEnd("cardiac arrhythmias", EntityKey("MESH:2"), "Disease")


def test_names_become_marks_so_that_none_of_their_words_is_taken_for_the_questions() -> None:
    parts = parts_of_question("Do Cardiac Arrhythmias come from flecainide?", [DRUG, ILLNESS])
    assert parts.text == "Do [Disease] come from [Chemical]?"
    assert parts.ends == (ILLNESS, DRUG)


@pytest.mark.parametrize(
    ("said", "day", "since", "until"),
    [
        ("in 1988", "1988-12-31", "1988-01-01", "1989-01-01"),
        ("as of 1 June 1988", "1988-06-01", "1988-06-01", "1988-06-02"),
        ("on 1988-06-01", "1988-06-01", "1988-06-01", "1988-06-02"),
        ("before 1994", "1993-12-31", None, "1994-01-01"),
        ("since 2007", None, "2007-01-01", None),
        ("after 1990", None, "1991-01-01", None),
        ("between 1985 and 1990", "1990-12-31", "1985-01-01", "1991-01-01"),
        ("from May 2020 to July 2020", "2020-07-31", "2020-05-01", "2020-08-01"),
        ("at all", None, None, None),
    ],
)
def test_days_are_read_as_people_mean_them(said: str, day: str | None, since: str | None, until: str | None) -> None:
    parts = parts_of_question(f"What changed about flecainide {said}?", [DRUG])
    told = tuple(each.isoformat() if each else None for each in (parts.day, parts.since, parts.until))
    assert told == (day, since, until)


def test_a_day_given_beside_the_question_limits_it() -> None:
    assert parts_of_question("What held in 1988?", [DRUG], date(1985, 1, 1)).day == date(1985, 1, 1)
    assert parts_of_question("What holds?", [DRUG], date(1985, 1, 1)).day == date(1985, 1, 1)
    assert parts_of_question("What changed?", [DRUG], date(1985, 1, 1)).until == date(1985, 1, 2)
    assert parts_of_question("What changed before 1980?", [DRUG], date(1985, 1, 1)).until == date(1980, 1, 1)


def test_a_short_name_is_not_found_inside_of_other_words() -> None:
    gene = NamedEnd("AR", EntityKey("NCBIGene:367"), "Gene")
    assert parts_of_question("Which drugs are inhibitors of AR?", [gene]).text == "Which drugs are inhibitors of [Gene]?"
