"""Commands that need no model: observe, export, why, timeline, ask, retract, delete, restore, status."""

import json
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, counts, line, run, write_lines

FIRST = [line("PMID:1", "2001", "prevent"), line("PMID:2", "2004", "prevent", 0.7), line("PMID:3", "2010", "cause", 0.9)]


def test_help_loads_nothing_heavy() -> None:
    heavy = "('polars', 'prefect', 'neo4j', 'deltalake', 'pydantic', 'networkx')"
    code = f"import sys, flows.commands.chronokg; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_files_and_lines_gives_the_same_export(seed: int, tmp_path: Path) -> None:
    one = write_lines(tmp_path / "one.jsonl", FIRST)
    chronokg("observe", one, home=tmp_path / "a")
    shuffled = random.Random(seed).sample(FIRST, len(FIRST))
    for number, each in enumerate(shuffled):
        chronokg("observe", write_lines(tmp_path / f"{number}.jsonl", [each]), home=tmp_path / "b")
    assert chronokg("export", home=tmp_path / "a") == chronokg("export", home=tmp_path / "b")


def test_observing_a_file_twice_finds_everything_done(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "lines.jsonl", FIRST)
    chronokg("observe", file, home=tmp_path / "home")
    before = chronokg("export", home=tmp_path / "home")
    again = counts(chronokg("observe", file, "--json", home=tmp_path / "home"), "line")
    assert again == {"submitted": 3, "committed": 0, "skipped": {"recorded before": 3}, "set_aside": {}}
    assert chronokg("export", home=tmp_path / "home") == before


def test_bad_lines_are_set_aside_with_value_rule_and_place_and_the_rest_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "mixed.jsonl"
    bad = [
        "{ not json",
        json.dumps(line("PMID:7", "2001-13")),
        json.dumps(line("PMID:8", "2001", "cures")),
        json.dumps(line("PMID:9", "2001", confidence=1.5)),
        json.dumps(line("PMID:10", "2001", recorded_at="2020-01-01T00:00:00")),
        '{"document": "PMID:11", "confidence": "\ud800"}'.encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    ]
    file.write_text("\n".join([json.dumps(FIRST[0]), *bad, json.dumps(FIRST[1])]) + "\n", encoding="utf-8")
    told = counts(chronokg("observe", file, "--json", home=tmp_path / "home", expect=1), "line")
    assert (told["submitted"], told["committed"], sum(told["set_aside"].values())) == (8, 2, 6)
    reasons = chronokg("status", home=tmp_path / "home")
    for part in ("mixed.jsonl line 3", "2001-13", "'cures' is not one of the ontology biomedical", "confidence: '1.5'", "no time zone"):
        assert part in reasons


def test_what_an_ontology_refused_is_replayed_under_one_that_allows_it(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "lines.jsonl", [line("PMID:1", "2001", "cures")])
    chronokg("observe", file, home=tmp_path / "home", expect=1)
    chronokg("replay", home=tmp_path / "home", expect=1)
    wider = tmp_path / "wider.yaml"
    shipped = (ROOT / "schema" / "ontologies" / "biomedical.yaml").read_text()
    wider.write_text(shipped.replace("  treat:\n", "  cures:\n    pairs: [[Chemical, Disease]]\n  treat:\n"))
    chronokg("rebuild", "--ontology", wider, home=tmp_path / "home")
    assert counts(chronokg("replay", "--json", home=tmp_path / "home"), "line")["committed"] == 1
    assert '"relation": "cures"' in chronokg("export", home=tmp_path / "home")
    assert json.loads(chronokg("status", "--json", home=tmp_path / "home"))["set_aside"]["open"] == 0


def test_retraction_reopens_and_the_past_still_answers_as_it_did(tmp_path: Path) -> None:
    home = tmp_path / "home"
    said = [{**each, "recorded_at": "2020-01-01T00:00:00Z"} for each in FIRST]
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", said), home=home)
    before = chronokg("export", home=home)
    assert facts(before) == {"prevent": "superseded", "cause": "current"}
    chronokg("retract", "PMID:3", "--on", "2021-05-01", home=home)
    assert facts(chronokg("export", home=home)) == {"prevent": "current", "cause": "withdrawn"}
    assert chronokg("export", "--known-at", "2020-01-01", home=home) == before
    assert facts(chronokg("export", "--as-of", "2005-01-01", home=home)) == {"prevent": "current"}


def test_a_deletion_leaves_no_trace_and_a_restoration_brings_all_back(tmp_path: Path) -> None:
    file, rest = write_lines(tmp_path / "all.jsonl", FIRST), write_lines(tmp_path / "rest.jsonl", FIRST[:2])
    chronokg("observe", rest, home=tmp_path / "without")
    chronokg("observe", file, home=tmp_path / "home")
    whole = chronokg("export", home=tmp_path / "home")
    chronokg("delete", "PMID:3", home=tmp_path / "home")
    assert chronokg("export", home=tmp_path / "home") == chronokg("export", home=tmp_path / "without")
    chronokg("delete", "PMID:3", home=tmp_path / "early")
    chronokg("observe", file, home=tmp_path / "early")
    assert chronokg("export", home=tmp_path / "early") == chronokg("export", home=tmp_path / "without")
    for home in ("home", "early"):
        chronokg("restore", "PMID:3", home=tmp_path / home)
        assert chronokg("export", home=tmp_path / home) == whole


def test_why_tells_the_history_with_its_sentences(tmp_path: Path) -> None:
    home = tmp_path / "home"
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", FIRST), home=home)
    told = chronokg("why", "a drug", "prevent", "an illness", home=home)
    for part in ("superseded", "opened by PMID:1", "reinforced by PMID:2", "closed by 'a drug cause an illness' because of PMID:3"):
        assert part in told
    as_data = json.loads(chronokg("why", "MESH:C1", "prevent", "MESH:D1", "--json", home=home))
    assert [step["on"] for step in as_data["history"]] == ["2001-01-01", "2004-01-01", "2010-01-01"]
    assert as_data["evidence"][0]["quote"] == "sentence of PMID:1"


def test_timeline_and_context_answer_as_of_a_day(tmp_path: Path) -> None:
    home = tmp_path / "home"
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", FIRST), home=home)
    events = json.loads(chronokg("timeline", "a drug", "--json", home=home))["events"]
    assert [(e["on"], e["what"]) for e in events] == [("2001-01-01", "opened"), ("2010-01-01", "closed"), ("2010-01-01", "opened")]
    then = json.loads(chronokg("ask", "does a drug harm?", "--as-of", "2005-06-01", "--json", home=home))
    assert [(f["relation"], f["citations"][0]["document"]) for f in then["facts"]] == [("prevent", "PMID:1")]
    now = json.loads(chronokg("ask", "does a drug harm?", "--json", home=home))
    assert [(f["relation"], f["status"], f["until"]) for f in now["facts"]] == [("cause", "current", None)]
    change = json.loads(chronokg("ask", "does a drug still harm?", "--json", home=home))
    assert sorted((f["relation"], f["status"], f["until"]) for f in change["facts"]) == [
        ("cause", "current", None),
        ("prevent", "superseded", "2010-01-01"),
    ]


def test_any_name_that_a_document_uses_finds_the_entity(tmp_path: Path) -> None:
    home = tmp_path / "home"
    called = [
        {**FIRST[0], "document": f"PMID:{n}", "head": {**FIRST[0]["head"], "name": name}} for n, name in enumerate(["zzz", "zzz", "abc"], 1)
    ]
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", called), home=home)
    for name in ("zzz", "ABC", "mesh:c1"):
        assert "zzz prevent an illness: current" in chronokg("why", name, "prevent", "an illness", home=home)
        assert json.loads(chronokg("ask", f"is {name} good?", "--json", home=home))["facts"][0]["head_name"] == "zzz"


def test_why_says_what_became_of_the_evidence_of_a_withdrawn_fact(tmp_path: Path) -> None:
    home = tmp_path / "home"
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", FIRST), home=home)
    chronokg("retract", "PMID:3", "--on", "2021-05", home=home)
    assert "PMID:3 asserted it and was retracted (2021-05)" in chronokg("why", "a drug", "cause", "an illness", home=home)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("why", "nothing", "treat", "an illness"), "nothing is known of 'nothing'"),
        (("why", "a drugg", "treat", "an illness"), "did you mean 'a drug'"),
        (("timeline", "dragon"), "nothing is known of 'dragon'"),
        (("timeline", "twin"), "'twin' names more than one entity: MESH:D8 (twin, Disease"),
        (("why", "twin", "associate", "a drug"), "MESH:D9 (twin, Disease"),
    ],
)
def test_a_name_of_no_entity_or_of_several_is_told_with_exit_code_1(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    twins = [line(f"PMID:{at}", "2001", tail={"key": f"MESH:D{at}", "type": "Disease", "name": "twin"}) for at in (8, 9)]
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", [*FIRST, *twins]), home=tmp_path / "home")
    done = run(*arguments, home=tmp_path / "home")
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    data = json.loads(run(*arguments, "--json", home=tmp_path / "home").stdout)
    assert told in data["error"]
    assert len(data["candidates"]) == (2 if "twin" in arguments else "drugg" in str(arguments))


def test_what_a_name_may_be_is_listed_with_score_and_reason(tmp_path: Path) -> None:
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", FIRST), home=tmp_path / "home")
    (found,) = map(json.loads, chronokg("find", "An Illness", "--json", home=tmp_path / "home").splitlines())
    assert (found["key"], found["score"], found["in_graph"]) == ("MESH:D1", 0.98, True)
    assert "but for case" in found["reason"]
    assert "nothing is known of 'dragon'" in chronokg("find", "dragon", home=tmp_path / "home", expect=1)


@pytest.mark.parametrize(
    ("question", "told", "code"),
    [
        ("does a drug cause an illness?", "Between a drug and an illness:", 0),
        ("does a drug cause dragonitis?", 'Nothing is known of "dragonitis".', 1),
        ("does it?", "The question names no entity that the graph knows.", 1),
        ("what does a drug do?", "[1] a drug cause an illness", 0),
    ],
)
def test_a_question_of_which_something_is_not_known_says_so(question: str, told: str, code: int, tmp_path: Path) -> None:
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", FIRST), home=tmp_path / "home")
    assert told in chronokg("ask", question, home=tmp_path / "home", expect=code)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("why", "a drug", "cures", "an illness"), "relation 'cures' is not one of"),
        (("export", "--as-of", "yesterday"), "'yesterday' is not a day"),
        (("export", "--known-at", "2020-01-01T10:00:00"), "no time zone"),
        (("observe", "absent.jsonl"), "absent.jsonl is not a file"),
        (("query", "MATCH (n) RETURN n"), "memory: has no Cypher"),
        (("retract", "PMID:1", "--on", "soon"), "'soon' is not a date"),
        (("ingest", "absent.xml", "--model", "scripted:absent.jsonl"), "absent"),
        (("observe", "README.md", "--ontology", "absent.yaml"), "neither a file nor one of biomedical, general"),
    ],
)
def test_wrong_use_is_one_clear_sentence_and_exit_code_2(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", FIRST), home=tmp_path / "home")
    done = run(*arguments, home=tmp_path / "home")
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_come_from_flags_then_environment_then_file_and_secrets_are_masked(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "chronokg.toml").write_text('threshold = 0.7\nbatch = 7\ngraph_password = "s3cret-in-file"\n')
    told = json.loads(
        chronokg("doctor", "--json", home=home, CHRONOKG_BATCH="9", CHRONOKG_MODEL_KEY="s3cret-key", CHRONOKG_MODEL="scripted:none")
    )
    settings = told["settings"]
    assert (settings["threshold"]["value"], settings["threshold"]["origin"]) == ("0.7", "chronokg.toml")
    assert (settings["batch"]["value"], settings["batch"]["origin"]) == ("9", "environment")
    assert (settings["graph"]["value"], settings["graph"]["origin"]) == ("memory:", "flag")
    assert "s3cret" not in json.dumps(told)


def test_a_changed_threshold_folds_again_without_new_reading(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "lines.jsonl", [line("PMID:1", "2001", confidence=0.5)])
    chronokg("observe", file, home=tmp_path / "home")
    assert facts(chronokg("export", home=tmp_path / "home")) == {}
    assert facts(chronokg("export", home=tmp_path / "home", CHRONOKG_THRESHOLD="0.4")) == {"treat": "current"}


def facts(export: str) -> dict[str, str]:
    lines = [json.loads(each) for each in export.splitlines()]
    return {each["relation"]: each["status"] for each in lines if each["kind"] == "fact"}


def test_whoever_writes_makes_names_ready_to_be_found(tmp_path: Path) -> None:
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", FIRST), home=tmp_path / "home")
    before = (tmp_path / "home" / "log-index.sqlite").read_bytes()
    with sqlite3.connect(f"file:{tmp_path / 'home' / 'log-index.sqlite'}?mode=ro", uri=True) as index:
        assert index.execute("SELECT count(*) FROM form").fetchone()[0] > 0
    assert "a drug" in chronokg("find", "a drug", home=tmp_path / "home")
    assert (tmp_path / "home" / "log-index.sqlite").read_bytes() == before
