"""Facts of an entity in pages, ways between two, changes between days, cards: on the demo's curated data."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.answers.facts_asked import changes_between, entity_card, facts_about, paths_between
from flows.home.homes import Home, open_home
from flows.jobs.observing import observe_file
from pipeline.finding.found_entities import NotOneEntity
from pipeline.retrieving.fact_filter import EVERY_STATUS, FactFilter, filter_of
from schema.errors import WrongUse
from schema.fact import Status
from tests.conftest import ROOT

DEMO = ROOT / "examples" / "demo"
KEY = "MESH:D005424"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = open_home(tmp_path_factory.mktemp("asked") / "home", graph="memory:")
    for name in ("curated.jsonl", "curated_late.jsonl"):
        observe_file(made, DEMO / name)
    return made


def triples(told: dict[str, Any]) -> list[str]:
    return [f"{fact['head_name']} {fact['relation']} {fact['tail_name']}" for fact in told["facts"]]


def test_by_default_only_what_holds_is_told_with_citations(home: Home) -> None:
    told = facts_about(home, "flecainide")
    assert triples(told) == ["flecainide cause cardiac arrhythmias", "flecainide compare quinidine"]
    assert (told["entity"], told["type"], told["total"], told["next"]) == (KEY, "Chemical", 2, None)
    first = told["facts"][0]
    assert first["intervals"] == [{"from": "1989-08-10", "to": None, "belief": 0.9983, "support": 3}]
    assert {each["document"] for each in first["citations"]} == {"DEMO:cast-1989", "DEMO:cast-1991", "DEMO:flecainide-1984"}
    assert json.loads(json.dumps(told)) == told


def test_on_an_earlier_day_and_before_anything_was_known(home: Home) -> None:
    told = facts_about(home, KEY, as_of=date(1985, 1, 1))
    assert triples(told) == ["flecainide prevent cardiac arrhythmias", "flecainide compare quinidine"]
    everything = facts_about(home, KEY, as_of=date(1985, 1, 1), wanted=FactFilter(EVERY_STATUS))
    assert [fact["status"] for fact in everything["facts"]] == ["current", "current", "contested"]
    unknown = facts_about(home, KEY, known_at=datetime(2000, 1, 1, tzinfo=UTC))
    assert (unknown["facts"], unknown["total"]) == ([], 0)


def test_pages_have_every_fact_once_in_the_order_of_all(home: Home) -> None:
    wanted = FactFilter(EVERY_STATUS)
    whole = triples(facts_about(home, "COVID-19", wanted=wanted))
    pages, after = [], None
    while True:
        told = facts_about(home, "COVID-19", wanted=wanted, limit=2, after=after)
        pages += triples(told)
        assert told["total"] == len(whole)
        if (after := told["next"]) is None:
            break
    assert pages == whole
    assert len(whole) == 4


def test_what_is_no_cursor_and_no_limit_is_refused(home: Home) -> None:
    for after in ("?", "bm90aGluZw", "WzEsMl0"[:-1], facts_about(home, "rofecoxib", limit=1)["next"][:-3]):
        with pytest.raises(WrongUse, match="cursor"):
            facts_about(home, KEY, after=after)
    events = changes_between(home, date(1980, 1, 1), date(2030, 1, 1), limit=1)["next"]
    with pytest.raises(WrongUse, match="another question"):
        facts_about(home, KEY, after=events)
    with pytest.raises(WrongUse, match="limit is 0"):
        facts_about(home, KEY, limit=0)


def test_filters_by_type_belief_journal_and_publication_type(home: Home) -> None:
    about = "rofecoxib"
    assert triples(facts_about(home, about, wanted=FactFilter(types=frozenset({"Gene"})))) == ["rofecoxib inhibit PTGS2"]
    strong = facts_about(home, about, wanted=FactFilter(least_belief=0.85))
    assert strong["facts"]
    assert all(fact["belief"] >= 0.85 for fact in strong["facts"])
    told = facts_about(home, about, wanted=FactFilter(EVERY_STATUS, journals=frozenset({"lancet"})))
    assert told["facts"]
    for fact in told["facts"]:
        assert "Lancet" in {each["journal"] for each in fact["citations"] if each["polarity"] == "asserts"}
    assert facts_about(home, about, wanted=FactFilter(sources=frozenset({"nobody"})))["total"] == 0


def test_a_filter_of_words_says_what_there_is(home: Home) -> None:
    ontology = home.rules.ontology
    assert filter_of(ontology, statuses=["all"], relations=["Positive correlate"]) == FactFilter(
        EVERY_STATUS, frozenset({"positive_correlate"})
    )
    assert filter_of(ontology, statuses=["Superseded"]).statuses == {Status.SUPERSEDED}
    for wrong, said in (
        ({"statuses": ["gone"]}, "none of current"),
        ({"relations": ["heals"]}, "treat"),
        ({"types": ["Drug"]}, "Chemical"),
        ({"least_belief": 1.5}, "between 0 and 1"),
    ):
        with pytest.raises(WrongUse, match=said):
            filter_of(ontology, **wrong)
    with pytest.raises(WrongUse, match="heals"):
        facts_about(home, KEY, wanted=FactFilter(relations=frozenset({"heals"})))


def test_a_name_that_is_none_is_told_with_what_it_may_be(home: Home) -> None:
    for ask in (facts_about, entity_card):
        with pytest.raises(NotOneEntity, match="nothing is known of 'arrhythmias'; did you mean 'cardiac arrhythmias'"):
            ask(home, "arrhythmias")


def test_paths_are_told_with_their_facts_and_weights(home: Home) -> None:
    told = paths_between(home, "rofecoxib", "conjugated estrogens")
    assert told["complete"]
    assert told["searched"] >= 2
    best = told["paths"][0]
    assert [step["relation"] for step in best["steps"]] == ["cause", "cause"]
    assert best["weight"] == pytest.approx(best["steps"][0]["belief"] * best["steps"][1]["belief"], abs=1e-5)
    assert [path["weight"] for path in told["paths"]] == sorted((path["weight"] for path in told["paths"]), reverse=True)
    assert paths_between(home, "rofecoxib", "conjugated estrogens", as_of=date(2001, 1, 1))["paths"] == []
    assert paths_between(home, "rofecoxib", "rofecoxib")["paths"] == []


def test_a_path_goes_over_what_holds_unless_more_is_wanted(home: Home) -> None:
    overturned = paths_between(home, "flecainide", "encainide", wanted=FactFilter(frozenset({Status.SUPERSEDED})))
    (path,) = overturned["paths"]
    assert {step["status"] for step in path["steps"]} == {"superseded"}
    current = paths_between(home, "flecainide", "encainide")
    assert {step["status"] for path in current["paths"] for step in path["steps"]} == {"current"}


def test_changes_are_told_day_by_day_with_the_sentences_that_did_it(home: Home) -> None:
    told = changes_between(home, date(1989, 8, 10), date(1989, 8, 11), entity="flecainide")
    assert [(each["on"], each["what"], each["relation"]) for each in told["changes"]] == [
        ("1989-08-10", "closed", "prevent"),
        ("1989-08-10", "opened", "cause"),
    ]
    closed = told["changes"][0]
    assert closed["because"] == ["DEMO:cast-1989"]
    assert closed["by"] == [KEY, "cause", "MESH:D001145"]
    assert closed["status"] == "superseded"
    assert "cause what they were meant to prevent" in closed["quotes"][0]["quote"]
    assert changes_between(home, date(1989, 8, 11), date(1989, 8, 12), entity="flecainide")["changes"] == []


def test_changes_of_all_entities_in_pages_are_those_at_once(home: Home) -> None:
    since, until = date(2000, 1, 1), date(2006, 1, 1)
    whole = changes_between(home, since, until, limit=1000)
    assert whole["next"] is None
    assert whole["total"] == len(whole["changes"]) > 20
    assert all(since.isoformat() <= each["on"] < until.isoformat() for each in whole["changes"])
    pages, after = [], None
    while after is not None or not pages:
        told = changes_between(home, since, until, limit=7, after=after)
        pages += told["changes"]
        after = told["next"]
        if after is None:
            break
    assert pages == whole["changes"]
    with pytest.raises(WrongUse, match="cannot begin"):
        changes_between(home, until, since)


def test_a_card_counts_the_facts_of_an_entity(home: Home) -> None:
    told = entity_card(home, "flecainide")
    assert told == {
        "key": KEY,
        "name": "flecainide",
        "type": "Chemical",
        "aliases": [],
        "facts": {"current": 2, "superseded": 1, "contested": 0, "withdrawn": 0},
        "first_seen": "1981-08-27",
        "last_seen": "1991-03-21",
    }
    assert entity_card(home, KEY, as_of=date(1980, 1, 1))["facts"] == dict.fromkeys(map(str, Status), 0)


def test_the_one_who_holds_an_office_depends_on_who_held_it_before(tmp_path: Path) -> None:
    """An entity's question may be about others, too: an office has one holder at a time."""
    lines = [
        {"document": f"W:{n}", "published": f"200{n}", "source": "news", "head": {"key": "R:1", "type": "Role", "name": "chief"},
         "relation": "held_by", "tail": {"key": f"P:{n}", "type": "Person", "name": f"person {n}"}, "confidence": 0.9,
         "stated": [f"200{n}-01-01", None], "quote": "x"}
        for n in (1, 9)
    ]  # fmt: skip
    file = tmp_path / "said.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    home = open_home(tmp_path / "home", graph="memory:", ontology="general")
    observe_file(home, file)
    former = facts_about(home, "person 1", wanted=FactFilter(EVERY_STATUS))["facts"]
    assert [(fact["status"], fact["intervals"][0]["to"]) for fact in former] == [("superseded", "2009-01-01")]
    assert facts_about(home, "person 1")["facts"] == []
    assert triples(facts_about(home, "person 9")) == ["chief held_by person 9"]
