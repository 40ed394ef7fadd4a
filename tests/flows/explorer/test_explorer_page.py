"""The explorer's page and answers without a browser: nothing from elsewhere, data that stays data, bounded, the same every time."""

import json
import re
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flows.answers.answers_from_log import timeline_of
from flows.answers.courses_from_log import course_told, courses_about
from flows.api.app import make_app
from flows.explorer.explorer_file import snapshots_of, write_explorer
from flows.explorer.explorer_page import explorer_page, script
from flows.home.homes import Home
from schema.errors import WrongUse
from schema.fact import Status
from tests.flows.commands.running import chronokg, line, write_lines
from tests.pipeline.reporting.told import EVIL

HCQ = "MESH:D006886"


def given_in(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="given">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_the_page_fetches_nothing_and_its_policy_knows_its_script_and_style() -> None:
    page = explorer_page({"paths": {"search": "/entities"}})
    assert not re.findall(r"\b(?:src|srcset|action)=|@import|url\(", page)
    assert [each for each in re.findall(r"https?://[\w./-]+", page) if each != "http://www.w3.org/2000/svg"] == []
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert len(page.encode()) < 100_000


def test_what_looks_like_a_place_of_the_template_inside_data_is_none() -> None:
    page = explorer_page({"file": {"names": ["{{ script }}", EVIL]}})
    assert given_in(page) == {"file": {"names": ["{{ script }}", EVIL]}}
    assert page.count("</script") == 2
    assert "connect-src 'none'" in page


def test_modules_of_the_page_name_each_other_and_never_take_text_for_markup() -> None:
    modules = {each.name: each.read_text(encoding="utf-8") for each in files("flows.explorer").joinpath("page").iterdir()}
    for name, text in modules.items():
        for words, of in re.findall(r'^import \{ ([\w, ]+) \} from "\./(\w+\.js)";$', text, re.MULTILINE):
            missing = [
                each
                for each in words.split(", ")
                if not re.search(rf"^export (?:async )?(?:function|class|const) {each}\b", modules[of], re.M)
            ]
            assert (name, missing) == (name, [])
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text)
    assert not re.search(r"^(?:import|export) ", script(), re.MULTILINE)


def test_facts_come_with_their_courses_and_places(home: Home) -> None:
    told = courses_about(home, ["hydroxychloroquine"])
    assert told["counts"] == {
        "status": {"current": 2, "superseded": 2, "withdrawn": 1},
        "relation": {"cause": 2, "cotreat": 1, "prevent": 1, "treat": 1},
    }
    assert {fact["steps"][-1][3] for fact in told["facts"]} == {"current", "superseded", "withdrawn"}
    assert all(0 <= node["x"] <= told["width"] and 0 <= node["y"] <= told["height"] for node in told["nodes"])
    assert len(told["moments"]) == 2


def test_what_is_told_of_an_entity_agrees_with_its_timeline(home: Home) -> None:
    for day in (None, date(1985, 1, 1), date(2005, 6, 1), date(2020, 8, 1)):
        for name in ("gefitinib", "rosiglitazone", "flecainide"):
            told = {(f["head"], f["relation"], f["tail"]): f for f in courses_about(home, [name], as_of=day)["facts"]}
            wanted = {(f["head"], f["relation"], f["tail"]): f for f in timeline_of(home, name, day)["facts"]}
            assert {key: {name: fact[name] for name in wanted[key]} for key, fact in told.items()} == wanted


def test_of_many_facts_those_are_told_that_stand_best_on_the_day(home: Home) -> None:
    early = courses_about(home, ["flecainide"], chosen_on=date(1985, 1, 1), limit=1)
    assert [(fact["relation"], fact["status"]) for fact in early["facts"]] == [("prevent", "superseded")]  # it held then, and fell later
    assert early["left_out"] == 2
    fallen = courses_about(home, ["flecainide"], statuses=[Status.SUPERSEDED])
    assert [fact["relation"] for fact in fallen["facts"]] == ["prevent"]
    assert [fact["relation"] for fact in courses_about(home, ["flecainide"], relations={"compare"})["facts"]] == ["compare"]


def test_one_fact_is_told_with_the_sentences_that_overturned_it(home: Home) -> None:
    told = course_told(home, "flecainide", "prevent", "cardiac arrhythmias")
    assert told["changes"][-1]["because"][0]["quote"].startswith("More patients died of arrhythmia")
    assert [rival["relation"] for rival in told["rivals"]] == ["cause"]
    assert course_told(home, "flecainide", "treat", "cardiac arrhythmias")["fact"] is None
    with pytest.raises(WrongUse, match="nothing is known"):
        course_told(home, "flecainide", "treat", "no such illness")


def test_a_server_answers_the_page_and_who_has_no_key_gets_the_page_only(home: Home) -> None:
    with TestClient(make_app(home), base_url="http://127.0.0.1", client=("127.0.0.1", 5)) as client:
        page = client.get("/explorer")
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert given_in(page.text) == {"paths": {"search": "/entities", "about": "/explorer/about", "fact": "/explorer/fact"}}
        about = client.get(
            "/explorer/about", params={"entity": ["flecainide", "encainide"], "chosen_on": "1985-01-01", "status": "current"}
        )
        assert [each["name"] for each in about.json()["entities"]] == ["flecainide", "encainide"]
        for wrong in ({}, {"entity": "x", "limit": 10_000}, {"entity": "flecainide", "known_at": "soon"}, {"entity": ["a"] * 9}):
            assert client.get("/explorer/about", params=wrong).status_code == 422
        assert client.get("/explorer/about", params={"entity": "no-such-drug"}).status_code == 404
        assert "/explorer/about" not in client.get("/openapi.json").json()["paths"]
    with TestClient(make_app(home), base_url="http://127.0.0.1", client=("192.0.2.1", 5)) as elsewhere:
        assert elsewhere.get("/explorer").status_code == 200
        assert elsewhere.get("/explorer/about", params={"entity": "flecainide"}).status_code in {401, 403}


def test_a_file_has_what_was_known_at_each_moment_each_thing_once(home: Home, tmp_path: Path) -> None:
    file = snapshots_of(home, ["hydroxychloroquine"])
    before, now = file["states"]
    assert before["known_at"] is not None
    assert now["known_at"] is None
    known = [{file["facts"][number]["tail"]: file["facts"][number]["status"] for number in state["facts"]} for state in (before, now)]
    assert [each["MESH:D001145"] for each in known] == ["current", "withdrawn"]
    assert len(file["facts"]) < len(before["facts"]) + len(now["facts"])
    one, two = (write_explorer(home, ["hydroxychloroquine"], tmp_path / name).read_bytes() for name in ("one.html", "two.html"))
    assert one == two
    assert len(one) < 500_000


def test_a_file_leaves_out_what_is_later_than_asked_for(home: Home, tmp_path: Path) -> None:
    to = tmp_path / "early.html"
    chronokg("report", "flecainide", "--as-of", "1985-01-01", "--to", to, home=home.path)
    early = to.read_text(encoding="utf-8")
    assert "DEMO:flecainide-1981" in early
    assert "DEMO:cast-1989" not in early
    chronokg("report", "flecainide", "--known-at", "2001-01-01", "--to", to, home=home.path)
    assert given_in(to.read_text(encoding="utf-8"))["file"]["facts"] == []  # nothing had been recorded


def test_hostile_texts_stay_inside_the_data(tmp_path: Path) -> None:
    lines = [{**line("PMID:1", "2001-03-01", quote=f"\u202e{EVIL}\x1b[2J"), "journal": EVIL}]
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", lines), home=tmp_path / "home")
    chronokg("report", "a drug", "--to", tmp_path / "evil.html", home=tmp_path / "home")
    page = (tmp_path / "evil.html").read_text(encoding="utf-8")
    assert page.count("</script") == 2
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert EVIL in json.dumps(given_in(page))
