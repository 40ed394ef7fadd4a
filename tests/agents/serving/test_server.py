"""The model server's client against servers that speak, stall, refuse and babble, on real sockets."""

import asyncio
import json
import time

import pytest

from agents.models.served_model import CHUNK, ServedModel
from agents.serving.label_rows import UnfitLabels
from agents.serving.limits import Bounds
from agents.serving.protocols import Dialect
from schema.errors import ModelFailed, ModelRefused, ModelUnavailable, WrongUse
from tests.agents.fakes import QUICK, FakeServer, tokens

LABELS = [" none", " treats", " causes"]
LIKES = {" none": 1.0, " treats": 6.0, " causes": 3.0}
EXPECTED = pytest.approx((0.1, 0.6, 0.3))
SCHEMA = {"type": "object", "properties": {"claims": {"type": "array"}}}
KEY = "sk-very-secret-key"
METRICS = """# HELP vllm:cache_config_info Information of the LLMEngine CacheConfig
vllm:cache_config_info{block_size="16",cache_dtype="auto",engine="0"} 1.0
vllm:num_requests_waiting{engine="0",model_name="org/tiny"} 0.0
"""


def score(server: FakeServer, queries=("\nC1 D1:",), labels=LABELS, bounds: Bounds = QUICK, **options):
    async def go():
        model = ServedModel(server.url, bounds=bounds, **options)
        try:
            return await model.score("A text.", list(queries), labels)
        finally:
            await model.close()

    return asyncio.run(go())


def sample(server: FakeServer, n=1, bounds: Bounds = QUICK, **options):
    async def go():
        model = ServedModel(server.url, bounds=bounds, **options)
        try:
            return await model.sample("Say.", n, SCHEMA, 100, 7)
        finally:
            await model.close()

    return asyncio.run(go())


def test_vllm_gives_the_distribution_over_exactly_the_labels(vllm):
    vllm.likes = LIKES
    found = score(vllm, ["\nC1 D1:", "\nC1 D2:", "\nC1 D3:"])
    assert found.rows == (EXPECTED,) * 3
    first, rest = vllm.asked("/v1/completions")
    assert first["prompt"] == ["A text.\nC1 D1:"]  # alone, so that the text is in the cache for the others
    assert rest["prompt"] == ["A text.\nC1 D2:", "A text.\nC1 D3:"]
    assert rest["logprob_token_ids"] == [tokens(label)[0] for label in LABELS]
    assert (rest["max_tokens"], rest["temperature"]) == (1, 1.0)
    assert found.usage.requests == 2
    assert found.usage.prompt_tokens == 300 - 3 * 90
    assert found.usage.completion_tokens == 3


def test_llamacpp_gives_the_same_distribution_from_one_slot(llamacpp):
    llamacpp.likes = LIKES
    found = score(llamacpp, [f"\nC{n} D1:" for n in range(CHUNK + 6)])
    assert found.rows == (EXPECTED,) * (CHUNK + 6)
    asked = llamacpp.asked("/completion")
    assert [len(body["prompt"]) for body in asked] == [CHUNK, 6]
    assert len({body["id_slot"] for body in asked}) == 1
    assert all(body["cache_prompt"] for body in asked)
    assert [bias for _, bias in asked[0]["logit_bias"]] == [100] * 3


def test_other_servers_give_it_from_the_most_likely_tokens(openai_like):
    openai_like.likes = LIKES
    assert score(openai_like).rows == (EXPECTED,)
    openai_like.likes = {**LIKES, " prevents": 2.0, " inhibits": 1.5}
    (row,) = score(openai_like, labels=[*LABELS, " prevents", " inhibits"]).rows
    assert sum(row) == pytest.approx(1.0)
    assert row[0] == min(row) > 0.0  # it is not among the top ones, and gets no more than the least of these
    assert openai_like.counts["/tokenize"] == 0


@pytest.mark.parametrize("dialect", ["vllm", "llamacpp"])
@pytest.mark.parametrize("labels", [[" none", " positively correlated"], [" none", " treats", " none"]])
def test_labels_that_are_not_distinct_single_tokens_are_named(request, dialect, labels):
    server = request.getfixturevalue(dialect)
    with pytest.raises(UnfitLabels) as caught:
        score(server, labels=labels)
    assert set(caught.value.labels) == ({" positively correlated"} if len(labels) == 2 else {" none"})
    assert server.counts["/completion"] + server.counts["/v1/completions"] == 0


def test_the_labels_tokens_are_asked_for_once(vllm):
    async def go():
        model = ServedModel(vllm.url, bounds=QUICK)
        for _ in range(3):
            await model.score("A text.", ["\nC1 D1:"], LABELS)
        await model.close()

    asyncio.run(go())
    assert vllm.counts["/tokenize"] == 3
    assert vllm.counts["/v1/models"] == 1


def test_answers_are_held_to_the_schema_without_free_whitespace(vllm, llamacpp, openai_like):
    for server in (vllm, llamacpp, openai_like):
        server.answers = ["one", "two", "three"]
        found = sample(server, 2)
        assert [reply.text for reply in found.replies] == ["two", "three"]
    (one,), (two,), (three,) = (server.asked("/v1/chat/completions") for server in (vllm, llamacpp, openai_like))
    assert one["structured_outputs"] == {"json": SCHEMA, "disable_any_whitespace": True}
    assert two["grammar"].startswith("%llguidance")
    assert three["response_format"]["json_schema"]["schema"] == SCHEMA
    assert all((body["seed"], body["temperature"], body["n"], body["max_tokens"]) == (7, 1.0, 2, 100) for body in (one, two, three))


def test_more_answers_than_llamacpp_has_slots_come_from_further_seeds(llamacpp):
    llamacpp.answers = ["a", "b", "c", "d", "e", "f", "g", "h"]
    found = sample(llamacpp, 5)
    assert [reply.text for reply in found.replies] == ["h", "a", "b", "c", "d"]
    assert [(body["n"], body["seed"]) for body in llamacpp.asked("/v1/chat/completions")] == [(2, 7), (2, 9), (1, 11)]


def test_a_llamacpp_without_llguidance_is_asked_in_its_own_way_from_then_on(llamacpp):
    llamacpp.llguidance = False
    assert len(sample(llamacpp, 4).replies) == 4
    asked = llamacpp.asked("/v1/chat/completions")
    assert ["response_format" in body for body in asked] == [False, True, True]


@pytest.mark.parametrize("status", [429, 503, 500])
def test_a_busy_server_is_asked_again(vllm, status):
    vllm.faults["/v1/completions"] = [(status, {"Retry-After": "0"}, '{"error": {"message": "busy"}}')] * 2
    vllm.likes = LIKES
    assert score(vllm).rows == (EXPECTED,)
    assert vllm.counts["/v1/completions"] == 3


def test_a_server_that_stays_busy_is_unavailable_after_bounded_attempts(vllm):
    vllm.always["/v1/completions"] = (503, {}, "overloaded")
    with pytest.raises(ModelUnavailable, match=r"503.*3 times"):
        score(vllm)
    assert vllm.counts["/v1/completions"] == 3


def test_a_server_that_hangs_is_unavailable_within_the_bounds(vllm):
    vllm.always["/v1/completions"] = 0.6
    start = time.monotonic()
    with pytest.raises(ModelUnavailable, match="no answer within"):
        score(vllm, bounds=Bounds(attempts=2, timeout=0.1, total=5.0, wait=0.01))
    with pytest.raises(ModelUnavailable, match="all attempts together"):
        score(vllm, bounds=Bounds(attempts=100, timeout=0.2, total=0.4, wait=0.01))
    assert time.monotonic() - start < 4.0


def test_a_server_that_hangs_up_is_asked_again(vllm):
    vllm.likes = LIKES
    vllm.faults["/v1/completions"] = [0.0]
    assert score(vllm).rows == (EXPECTED,)


def test_a_server_that_is_not_there_is_unavailable():
    with FakeServer(Dialect.VLLM) as gone:
        url = gone.url
    model = ServedModel(url, bounds=QUICK)
    with pytest.raises(ModelUnavailable, match=url):
        asyncio.run(model.score("a", ["b"], LABELS))
    with pytest.raises(ModelUnavailable, match=url):
        model.name  # noqa: B018


@pytest.mark.parametrize("status", [400, 422])
def test_what_no_further_attempt_would_change_fails_at_once(vllm, status):
    vllm.always["/v1/completions"] = (status, {"Content-Type": "application/json"}, '{"error": {"message": "no: context too long"}}')
    with pytest.raises(ModelFailed, match=f"{status}") as caught:
        score(vllm)
    assert not isinstance(caught.value, ModelUnavailable)
    assert vllm.counts["/v1/completions"] == 1


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 501])
def test_what_no_document_would_change_stops_at_once_and_says_who_refused(vllm, status):
    vllm.always["/v1/completions"] = (status, {"Content-Type": "application/json"}, '{"error": {"message": "not for you"}}')
    with pytest.raises(ModelRefused, match=f"{vllm.url}/v1/completions: HTTP {status}: .*not for you"):
        score(vllm)
    assert vllm.counts["/v1/completions"] == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, "CUDA out of memory. Tried to allocate 2.00 GiB"),
        (400, "torch.OutOfMemoryError: CUDA out of memory"),
        (400, "the model is still loading"),
        (404, "Loading model, try again later"),
    ],
)
def test_a_server_without_memory_or_still_loading_is_away_for_now(vllm, status, words):
    told = (status, {"Content-Type": "application/json"}, json.dumps({"error": {"message": words}}))
    vllm.faults["/v1/completions"] = [told] * 2
    vllm.likes = LIKES
    assert score(vllm).rows == (EXPECTED,)
    vllm.always["/v1/completions"] = told
    with pytest.raises(ModelUnavailable, match=f"HTTP {status}.*3 times"):
        score(vllm)


GARBAGE = {
    "text": ("text/plain", "hello"),
    "html": ("text/html", "<html>Bad gateway</html>"),
    "broken JSON": ("application/json", '{"choices": ['),
    "nothing": ("application/json", ""),
    "null": ("application/json", "null"),
    "an empty object": ("application/json", "{}"),
    "no choices": ("application/json", '{"choices": []}'),
    "choices of another kind": ("application/json", '{"choices": [1, 2]}'),
    "no probabilities": ("application/json", '{"choices": [{"index": 0, "text": "x", "logprobs": null}]}'),
    "too few": ("application/json", '{"choices": [{"index": 0, "logprobs": {"top_logprobs": [{}]}}]}'),
    "NaN": ("application/json", '{"choices": [{"index": 0, "logprobs": {"top_logprobs": [{"a": NaN}]}}]}'),
    "half a character": ("application/json", '{"choices": "\ud800"}'),
}


@pytest.mark.parametrize("case", GARBAGE)
def test_garbage_in_place_of_an_answer_fails_with_a_reason(vllm, case):
    kind, body = GARBAGE[case]
    for path in ("/v1/completions", "/v1/chat/completions"):
        vllm.always[path] = (200, {"Content-Type": kind}, body)
    for ask in (score, sample):
        with pytest.raises((ModelFailed, ModelRefused), match=r"answer|probability") as caught:
            ask(vllm)
        assert len(str(caught.value)) < 500


def test_the_key_is_sent_and_never_shown(vllm):
    vllm.always["/v1/completions"] = (401, {"Content-Type": "application/json"}, f'{{"error": {{"message": "bad key {KEY}"}}}}')
    with pytest.raises(ModelRefused) as caught:
        score(vllm, key=KEY)
    assert KEY not in str(caught.value)
    assert vllm.requests[-1][2]["authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(ServedModel(vllm.url, key=KEY))


def test_the_name_is_the_servers_own_without_the_place_where_it_lies(vllm, llamacpp):
    assert ServedModel(vllm.url).name == "org/tiny"
    assert ServedModel(llamacpp.url).name == "tiny"
    assert ServedModel(vllm.url, "org/other").name == "org/other"


def test_a_model_that_the_server_does_not_have_is_refused_with_those_it_has(vllm):
    with pytest.raises(ModelRefused, match=r"no model 'org/other'.*org/tiny"):
        score(vllm, name="org/other")


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://x/y", "http://", "file:///etc/passwd"])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(WrongUse, match="URL"):
        ServedModel(url)


def test_the_url_may_end_in_v1(vllm):
    vllm.likes = LIKES
    vllm.url += "/v1/"
    assert score(vllm).rows == (EXPECTED,)


def test_a_model_can_be_used_from_one_event_loop_after_another(vllm):
    vllm.likes = LIKES
    model = ServedModel(vllm.url, bounds=QUICK)

    async def once():
        return await model.score("A text.", ["\nC1 D1:"], LABELS)

    async def last():
        await once()
        await model.close()

    assert asyncio.run(once()).rows == (EXPECTED,)
    asyncio.run(last())
