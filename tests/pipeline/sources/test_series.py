"""PubMed's numbered files: names, gaps, checksums, and what of a listing is to be read."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.choosing import Choice, choose, in_series, unsure
from pipeline.sources.series import missing_numbers, place_in_series, told_checksum
from schema.document import SourceFile
from schema.errors import SourceUnavailable
from schema.ports import ListedFile, Listing, SourceState

NOW = datetime(2026, 1, 10, tzinfo=UTC)
SUM = "0123456789abcdef0123456789ABCDEF"


def files(*numbers: int, stamp: str = "1") -> list[ListedFile]:
    return in_series([ListedFile(f"pubmed26n{number:04}.xml.gz", stamp=stamp, modified=NOW) for number in numbers])


def read(*numbers: int, stamp: str = "1", checksum: str = "md5:1") -> SourceState:
    records = [SourceFile("lit", file.name, checksum, stamp) for file in files(*numbers)]
    return SourceState({record.name: record for record in records})


def reconciles(listing: Listing) -> bool:
    return listing.listed == len(listing.new) + len(listing.known) + len(listing.waiting)


def numbers(listing: Listing) -> list[int | None]:
    return [file.number for file in listing.new]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("pubmed26n0001.xml.gz", ("pubmed26n", 1)),
        ("pubmed26n12345.xml", ("pubmed26n", 12345)),
        ("medline17n0892.xml.gz", ("medline17n", 892)),
        ("pubmed26n0001.xml.gz.md5", None),
        ("README.txt", None),
        ("../pubmed26n0001.xml.gz", None),
    ],
)
def test_only_pubmeds_files_have_a_place_in_a_series(name: str, place: tuple[str, int] | None) -> None:
    assert place_in_series(name) == place


@given(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)))
def test_what_is_missing_is_exactly_what_lies_between_and_is_neither_read_nor_listed(before: set[int], listed: set[int]) -> None:
    missing = {number for first, last in missing_numbers(before, listed) for number in range(first, last + 1)}
    there = before | listed
    assert missing == ({n for n in range(min(there), max(listed)) if n not in there} if listed else set())


@given(st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)))
def test_every_listed_file_is_accounted_for_once_and_none_is_read_behind_one_that_cannot_be_had(
    before: set[int], listed: set[int], without: set[int]
) -> None:
    found = files(*sorted(listed))
    names = {file.name for file in files(*sorted(without))}
    listing = choose(found, read(*before), Choice(NOW, names))
    assert reconciles(listing)
    lost = {n for first, last in missing_numbers(before, listed) for n in range(first, last + 1)} | ((listed & without) - before)
    assert all(number < min(lost, default=99) for number in numbers(listing) if number is not None)


def test_a_listing_may_begin_anywhere_and_old_files_may_leave_it() -> None:
    assert choose(files(1335, 1336), SourceState(), Choice(NOW)).gaps == ()
    assert choose(files(7, 8), read(5, 6), Choice(NOW)).gaps == ()
    assert choose(files(8, 9), read(5, 6), Choice(NOW)).gaps == ("pubmed26n0007",)
    assert choose(files(1, 9, 20), SourceState(), Choice(NOW)).gaps == ("pubmed26n0002 to pubmed26n0008", "pubmed26n0010 to pubmed26n0019")


def test_a_file_that_was_read_before_is_read_again_behind_a_gap_where_it_changed() -> None:
    listing = choose(files(1, 3, 4, stamp="2"), read(1, 3, stamp="1"), Choice(NOW))
    assert numbers(listing) == [1, 3]
    assert [held.why for held in listing.waiting] == ["waits for pubmed26n0002"]


def test_a_checksum_decides_where_the_listing_cannot_tell() -> None:
    shown = files(1, 2, stamp="")
    assert [file.number for file in unsure(shown, read(1))] == [1]
    same = [ListedFile(file.name, number=file.number, series=file.series, checksum="md5:1", stamp="new") for file in files(1)]
    listing = choose(same, read(1), Choice(NOW))
    assert [(record.checksum, record.stamp) for record in listing.known] == [("md5:1", "new")]


def test_a_file_that_is_long_on_its_way_wants_a_person() -> None:
    (file,) = files(1)
    for later, wants in ((0, False), (2, True)):
        listing = choose([file], SourceState(), Choice(NOW + timedelta(days=later), {file.name}))
        assert [held.wants_person for held in listing.waiting] == [wants]


@pytest.mark.parametrize(
    "text",
    [
        f"MD5(pubmed26n0001.xml.gz)= {SUM}\n",
        f"MD5 (pubmed26n0001.xml.gz) = {SUM}",
        f"{SUM}  pubmed26n0001.xml.gz\n",
        f"{SUM} *pubmed26n0001.xml.gz",
        SUM,
    ],
)
def test_checksums_are_read_as_openssl_and_md5sum_write_them(text: str) -> None:
    assert told_checksum(text, "pubmed26n0001.xml.gz") == f"md5:{SUM.lower()}"


@pytest.mark.parametrize("text", ["", "<html>", SUM[:-1], f"MD5(pubmed26n0002.xml.gz)= {SUM}", "x" * 5000])
def test_what_is_no_checksum_of_the_file_is_for_another_time(text: str) -> None:
    with pytest.raises(SourceUnavailable, match="pubmed26n0001"):
        told_checksum(text, "pubmed26n0001.xml.gz")
