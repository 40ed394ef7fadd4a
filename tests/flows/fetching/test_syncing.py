"""`sync` from PubMed's files: what is new is read once, in order, and only what is whole; what went wrong is told and tried again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.home.homes import Home
from flows.jobs.syncing import sources_of, sync_source
from schema.errors import SourceUnavailable, WrongUse
from tests.flows.fetching.following import FOUR, ONE, THREE, TWO, Taking, documents, facts, followed, home_of, names
from tests.flows.fetching.servers import Answer, LocalServer, PubmedSite, article, deleted, packed, retracted_in
from tests.flows.jobs.reading_here import exported, ingest


def test_what_is_new_is_read_in_order_and_what_was_read_is_known(home: Home, site: PubmedSite) -> None:
    result, read = followed(home)
    assert read == [ONE, TWO]
    assert documents(home) == ["PMID:1", "PMID:2", "PMID:3"]
    assert not result.shortfall
    assert (result.lag.newest, result.lag.last_read, result.lag.files) == (TWO, TWO, 0)
    again, read = followed(home)
    assert (read, again.known, again.listed, again.shortfall) == ([], 2, 2, "")
    site.put(THREE, packed(article(4)))
    assert followed(home)[1] == [THREE]


def test_what_was_fetched_goes_when_it_is_read_unless_it_is_kept(home: Home) -> None:
    followed(home)
    incoming = home.path / "incoming" / "lit"
    assert list(incoming.iterdir()) == []
    source = home.settings.sources["lit"].model_copy(update={"keep": True})
    keeping = home.with_settings(sources={"keeping": source})
    sync_source(keeping, "keeping", Taking(keeping))
    assert sorted(path.name for path in (home.path / "incoming" / "keeping").iterdir()) == [ONE, TWO]


def test_a_known_file_is_not_fetched_again_nor_is_its_checksum(home: Home, server: LocalServer) -> None:
    followed(home)
    server.asked.clear()
    followed(home)
    assert [asked.path for asked in server.asked] == ["/pubmed/updatefiles/"]


def test_a_file_whose_checksum_changed_is_read_again_and_one_that_only_moved_in_time_is_not(home: Home, site: PubmedSite) -> None:
    followed(home)
    site.put(ONE, site.files[ONE], at=datetime(2026, 2, 1, tzinfo=UTC))
    assert followed(home)[1] == []
    site.put(ONE, packed(article(1, text="Drug one prevents illness one."), article(2)), at=datetime(2026, 2, 2, tzinfo=UTC))
    result, read = followed(home)
    assert (read, result.known) == ([ONE], 1)
    assert followed(home)[1] == []


def test_a_gap_in_the_numbers_is_told_and_what_comes_after_waits_for_it(home: Home, site: PubmedSite) -> None:
    site.put(FOUR, packed(article(5)))
    result, read = followed(home)
    assert read == [ONE, TWO]
    assert result.gaps == ("pubmed26n0003",)
    assert [(held.name, held.why) for held in result.waiting] == [(FOUR, "waits for pubmed26n0003")]
    assert result.shortfall == "missing: pubmed26n0003"
    site.put(THREE, packed(article(4)))
    result, read = followed(home)
    assert (read, result.gaps, result.shortfall) == ([THREE, FOUR], (), "")


def test_files_behind_a_gap_are_read_where_the_settings_say_so(server: LocalServer, site: PubmedSite, tmp_path: Path) -> None:
    site.put(FOUR, packed(article(5)))
    home = home_of(tmp_path, {"kind": "pubmed-files", "at": f"{server.url}/pubmed/", "gaps": "read"})
    result, read = followed(home)
    assert (read, result.gaps) == ([ONE, TWO, FOUR], ("pubmed26n0003",))


def test_a_file_that_a_hook_names_is_read_whatever_is_missing_before_it(home: Home, server: LocalServer, site: PubmedSite) -> None:
    site.put(FOUR, packed(article(5)))
    result, read = followed(home, f"{server.url}/pubmed/updatefiles/{FOUR}", "pubmed26n0009.xml.gz")
    assert read == [FOUR]
    assert [(held.name, held.why) for held in result.waiting] == [("pubmed26n0009.xml.gz", "is not in the listing")]
    assert followed(home, FOUR)[0].known == 1
    with pytest.raises(WrongUse, match="does not lie in"):
        followed(home, "http://127.0.0.2:1/pubmed26n0001.xml.gz")


def test_a_wrong_checksum_is_fetched_three_times_and_then_set_aside_and_later_files_wait(
    home: Home, site: PubmedSite, server: LocalServer
) -> None:
    site.files[f"{ONE}.md5"] = f"MD5({ONE})= {'0' * 32}".encode()
    result, read = followed(home)
    assert read == []
    assert names(result.set_aside) == [ONE]
    assert "and its .md5 says 0000" in result.set_aside[0].why
    assert [(held.name, held.why) for held in result.waiting] == [(TWO, f"waits for {ONE}")]
    assert len([asked for asked in server.asked if asked.path.endswith(ONE)]) == 3
    assert "1 files set aside" in result.shortfall
    site.put(ONE, site.files[ONE])
    assert followed(home)[1] == [ONE, TWO]


def test_a_checksum_that_is_wrong_once_costs_one_more_fetch(home: Home, server: LocalServer, site: PubmedSite) -> None:
    server.first[f"/pubmed/updatefiles/{ONE}"].append(Answer(packed(article(9))))
    result, read = followed(home)
    assert (read, result.shortfall) == ([ONE, TWO], "")
    assert "PMID:9" not in documents(home)


@pytest.mark.parametrize("fault", ["half", "html", "empty"])
def test_a_file_that_is_not_whole_yet_waits_and_is_read_when_it_is(home: Home, site: PubmedSite, fault: str) -> None:
    whole = site.files[TWO]
    site.files[TWO] = {"half": whole[: len(whole) // 2], "html": b"<html><body>Maintenance</body></html>", "empty": b""}[fault]
    result, read = followed(home)
    assert (read, names(result.waiting), result.set_aside) == ([ONE], [TWO], ())
    assert "is not whole" in result.waiting[0].why
    assert (result.lag.files, result.shortfall) == (1, "1 files wait for what does not come by itself")
    site.changed[TWO] = datetime.now(UTC)
    assert not followed(home)[0].shortfall
    site.files[TWO] = whole
    assert followed(home)[1] == [TWO]


def test_a_file_without_its_checksum_waits_and_after_a_day_a_person_is_asked(home: Home, site: PubmedSite) -> None:
    site.drop(f"{TWO}.md5")
    site.changed[TWO] = datetime.now(UTC)
    result, read = followed(home)
    assert (read, result.shortfall) == ([ONE], "")
    assert [(held.name, held.why) for held in result.waiting] == [(TWO, "its .md5 is not there yet")]
    site.changed[TWO] = datetime(2026, 1, 1, tzinfo=UTC)
    assert "1 files wait" in followed(home)[0].shortfall


def test_a_packed_file_that_is_right_by_its_checksum_and_broken_is_set_aside(home: Home, site: PubmedSite) -> None:
    site.put(TWO, site.files[TWO][:-12])
    result, _ = followed(home)
    assert [(held.name, "is as its .md5 says, and cannot be read" in held.why) for held in result.set_aside] == [(TWO, True)]


def test_errors_that_pass_are_outlived_500_429_a_reset_and_a_cut_connection(home: Home, server: LocalServer, site: PubmedSite) -> None:
    server.first["/pubmed/updatefiles/"] += [Answer(b"oh", 500), Answer(status=429, headers={"Retry-After": "0"})]
    server.first[f"/pubmed/updatefiles/{ONE}"] += [Answer(reset=True), Answer(site.files[ONE], cut_at=20)]
    result, read = followed(home)
    assert (read, result.shortfall) == ([ONE, TWO], "")


def test_a_server_that_stays_away_makes_files_wait_and_the_next_run_goes_on(home: Home, server: LocalServer, site: PubmedSite) -> None:
    server.first[f"/pubmed/updatefiles/{TWO}"] += [Answer(status=503)] * 3
    result, read = followed(home)
    assert (read, names(result.waiting)) == ([ONE], [TWO])
    assert "503" in result.waiting[0].why
    assert "the source is away: " in result.unavailable
    assert followed(home)[1] == [TWO]


def test_a_server_that_fails_at_the_first_of_many_files_is_away_for_the_others_wait_for_it(
    home: Home, server: LocalServer, site: PubmedSite
) -> None:
    server.first[f"/pubmed/updatefiles/{ONE}"] += [Answer(status=503)] * 3
    result, read = followed(home)
    assert (read, names(result.waiting)) == ([], [ONE, TWO])
    assert "503" in result.unavailable
    site.drop(ONE)
    server.first["/pubmed/updatefiles/"].append(Answer(PubmedSite.page(with_one(site), "/x").encode()))
    gone, _ = followed(home)
    assert ("404" in gone.waiting[0].why, gone.unavailable) == (True, "")  # the source is there


def with_one(site: PubmedSite) -> PubmedSite:
    listed = PubmedSite()
    listed.files, listed.changed = {ONE: b"", **site.files}, site.changed
    return listed


def test_a_listing_that_cannot_be_had_says_so(home: Home, server: LocalServer) -> None:
    server.respond = lambda asked: Answer(b"<html><title>Sign in</title><body>Welcome</body></html>")
    with pytest.raises(SourceUnavailable, match="a page in place of a listing: 'Sign in'"):
        followed(home)


def test_an_empty_listing_is_told_also_where_it_had_files_before(home: Home, site: PubmedSite) -> None:
    followed(home)
    site.files.clear()
    result, read = followed(home)
    assert (read, result.listed) == ([], 0)
    assert "lists no file such as pubmed26n0001.xml.gz; 2 files of this source were read before" in result.shortfall


def test_a_place_that_lists_none_of_the_files_is_told_though_another_does(server: LocalServer, site: PubmedSite, tmp_path: Path) -> None:
    notice = b'<html><title>Maintenance</title><body>Back soon. <a href="help.html">Help</a></body></html>'
    server.respond = lambda asked: Answer(notice) if asked.path == "/new/" else site.respond(asked)
    home = home_of(tmp_path, {"kind": "pubmed-files", "at": [f"{server.url}/baseline/", f"{server.url}/new/"]})
    result, read = followed(home)
    assert read == [ONE, TWO]
    assert result.remarks == (f"{server.url}/new/ lists no file such as pubmed26n0001.xml.gz",)
    server.respond = site.respond
    assert followed(home)[0].shortfall == ""


def test_a_new_year_is_a_new_series_and_the_old_one_may_be_gone(home: Home, site: PubmedSite) -> None:
    followed(home)
    site.files.clear()
    site.put("pubmed27n0001.xml.gz", packed(article(1), article(7)))
    result, read = followed(home)
    assert (read, result.gaps) == (["pubmed27n0001.xml.gz"], ())


def test_a_deleted_citation_leaves_no_trace_and_a_retraction_in_an_update_withdraws(home: Home, site: PubmedSite) -> None:
    followed(home)
    assert [fact["support"] for fact in facts(home)] == [3]
    site.put(THREE, packed(article(4), deleted(3)))
    site.put(FOUR, packed(article(2, revised="2026-01-07", more=retracted_in(8))))
    result, read = followed(home)
    assert read == [THREE, FOUR]
    assert next(tally for tally in result.tallies if tally.unit == "event").committed == 2
    assert documents(home) == ["PMID:1", "PMID:2", "PMID:4"]
    assert [fact["support"] for fact in facts(home)] == [2]


def test_a_source_gives_the_graph_of_its_files_whatever_went_wrong_on_the_way(home: Home, site: PubmedSite, tmp_path: Path) -> None:
    site.put(THREE, packed(article(4), deleted(3)))
    whole = site.files[TWO]
    site.files[TWO] = whole[:30]
    followed(home)
    site.files[TWO] = whole
    followed(home)
    files = []
    for name in (ONE, TWO, THREE):
        (tmp_path / name).write_bytes(site.files[name])
        files.append(tmp_path / name)
    clean = home_of(tmp_path / "other", {"kind": "folder", "at": "x"}) if (tmp_path / "other").mkdir() is None else home
    ingest(clean, *files)
    assert exported(home) == exported(clean)


def test_what_the_log_says_of_a_source_is_shown(home: Home) -> None:
    assert [(row["source"], row["files"], row["last_file"]) for row in sources_of(home)] == [("lit", 0, None)]
    followed(home)
    row = sources_of(home)[0]
    assert (row["kind"], row["files"], row["last_file"], row["last_record"]) == ("pubmed-files", 2, TWO, "PMID:3")


def test_a_source_that_nobody_configured_is_wrong_use(home: Home) -> None:
    with pytest.raises(WrongUse, match=r"there is no source 'lat'.*did you mean lit"):
        sync_source(home, "lat", Taking(home))


def test_how_far_a_source_is_ahead_is_told_in_files_and_days(home: Home, site: PubmedSite) -> None:
    followed(home)
    site.put(THREE, packed(article(4))[:30], at=datetime(2026, 1, 9, tzinfo=UTC))
    lag = followed(home)[0].lag
    assert (lag.newest, lag.last_read, lag.files, lag.days) == (THREE, TWO, 1, 3)
