"""What small models say of a conflict, and what is made of it."""

import time

import pytest

from agents.replies.verdict_replies import LONGEST_REASON, parse_verdict
from schema.errors import ModelFailed
from schema.records import Verdict

PLAIN = '{"verdict":"newer","reason":"A larger trial."}'


@pytest.mark.parametrize(
    "reply",
    [
        PLAIN,
        f"  {PLAIN}\n\n",
        f"<think>Is it both? {{}}</think>{PLAIN}",
        f"I would say newer here. {PLAIN} I hope this helps!",
        f"```json\n{PLAIN}\n```",
        '{"answer":' + PLAIN + "}",
        '[{"ruling":{"result":' + PLAIN + "}}]",
        '{"verdict":"Newer.","reason":"A larger trial.","confidence":0.9,"sources":["PMID:1"]}',
        '{"Verdict":" NEWER ","Reason":"A larger\\n trial."}',
        '{"verdict":"newer","reason":"A larger trial.",}',
        PLAIN + PLAIN,
        '{"type":"object","properties":{"verdict":{"enum":["both","newer","older"]},"reason":{"type":"string"}}}' + PLAIN,
    ],
)
def test_a_verdict_is_found_whatever_it_is_wrapped_in(reply: str) -> None:
    assert parse_verdict(reply) == (Verdict.NEWER, "A larger trial.")


@pytest.mark.parametrize(
    "cut", ['{"verdict":"older","reason":"The later pap', '```json\n{"answer": {"verdict": "older", "reason": "The later pap']
)
def test_a_reply_cut_in_its_reason_still_rules(cut: str) -> None:
    assert parse_verdict(cut) == (Verdict.OLDER, "The later pap …")


@pytest.mark.parametrize(
    ("reply", "wrong"),
    [
        ("", "is empty"),
        ("<think>Newer or older? It says", "thought and no answer"),
        ("The verdict is newer.", "no JSON"),
        ('{"verdict":"neither","reason":"x"}', "none of both, newer, older"),
        ('{"verdict":"both, newer or older","reason":"one sentence"}', "none of both, newer, older"),
        ('{"verdict":["both"],"reason":"x"}', "none of both, newer, older"),
        ('{"verdict":"both"}', "gives no reason"),
        ('{"verdict":"both","reason":" \\n"}', "gives no reason"),
        ('{"verdict":"both","reason":null}', "gives no reason"),
        ('{"verdict":"both","reason":"..."}', "gives no reason"),
        ('{"verdict":"both","verdict":"newer","reason":"x"}', "'verdict' twice"),
        ('{"verdict":"both","reason":"x"}{"verdict":"newer","reason":"x"}', "different verdicts"),
        ('{"verdict":"ne', "gives no verdict"),
        ('{"verdict":"newer"', "gives no verdict"),
        ('{"verdict":"newer","reason":"cut in an escape \\u00', "gives no verdict"),
        ('{"claims":[]}', "gives no verdict"),
        ('{"type":"object","properties":{"verdict":{"enum":["both","newer","older"]}}}', "gives no verdict"),
        ('{"verdict": both, "reason": "x"}', "not JSON"),
        ("[" * 500, "deep"),
    ],
)
def test_what_gives_no_single_verdict_is_refused_with_the_reply(reply: str, wrong: str) -> None:
    with pytest.raises(ModelFailed, match=wrong) as caught:
        parse_verdict(reply)
    assert caught.value.reply == reply


def test_a_reason_is_one_line_without_control_characters_and_cut() -> None:
    _, reason = parse_verdict('{"verdict":"both","reason":"one\\n\\ttwo\\u001b[31m\\u202e ' + "x" * 5000 + '"}')
    assert reason.startswith("one two[31m ")
    assert len(reason) == LONGEST_REASON + 2


@pytest.mark.parametrize("text", ['{"verdict":"' * 20_000, '{"verdict":"both","reason":"' + '\\"' * 90_000, '"verdict": ' * 20_000 + "{"])
def test_a_hostile_reply_costs_no_more_than_its_length(text: str) -> None:
    begun = time.process_time()
    with pytest.raises(ModelFailed):
        parse_verdict(text + "\\")
    assert time.process_time() - begun < 2.0
