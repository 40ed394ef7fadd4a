"""`ask --cypher`: a question in words becomes a query that is shown, guarded and run on a real graph."""

import json
from datetime import date
from pathlib import Path

import pytest

from flows.answers.cypher_answers import cypher_for, rows_for
from flows.home.homes import Home, open_home
from flows.jobs.observing import observe_file
from schema.dates import parse_day, parse_instant
from schema.errors import QueryRefused, WrongUse
from tests.conftest import ROOT
from tests.flows.commands.running import run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = open_home(tmp_path_factory.mktemp("cypher") / "home", graph="embedded")
    observe_file(made, ROOT / "examples" / "demo" / "curated.jsonl")
    return made


def test_the_rows_are_those_of_the_day(home: Home) -> None:
    now = rows_for(home, "What does flecainide prevent?")
    then = rows_for(home, "What does flecainide prevent?", parse_day("1985-01-01"))
    assert (now["rows"], [row["tail"] for row in then["rows"]]) == ([], ["MESH:D001145"])
    assert then["parameters"] == {"key": "MESH:D005424", "day": parse_day("1985-01-01")}
    assert "$day" in then["cypher"]
    assert then["choices"]["relation"]["prevent"] == max(then["choices"]["relation"].values())


def test_who_overturned_is_told_with_the_paper(home: Home) -> None:
    told = rows_for(home, "What overturned that flecainide prevents cardiac arrhythmias?")
    (row,) = told["rows"]
    assert (row["relation"], row["by"], row["because"]) == ("prevent", "cause", ["DEMO:cast-1989"])


@pytest.mark.parametrize(
    "question",
    ["What overturned flecainide?", "What changed about flecainide since 1980?", "Since when does flecainide prevent arrhythmias?"],
)
def test_nothing_is_told_of_later_days(question: str, home: Home) -> None:
    then, later = (rows_for(home, question, parse_day(day))["rows"] for day in ("1985-01-01", "1995-01-01"))
    assert max((day for row in then for day in row.values() if isinstance(day, date)), default=date.min) <= parse_day("1985-01-01")
    assert any(day == parse_day("1989-08-10") for row in later for day in row.values()), later


def test_what_cannot_be_asked_is_told(home: Home, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"names no entity that the graph knows.*zzyzx"):
        cypher_for(home, "Does zzyzx cure?")
    with pytest.raises(WrongUse, match="what is known now"):
        rows_for(home, "What does flecainide prevent?", known_at=parse_instant("2020-01-01"))
    with pytest.raises(QueryRefused, match="has no Cypher"):
        rows_for(open_home(home.path, graph="memory:", reads_only=True), "What does flecainide prevent?")


def test_the_command_shows_the_query_and_its_rows(home: Home) -> None:
    words = ("ask", "Which drugs cause cardiac arrhythmias?", "--cypher")
    shown = run(*words, home=home.path, graph="embedded")
    assert shown.returncode == 0, shown.stderr
    assert "MATCH (e:Entity {key: $key})<-[r:CAUSE]-(x:Chemical)" in shown.stdout or "<-[r:CAUSE]-(x:Entity)" in shown.stdout
    assert "// $key = MESH:D001145" in shown.stdout
    told = json.loads(run(*words, "--json", home=home.path, graph="embedded").stdout)
    assert {row["head"] for row in told["rows"]} == {"MESH:D005424", "MESH:D016700", "MESH:D006886"}
