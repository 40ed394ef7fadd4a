"""Replies that small models have given, replayed: each ends repaired or refused with a reason."""

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.replies.claim_replies import Said, SaidClaim, parse_reply
from agents.replies.reply_pieces import LONGEST
from schema.errors import ModelFailed

C1 = '{"head":"C1","relation":"treat","tail":"D1","polarity":"asserts"}'
C2 = '{"head":"C1","relation":"cause","tail":"D2","polarity":"denies"}'
ONE, TWO = SaidClaim("C1", "treat", "D1"), SaidClaim("C1", "cause", "D2", "denies")
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"claims": {"type": "array", "items": {"type": "object", "properties": {"head": {"enum": ["C1"]}}}}},
        "required": ["claims"],
    }
)

REPAIRED = {
    "plain": (f'{{"claims":[{C1},{C2}]}}', (ONE, TWO)),
    "an empty list": ('{"claims":[]}', ()),
    "an empty list, wrapped": ('{"result": {"claims": []}}', ()),
    "a bare empty list": ("[]", ()),
    "a thought in front": (f'<think>C1 {{might}} treat D1, "perhaps</think>\n{{"claims":[{C1}]}}', (ONE,)),
    "a thought whose beginning the template ate": (f'so it treats.\n</think>\n\n{{"claims":[{C1}]}}', (ONE,)),
    "a thought with a draft": (f'<think>{{"claims":[{C2}]}}</think>{{"claims":[{C1}]}}', (ONE,)),
    "a code fence": (f'```json\n{{"claims":[{C1}]}}\n```', (ONE,)),
    "a code fence in prose": (f"Here is the answer:\n```\n[{C1}]\n```\nI hope that helps {{you}}!", (ONE,)),
    "a code fence without end": (f'```json\n{{"claims":[{C1}]}}', (ONE,)),
    "a list without its key": (f"[{C1},{C2}]", (ONE, TWO)),
    "a single object": (C1, (ONE,)),
    "another key around": (f'{{"result":{{"data":{{"triples":[{C1}]}}}}}}', (ONE,)),
    "one object a line": (f"{C1}\n{C2}\n", (ONE, TWO)),
    "the schema, then the answer": (f'{SCHEMA}\n{{"claims":[{C1}]}}', (ONE,)),
    "a comma too many": ('{"claims":[{"head":"C1","relation":"treat","tail":"D1",},]}', (ONE,)),
    "a stray quotation mark in front": (f'The text says "aspirin: {{"claims":[{C1}]}}', (ONE,)),
    "line breaks in a string": (
        '{"claims":[{"head":"C1","relation":"treat","tail":"D1","quote":"a\nb"}]}',
        (SaidClaim("C1", "treat", "D1", quote="a\nb"),),
    ),
    "a claim twice": (f'{{"claims":[{C1},{C1}]}}', (ONE,)),
    "keys twice with one value": ('{"head":"C1","head":"C1","relation":"treat","tail":"D1"}', (ONE,)),
    "claims twice": (f'{{"claims":[{C1}],"claims":[{C2}]}}', (ONE, TWO)),
    "brackets in strings": (
        '{"claims":[{"head":"C1","relation":"treat","tail":"D1","quote":"a } ] \\" { b"}]}',
        (SaidClaim("C1", "treat", "D1", quote='a } ] " { b'),),
    ),
    "whitespace between everything": (f'{{  "claims"\n\n : [ {C1} ]   }}', (ONE,)),
    "a stated time and a confidence": (
        '[{"head":"R1","relation":"held_by","tail":"P1","confidence":0.8,"stated":["2003",null]}]',
        (SaidClaim("R1", "held_by", "P1", confidence=0.8, stated=("2003", None)),),
    ),
    "prose after the answer": (f'{{"claims":[{C1}]}} because the text says so.', (ONE,)),
    "a broken closing": (f'{{"claims":[{C1}}}', (ONE,)),
}

CUT = {
    "within the second claim": (f'{{"claims":[{C1},{{"head":"C1","rela', (ONE,)),
    "within a string": (f'{{"claims":[{C1},{{"head":"C1","relation":"treat","tail":"D', (ONE,)),
    "in a whitespace loop": (f'{{"claims":[{C1}' + "\n \t" * 5000, (ONE,)),
    "after a comma": (f"[{C1},{C2},", (ONE, TWO)),
}

REFUSED = {
    "nothing": ("", "is empty"),
    "whitespace": ("\n \t" * 30_000, "is empty"),
    "a thought and no answer": ("<think>Let me see. " * 100, "a thought and no answer"),
    "prose": ("Aspirin treats headache.", "no JSON"),
    "another language": ("阿司匹林治疗头痛。" * 10, "no JSON"),
    "100 kB of one character": ("a" * 100_000, "no JSON"),
    "100 kB of brackets": ("[" * 100_000, "deep"),
    "100 kB of braces": ('{"a":' * 20_000, "deep"),
    "100 kB of quotation marks": ('"' * 100_000, "no JSON"),
    "the schema": (SCHEMA, "makes no claim"),
    "an empty schema": ('{"properties": {}}', "makes no claim"),
    "other JSON": ('{"answer": "yes"}', "makes no claim"),
    "a number": ('{"claims": 3}', "makes no claim"),
    "cut before anything": ('{"claims":[{"head":"C1","re', "cut off before its first claim"),
    "a whitespace loop before anything": ('{"claims":[' + " \n" * 50_000, "cut off before its first claim"),
    "text in place of claims": ('{"claims": ["C1 treat D1"]}', "makes no claim"),
}

CLAIMS_REFUSED = {
    "NaN": ('"confidence": NaN', "between 0 and 1"),
    "infinity": ('"confidence": Infinity', "between 0 and 1"),
    "a confidence of 7": ('"confidence": 7', "between 0 and 1"),
    "a confidence in words": ('"confidence": "high"', "no number"),
    "true": ('"confidence": true', "no number"),
    "a number of 5,000 digits": ('"confidence": ' + "9" * 5000, "not JSON"),
    "another polarity": ('"polarity": "maybe"', "neither asserts nor denies"),
    "a list": ('"polarity": ["asserts"]', "neither asserts nor denies"),
    "a key twice": ('"tail": "D2"', "twice with different values"),
}


@pytest.mark.parametrize("case", REPAIRED)
def test_a_reply_is_read_through_what_is_around_it(case):
    text, claims = REPAIRED[case]
    assert parse_reply(text).claims == claims


@pytest.mark.parametrize("case", CUT)
def test_a_reply_that_was_cut_keeps_its_complete_claims_and_says_so(case):
    text, claims = CUT[case]
    assert parse_reply(text) == Said(claims, (), complete=False)


@pytest.mark.parametrize("case", REFUSED)
def test_a_reply_without_an_answer_is_refused_with_the_reason_and_the_reply(case):
    text, reason = REFUSED[case]
    with pytest.raises(ModelFailed, match=reason) as caught:
        parse_reply(text)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("case", CLAIMS_REFUSED)
def test_a_bad_claim_is_refused_and_the_others_stay(case):
    part, reason = CLAIMS_REFUSED[case]
    said = parse_reply(f'{{"claims":[{{"head":"C1","relation":"treat","tail":"D1",{part}}},{C2}]}}')
    assert said.claims == (TWO,)
    assert reason in said.refused[0]


@pytest.mark.parametrize("missing", ["head", "relation", "tail"])
@pytest.mark.parametrize("value", [None, 3, "", "  ", ["C1"]])
def test_a_claim_without_one_of_its_parts_is_refused(missing, value):
    claim = {"head": "C1", "relation": "treat", "tail": "D1", missing: value}
    assert missing in parse_reply(json.dumps([claim])).refused[0]


def test_what_was_cut_by_the_server_is_never_complete():
    assert not parse_reply(f"[{C1}]", complete=False).complete


def test_only_the_beginning_of_an_endless_reply_is_looked_at():
    said = parse_reply(f"[{C1}," + " " * LONGEST + f"{C2}]")
    assert said == Said((ONE,), (), complete=False)


@pytest.mark.parametrize(
    "piece",
    [
        "{",
        "[",
        '"',
        "\\",
        '{"a":[',
        f"{C1},",
        "```",
        "<think>",
        "</think>",
        '{"head":',
        "},",
        ' "',
        "{}",
        '\\"',
        ",}",
        "'",
        "{'",
        "\u201c",
        "\u2018",
        "/*",
        "{/*",
        "//",
        "{a:",
        "[1,",
    ],
)
def test_time_grows_with_the_length_and_no_faster(piece):
    def seconds(length: int) -> float:
        text = '{"claims":[' + piece * (length // len(piece))
        start = time.process_time()
        with suppress(ModelFailed):
            parse_reply(text)
        return time.process_time() - start

    assert min(seconds(160_000) for _ in range(3)) < 1.0


PIECES = [*'{}[]",:\\ \n`<>/thinkeadrlo0.9C1D', "</think>", "```", '"head":"C1"', C1, "NaN"]


@given(st.lists(st.sampled_from(PIECES), max_size=80).map("".join))
def test_any_text_ends_in_claims_or_in_a_reason(text):
    with suppress(ModelFailed):
        said = parse_reply(text)
        assert all(claim.head and claim.relation and claim.tail for claim in said.claims)
