"""Rulings as a user makes them: by a model, by hand, taken back, and when the model is down."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from agents.serving.protocols import Dialect
from flows.answers.answers_from_log import export_lines
from flows.home.homes import Home, open_home
from flows.jobs.adjudication_runs import Adjudication, run_adjudication
from flows.jobs.keeping import status_of
from flows.jobs.observing import observe_file
from flows.jobs.replaying import replay_all
from flows.people.rulings_on_conflicts import record_ruling, rulings_of, withdraw
from pipeline.conflicts.rulings import told
from pipeline.intake.set_aside_list import open_set_aside
from schema.errors import WrongUse
from schema.records import Ruling, Tally
from tests.agents.fakes import FakeServer
from tests.flows.commands.running import chronokg, counts, line, run, write_lines

TREATS, CAUSES = line("PMID:1", "2001"), line("PMID:2", "2010", "cause", 0.7)
ENDS, RELATIONS = ("a drug", "an illness"), ("treat", "cause")
NEWER = {"verdict": "newer", "reason": "a larger trial"}


def script(folder: Path, *answers: Mapping[str, Any], ends: tuple[str, str] = ("MESH:C1", "MESH:D1")) -> str:
    conflict = {"conflict": [ends[0], "cause", "treat", ends[1]]}
    return f"scripted:{write_lines(folder / 'answers.jsonl', [{**conflict, **answer} for answer in answers])}"


def home(folder: Path, model: str = "scripted:nowhere") -> Home:
    return open_home(folder / "home", {"graph": "memory:", "model": model})


def observed(folder: Path, *lines: Mapping[str, Any], model: str = "scripted:nowhere") -> Home:
    opened = home(folder, model)
    observe_file(opened, write_lines(folder / "lines.jsonl", lines or (TREATS, CAUSES)))
    return opened


def asked(folder: Path, *answers: Mapping[str, Any], again: bool = False) -> Adjudication:
    return run_adjudication(home(folder, script(folder, *answers)), again=again)


def statuses(opened: Home) -> dict[str, str]:
    facts = (json.loads(text) for text in export_lines(opened))
    return {fact["relation"]: fact["status"] for fact in facts if fact["kind"] == "fact"}


def rulings(opened: Home) -> list[tuple[str, str]]:
    return [(each["verdict"], each["effect"]) for each in rulings_of(opened)]


def kept(opened: Home) -> list[Mapping[str, Any]]:
    return [told(aside) for aside in open_set_aside(opened.log)]


def test_a_model_rules_and_the_graph_follows_with_the_reason_in_the_log(tmp_path: Path) -> None:
    before = list(export_lines(observed(tmp_path)))
    ruled = asked(tmp_path, NEWER)
    assert ruled.tally == Tally("conflict", 1)
    assert [(r["verdict"], r["reason"], r["names"]) for r in ruled.rulings] == [("newer", "a larger trial", list(ENDS))]
    assert statuses(home(tmp_path)) == {"treat": "superseded", "cause": "current"}
    (record,) = (r.record for r in home(tmp_path).log.records(Ruling))
    assert (record.verdict, record.by_model, record.reason) == ("newer", True, "a larger trial")
    assert list(export_lines(home(tmp_path))) != before


def test_a_model_is_asked_once_until_new_evidence_comes_in_or_it_is_asked_again(tmp_path: Path) -> None:
    observed(tmp_path)
    asked(tmp_path, NEWER)
    assert asked(tmp_path, {"verdict": "both", "reason": "never asked"}).tally == Tally("conflict", 0, {"ruled on before": 1})
    observe_file(home(tmp_path), write_lines(tmp_path / "more.jsonl", [line("PMID:3", "2012")]))
    assert asked(tmp_path, {"verdict": "both", "reason": "other patients"}).tally == Tally("conflict", 1)
    assert asked(tmp_path, {"verdict": "older", "reason": "on reflection"}, again=True).tally == Tally("conflict", 1)
    assert rulings(home(tmp_path)) == [("newer", "overruled"), ("both", "overruled"), ("older", "applies")]


def test_a_person_overrules_the_model_for_good_and_it_is_not_asked_any_more(tmp_path: Path) -> None:
    observed(tmp_path)
    asked(tmp_path, NEWER)
    told = record_ruling(home(tmp_path), ENDS, RELATIONS, "older", by="Ines Holm", reason="the trial was small")
    assert "older, says Ines Holm; before, it was newer" in told["text"]
    assert statuses(home(tmp_path)) == {"treat": "current", "cause": "contested"}
    observe_file(home(tmp_path), write_lines(tmp_path / "more.jsonl", [line("PMID:3", "2012", "cause")]))
    assert asked(tmp_path, NEWER, again=True).tally == Tally("conflict", 0, {"decided by a person": 1})
    assert statuses(home(tmp_path)) == {"treat": "current", "cause": "contested"}


def test_saying_the_same_twice_records_it_once(tmp_path: Path) -> None:
    observed(tmp_path)
    first, second = (record_ruling(home(tmp_path), ENDS, RELATIONS, "both", by="person", reason="doses differ") for _ in range(2))
    assert (first["recorded"], second["recorded"]) == (True, False)
    assert second["text"].endswith("as was recorded before")
    assert first["id"] == second["id"]


def test_withdrawing_returns_to_the_state_before_and_the_past_still_shows_the_ruling(tmp_path: Path) -> None:
    untouched = list(export_lines(observed(tmp_path)))
    asked(tmp_path, NEWER)
    by_model = list(export_lines(home(tmp_path)))
    record_ruling(home(tmp_path), ENDS, RELATIONS, "older", by="person", reason="hasty")
    moment = rulings_of(home(tmp_path))[-1]["at"]
    by_person = list(export_lines(home(tmp_path)))

    told = withdraw(home(tmp_path), ENDS, RELATIONS, by="person", reason="it was wrong")
    assert "older, by person, is withdrawn; now it is newer" in told["text"]
    assert list(export_lines(home(tmp_path))) == by_model
    assert "now no ruling stands" in withdraw(home(tmp_path), ENDS, RELATIONS, by="person")["text"]
    assert list(export_lines(home(tmp_path))) == untouched
    assert list(export_lines(home(tmp_path), known_at=moment)) == by_person
    assert rulings(home(tmp_path)) == [("newer", "withdrawn"), ("older", "withdrawn")]
    assert [each["effect"] for each in rulings_of(home(tmp_path), moment)] == ["overruled", "applies"]


def test_a_ruling_can_be_taken_back_by_its_id_and_only_once(tmp_path: Path) -> None:
    observed(tmp_path)
    asked(tmp_path, NEWER)
    record_ruling(home(tmp_path), ENDS, RELATIONS, "older", by="person", reason="hasty")
    model = rulings_of(home(tmp_path))[0]["id"]
    withdraw(home(tmp_path), ENDS, RELATIONS, by="person", which=model[:8])
    assert rulings(home(tmp_path)) == [("newer", "withdrawn"), ("older", "applies")]
    with pytest.raises(WrongUse, match=f"0 rulings that are not withdrawn have an id that begins with '{model[:8]}'"):
        withdraw(home(tmp_path), ENDS, RELATIONS, by="person", which=model[:8])


def test_a_ruling_may_come_before_the_evidence(tmp_path: Path) -> None:
    observed(tmp_path, TREATS)
    assert (
        "no such conflict is in the graph yet"
        in record_ruling(home(tmp_path), ENDS, RELATIONS, "newer", by="person", reason="known")["text"]
    )
    observe_file(home(tmp_path), write_lines(tmp_path / "more.jsonl", [CAUSES]))
    assert statuses(home(tmp_path)) == {"treat": "superseded", "cause": "current"}


@pytest.mark.parametrize(
    ("ends", "relations", "verdict", "reason", "wrong"),
    [
        (ENDS, ("treat", "cures"), "both", "x", "'cures' is not one of the ontology biomedical"),
        (ENDS, ("treat", "prevent"), "both", "x", "declares them compatible"),
        (ENDS, ("cause", "prevent"), "both", "x", 'only the policy "adjudicated"'),
        (ENDS, ("treat", "treat"), "both", "x", "two relations between two things"),
        (("a drug", "MESH:C1"), RELATIONS, "both", "x", "two relations between two things"),
        (("a drug", "an ilness"), RELATIONS, "both", "x", "did you mean 'an illness'"),
        (ENDS, RELATIONS, "neither", "x", "'neither': there are both, newer, older"),
        (ENDS, RELATIONS, "both", " ", "--reason cannot be empty"),
    ],
)
def test_a_ruling_that_could_not_be_meant_is_refused_and_nothing_is_recorded(
    tmp_path: Path, ends: tuple[str, str], relations: tuple[str, str], verdict: str, reason: str, wrong: str
) -> None:
    observed(tmp_path)
    with pytest.raises(WrongUse, match=wrong):
        record_ruling(home(tmp_path), ends, relations, verdict, by="person", reason=reason)
    assert rulings(home(tmp_path)) == []


def test_when_the_model_is_down_both_hold_and_replay_rules_later(tmp_path: Path) -> None:
    observed(tmp_path)
    with FakeServer(Dialect.VLLM) as server:
        url = server.url
    away = run_adjudication(home(tmp_path, url))
    assert away.tally == Tally("conflict", 0, {}, {"ModelUnavailable": 1})
    assert statuses(home(tmp_path)) == {"treat": "current", "cause": "current"}
    assert run_adjudication(home(tmp_path, url)).tally.set_aside == {"ModelUnavailable": 1}
    assert len(open_set_aside(home(tmp_path).log)) == 1

    opened = home(tmp_path, script(tmp_path, NEWER))
    assert replay_all(opened, dates=None, published=None, model_given=True) == [Tally("conflict", 1)]
    assert statuses(home(tmp_path)) == {"treat": "superseded", "cause": "current"}
    assert open_set_aside(home(tmp_path).log) == []
    assert replay_all(opened, dates=None, published=None, model_given=True) == []


def test_replay_asks_the_model_that_was_asked_first(tmp_path: Path) -> None:
    observed(tmp_path)
    model = script(tmp_path, {"fail": "unavailable"})
    run_adjudication(home(tmp_path, model))
    script(tmp_path, NEWER)
    assert replay_all(home(tmp_path), dates=None, published=None, model_given=False) == [Tally("conflict", 1)]


def test_a_reply_of_no_use_is_kept_and_failing_again_is_one_thing_set_aside(tmp_path: Path) -> None:
    observed(tmp_path)
    reply = "Both can be true: it depends on the patient."
    assert asked(tmp_path, {"reply": reply}).tally.set_aside == {"ModelFailed": 1}
    asked(tmp_path, {"reply": "Who knows."})
    assert [aside["reply"] for aside in kept(home(tmp_path))] == [reply]
    asked(tmp_path, NEWER)
    assert kept(home(tmp_path)) == []


def test_failing_after_a_ruling_is_set_aside_anew(tmp_path: Path) -> None:
    observed(tmp_path)
    asked(tmp_path, {"fail": "unavailable"})
    asked(tmp_path, NEWER)
    asked(tmp_path, {"fail": "unavailable"}, again=True)
    assert len(open_set_aside(home(tmp_path).log)) == 1
    assert rulings(home(tmp_path)) == [("newer", "applies")]


def test_what_is_set_aside_is_settled_when_a_person_rules_or_the_conflict_is_gone(tmp_path: Path) -> None:
    other = {"key": "MESH:D2", "type": "Disease", "name": "another illness"}
    observed(tmp_path, TREATS, CAUSES, line("PMID:3", "2001", tail=other), line("PMID:4", "2002", "cause", tail=other))
    silent = script(tmp_path)
    assert run_adjudication(home(tmp_path, silent)).tally.set_aside == {"ModelFailed": 2}
    record_ruling(home(tmp_path), ENDS, RELATIONS, "both", by="person", reason="doses differ")
    assert [aside["ends"] for aside in kept(home(tmp_path))] == [["MESH:C1", "MESH:D2"]]
    chronokg("retract", "PMID:4", "--on", "2012-01-01", home=tmp_path / "home")
    settled = replay_all(home(tmp_path), dates=None, published=None, model_given=False)
    assert settled == [Tally("conflict", 0, {"no ruling is needed any more": 1})]
    assert kept(home(tmp_path)) == []


def test_a_limit_asks_about_those_with_most_at_stake(tmp_path: Path) -> None:
    other = {"key": "MESH:D2", "type": "Disease", "name": "another illness"}
    observed(tmp_path, TREATS, CAUSES, line("PMID:3", "2001", tail=other), line("PMID:4", "2002", "cause", 0.95, tail=other))
    opened = home(tmp_path, script(tmp_path, NEWER, ends=("MESH:C1", "MESH:D2")))
    assert run_adjudication(opened, limit=1).tally == Tally("conflict", 1, {"beyond --limit": 1})


def test_counts_reconcile_whatever_became_of_conflicts(tmp_path: Path) -> None:
    opened = observed(tmp_path)
    asked(tmp_path, {"fail": "failed"})
    asked(tmp_path, NEWER)
    told = status_of(opened)["counts"]["conflict"]
    assert told == {"submitted": 2, "committed": 1, "skipped": {}, "set_aside": {"ModelFailed": 1}}


def test_under_adjudicated_the_model_decides_what_the_ontology_opposes(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "chronokg.toml").write_text('policy = "adjudicated"\n', encoding="utf-8")
    observed(tmp_path, line("PMID:1", "2001", "prevent"), line("PMID:2", "2010", "cause", 0.95))
    assert statuses(home(tmp_path))["prevent"] == "superseded"
    answer = {"conflict": ["MESH:C1", "prevent", "cause", "MESH:D1"], "verdict": "both", "reason": "doses differ"}
    run_adjudication(home(tmp_path, f"scripted:{write_lines(tmp_path / 'answers.jsonl', [answer])}"))
    assert statuses(home(tmp_path)) == {"prevent": "current", "cause": "current"}


def commanded(*words: str) -> Iterable[str]:
    return (*words[:1], "a drug", "treat", "cause", "an illness", *words[1:])


def test_the_commands_work_together_as_a_user_types_them(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    observed(tmp_path)
    model = script(tmp_path, NEWER)
    shown = chronokg("adjudicate", "--model", model, home=folder)
    assert "a larger trial" in shown
    assert "conflicts: 1 submitted = 1 committed" in shown
    assert counts(chronokg("adjudicate", "--model", model, "--json", home=folder), "conflict")["skipped"] == {"ruled on before": 1}
    chronokg(*commanded("rule", "both", "--reason", "doses differ", "--by", "Ines Holm"), home=folder)
    listed = chronokg("rulings", home=folder)
    assert all(word in listed for word in ("overruled", "applies", "Ines Holm", "doses differ", "scripted:answers@"))
    told = json.loads(chronokg(*commanded("withdraw-ruling", "--json"), home=folder))
    assert (told["withdrawn"]["verdict"], told["stands"]["verdict"]) == ("both", "newer")
    assert len(json.loads(chronokg("rulings", "--json", home=folder))["rulings"]) == 2
    refused = run(*commanded("rule", "maybe", "--reason", "x"), home=folder)
    assert (refused.returncode, "there are both, newer, older" in refused.stderr) == (2, True)


def test_names_and_reasons_with_brackets_are_shown_as_they_are(tmp_path: Path) -> None:
    tritium = {"key": "MESH:C1", "type": "Chemical", "name": "[3H]drug"}
    observed(tmp_path, line("PMID:1", "2001", head=tritium), line("PMID:2", "2010", "cause", head=tritium))
    answer = {"verdict": "both", "reason": "see [/table] 2 :fire:"}
    shown = chronokg("adjudicate", "--model", script(tmp_path, answer), home=tmp_path / "home")
    assert "[3H]drug and an illness" in shown
    assert "see [/table] 2 :fire:" in shown


def test_a_conflict_set_aside_ends_the_command_with_1(tmp_path: Path) -> None:
    observed(tmp_path)
    chronokg("adjudicate", "--model", script(tmp_path, {"fail": "unavailable"}), home=tmp_path / "home", expect=1)
