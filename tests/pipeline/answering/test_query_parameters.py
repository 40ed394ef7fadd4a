"""Parameters as a user types them."""

from datetime import date
from typing import Any

import pytest

from pipeline.answering.query_parameters import parameters
from schema.errors import InvalidDate, WrongUse


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("day=2005-03-01", date(2005, 3, 1)),
        ('day="2005-03-01"', "2005-03-01"),
        ("key=MESH:D005424", "MESH:D005424"),
        ("name=5-HT = serotonin", "5-HT = serotonin"),
        ("limit=5", 5),
        ("least=0.5", 0.5),
        ('keys=["a", 2]', ["a", 2]),
        ("open=true", True),
        ("none=null", None),
        ("empty=", ""),
    ],
)
def test_a_value_is_what_it_looks_like(typed: str, value: Any) -> None:
    assert parameters([typed]) == {typed.split("=", maxsplit=1)[0]: value}


@pytest.mark.parametrize("typed", ["day", "=5", "two words=5", "$day=2005-03-01"])
def test_what_is_no_parameter_is_refused(typed: str) -> None:
    with pytest.raises(WrongUse, match="name=value"):
        parameters([typed])


def test_a_day_that_is_none_and_a_name_given_twice_are_refused() -> None:
    with pytest.raises(InvalidDate, match="2005-13-01"):
        parameters(["day=2005-13-01"])
    with pytest.raises(WrongUse, match="twice"):
        parameters(["a=1", "a=2"])
