"""Servers that answer in ways of their own: what can be recognised is, nothing is guessed, and messages have the server's own words."""

import asyncio
import json
import math
from typing import Any

import pytest

from agents.models.served_model import ServedModel
from agents.serving.label_rows import UnfitLabels, UnlistedLabels
from schema.errors import ModelFailed, ModelRefused, ModelUnavailable
from tests.agents.fakes import QUICK, FakeServer
from tests.agents.serving.test_server import LABELS, LIKES, sample, score

SHARES = {" none": 0.1, " treats": 0.6, " causes": 0.3}
CLAIMS = '{"claims": []}'


def says(server: FakeServer, *values: Any) -> None:
    """Answer everything that is asked of the model with these in turn, then with the last one."""
    told = [(200, {"Content-Type": "application/json"}, json.dumps(value)) for value in values]
    for path in ("/v1/completions", "/v1/chat/completions"):
        server.faults[path], server.always[path] = list(told[:-1]), told[-1]


def listing(tops: dict[str, float | None] | None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "text": "x", "logprobs": {"top_logprobs": [tops]}}], "usage": {"prompt_tokens": 9}}


def logs(shares: dict[str, float], begin: str = " ") -> dict[str, float | None]:
    return {begin + word.strip(): math.log(share) for word, share in shares.items()}


@pytest.mark.parametrize("begin", [" ", "\u0120", "\u2581", ""])
def test_labels_are_recognised_however_a_server_writes_their_pieces(openai_like, begin):
    says(openai_like, listing(logs(SHARES, begin)))
    assert score(openai_like).rows == (pytest.approx(tuple(SHARES.values())),)


def test_labels_are_recognised_where_completions_are_told_as_chats_are(openai_like):
    tops = [{"token": word, "logprob": math.log(share)} for word, share in SHARES.items()]
    says(openai_like, {"choices": [{"index": 0, "logprobs": {"content": [{"token": " treats", "top_logprobs": tops}]}}]})
    assert score(openai_like).rows == (pytest.approx(tuple(SHARES.values())),)


def test_null_is_a_probability_of_nothing(openai_like):
    says(openai_like, listing({" treats": math.log(0.8), " none": math.log(0.2), " causes": None}))
    assert score(openai_like).rows == (pytest.approx((0.2, 0.8, 0.0)),)


@pytest.mark.parametrize(
    "tops",
    [
        {"\n": -0.1, " The": -3.0, " a": -4.0},
        {"token_id:12": -0.1, "token_id:7": -3.0},
        {" treats": -1.0},  # the token that was chosen, and nothing of the others
        {" Treats": -0.1},
    ],
)
def test_what_is_not_listed_is_never_guessed(openai_like, tops):
    says(openai_like, listing(tops))
    with pytest.raises(UnlistedLabels, match=r"answer lists [01] of 3 labels.*nothing is guessed"):
        score(openai_like)


def test_what_is_left_for_labels_that_are_not_listed_is_too_little_for_a_claim(openai_like):
    says(openai_like, listing({" treats": math.log(0.95)}))
    assert score(openai_like).rows == (pytest.approx((0.025, 0.95, 0.025)),)


def test_a_token_that_only_begins_a_label_makes_it_unfit(openai_like):
    says(openai_like, listing({" treats": math.log(0.5), " posit": math.log(0.4), " none": math.log(0.1)}))
    with pytest.raises(UnfitLabels) as caught:
        score(openai_like, labels=[*LABELS, " positively"])
    assert caught.value.labels == (" positively",)


@pytest.mark.parametrize("logprobs", [None, {"top_logprobs": [None]}, {"top_logprobs": []}, {"content": []}])
def test_an_answer_without_probabilities_says_so(openai_like, logprobs):
    says(openai_like, {"choices": [{"index": 0, "text": " treats", "logprobs": logprobs}]})
    with pytest.raises(ModelRefused, match=f"{openai_like.url}.*no log-probabilities.*--reading votes"):
        score(openai_like)


def test_one_answer_without_probabilities_of_a_server_that_gives_them_is_a_failure_of_that_answer(openai_like):
    openai_like.likes = LIKES

    async def ask() -> None:
        model = ServedModel(openai_like.url, bounds=QUICK)
        try:
            await model.score("A text.", ["\nC1 D1:"], LABELS)
            openai_like.faults["/v1/completions"] = [(200, {"Content-Type": "application/json"}, '{"choices": [{"index": 0}]}')]
            with pytest.raises(ModelFailed, match="no log-probabilities"):
                await model.score("Another text.", ["\nC1 D1:"], LABELS)
        finally:
            await model.close()

    asyncio.run(ask())


OVERLOADED = {"error": {"message": "the cooks are on strike", "code": 502}}


@pytest.mark.parametrize(
    "error",
    [
        OVERLOADED,
        {"object": "error", "message": "the cooks are on strike", "type": "ServiceUnavailable", "code": None},
        {"choices": None, "error": {"message": "the cooks are on strike", "code": "504"}},
        {"choices": [{"index": 0, "message": {"content": ""}, "error": {"message": "the cooks are on strike", "code": 503}}]},
        {"error": {"message": "the cooks are on strike", "type": "overloaded_error"}},
    ],
)
def test_a_fault_of_the_server_within_a_200_is_tried_again(openai_like, error):
    says(openai_like, error, {"choices": [{"message": {"content": CLAIMS}, "finish_reason": "stop"}]})
    assert [reply.text for reply in sample(openai_like).replies] == [CLAIMS]
    assert openai_like.counts["/v1/chat/completions"] == 2
    says(openai_like, error)
    with pytest.raises(ModelUnavailable, match=r"the cooks are on strike.*3 times"):
        sample(openai_like)


@pytest.mark.parametrize(
    "error",
    [{"error": {"message": "no such dish", "code": 422}}, {"error": "no such dish"}, {"object": "error", "message": "no such dish"}],
)
def test_any_other_error_within_a_200_fails_at_once_in_the_servers_words(openai_like, error):
    says(openai_like, error)
    with pytest.raises(ModelFailed, match="no such dish") as caught:
        sample(openai_like)
    assert not isinstance(caught.value, ModelUnavailable)
    assert openai_like.counts["/v1/chat/completions"] == 1


def chat(message: dict[str, Any], ended: str | None = "stop") -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": ended}], "usage": {"prompt_tokens": 9}}


@pytest.mark.parametrize(
    "message",
    [
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": CLAIMS}]},
        {"content": [{"type": "text", "text": CLAIMS[:5]}, {"type": "output_text", "text": CLAIMS[5:]}]},
        {"content": [CLAIMS]},
        {"content": None, "reasoning_content": CLAIMS},
        {"content": "", "reasoning": CLAIMS},
        {"content": None, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "claims", "arguments": CLAIMS}}]},
        {"content": None, "tool_calls": [{"function": {"name": "claims", "arguments": json.loads(CLAIMS)}}]},
    ],
)
def test_an_answer_is_read_wherever_a_server_puts_it(openai_like, message):
    says(openai_like, chat(message))
    (reply,) = sample(openai_like).replies
    assert (reply.text, reply.complete, reply.trouble) == (CLAIMS, True, "")


@pytest.mark.parametrize(
    ("message", "ended", "told"),
    [
        ({"content": None, "refusal": "I will not speak of knees."}, "stop", "refused to answer: 'I will not speak of knees.'"),
        ({"content": None}, "stop", r"no content \(finish_reason 'stop'\)"),
        ({"content": []}, None, r"no content \(finish_reason None\)"),
        ({"content": ""}, "content_filter", "withheld the answer"),
        ({"content": None, "tool_calls": []}, "tool_calls", r"finish_reason 'tool_calls'"),
    ],
)
def test_an_answer_that_says_nothing_fails_with_what_ended_it(openai_like, message, ended, told):
    says(openai_like, chat(message, ended))
    with pytest.raises(ModelFailed, match=told):
        sample(openai_like)


@pytest.mark.parametrize(
    ("message", "ended", "told"),
    [
        (
            {"content": None, "reasoning_content": "Let me think"},
            "length",
            "thinking (finish_reason 'length'): 'Let me think'",
        ),
        ({"content": ""}, "length", "no content (finish_reason 'length')"),
        ({"content": '{"cl'}, "content_filter", "withheld the answer, or the rest of it (finish_reason 'content_filter')"),
    ],
)
def test_an_answer_that_was_cut_off_says_by_what(openai_like, message, ended, told):
    says(openai_like, chat(message, ended))
    (reply,) = sample(openai_like).replies
    assert (reply.complete, told in reply.trouble) == (False, True)


def test_a_server_that_takes_one_prompt_at_a_time_is_asked_so_from_then_on(openai_like):
    refusal = {"error": {"message": "json: cannot unmarshal array into Go struct field CompletionRequest.prompt of type string"}}
    openai_like.faults["/v1/completions"] = [(400, {"Content-Type": "application/json"}, json.dumps(refusal))]
    openai_like.always["/v1/completions"] = (200, {"Content-Type": "application/json"}, json.dumps(listing(logs(SHARES))))
    assert score(openai_like, ["\nC1 D1:", "\nC1 D2:", "\nC1 D3:"]).rows == (pytest.approx(tuple(SHARES.values())),) * 3
    prompts = [body["prompt"] for body in openai_like.asked("/v1/completions")]
    assert [isinstance(prompt, list) for prompt in prompts] == [True, False, False, False]
