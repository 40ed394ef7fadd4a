"""Dates as people and programs write them, read in one way."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.written_dates import date_of
from schema.dates import PartialDate
from schema.errors import InvalidDate, InvalidInput


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2003", "2003"),
        (2003, "2003"),
        (2003.0, "2003"),
        ("2003.0", "2003"),
        ("2003-07", "2003-07"),
        ("2003/07", "2003-07"),
        ("2003-7-9", "2003-07-09"),
        ("2003/07/09", "2003-07-09"),
        ("2003.07.09", "2003-07-09"),
        ("20030709", "2003-07-09"),
        ("2003-07-00", "2003-07"),
        ("2003-00-00", "2003"),
        ("2003-07-09T00:00:00Z", "2003-07-09"),
        ("2003-07-09T23:30:00-05:00", "2003-07-09"),
        ("2003/07/09 08:15:00", "2003-07-09"),
        ("2003-07-09T00:00:00.000+0000", "2003-07-09"),
        ("9 July 2003", "2003-07-09"),
        ("9th July 2003", "2003-07-09"),
        ("July 9, 2003", "2003-07-09"),
        ("2003 Jul 9", "2003-07-09"),
        ("Jul 2003", "2003-07"),
        ("\uff12\uff10\uff10\uff13-07", "2003-07"),
        ("2003-21", "2003-21"),
        ("2003-12/2004-01", "2003-12/2004-01"),
        ("2003/2004", "2003-01/2004-12"),
        (date(2003, 7, 9), "2003-07-09"),
        (datetime(2003, 7, 9, 12), "2003-07-09"),
        ("NaT", None),
        ("NA", None),
        ("", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_a_date_is_read_however_it_is_written(written: Any, meant: str | None) -> None:
    assert date_of(written) == (None if meant is None else PartialDate.parse(meant))


@pytest.mark.parametrize(
    "written",
    ["2003-02-30", "-2003", "989971200000", "2003-W20", "10.5555/journal.77", "07/09/2003", "soon 2003", "0000-00-00", "9" * 5_000, True],
)
def test_what_is_none_is_refused_with_the_whole_value(written: Any) -> None:
    with pytest.raises(InvalidDate) as caught:
        date_of(written)
    assert str(written)[:200] in str(caught.value)


@given(st.one_of(st.text(max_size=12), st.from_regex(r"[0-9/. T:+-]{4,12}", fullmatch=True), st.integers(), st.floats()))
def test_any_value_is_a_date_or_none_or_refused(value: Any) -> None:
    try:
        found = date_of(value)
    except InvalidInput:
        return
    assert found is None or date_of(str(found)) == found
