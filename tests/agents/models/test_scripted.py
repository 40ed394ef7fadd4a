"""The scripted model: a file that answers."""

import asyncio
import json
from pathlib import Path

import pytest

from agents.models.scripted import ScriptedAdjudicator, ScriptedExtractor
from schema.errors import ModelFailed, ModelUnavailable, WrongUse
from schema.observation import Claim, Polarity
from schema.records import Verdict
from tests.agents.adjudication.examples import conflict
from tests.agents.fakes import BIOMEDICAL, aspirin

CLAIM = {"head": "MESH:D1", "relation": "treat", "tail": "MESH:D2", "confidence": 0.8, "polarity": "denies", "quote": "It did not."}


CONFLICT = {"conflict": ["MESH:D1", "treat", "cause", "MESH:C1"]}


def script(folder: Path, *lines: object, name: str = "answers.jsonl") -> Path:
    path = folder / name
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), encoding="utf-8")
    return path


def read(path: Path, document: str = "PMID:1"):
    return asyncio.run(ScriptedExtractor(path, BIOMEDICAL).read(aspirin(document)))


def test_claims_come_as_they_stand_in_the_file(tmp_path):
    path = script(tmp_path, {"document": "PMID:1", "claims": [CLAIM, {**CLAIM, "stated": ["2003", None]}]})
    one, two = read(path).claims
    assert one == Claim("MESH:D1", "treat", "MESH:D2", 0.8, Polarity.DENIES, "It did not.", raw_score=0.8)
    assert (two.stated_start, two.stated_end) == ("2003", None)


def test_a_document_that_the_file_lacks_has_no_claims(tmp_path):
    assert read(script(tmp_path, {"document": "PMID:2", "claims": [CLAIM]})).claims == ()


def test_a_raw_reply_goes_through_what_a_models_answer_goes_through(tmp_path):
    claims = '{"head":"C1","relation":"treat","tail":"MESH:D006261"},{"head":"C7","relation":"treat","tail":"D1"}'
    reply = f'<think>hm</think>```json\n{{"claims":[{claims}]}}\n```'
    (claim,) = read(script(tmp_path, {"document": "PMID:1", "reply": reply})).claims
    assert claim == Claim(
        "MESH:D001241", "treat", "MESH:D006261", 0.95, Polarity.ASSERTS, "Aspirin relieved headache in 40 patients.", raw_score=0.95
    )


@pytest.mark.parametrize("reply", ["", "Aspirin helps.", '{"claims":[{"head":"C7","relation":"treat","tail":"D1"}]}'])
def test_a_raw_reply_without_a_usable_answer_fails_like_a_models(tmp_path, reply):
    with pytest.raises(ModelFailed):
        read(script(tmp_path, {"document": "PMID:1", "reply": reply}))


def test_a_raw_reply_that_says_none_is_a_reading(tmp_path):
    assert read(script(tmp_path, {"document": "PMID:1", "reply": '{"claims":[]}'})).claims == ()


def test_a_line_can_make_the_model_unavailable(tmp_path):
    path = script(tmp_path, {"document": "PMID:1", "fail": "unavailable"}, {"document": "PMID:2", "fail": "failed"})
    with pytest.raises(ModelUnavailable, match="PMID:1"):
        read(path)
    with pytest.raises(ModelFailed, match="PMID:2"):
        read(path, "PMID:2")


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ({"claims": []}, "document"),
        ({"document": "PMID:1"}, "exactly one of"),
        ({"document": "PMID:1", "claims": [], "reply": ""}, "exactly one of"),
        ({"document": "PMID:1", "claims": [{**CLAIM, "confidence": 1.5}]}, r"claims\.0\.confidence"),
        (
            {"document": "PMID:1", "claims": [{**CLAIM, "confidence": float("nan")}]},
            r"claims\.0\.confidence",
        ),
        ({"document": "PMID:1", "claims": [{**CLAIM, "polarity": "maybe"}]}, r"claims\.0\.polarity"),
        ({"document": "PMID:1", "claims": [{**CLAIM, "head": ""}]}, r"claims\.0\.head"),
        ({"document": "PMID:1", "claims": [{**CLAIM, "stated": ["2003"]}]}, r"claims\.0\.stated"),
        ({"document": "PMID:1", "claims": [{**CLAIM, "certainty": 1}]}, "certainty"),
        ({"document": "PMID:1", "fail": "sometimes"}, "fail"),
        ({"document": "PMID:0", "claims": []}, "a document has one"),
        ({**CONFLICT}, "exactly one of verdict, reply and fail"),
        ({**CONFLICT, "claims": []}, "exactly one of verdict, reply and fail"),
        ({**CONFLICT, "verdict": "newer"}, "has a reason where it has a verdict"),
        ({**CONFLICT, "verdict": "neither", "reason": "x"}, "verdict"),
        ({**CONFLICT, "verdict": "newer", "reason": "x", "document": "PMID:2"}, "exactly one of document, conflict and question"),
        ({"conflict": ["MESH:C1", "treat", "MESH:D1"], "verdict": "newer", "reason": "x"}, "conflict"),
        ({"document": "PMID:2", "verdict": "newer", "reason": "x"}, "exactly one of claims, reply and fail"),
    ],
)
def test_a_bad_line_is_refused_by_file_line_and_rule(tmp_path, line, rule):
    path = script(tmp_path, {"document": "PMID:0", "claims": []}, "", line)
    with pytest.raises(WrongUse, match=rule) as caught:
        ScriptedExtractor(path, BIOMEDICAL)
    assert "answers.jsonl, line 3" in str(caught.value)


def rule(path: Path):
    return asyncio.run(ScriptedAdjudicator(path, BIOMEDICAL).rule(conflict()))


def test_a_file_rules_on_conflicts_whichever_way_round_they_are_named(tmp_path):
    path = script(tmp_path, {"document": "PMID:1", "claims": []}, {**CONFLICT, "verdict": "older", "reason": "a larger trial"})
    opinion = rule(path)
    assert (opinion.verdict, opinion.reason) == (Verdict.OLDER, "a larger trial")
    assert opinion.by.startswith("rulings/scripted:answers@")
    assert read(path).claims == ()


def test_a_raw_reply_on_a_conflict_goes_through_what_a_models_answer_goes_through(tmp_path):
    reply = '<think>hm</think>```json\n{"answer":{"verdict":"both","reason":"other patients"}}\n```'
    assert rule(script(tmp_path, {**CONFLICT, "reply": reply})).verdict is Verdict.BOTH
    with pytest.raises(ModelFailed, match="no JSON") as caught:
        rule(script(tmp_path, {**CONFLICT, "reply": "Both."}))
    assert caught.value.reply == "Both."


def test_a_conflict_that_the_file_lacks_or_fails_on_is_not_ruled_on(tmp_path):
    with pytest.raises(ModelFailed, match="says nothing of MESH:C1 cause, treat MESH:D1"):
        rule(script(tmp_path, {"document": "PMID:1", "claims": []}))
    with pytest.raises(ModelUnavailable):
        rule(script(tmp_path, {**CONFLICT, "fail": "unavailable"}))


def test_a_conflict_has_one_line(tmp_path):
    lines = [{**CONFLICT, "fail": "failed"}, {"conflict": ["MESH:C1", "cause", "treat", "MESH:D1"], "fail": "failed"}]
    with pytest.raises(WrongUse, match="line 2: MESH:C1 cause treat MESH:D1 has a line already, line 1; a conflict has one"):
        rule(script(tmp_path, *lines))


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(WrongUse, match=r"nowhere\.jsonl"):
        ScriptedExtractor(tmp_path / "nowhere.jsonl", BIOMEDICAL)
    (tmp_path / "bad.jsonl").write_bytes(b'{"document": "\xff"}')
    with pytest.raises(WrongUse, match="not UTF-8"):
        ScriptedExtractor(tmp_path / "bad.jsonl", BIOMEDICAL)


def test_the_reader_is_the_files_name_and_content(tmp_path):
    line = {"document": "PMID:1", "claims": []}
    one, same, other = (
        ScriptedExtractor(script(tmp_path, *lines, name=f"{folder}.jsonl"), BIOMEDICAL, "votes").reader
        for folder, lines in (("a", [line]), ("a", [line]), ("a", [line, {"document": "PMID:2", "claims": []}]))
    )
    assert one == same != other
    assert one.name.startswith("votes/scripted:a@")
    assert one.name.endswith(f"/none/{BIOMEDICAL.reading_name}")


def test_a_large_file_is_not_held_in_memory(tmp_path):
    path = tmp_path / "large.jsonl"
    quote = "x" * 20_000
    with path.open("w", encoding="utf-8") as file:
        for number in range(500):
            file.write(json.dumps({"document": f"PMID:{number}", "claims": [{**CLAIM, "quote": quote}]}) + "\n")
    extractor = ScriptedExtractor(path, BIOMEDICAL)
    assert sum(len(repr(value)) for value in vars(extractor).values()) < 100_000
    assert asyncio.run(extractor.read(aspirin("PMID:321"))).claims[0].quote == quote
