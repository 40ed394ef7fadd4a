"""Who may ask what: keys and scopes, this machine alone without keys, pages of other origins, and how much."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse

from flows.api.app import add_part, make_app
from flows.api.callers import BURST_S, MOST_CALLERS, RateLimit
from flows.api.http_server import require_safe
from flows.home.homes import Home, open_home
from schema.errors import WrongUse
from tests.flows.api.conftest import KEYS, READ_KEY, READS, WRITE_KEY, WRITES, asking
from tests.flows.commands.running import line

SOME = {"observations": [line("PMID:1", "2001")]}


def test_keys_open_what_their_scopes_say(own: Home) -> None:
    with asking(own, writes=True, client="203.0.113.7") as client:
        assert client.get("/status").status_code == 401
        assert client.get("/status").headers["www-authenticate"] == 'Bearer realm="chronokg"'
        assert client.get("/status", headers=READS).status_code == 200
        assert client.get("/status", headers={"X-API-Key": READ_KEY}).status_code == 200
        assert client.get("/status", headers={"Authorization": "Bearer " + "x" * 30}).status_code == 401
        assert client.post("/observations", json=SOME).status_code == 401
        assert client.post("/observations", json=SOME, headers=READS).status_code == 403
        assert client.post("/observations", json=SOME, headers=WRITES).status_code == 200
        assert client.get("/healthz").status_code == client.get("/readyz").status_code == client.get("/openapi.json").status_code == 200


def test_a_server_that_only_reads_takes_nothing_from_anybody(own: Home) -> None:
    with asking(own) as client:
        told = client.post("/observations", json=SOME, headers=WRITES)
    assert (told.status_code, "--write" in told.json()["detail"]) == (403, True)
    assert own.log.batches() == []


def test_a_key_may_be_kept_as_its_hash(tmp_path: Path) -> None:
    keys = {"one": {"sha256": sha256(READ_KEY.encode()).hexdigest()}}
    with asking(open_home(tmp_path / "home", graph="memory:", serve_keys=keys)) as client:
        assert client.get("/status", headers=READS).status_code == 200
        assert client.get("/status", headers=WRITES).status_code == 401


@pytest.mark.parametrize(("client", "host", "status"), [
    ("127.0.0.1", "127.0.0.1:8000", 200), ("::1", "[::1]:8000", 200), ("127.0.0.1", "localhost", 200),
    ("203.0.113.7", "127.0.0.1:8000", 401), ("127.0.0.1", "evil.example:8000", 401), ("127.0.0.1", "", 401),
])  # fmt: skip
def test_without_keys_only_this_machine_reads_and_by_its_own_name(demo: Home, client: str, host: str, status: int) -> None:
    with asking(demo, client=client) as asker:
        assert asker.get("/status", headers={"Host": host}).status_code == status


def test_nobody_is_served_unsafely(demo: Home, own: Home) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::"):
        with pytest.raises(WrongUse, match="serve_keys"):
            require_safe(demo, host, writes=False)
        require_safe(own, host, writes=True)
    require_safe(demo, "127.0.0.1", writes=False)
    with pytest.raises(WrongUse, match="scope write"):
        require_safe(demo, "127.0.0.1", writes=True)
    with pytest.raises(WrongUse, match="scope write"):
        make_app(demo, writes=True)


WRONG: list[dict[str, Any]] = [
    {"one": {}}, {"one": {"key": "short"}}, {"one": {"key": READ_KEY, "sha256": "0" * 64}}, {"one": {"sha256": "abc"}},
    {"one": {"key": READ_KEY, "scopes": ["admin"]}}, {"a/b": {"key": READ_KEY}}, {"one": {"key": READ_KEY, "more": 1}},
]  # fmt: skip


@pytest.mark.parametrize("keys", WRONG)
def test_a_wrong_key_is_refused_without_being_told(tmp_path: Path, keys: dict[str, Any]) -> None:
    with pytest.raises(WrongUse, match="a setting cannot be right") as told:
        open_home(tmp_path / "home", graph="memory:", serve_keys=keys)
    assert READ_KEY not in str(told.value)


def test_keys_come_from_file_and_environment_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chronokg.toml").write_text(f'[serve_keys.reader]\nkey = "{READ_KEY}"\n', encoding="utf-8")
    monkeypatch.setenv("CHRONOKG_SERVE_KEYS", f'{{"writer": {{"key": "{WRITE_KEY}", "scopes": "read, write"}}}}')
    settings = open_home(tmp_path, graph="memory:").settings
    assert {name: key.scopes for name, key in settings.serve_keys.items()} == {"reader": ("read",), "writer": ("read", "write")}
    assert {READ_KEY, WRITE_KEY} <= set(settings.secrets)
    assert READ_KEY not in repr(settings)


def test_what_is_mounted_is_guarded_by_scope(own: Home) -> None:
    app = make_app(own)
    add_part(app, "/inner", PlainTextResponse("inside"))
    add_part(app, "/", PlainTextResponse("a page"), scope=None)
    from starlette.testclient import TestClient

    with TestClient(app) as client:
        assert client.get("/inner/x").status_code == 401
        assert client.get("/inner/x", headers=READS).text == "inside"
        assert client.get("/").text == client.get("/some.js").text == "a page"
        assert client.get("/status").status_code == 401


def test_pages_of_other_origins_ask_only_where_that_is_set(demo: Home) -> None:
    told = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    with asking(demo) as client:
        assert client.options("/status", headers=told).status_code == 405
        assert "access-control-allow-origin" not in client.get("/status", headers=told).headers
    with asking(demo.with_settings(serve_origins=("https://app.example",))) as client:
        assert client.options("/status", headers=told).headers["access-control-allow-origin"] == "https://app.example"
        assert client.get("/status", headers=told).headers["access-control-allow-origin"] == "https://app.example"
        assert client.options("/status", headers={**told, "Origin": "https://other.example"}).status_code == 400


def test_who_asks_too_much_is_told_when_to_come_again(demo: Home) -> None:
    with asking(demo.with_settings(serve_rate=1.0)) as client:
        told = [client.get("/nothing") for _ in range(4)]
        assert [each.status_code for each in told] == [404, 404, 429, 429]
        assert told[-1].headers["retry-after"] == "1"
        assert told[-1].json()["type"] == "urn:chronokg:problem:too-many"
        assert client.get("/healthz").status_code == 200


@given(st.lists(st.floats(0.0, 3.0), max_size=60), st.floats(0.5, 50.0))
def test_nobody_gets_more_than_the_rate_and_one_burst(pauses: list[float], rate: float) -> None:
    now = [0.0]
    limit = RateLimit(rate, lambda: now[0])
    admitted = 0
    for pause in pauses:
        now[0] += pause
        wait = limit.wait_of("one")
        admitted += wait == 0.0
        if wait:
            now[0] += wait + 1e-9
            assert limit.wait_of("one") == 0.0, "who waits as long as was said is let in"
            admitted += 1
    assert admitted <= max(1.0, rate * BURST_S) + now[0] * rate + 1e-6
    assert limit.wait_of("another") == 0.0


def test_callers_that_are_remembered_are_few() -> None:
    limit = RateLimit(1.0, lambda: 0.0)
    for number in range(MOST_CALLERS + 5):
        limit.wait_of(str(number))
    assert len(limit._buckets) == MOST_CALLERS


def test_keys_stay_out_of_a_backup() -> None:
    from flows.backups.plain_settings import fit_for_backups

    text = f'margin = "5/4"\n\n[serve_keys.one]\nkey = "{READ_KEY}"\n\n[trust]\ndaily = 0.5\n'
    plain, held = fit_for_backups(text)
    assert plain is not None
    assert (READ_KEY in plain, held) == (False, ["serve_keys"])
    assert "daily = 0.5" in plain
    assert KEYS


def test_agents_reach_their_server_with_a_key_where_there_are_keys(demo: Home, own: Home) -> None:
    hello = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    said = {"Accept": "application/json, text/event-stream"}
    with asking(demo) as client:
        listed = client.post("/mcp", json=hello, headers=said)
        assert "context" in {tool["name"] for tool in listed.json()["result"]["tools"]}, listed.text
    with asking(own) as client:
        assert client.post("/mcp", json=hello, headers=said).status_code == 401
        assert client.post("/mcp", json=hello, headers={**said, **READS}).status_code == 200
