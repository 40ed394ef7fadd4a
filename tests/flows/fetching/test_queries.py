"""PubMed by query, through E-utilities and through Europe PMC: all records of all days, once, whatever the servers say in between."""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.fetching import opening_sources
from flows.fetching.http_client import Pace
from flows.home.homes import Home
from flows.jobs import syncing
from pipeline.files.opened_file import OpenedFile
from pipeline.formats.documents import read
from pipeline.sources import entrez_answers
from schema.document import Document
from schema.errors import WrongUse
from schema.records import Retraction
from tests.flows.fetching.following import followed, home_of, names
from tests.flows.fetching.servers import Answer, Asked, EntrezSite, EuropePmcSite, LocalServer, as_json, pubmed_set, serving

TODAY = date(2026, 1, 10)
SEARCH, FETCH = "/entrez/eutils/esearch.fcgi", "/entrez/eutils/efetch.fcgi"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sources think that it is the tenth of January, and that NCBI is in no need of a rest."""
    monkeypatch.setattr(opening_sources, "PER_SECOND_WITH_KEY", 10_000)
    clock = lambda: datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)  # noqa: E731
    monkeypatch.setattr(syncing, "open_source", lambda home, name: opening_sources.open_source(home, name, clock))


@pytest.fixture
def site() -> EntrezSite:
    return EntrezSite({number: date(2026, 1, 5) + timedelta(days=number % 6) for number in range(1, 31)})


@pytest.fixture
def server(site: EntrezSite) -> Iterator[LocalServer]:
    with serving(site.respond) as found:
        yield found


def entrez(server: LocalServer, tmp_path: Path, **more: Any) -> Home:
    settings = {"kind": "eutils", "query": "drug one", "since": "2026-01-05", "page": 4, "api_key": "s3cret", "email": "a@b.org"}
    return home_of(tmp_path, {**settings, "at": f"{server.url}/entrez/eutils/", **more})


def read_documents(home: Home) -> list[str]:
    return sorted((recorded.record.id for recorded in home.log.records(Document)), key=lambda each: int(each[5:]))


def test_all_that_a_query_finds_is_read_day_by_day_and_page_by_page(server: LocalServer, tmp_path: Path) -> None:
    home = entrez(server, tmp_path)
    result, _ = followed(home)
    assert [record.name for record in result.read] == [f"mdat-2026-01-{day:02}" for day in range(5, 11)]
    assert read_documents(home) == [f"PMID:{number}" for number in range(1, 31)]
    assert (result.shortfall, result.lag.days) == ("", 0)
    search = server.asked[0].form
    assert (search["term"], search["datetype"], search["mindate"], search["usehistory"]) == ("(drug one)", "mdat", "2026/01/05", "y")
    assert {asked.form["tool"] for asked in server.asked} == {"chronokg"}
    assert {asked.form["api_key"] for asked in server.asked} == {"s3cret"}


def test_the_next_run_asks_again_for_the_last_days_and_pays_for_nothing_twice(
    server: LocalServer, site: EntrezSite, tmp_path: Path
) -> None:
    home = entrez(server, tmp_path, overlap=2)
    followed(home)
    site.records[40] = date(2026, 1, 9)  # came late
    server.asked.clear()
    result, _ = followed(home)
    assert [record.name for record in result.read] == ["mdat-2026-01-09", "mdat-2026-01-10"]
    told = next(tally for tally in result.tallies if tally.unit == "document")
    assert (told.committed, dict(told.skipped)) == (1, {"read before": 10})


def test_another_query_begins_at_its_beginning(server: LocalServer, tmp_path: Path) -> None:
    home = entrez(server, tmp_path)
    followed(home)
    other = home.settings.sources["lit"].model_copy(update={"query": "drug two"})
    assert len(followed(home.with_settings(sources={"lit": other}))[0].read) == 6


def test_what_goes_wrong_is_asked_for_again(server: LocalServer, tmp_path: Path) -> None:
    server.first[SEARCH] += [
        as_json({"error": "API rate limit exceeded", "count": "11"}, 429, **{"Retry-After": "0"}),
        as_json({"esearchresult": {"ERROR": "Search Backend failed: \nDatabase is temporarily unavailable"}}),
    ]
    server.first[FETCH] += [
        Answer(b"<!DOCTYPE html><html><body>Sorry</body></html>", headers={"Content-Type": "text/html"}),
        Answer(b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>"),
        Answer(pubmed_set(), cut_at=40),
    ]
    home = entrez(server, tmp_path, attempts=5)
    assert followed(home)[0].shortfall == ""
    assert len(read_documents(home)) == 30


def test_days_that_cannot_be_had_wait_with_all_after_them_and_the_next_run_goes_on(server: LocalServer, tmp_path: Path) -> None:
    home = entrez(server, tmp_path)
    followed(home, "2026-01-05")
    server.first[SEARCH] += [as_json({"esearchresult": {"ERROR": "Search Backend failed"}})] * 3
    result, _ = followed(home)
    assert names(result.waiting) == [f"mdat-2026-01-{day:02}" for day in range(5, 11)]
    assert result.waiting[0].why == "PubMed answered: Search Backend failed"
    assert result.waiting[1].why == "waits for mdat-2026-01-05"
    assert result.unavailable == "the source is away: PubMed answered: Search Backend failed"
    assert len(followed(home)[0].read) == 6


@pytest.mark.parametrize(("key", "per_second"), [("", 3), ("s3cret", 10)])
def test_requests_go_as_far_apart_as_ncbi_wants_with_and_without_a_key(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, per_second: int
) -> None:
    monkeypatch.undo()
    paces: list[float] = []
    monkeypatch.setattr(opening_sources, "Pace", lambda rate: paces.append(rate) or Pace(rate))
    opening_sources.open_source(entrez(server, tmp_path, api_key=key), "lit").close()
    assert paces == [per_second]


def test_days_that_are_named_are_read_and_move_no_watermark(server: LocalServer, tmp_path: Path) -> None:
    home = entrez(server, tmp_path)
    result, _ = followed(home, "2026-01-07..2026-01-08", "2026-02-01")
    assert [record.name for record in result.read] == ["mdat-2026-01-07", "mdat-2026-01-08"]
    assert [(held.name, held.why) for held in result.waiting] == [("2026-02-01", "is still to come")]
    assert len(followed(home)[0].read) == 6
    with pytest.raises(WrongUse, match="names no day"):
        followed(home, "yesterday")


def test_a_refused_key_is_set_aside_and_told_without_the_key(server: LocalServer, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    home = entrez(server, tmp_path)
    server.respond = lambda asked: as_json({"error": "API key invalid", "api-key": "s3cret"}, 400)
    with caplog.at_level(logging.DEBUG):
        result, _ = followed(home)
    assert "API key invalid" in result.set_aside[0].why
    assert "s3cret" not in str(result.as_data()) + caplog.text + str(home.settings)


def test_a_query_with_a_field_that_pubmed_does_not_know_is_told(server: LocalServer, tmp_path: Path) -> None:
    told = {"count": "0", "webenv": "M", "querykey": "1", "errorlist": {"phrasesnotfound": [], "fieldsnotfound": ["tiab2"]}}
    server.first[SEARCH].append(as_json({"esearchresult": told}))
    result, _ = followed(entrez(server, tmp_path))
    assert result.set_aside[0].why == "PubMed knows no field 'tiab2': correct the query"


def test_a_day_with_no_records_is_read_as_well(server: LocalServer, site: EntrezSite, tmp_path: Path) -> None:
    site.records.clear()
    result, _ = followed(entrez(server, tmp_path))
    assert (len(result.read), result.tallies, result.shortfall) == (6, (), "")


def test_more_records_than_a_search_gives_are_searched_for_in_parts(
    server: LocalServer, site: EntrezSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.fetching.entrez.MOST", 5)
    assert entrez_answers.MOST == 9_999
    site.most = 5
    site.records = {number: date(2025, 11, 3) if number <= 12 else date(2025, 11, 1 + number % 28) for number in range(1, 31)}
    site.published = {number: date(1990 + number, 1, number) for number in site.records}
    home = entrez(server, tmp_path, since="2025-11-01")
    result, _ = followed(home)
    assert result.read[0].name == "mdat-2025-11-01..2025-11-30"
    assert read_documents(home) == [f"PMID:{number}" for number in range(1, 31)]
    assert not result.shortfall


def test_records_that_are_counted_and_do_not_come_are_told(server: LocalServer, site: EntrezSite, tmp_path: Path) -> None:
    site.records = {1: date(2026, 1, 5), 2: date(2026, 1, 5)}
    whole = site.fetch

    def without_the_second(form: Any) -> Answer:
        site.records.pop(2, None)
        site.history[form["query_key"]] = [1]
        return whole(form)

    site.fetch = without_the_second  # type: ignore[method-assign]
    result, _ = followed(entrez(server, tmp_path))
    assert "mdat-2026-01-05: 1 records were counted and did not come" in result.shortfall


def test_an_answer_cut_short_moves_no_watermark(server: LocalServer, site: EntrezSite, tmp_path: Path) -> None:
    site.records = dict.fromkeys(range(1, 31), date(2026, 1, 5))
    whole, site.fetch = site.fetch, lambda form: whole({**form, "retmax": "1"})  # type: ignore[method-assign]
    home = entrez(server, tmp_path, page=30)
    result, read = followed(home)
    assert (read, result.read) == ([], ())
    assert result.waiting[0].why == "29 of 30 records of mdat-2026-01-05 were counted and did not come"
    site.fetch = whole  # type: ignore[method-assign]
    followed(home)
    assert read_documents(home) == [f"PMID:{number}" for number in range(1, 31)]


RECORD: dict[str, Any] = {
    "id": "11",
    "source": "MED",
    "pmid": "11",
    "doi": "10.1/11",
    "title": "On <i>drug one</i> &amp; illness one.",
    "journalInfo": {"dateOfPublication": "2019 Mar", "yearOfPublication": 2019, "journal": {"title": "The Lancet"}},
    "pubYear": "2019",
    "abstractText": "<h4>Background</h4>It hurts. <h4>Findings:</h4>Drug one prevents illness one (p &lt; 0.05).",
    "pubTypeList": {"pubType": ["Randomized Controlled Trial", "Journal Article"]},
    "dateOfRevision": "2020-02-03",
    "firstPublicationDate": "2019-02-28",
}
NOTICE = {
    "type": "Retraction in", "id": "12", "source": "MED", "reference": "Lancet. 2021 May 6;1(1):1", "orderIn": 1
}  # fmt: skip


def test_europe_pmc_brings_the_same_records_as_pubmed_has_them(tmp_path: Path) -> None:
    records = [{**RECORD, "id": str(n), "pmid": str(n)} for n in range(11, 18)]
    records[6] = {**records[6], "commentCorrectionList": {"commentCorrection": [NOTICE]}}
    found = EuropePmcSite(records, {record["id"]: date(2026, 1, 9) for record in records})
    with serving(found.respond) as server:
        server.first["/search"] += [Answer(status=500), Answer(b"<html>busy</html>"), as_json({"errCode": 500, "errMsg": "try later"})]
        settings = {"kind": "europepmc", "query": "drug one", "since": "2026-01-08", "page": 3, "attempts": 5}
        home = home_of(tmp_path, {**settings, "at": f"{server.url}/search"}, 900)
        result, _ = followed(home)
        assert server.asked[-1].query["query"] == "(drug one) AND SRC:MED AND UPDATE_DATE:[2026-01-10 TO 2026-01-10]"
    assert (len(result.read), result.shortfall) == (3, "")
    assert read_documents(home) == [f"PMID:{n}" for n in range(11, 18)]
    assert [recorded.record.notice for recorded in home.log.records(Retraction)] == ["PMID:12"]
    one = next(recorded.record for recorded in home.log.records(Document) if recorded.record.id == "PMID:11")
    assert (one.title, one.journal, one.doi, str(one.published)) == ("On drug one & illness one.", "The Lancet", "10.1/11", "2019-03")
    assert [(passage.section, passage.text) for passage in one.passages] == [
        ("Background", "It hurts."),
        ("Findings", "Drug one prevents illness one (p < 0.05)."),
    ]
    assert one.publication_types == ("Journal Article", "Randomized Controlled Trial")
    assert one.revised == date(2020, 2, 3)


def test_an_empty_page_before_all_records_of_europe_pmc_came_is_not_the_end(tmp_path: Path) -> None:
    found = EuropePmcSite([{**RECORD, "id": str(n), "pmid": str(n)} for n in range(11, 18)], dict.fromkeys(map(str, range(11, 18)), TODAY))
    empty = as_json({"hitCount": 7, "nextCursorMark": "at3", "resultList": {"result": []}})
    with serving(found.respond) as server:
        first = found.respond(Asked("/search", {"query": f"[{TODAY} TO {TODAY}]", "pageSize": "3", "cursorMark": "*"}, {}, {}))
        settings = {"kind": "europepmc", "query": "drug one", "since": "2026-01-10", "page": 3, "attempts": 2}
        home = home_of(tmp_path, {**settings, "at": f"{server.url}/search"}, 900)
        server.first["/search"] += [first, empty, empty]
        result, _ = followed(home)
        assert (result.read, result.waiting[0].why) == ((), "Europe PMC found 7 records and gave none of those from 4 on")
        assert "the source is away" in result.unavailable
        server.first["/search"] += [first, empty]
        assert followed(home)[0].shortfall == ""
    assert read_documents(home) == [f"PMID:{n}" for n in range(11, 18)]


def test_a_query_that_europe_pmc_refuses_is_set_aside(tmp_path: Path) -> None:
    with serving(lambda asked: as_json({"errCode": 404, "errMsg": "Invalid query"})) as server:
        home = home_of(tmp_path, {"kind": "europepmc", "query": "((", "since": "2026-01-10", "at": f"{server.url}/search"})
        assert followed(home)[0].set_aside[0].why == "Europe PMC answered: Invalid query"


def test_what_was_fetched_is_read_by_the_ordinary_reader(server: LocalServer, tmp_path: Path) -> None:
    home = entrez(server, tmp_path, keep=True)
    followed(home)
    files = sorted((home.path / "incoming" / "lit").glob("*.xml"))
    assert [path.name for path in files[:2]] == ["mdat-2026-01-05.page0001.xml", "mdat-2026-01-05.page0002.xml"]
    with files[0].open("rb") as stream:
        assert all(isinstance(item, Document) for item in read(OpenedFile(stream), files[0].name))
