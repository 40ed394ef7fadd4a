"""Several model servers behind one setting are one model: what they serve, how they are called, one key for all."""

import asyncio
import re

import pytest

from agents.models.served_model import ServedModel
from agents.serving.limits import Bounds
from schema.errors import ModelRefused, ModelUnavailable, WrongUse
from tests.agents.fakes import QUICK
from tests.agents.serving.test_server import KEY, SCHEMA
from tests.agents.serving.test_servers import CHAT, JSON, model_of, samples


@pytest.mark.parametrize("name", [None, "org/tiny"])
def test_servers_of_different_models_are_refused_with_both(two, name):
    two[1].model = "org/large"
    model = model_of(two, name)
    with pytest.raises(ModelRefused) as caught:
        asyncio.run(model.sample("Say.", 1, SCHEMA, 10, 1))
    assert {"org/large", "org/tiny"} <= set(re.findall(r"org/\w+", str(caught.value)))
    assert two[1].url in str(caught.value)
    assert sum(server.counts[CHAT] for server in two) == 0
    if name is None:
        with pytest.raises(ModelRefused, match=f"{two[0].url} serves 'org/tiny' and {two[1].url} serves 'org/large'"):
            model_of(two).name  # noqa: B018


def test_a_server_that_comes_back_with_another_model_is_refused(two):
    changed, _ = two
    model = model_of(two, bounds=Bounds(attempts=3, wait=0.01, longest_rest=0.02))

    async def go() -> None:
        await model.sample("Say.", 1, SCHEMA, 10, 1)
        changed.kill()
        await asyncio.gather(*(model.sample(f"Say {n}.", 1, SCHEMA, 10, 1) for n in range(10)))
        changed.model = "org/large"
        changed.start_again()
        for n in range(50):
            await asyncio.sleep(0.01)
            await model.sample(f"Say again {n}.", 1, SCHEMA, 10, 1)

    with pytest.raises(ModelRefused, match=r"org/tiny.*org/large|org/large.*org/tiny"):
        asyncio.run(go())


def test_servers_of_different_kinds_are_refused(vllm, openai_like):
    with pytest.raises(ModelRefused, match=r"vllm.*openai|openai.*vllm"):
        asyncio.run(model_of([vllm, openai_like]).sample("Say.", 1, SCHEMA, 10, 1))


def test_the_models_name_does_not_depend_on_the_addresses(two):
    assert model_of(two).name == model_of(two[::-1]).name == ServedModel(two[0].url).name == "org/tiny"
    two[0].kill()
    assert model_of(two).name == "org/tiny"
    two[1].kill()
    with pytest.raises(ModelUnavailable):
        model_of(two).name  # noqa: B018


def test_an_address_that_is_given_twice_is_one(vllm):
    model = ServedModel([vllm.url, vllm.url])
    assert not model.server.are_several


def test_one_key_is_sent_to_all_and_shown_by_none(two):
    for server in two:
        server.always[CHAT] = (401, JSON, f'{{"error": {{"message": "bad key {KEY}"}}}}')
    model = ServedModel([server.url for server in two], key=KEY, bounds=QUICK)
    found = samples(model, 4)
    assert all(isinstance(each, ModelRefused) and KEY not in str(each) for each in found)
    assert {headers["authorization"] for server in two for path, _, headers in server.requests if path == CHAT} == {f"Bearer {KEY}"}


def test_a_server_that_came_back_with_another_model_stays_left_out_after_the_refusal(two):
    changed, other = two
    model = model_of(two, bounds=Bounds(attempts=3, wait=0.01, longest_rest=0.02))

    async def go() -> list[object]:
        for n in range(4):
            await model.sample(f"Say {n}.", 1, SCHEMA, 10, n)
        changed.kill()
        await asyncio.gather(*(model.sample(f"Say {n}.", 1, SCHEMA, 10, n) for n in range(10)))
        changed.model = "org/large"
        changed.start_again()
        before = changed.counts[CHAT]
        found = []
        for n in range(40):
            await asyncio.sleep(0.005)
            found += await asyncio.gather(*(model.sample(f"Again {n} {k}.", 1, SCHEMA, 10, k) for k in range(2)), return_exceptions=True)
        assert changed.counts[CHAT] == before, "it was asked though it serves another model"
        await model.close()
        return found

    found = asyncio.run(go())
    assert {type(each) for each in found if isinstance(each, BaseException)} == {ModelRefused}
    assert sum(not isinstance(each, BaseException) for each in found) > 20
    assert other.counts[CHAT]


@pytest.mark.parametrize("url", ["http://h:abc", "http://h:0", "http://h:99999", "http://[::1", "http://:8000", "http://me:hunter2@h:abc"])
def test_an_address_that_cannot_be_right_is_refused_with_setting_and_rule(url):
    with pytest.raises(WrongUse, match=r"\(setting model\) is not the URL of a model server: it starts with") as refused:
        ServedModel(url)
    assert "hunter2" not in str(refused.value)
