"""What is sent is recorded once by what it says, answered at once, and reconciles; the graph follows."""

import json
from pathlib import Path
from time import monotonic, sleep

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from flows.engine.graph_follower import GraphFollower
from flows.home.homes import Home, open_home
from flows.jobs.observing import observe_file
from pipeline.updating.graph_state import Condition
from schema.observation import Observation
from tests.conftest import examples
from tests.flows.api.conftest import KEYS, WRITES, asking
from tests.flows.commands.running import line, write_lines

LINES = [line("PMID:1", "2001", confidence=0.9), line("PMID:2", "2003"), line("PMID:3", "2010", relation="cause", confidence=0.9)]
NDJSON = {"Content-Type": "application/x-ndjson"}
FACT = {"head": "MESH:C1", "relation": "treat", "tail": "MESH:D1"}


def test_observations_are_recorded_once_and_answered_at_once(writer: TestClient, own: Home) -> None:
    first = writer.post("/observations", json={"observations": LINES}).json()
    assert (first["recorded"], first["counts"]["line"]["committed"], first["set_aside"]) == (True, 3, [])
    assert first["believed"]["claims"] is not None
    told = writer.get("/facts", params=FACT)
    assert (told.json()["fact"]["support"], told.headers["etag"].startswith(f'W/"{first["log_version"]}-')) == (2, True)
    again = writer.post("/observations", json={"observations": LINES}).json()
    assert (again["recorded"], again["batches"]) == (False, first["batches"])
    assert again["counts"]["line"] == {"submitted": 3, "committed": 0, "skipped": {"recorded before": 3}, "set_aside": {}}
    reordered = [dict(reversed(each.items())) for each in LINES]
    assert writer.post("/observations", json={"observations": reordered}).json()["batches"] == first["batches"]
    assert len(own.log.batches()) == 1


def test_lines_are_taken_as_they_are_and_wrong_ones_set_aside(writer: TestClient) -> None:
    wrong = [{**LINES[0], "relation": "no such relation"}, {"document": "PMID:9"}]
    body = "\n".join(map(json.dumps, [*LINES, *wrong])) + "\nno json\n"
    told = writer.post("/observations", content=body, headers=NDJSON).json()
    assert told["counts"]["line"]["submitted"] == 6
    assert told["counts"]["line"]["committed"] == 3
    assert {each["at"] for each in told["set_aside"]} == {"line 4", "line 5", "line 6"}
    assert all(each["error"] and each["reason"] for each in told["set_aside"])


def test_both_forms_say_what_the_command_line_would(tmp_path: Path, own: Home, writer: TestClient) -> None:
    observe_file(own, write_lines(tmp_path / "lines.jsonl", LINES))
    told = writer.post("/observations", content="\n".join(map(json.dumps, LINES)), headers=NDJSON).json()
    assert (told["recorded"], told["counts"]["line"]["skipped"]) == (False, {"recorded before": 3})
    assert writer.post("/observations", json={"observations": LINES}).json()["recorded"] is False


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"no json", "application/json", 400), (b"[]", "application/json", 422), (b"{}", "application/json", 422),
        (b"\xff\xfe", "application/json", 400), (b"[" * 100_000, "application/json", 400),
        (b'{"observations": [{"document": 1}]}', "application/json", 422), (b"id,date", "text/csv", 415),
        (b"\x1f\x8b\x08rest", "application/x-ndjson", 400), (b"", "application/x-ndjson", 400),
    ],
)  # fmt: skip
def test_a_body_of_another_shape_is_refused_as_a_whole(writer: TestClient, own: Home, body: bytes, kind: str, status: int) -> None:
    told = writer.post("/observations", content=body, headers={"Content-Type": kind})
    assert (told.status_code, told.headers["content-type"]) == (status, "application/problem+json")
    assert own.log.batches() == []


def test_a_retraction_is_recorded_once_and_what_it_closed_reopens(writer: TestClient) -> None:
    writer.post("/observations", json={"observations": [*LINES, line("PMID:4", "2011", relation="prevent", confidence=0.9)]})
    told = writer.post("/retractions", json={"document": "2", "on": "2012-05"}).json()
    assert (told["document"], told["recorded"]) == ("PMID:2", True)
    assert writer.get("/facts", params=FACT).json()["fact"]["support"] == 1
    assert writer.post("/retractions", json={"document": "PMID:2", "on": "2012-05"}).json()["recorded"] is False
    unseen = writer.post("/retractions", json={"document": "PMID:77", "on": "2012"})
    assert (unseen.status_code, unseen.json()["type"]) == (409, "urn:chronokg:problem:contradiction")
    assert writer.post("/retractions", json={"document": "PMID:77", "on": "2012", "anyway": True}).json()["recorded"] is True


@given(parts=st.lists(st.lists(st.sampled_from(range(3)), min_size=1), min_size=1, max_size=4))
@settings(max_examples=examples(20), deadline=None)
def test_sending_again_and_in_any_parts_says_the_same(tmp_path_factory: pytest.TempPathFactory, parts: list[list[int]]) -> None:
    home = open_home(tmp_path_factory.mktemp("parts") / "home", graph="memory:", serve_keys=KEYS, serve_rate=0)
    sent = {number for part in parts for number in part}
    with asking(home, writes=True) as client:
        for part in [*parts, *parts]:
            body = {"observations": [LINES[number] for number in part]}
            told = client.post("/observations", json=body, headers=WRITES).json()["counts"]["line"]
            assert told["submitted"] == told["committed"] + sum(told["skipped"].values()) + sum(told["set_aside"].values())
        support = client.get("/facts", params=FACT, headers=WRITES).json()
    assert len(list(home.log.records(Observation))) == len(sent)
    assert (support["fact"] or {"support": 0})["support"] == len(sent - {2})


@pytest.mark.nightly
def test_the_graph_follows_behind(tmp_path: Path) -> None:
    from flows.home.graph_to_read import graph_to_read

    home = open_home(tmp_path / "home", graph="embedded", serve_keys=KEYS)
    with asking(home, writes=True) as client:
        for each in LINES:
            assert client.post("/observations", json={"observations": [each]}, headers=WRITES).status_code == 200
    with graph_to_read(home) as graph:  # a server that ends brings along what is left
        assert graph.state.condition is Condition.CURRENT


def test_a_graph_that_another_holds_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from schema.errors import StoreBusy

    home, tried = open_home(tmp_path / "home", graph="embedded"), []

    def busy_at_first(_home: Home) -> None:
        tried.append(monotonic())
        if len(tried) < 3:
            raise StoreBusy("held")

    monkeypatch.setattr(Home, "bring_graph_along", busy_at_first)
    follower = GraphFollower(home, settle_s=0.0, again_s=0.01)
    follower.wake()
    end = monotonic() + 10
    while len(tried) < 3 and monotonic() < end:
        sleep(0.01)
    follower.close()
    assert len(tried) in (3, 4)
