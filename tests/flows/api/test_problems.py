"""Every error is problem+json: with a type, a title, a status, what is wrong and where."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from starlette.testclient import TestClient

from flows.home.homes import Home
from schema.errors import LogDamaged, StoreBusy
from tests.flows.api.conftest import asking

WRONG: list[tuple[str, str, int, str, str]] = [
    ("GET", "/nothing", 404, "not-found", "nothing at /nothing"),
    ("DELETE", "/context", 405, "method", "DELETE is not done to /context"),
    ("GET", "/entities", 422, "invalid", "query.q"),
    ("GET", "/entities?q=", 422, "invalid", "query.q"),
    ("GET", "/entities?q=a&type=Nonsense", 404, "not-found", "Nonsense"),
    ("GET", "/entities?q=a&limit=0", 422, "invalid", "query.limit"),
    ("GET", "/entities/xyzzy/timeline", 404, "not-one-entity", "nothing is known of 'xyzzy'"),
    ("GET", "/facts?head=flecainide&relation=pevent&tail=stroke", 404, "not-found", "did you mean prevent"),
    ("GET", "/facts?head=flecainide&relation=prevent&tail=stroke&as_of=yesterday", 422, "invalid", "'yesterday' is not a day"),
    ("GET", "/export?known_at=2020-01-01T12:00:00", 422, "invalid", "has no time zone"),
    ("GET", "/digest?since=2020-01-02&until=2020-01-01", 409, "contradiction", "cannot begin at"),
    ("POST", "/context", 422, "invalid", "body"),
    ("POST", "/observations", 403, "not-allowed", "writing needs one"),
    ("POST", "/retractions", 403, "not-allowed", "writing needs one"),
]


@pytest.mark.parametrize(("method", "path", "status", "kind", "detail"), WRONG, ids=[f"{each[0]} {each[1]}" for each in WRONG])
def test_what_is_wrong_is_told(client: TestClient, method: str, path: str, status: int, kind: str, detail: str) -> None:
    told = client.request(method, path)
    problem = told.json()
    assert told.headers["content-type"] == "application/problem+json"
    assert (told.status_code, problem["status"], problem["type"]) == (status, status, f"urn:chronokg:problem:{kind}")
    assert problem["title"]
    assert detail in problem["detail"]


def test_methods_that_a_path_takes_are_told(client: TestClient) -> None:
    assert client.delete("/context").headers["allow"] == "GET, POST"


def test_a_name_of_several_brings_them_along(client: TestClient) -> None:
    told = client.get("/entities/flecainid xx/timeline").json()
    assert told["asked"] == "flecainid xx"
    assert [each["key"] for each in told["candidates"]] == ["MESH:D005424"]


def test_each_wrong_value_has_its_place_and_rule(client: TestClient) -> None:
    told = client.post("/context", json={"question": "", "limit": 0, "wantd": {}}).json()
    assert {each["at"] for each in told["errors"]} == {"body.question", "body.limit", "body.wantd"}
    assert all(each["rule"] for each in told["errors"])


FAULTS: list[tuple[Exception, int, str]] = [
    (StoreBusy("the index in /home/me is held"), 503, "busy"),
    (LogDamaged("the file /home/me/log/part is missing"), 503, "unavailable"),
    (RuntimeError("something with a secret"), 500, "failed"),
]


@pytest.mark.parametrize(("error", "status", "kind"), FAULTS, ids=[each[2] for each in FAULTS])
def test_what_fails_here_is_told_without_what_it_is_about(client: TestClient, error: Exception, status: int, kind: str) -> None:
    with patch("flows.answers.answers_from_log.timeline_of", side_effect=error):
        told = client.get("/entities/flecainide/timeline", headers={"X-Request-ID": "mine"})
    assert (told.status_code, told.json()["type"]) == (status, f"urn:chronokg:problem:{kind}")
    assert str(error) not in told.text
    assert told.headers["x-request-id"] == "mine"


def test_too_much_at_once_is_refused_before_it_is_read(demo: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.api.request_gate.MOST_BYTES", 1000)
    with asking(demo) as client:
        by_length = client.post("/context", content=b"x" * 1001)
        in_pieces = client.post("/context", content=iter([b"x" * 600] * 2))
    assert by_length.status_code == in_pieces.status_code == 413


def test_a_request_has_an_id_of_its_own_or_that_of_who_sends_it(client: TestClient) -> None:
    ids = {client.get("/healthz").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
    assert client.get("/healthz", headers={"X-Request-ID": "abc/1"}).headers["x-request-id"] == "abc/1"
    for wrong in ("a" * 200, 'a"b', "a b"):
        assert client.get("/healthz", headers={"X-Request-ID": wrong}).headers["x-request-id"] != wrong


def test_no_secret_and_no_folder_stands_in_an_error(tmp_path: Path) -> None:
    from flows.home.homes import open_home

    secret: dict[str, Any] = {"one": {"key": "a secret that is long enough"}}
    with asking(open_home(tmp_path / "home", graph="memory:", serve_keys=secret)) as client:
        told = client.get("/status", headers={"Authorization": "Bearer a wrong one, and long enough"})
    assert told.status_code == 401
    assert "secret" not in told.text
    assert "wrong one" not in told.text
    assert str(tmp_path) not in told.text
