"""Putting a reader together from what a user says."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from agents.models.choice import make_model
from agents.models.embedded_model import embedded_model_available
from agents.reader import make_extractor
from schema.errors import ModelFailed, WrongUse
from tests.agents.fakes import BIOMEDICAL, FakeServer, aspirin

LIKES = {" none": 1.0, " treats": 90.0}


@pytest.mark.parametrize("spec", ["", "embeded", "scripted", "localhost:8000", "file:///x", "ollama:qwen"])
def test_a_spec_that_there_is_not_is_refused_with_those_there_are(spec):
    with pytest.raises(WrongUse, match="embedded"):
        make_extractor(spec, reading="labels", ontology=BIOMEDICAL)


def test_a_way_of_reading_that_there_is_not_is_refused():
    with pytest.raises(WrongUse, match="labels, votes and linear"):
        make_extractor("embedded", reading="guess", ontology=BIOMEDICAL)  # type: ignore[arg-type]


def test_a_scripted_file_that_is_not_there_is_refused():
    with pytest.raises(WrongUse, match="nowhere"):
        make_extractor("scripted:nowhere.jsonl", reading="labels", ontology=BIOMEDICAL)


def test_a_served_model_reads_and_is_paid_once_under_a_home(vllm: FakeServer, tmp_path: Path):
    vllm.likes = LIKES

    async def read():
        agent = make_extractor(vllm.url, reading="labels", ontology=BIOMEDICAL, home=tmp_path, floor=0.5)
        assert agent.reader.name == f"labels/org/tiny/labels-1/{BIOMEDICAL.reading_name}"
        try:
            return await agent.read(aspirin())
        finally:
            await agent.close()

    first = asyncio.run(read())
    asked = vllm.counts["/v1/completions"]
    again = asyncio.run(read())
    assert [c.relation for c in first.claims if c.head.startswith("MESH:D001") and c.tail == "MESH:D006261"] == ["treat"]
    assert again.claims == first.claims
    assert vllm.counts["/v1/completions"] == asked
    assert (tmp_path / "replies.sqlite").exists()


def test_votes_and_labels_do_not_share_answers(vllm: FakeServer, tmp_path: Path):
    vllm.likes = LIKES
    vllm.answers = ['{"claims":[{"head":"C1","relation":"treat","tail":"D1","polarity":"asserts"}]}']

    async def read(reading, **options):
        agent = make_extractor(vllm.url, reading=reading, ontology=BIOMEDICAL, home=tmp_path, **options)
        try:
            return len((await agent.read(aspirin())).claims)
        finally:
            await agent.close()

    assert asyncio.run(read("labels")) > 4
    assert asyncio.run(read("votes", votes=2)) == 1
    asked = vllm.counts["/v1/chat/completions"]
    asyncio.run(read("votes", votes=2))
    assert vllm.counts["/v1/chat/completions"] == asked
    asyncio.run(read("votes", votes=3))
    assert vllm.counts["/v1/chat/completions"] > asked


def test_a_failure_is_tried_again_the_next_time(vllm: FakeServer, tmp_path: Path):
    vllm.likes = LIKES
    vllm.faults["/v1/completions"] = [(400, {}, "no"), (400, {}, "no")]

    async def read():
        agent = make_extractor(vllm.url, reading="labels", ontology=BIOMEDICAL, home=tmp_path)
        try:
            with pytest.raises(ModelFailed):
                await agent.read(aspirin())
            with pytest.raises(ModelFailed):
                await agent.read(aspirin())
            return await agent.read(aspirin())
        finally:
            await agent.close()

    assert asyncio.run(read()).claims


@pytest.mark.skipif(embedded_model_available() is not None, reason="the embedded model cannot run here")
def test_the_embedded_model_is_not_loaded_before_it_is_asked():
    agent = make_extractor("embedded", reading="votes", ontology=BIOMEDICAL)
    assert agent.reader.name == f"votes/smollm2-135m-instruct-q4_1/votes-2/{BIOMEDICAL.reading_name}"
    asyncio.run(agent.close())
    assert make_model("embedded").name == "smollm2-135m-instruct-q4_1"


def test_importing_the_readers_loads_no_client_and_no_engine():
    heavy = "{'openai', 'httpx', 'httpx2', 'xllamacpp', 'tenacity'}"
    program = f"import sys, agents.reader; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=Path.cwd(), check=True)
    assert done.stdout.strip() == "[]"
