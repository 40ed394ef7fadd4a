"""Listings of web servers, days to ask for, and whether a file is whole."""

import gzip
import io
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.day_windows import DaySpan, days_to_ask
from pipeline.sources.index_pages import files_on_page
from pipeline.sources.xml_files import look_through
from schema.errors import SourceUnavailable, WrongUse
from schema.ports import SourceState
from tests.flows.fetching.servers import PubmedSite, article, deleted, packed, pubmed_set

DAY = timedelta(days=1)
DATES = st.dates(date(2015, 1, 1), date(2026, 12, 31))


def test_apaches_page_is_read() -> None:
    site = PubmedSite()
    site.put("pubmed26n0001.xml.gz", bytes(20_000))
    found = files_on_page(site.page("/pubmed/baseline"), "there")
    assert [(file.name, file.stamp, file.modified) for file in found] == [
        ("pubmed26n0001.xml.gz", "2026-01-05 14:05 19K", datetime(2026, 1, 5, 14, 5, tzinfo=UTC)),
        ("pubmed26n0001.xml.gz.md5", "2026-01-05 14:05 1K", datetime(2026, 1, 5, 14, 5, tzinfo=UTC)),
    ]


def test_tables_and_other_servers_pages_are_read() -> None:
    row = '<tr><td><a href="a.xml">a.xml</a></td><td align="right">2026-01-05 14:05  </td><td align="right"> 1.2M</td></tr>'
    assert files_on_page(f"<table>{row}</table>", "x")[0].stamp == "2026-01-05 14:05 1.2M"
    nginx = '<title>Index of /</title><pre><a href="../">../</a>\n<a href="a.xml">a.xml</a>     05-Jan-2026 14:05     1234\n</pre>'
    assert [(file.name, file.stamp) for file in files_on_page(nginx, "x")] == [("a.xml", "05-Jan-2026 14:05 1234")]
    python = '<title>Directory listing for /</title><ul><li><a href="a%20b.xml">a b.xml</a></li></ul>'
    assert [(file.name, file.stamp) for file in files_on_page(python, "x")] == [("a b.xml", "")]


def test_links_that_lead_elsewhere_are_no_files() -> None:
    page = "".join(
        f'<a href="{to}">x</a>'
        for to in ("/a.xml", "http://evil/b.xml", "..%2f..%2fc.xml", "?C=N", "sub/d.xml", "//e/f.xml", "http://[bad")
    )
    assert files_on_page(page, "x") == []


def test_an_empty_folder_is_a_listing_and_a_notice_is_none() -> None:
    assert files_on_page("<html><title>Index of /x</title><body><h1>Index of /x</h1></body></html>", "x") == []
    for page in ("", "<html><body>Down for maintenance</body></html>"):
        with pytest.raises(SourceUnavailable, match="in place of a listing"):
            files_on_page(page, "x")


@given(DATES, st.integers(0, 400), st.integers(1, 10), st.integers(0, 400))
def test_the_days_asked_for_follow_each_other_without_a_gap_from_the_watermark_to_today(
    since: date, read_to: int, overlap: int, later: int
) -> None:
    mark = since + read_to * DAY
    today = mark + later * DAY
    listing = days_to_ask(SourceState(watermark=mark), since, today, overlap, "mdat")
    spans = [file.days for file in listing.new if file.days]
    assert spans[0][0] == max(since, mark - (overlap - 1) * DAY)
    assert spans[-1][1] == today
    assert all(before[1] + DAY == after[0] for before, after in pairwise(spans))
    assert len({file.name for file in listing.new}) == len(spans) == listing.listed


def test_whole_months_far_back_are_asked_for_at_once() -> None:
    names = [file.name for file in days_to_ask(SourceState(), date(2025, 10, 30), date(2026, 1, 2), 1, "edat").new]
    assert names[:3] == ["edat-2025-10-30", "edat-2025-10-31", "edat-2025-11-01..2025-11-30"]
    assert names[-3:] == ["edat-2025-12-31", "edat-2026-01-01", "edat-2026-01-02"]


def test_named_days_are_a_day_or_days() -> None:
    found = days_to_ask(SourceState(), date(2026, 1, 1), date(2026, 1, 9), 1, "mdat", ("mdat-2026-01-02", "2026-01-02/2026-01-03"))
    assert [file.name for file in found.new] == ["mdat-2026-01-02", "mdat-2026-01-03"]
    for wrong in ("", "2026-13-01", "2026-01-03..2026-01-02", "x"):
        with pytest.raises(WrongUse, match="names no day"):
            days_to_ask(SourceState(), date(2026, 1, 1), date(2026, 1, 9), 1, "mdat", (wrong,))


@given(DATES, st.integers(0, 1000))
def test_the_halves_of_days_are_all_of_them(first: date, more: int) -> None:
    span = DaySpan(first, first + more * DAY)
    while (halves := span.halves()) is not None:
        one, other = halves
        if span.first < span.last:
            assert (one.first, one.last + DAY, other.last) == (span.first, other.first, span.last)
        else:
            assert one.published is not None
            assert other.published is not None
            assert one.published[1] + DAY == other.published[0]
        span = other
    assert span.published is not None
    assert span.published[0] == span.published[1]


def look(content: bytes) -> tuple[str, bool, str]:
    found = look_through(io.BytesIO(content))
    return found.fault, found.may_pass, found.last_record


def test_a_whole_file_tells_its_last_record() -> None:
    assert look(packed(article(1), article(22), deleted(3))) == ("", False, "PMID:22")
    assert look(pubmed_set()) == ("", False, "")


CUT = [packed(article(1))[:-9], pubmed_set(article(1))[:-30], b"<!DOCTYPE html><p>", b"", gzip.compress(b"", mtime=0)]


@pytest.mark.parametrize("content", CUT)
def test_what_is_not_whole_yet_may_pass(content: bytes) -> None:
    fault, may_pass, last = look(content)
    assert fault
    assert may_pass
    assert not last


def test_the_real_sample_files_are_whole(shared: Path) -> None:
    found = sorted(shared.rglob("pubmed*.xml.gz"))[:3]
    if not found:
        pytest.skip("no file of PubMed's is among the shared data")
    for path in found:
        with path.open("rb") as stream:
            told = look_through(stream)
        assert told.fault == ""
        assert told.last_record.startswith("PMID:")
