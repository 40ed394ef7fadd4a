"""Whether a model can be asked now: told within seconds, at no cost, and apart from whether it ever could."""

import asyncio
import json
import time

import pytest

from agents.adjudication.adjudicator import make_adjudicator
from agents.models.choice import make_model
from agents.models.embedded_model import EmbeddedModel
from agents.models.served_model import ServedModel
from agents.reader import make_extractor
from schema.errors import ModelRefused, ModelUnavailable
from tests.agents.fakes import BIOMEDICAL, QUICK, FakeServer

JSON = {"Content-Type": "application/json"}
LOADING = (503, JSON, json.dumps({"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}))


def ask(*servers: FakeServer, name: str | None = None) -> None:
    async def go() -> None:
        model = ServedModel([server.url for server in servers], name, bounds=QUICK)
        try:
            await model.available()
        finally:
            await model.close()

    asyncio.run(go())


def test_a_server_that_lists_the_model_is_there_and_nothing_is_asked_of_the_model(vllm):
    ask(vllm)
    assert set(vllm.counts) == {"/health", "/v1/models"}


@pytest.mark.parametrize("fault", [(503, JSON, "{}"), (500, JSON, "{}"), (429, JSON, "{}"), LOADING, 0.0])
@pytest.mark.parametrize("path", ["/health", "/v1/models"])
def test_a_server_that_is_unwell_loading_or_hangs_up_is_away(vllm, fault, path):
    vllm.always[path] = fault
    with pytest.raises(ModelUnavailable, match=vllm.url):
        ask(vllm)
    assert vllm.counts[path] == 1


def test_a_server_that_hangs_is_away_within_the_seconds_of_a_probe(vllm, monkeypatch):
    monkeypatch.setattr("agents.serving.server.PROBE_S", 0.2)
    vllm.always["/v1/models"] = 1.0
    start = time.monotonic()
    with pytest.raises(ModelUnavailable, match=r"no answer within 0\.2 s"):
        ask(vllm)
    assert time.monotonic() - start < 0.9


def test_a_server_that_is_gone_is_away_and_one_that_came_back_is_there(vllm):
    vllm.kill()
    with pytest.raises(ModelUnavailable, match="no connection"):
        ask(vllm)
    vllm.start_again()
    ask(vllm)


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_does_not_know_the_key_refuses(vllm, status):
    vllm.always["/v1/models"] = (status, JSON, "{}")
    with pytest.raises(ModelRefused, match=f"{status}"):
        ask(vllm)


def test_a_server_without_the_model_refuses(vllm):
    with pytest.raises(ModelRefused, match="no model 'org/other'"):
        ask(vllm, name="org/other")


def test_one_of_several_is_enough(vllm, openai_like):
    openai_like.kill()
    ask(openai_like, vllm)
    vllm.kill()
    with pytest.raises(ModelUnavailable) as caught:
        ask(openai_like, vllm)
    assert all(server.url in str(caught.value) for server in (openai_like, vllm))


def test_a_reader_and_an_adjudicator_say_what_their_model_says(vllm, tmp_path):
    script = tmp_path / "script.jsonl"
    script.write_text("")

    async def go(spec: str) -> None:
        reader = make_extractor(spec, reading="votes", ontology=BIOMEDICAL)
        judge = make_adjudicator(spec, BIOMEDICAL)
        try:
            await reader.available()
            await judge.available()
        finally:
            await reader.close()
            await judge.close()

    asyncio.run(go(f"scripted:{script}"))
    asyncio.run(go(vllm.url))
    vllm.always["/health"] = (500, JSON, "{}")
    with pytest.raises(ModelUnavailable):
        asyncio.run(go(vllm.url))


def test_the_embedded_model_is_there_where_its_parts_are(monkeypatch):
    for adapter in (False, True):
        model = make_model("embedded") if adapter else EmbeddedModel()
        asyncio.run(model.available())
        monkeypatch.setattr("agents.models.embedded_model.PACKAGE", "no_such_package")
        with pytest.raises(ModelUnavailable, match="no-such-package"):
            asyncio.run(model.available())
        monkeypatch.undo()
