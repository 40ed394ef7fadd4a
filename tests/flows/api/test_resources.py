"""Resources answer with the words of the functions that the command line answers with, of one state that their ETag names."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from flows.answers.answers_from_log import context_for, export_lines, timeline_of, why_of
from flows.home.homes import Home
from flows.report.digests import digest_since
from tests.flows.api.conftest import asking, filled
from tests.flows.commands.running import line, write_lines

DAY, MOMENT = "1988-01-01", "2020-01-01T12:00:00Z"
FACT = {"head": "flecainide", "relation": "prevent", "tail": "cardiac arrhythmias"}
QUESTION = "does flecainide prevent arrhythmias?"
AT = datetime(2020, 1, 1, 12, tzinfo=UTC)


def test_a_name_is_found_with_score_and_reason(client: TestClient) -> None:
    found = client.get("/entities", params={"q": "Tambocor flecainide", "limit": 3}).json()["entities"]
    assert found[0]["key"] == "MESH:D005424"
    assert 0.0 < found[0]["score"] <= 1.0
    assert found[0]["reason"]
    assert client.get("/entities", params={"q": "flecainide", "type": "Disease"}).json()["entities"] == []


@pytest.mark.parametrize("day", [None, DAY])
@pytest.mark.parametrize("moment", [None, MOMENT])
def test_answers_are_those_of_the_functions(client: TestClient, demo: Home, day: str | None, moment: str | None) -> None:
    as_of, known_at = date.fromisoformat(day) if day else None, AT if moment else None
    limits = {name: value for name, value in (("as_of", day), ("known_at", moment)) if value}
    if moment is None:  # before that nothing was known, not even a name
        assert client.get("/facts", params={**FACT, **limits}).json() == why_of(demo, *FACT.values(), as_of, known_at)
        assert client.get("/entities/flecainide/timeline", params=limits).json() == timeline_of(demo, "flecainide", as_of, known_at)
    told = context_for(demo, QUESTION, as_of, known_at)
    assert client.get("/context", params={"q": QUESTION, **limits}).json() == told
    assert client.post("/context", json={"question": QUESTION, **limits}).json() == told
    assert client.get("/export", params=limits).text.splitlines() == list(export_lines(demo, as_of, known_at))


def test_what_changed_its_mind_is_told_between_moments(client: TestClient, demo: Home) -> None:
    told = client.get("/digest", params={"since": "2020-01-01", "until": "2099-01-01"})
    assert told.json() == json.loads(json.dumps(digest_since(demo, "2020-01-01", "2099-01-01"), default=str))


def test_status_reconciles_and_names_no_folder(client: TestClient, demo: Home) -> None:
    told = client.get("/status").json()
    assert told["counts"]["line"]["committed"] == told["log"]["observations"] == 106
    assert told["graph"]["up_to_date"] is True
    assert str(demo.path) not in json.dumps(told)


def test_keys_with_slashes_are_found_at_their_place(tmp_path: Path) -> None:
    slashed = {"key": "name:Chemical/a/b drug", "type": "Chemical", "name": "a/b drug"}
    home = filled(tmp_path / "home", write_lines(tmp_path / "lines.jsonl", [line("PMID:1", "2001", head=slashed)]))
    with asking(home) as client:
        for key in ("name:Chemical/a/b drug", "name:Chemical%2Fa%2Fb%20drug"):
            told = client.get(f"/entities/{key}/timeline").json()
            assert (told["entity"], len(told["facts"])) == ("name:Chemical/a/b drug", 1)


def test_who_has_the_answer_is_not_sent_it_again(client: TestClient) -> None:
    for path in ("/entities?q=flecainide", "/entities/flecainide/timeline", f"/context?q={QUESTION}", "/export"):
        first = client.get(path)
        tag = first.headers["etag"]
        assert first.headers["cache-control"] == "private, no-cache"
        again = client.get(path, headers={"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert client.get(path, headers={"If-None-Match": 'W/"1-0000000000000000"'}).status_code == 200
    for path in ("/status", "/digest", "/healthz"):
        assert "etag" not in client.get(path).headers


def test_a_server_says_that_it_lives_and_that_it_can_read(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"health": "healthy"}
    assert client.get("/readyz").json() == {"health": "healthy", "log_version": 1}


def test_an_answer_that_takes_too_long_is_given_up(demo: Home) -> None:
    with asking(demo.with_settings(serve_seconds=0.001)) as client:
        told = client.get("/digest")
        assert (told.status_code, told.json()["type"]) == (503, "urn:chronokg:problem:busy")
        assert "0.001 seconds" in told.json()["detail"]
        assert told.headers["retry-after"] == "1"
        assert client.get("/healthz").status_code == 200
