"""Fetching over HTTP: bounded in attempts, waits, redirects, time and size; and no secret is told."""

import logging
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import md5
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest

from flows.fetching.http_client import FetchBounds, Pace, Web, shown_address
from schema.errors import SourceFailed, SourceUnavailable
from tests.flows.fetching.servers import Answer, LocalServer, serving

BOUNDS = FetchBounds(attempts=3, timeout=2.0, wait=0.01, longest_wait=2.0, largest=1_000, most_text=1_000)


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with serving(lambda asked: Answer(b"content")) as found:
        yield found


@pytest.fixture
def web() -> Iterator[Web]:
    found = Web(BOUNDS, secrets=("s3cret",))
    yield found
    found.close()


def asked(web: Web, url: str) -> bytes:
    return web.ask(url, lambda content: content)


def test_what_passes_is_tried_again_within_bounds(web: Web, server: LocalServer) -> None:
    server.first["/a"] += [Answer(status=500), Answer(reset=True)]
    assert asked(web, f"{server.url}/a") == b"content"
    server.first["/b"] += [Answer(status=502)] * 3
    with pytest.raises(SourceUnavailable, match="/b answered 502 Bad Gateway"):
        asked(web, f"{server.url}/b")
    assert len([each for each in server.asked if each.path == "/b"]) == 3


@pytest.mark.parametrize("as_date", [False, True])
def test_a_pause_that_the_server_asks_for_is_kept(web: Web, server: LocalServer, as_date: bool) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True) if as_date else "1"
    server.first["/a"].append(Answer(status=429, headers={"Retry-After": later}))
    begun = monotonic()
    assert asked(web, f"{server.url}/a") == b"content"
    assert monotonic() - begun >= 0.8


def test_a_pause_that_is_too_long_is_left_to_a_later_run(web: Web, server: LocalServer) -> None:
    server.first["/a"].append(Answer(status=503, headers={"Retry-After": "3600"}))
    with pytest.raises(SourceUnavailable, match="asks for 3600 s of pause"):
        asked(web, f"{server.url}/a")
    assert len(server.asked) == 1


def test_what_will_not_pass_is_said_at_once_without_the_secret(web: Web, server: LocalServer) -> None:
    server.first["/a"].append(Answer(b'{"error": "API key invalid", "api-key": "s3cret"}', 400, {"Content-Type": "application/json"}))
    with pytest.raises(SourceFailed, match="API key invalid") as failed:
        asked(web, f"{server.url}/a?key=hidden")
    assert "s3cret" not in str(failed.value)
    assert "hidden" not in str(failed.value)
    assert len(server.asked) == 1


def refuses(content: bytes) -> bytes:
    raise SourceUnavailable(f"it said {content[:60].decode()}")


def test_what_a_reader_says_of_an_answer_tells_no_secret_either(web: Web, server: LocalServer) -> None:
    server.respond = lambda asked: Answer(b'{"error": "limit for api_key s3cret exceeded"}')
    with pytest.raises(SourceUnavailable, match=r"limit for api_key \.\.\. exceeded"):
        web.ask(f"{server.url}/a", refuses)


@pytest.mark.parametrize("before", range(192, 200))
def test_a_secret_that_is_cut_in_two_is_no_less_one(web: Web, server: LocalServer, before: int) -> None:
    server.first["/a"].append(Answer(b"x" * before + b"s3cret", 400))
    server.respond = lambda asked: Answer(b"x" * (before - 140) + b"s3cret")
    with pytest.raises(SourceFailed, match="xxx") as failed:
        asked(web, f"{server.url}/a")
    assert "s3" not in str(failed.value)
    with pytest.raises(SourceUnavailable, match="xxx") as failed:
        web.ask(f"{server.url}/b", refuses)
    assert "s3" not in str(failed.value)


def test_what_a_server_says_when_it_refuses_is_read_in_part(web: Web, server: LocalServer) -> None:
    server.first["/long"].append(Answer(b"no\r\n", 400, {"Content-Length": "1000000000000"}, cut_at=2))
    with pytest.raises(SourceFailed, match=r"/long answered 400 Bad Request$"):
        asked(web, f"{server.url}/long")
    endless = b"".join(b"100\r\n" + b"no! " * 64 + b"\r\n" for _ in range(200))  # and no end of it
    server.first["/endless"].append(Answer(endless, 400, {"Transfer-Encoding": "chunked"}))
    begun = monotonic()
    with pytest.raises(SourceFailed, match="/endless answered 400 Bad Request: no! no!"):
        Web(replace(BOUNDS, most_text=100_000), secrets=()).ask(f"{server.url}/endless", lambda content: content)
    assert monotonic() - begun < BOUNDS.timeout


def test_a_form_is_posted_so_that_no_log_has_what_is_in_it(web: Web, server: LocalServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        web.ask(f"{server.url}/a", lambda content: content, form={"api_key": "s3cret"})
    assert server.asked[0].form == {"api_key": "s3cret"}
    assert "s3cret" not in caplog.text


def test_redirects_are_followed_a_few_times_and_never_to_what_is_less_safe(web: Web, server: LocalServer) -> None:
    server.first["/a"].append(Answer(status=302, headers={"Location": f"{server.url}/b"}))
    server.first["/b"].append(Answer(status=307, headers={"Location": "/c"}))
    assert asked(web, f"{server.url}/a") == b"content"
    server.respond = lambda asked: Answer(status=302, headers={"Location": "/loop"})
    with pytest.raises(SourceFailed, match="after 5 redirects"):
        asked(web, f"{server.url}/loop")
    server.respond = lambda asked: Answer(status=302, headers={"Location": "ftp://127.0.0.1/file"})
    with pytest.raises(SourceFailed):
        asked(web, f"{server.url}/elsewhere")


def test_a_file_is_fetched_whole_or_not_at_all(web: Web, server: LocalServer, tmp_path: Path) -> None:
    server.first["/f"].append(Answer(b"content", cut_at=3))
    assert web.download(f"{server.url}/f", tmp_path / "f") == md5(b"content").hexdigest()
    assert (tmp_path / "f").read_bytes() == b"content"
    server.first["/g"] += [Answer(b"content", cut_at=3)] * 3
    with pytest.raises(SourceUnavailable):
        web.download(f"{server.url}/g", tmp_path / "g")
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_packed_file_is_kept_as_it_lies_on_the_server(web: Web, server: LocalServer, tmp_path: Path) -> None:
    server.first["/f"].append(Answer(b"\x1f\x8bpacked", headers={"Content-Encoding": "gzip"}))
    web.download(f"{server.url}/f", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"\x1f\x8bpacked"


def test_more_than_the_largest_file_is_not_fetched(web: Web, server: LocalServer, tmp_path: Path) -> None:
    server.respond = lambda asked: Answer(bytes(2_000))
    with pytest.raises(SourceFailed, match="has 2000 bytes, and at most 1000 are fetched"):
        web.download(f"{server.url}/f", tmp_path / "f")
    server.respond = lambda asked: Answer(b"800\r\n" + bytes(2048) + b"\r\n0\r\n\r\n", headers={"Transfer-Encoding": "chunked"})
    with pytest.raises(SourceFailed):
        web.download(f"{server.url}/f", tmp_path / "f")


def test_bytes_that_trickle_are_given_up_in_time(tmp_path: Path) -> None:
    def trickle(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
            for _ in range(100):
                connection.sendall(b"x")
                sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=lambda: trickle(listening.accept()[0]), daemon=True).start()
        slow = Web(replace(BOUNDS, attempts=1, total=0.3))
        with pytest.raises(SourceUnavailable, match=r"took longer than 0\.3 s"):
            slow.download(f"http://127.0.0.1:{listening.getsockname()[1]}/f", tmp_path / "f")
        slow.close()


def test_a_server_that_is_not_there_is_unavailable(web: Web) -> None:
    with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1:9/x"):
        asked(web, "http://127.0.0.1:9/x")


def test_a_page_that_the_reader_refuses_for_now_is_asked_for_again(web: Web, server: LocalServer) -> None:
    def read(content: bytes) -> bytes:
        if content == b"<html>":
            raise SourceUnavailable("HTML")
        return content

    server.first["/a"].append(Answer(b"<html>"))
    assert web.ask(f"{server.url}/a", read) == b"content"


def test_requests_go_as_far_apart_as_a_service_wants() -> None:
    time, slept = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        time[0] += seconds

    pace = Pace(4, lambda: time[0], sleep)
    for _ in range(3):
        pace.wait()
    time[0] += 10
    pace.wait()
    assert slept == [0.25, 0.25]


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    assert shown_address("https://user:word@host:8443/path?api_key=1#x") == "https://host:8443/path"
    assert shown_address("https://user:word@host:abc/path") == "https://host:abc/path"
    assert shown_address("http://[bad/path#x") == "http://[bad/path"
