"""Many documents and requests under way at once: how many, in which order, and what one failure does to the others."""

import asyncio

import pytest

from agents.asking.concurrency import ask_many
from agents.models.served_model import ServedModel
from agents.relations.relations_by_labels import LabelRelations
from agents.relations.relations_by_votes import VoteRelations
from agents.serving.limits import Bounds
from schema.errors import ModelFailed, ModelUnavailable, WrongUse
from tests.agents.fakes import BIOMEDICAL, QUICK, aspirin
from tests.agents.serving.test_server import LABELS, METRICS, SCHEMA


def test_no_more_than_a_bounded_number_of_requests_are_in_flight(vllm):
    vllm.delay = 0.02

    async def go():
        model = ServedModel(vllm.url, bounds=Bounds(in_flight=3))
        await asyncio.gather(*(model.sample("Say.", 1, SCHEMA, 10, seed) for seed in range(20)))
        await model.close()

    asyncio.run(go())
    assert vllm.most_in_flight == 3
    assert vllm.counts["/v1/chat/completions"] == 20


def test_documents_in_flight_have_a_slot_of_llamacpp_each(llamacpp):
    llamacpp.delay = 0.02

    async def go():
        model = ServedModel(llamacpp.url, bounds=QUICK)
        await asyncio.gather(*(model.score(f"text {n}", ["\nC1 D1:"] * 70, LABELS) for n in range(6)))
        await model.close()

    asyncio.run(go())
    slots: dict[str, set[int]] = {}
    for body in llamacpp.asked("/completion"):
        slots.setdefault(body["prompt"][0], set()).add(body["id_slot"])
    assert all(len(found) == 1 for found in slots.values())
    assert set.union(*slots.values()) == {0, 1}


def test_one_documents_failure_stops_no_other(vllm):
    vllm.faults["/v1/completions"] = [(400, {}, "no")]
    vllm.likes = {" none": 1.0, " treats": 90.0}

    async def go():
        model = ServedModel(vllm.url, bounds=QUICK)
        found = await ask_many(LabelRelations(model, BIOMEDICAL).read, [aspirin(f"PMID:{n}") for n in range(12)], 4)
        await model.close()
        return found

    found = asyncio.run(go())
    assert len(found) == 12
    assert sum(isinstance(one, ModelFailed) for one in found) == 1
    assert all(one.claims[0].relation == "treat" for one in found if not isinstance(one, ModelFailed))


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_an_outage_sets_aside_just_the_documents_that_it_hit(vllm, share):
    good = '{"claims":[{"head":"C1","relation":"treat","tail":"D1","polarity":"asserts"}]}'
    vllm.answers = [good]
    down = (503, {}, "down")
    if share == 1.0:
        vllm.always["/v1/chat/completions"] = down
    else:
        vllm.faults["/v1/chat/completions"] = [down, down, down] * 3  # three documents, three attempts each, one at a time

    async def go():
        model = ServedModel(vllm.url, bounds=QUICK)
        found = await ask_many(VoteRelations(model, BIOMEDICAL, votes=2).read, [aspirin(f"PMID:{n}") for n in range(10)], 1)
        await model.close()
        return found

    found = asyncio.run(go())
    assert sum(isinstance(one, ModelUnavailable) for one in found) == (10 if share == 1.0 else 3)
    assert all(one.claims[0].confidence == 0.95 for one in found if not isinstance(one, ModelFailed))


def test_results_come_in_the_documents_order_and_other_errors_stop_all():
    class Odd:
        async def read(self, document):
            await asyncio.sleep(0.01 * (5 - int(document.id[-1])))
            if document.id == "PMID:9":
                raise WrongUse("stop")
            return document.id

    found = asyncio.run(ask_many(Odd().read, [aspirin(f"PMID:{n}") for n in range(5)], 5))  # type: ignore[arg-type]
    assert found == [f"PMID:{n}" for n in range(5)]
    assert asyncio.run(ask_many(Odd().read, [], 5)) == []  # type: ignore[arg-type]
    with pytest.raises(WrongUse, match="stop"):
        asyncio.run(ask_many(Odd().read, [aspirin("PMID:9"), aspirin("PMID:1")], 2))  # type: ignore[arg-type]


def test_more_requests_are_in_flight_as_long_as_vllms_queue_is_empty(vllm, monkeypatch):
    monkeypatch.setattr("agents.serving.server._LOOK_S", 0.01)
    vllm.metrics, vllm.delay = METRICS, 0.02

    async def ask() -> None:
        model = ServedModel(vllm.url, bounds=Bounds(in_flight=2, most_in_flight=6))
        try:
            await asyncio.gather(*(model.sample(f"text {n}", 1, SCHEMA, 10, 1) for n in range(80)))
        finally:
            await model.close()

    asyncio.run(ask())
    assert 2 < vllm.most_in_flight <= 6 + 1  # the one more asks for the queue


def test_fewer_requests_are_in_flight_after_the_server_had_enough(vllm):
    vllm.faults["/v1/chat/completions"] = [(429, {}, "{}")] * 4

    async def ask() -> int:
        model = ServedModel(vllm.url, bounds=Bounds(in_flight=4, wait=0.01))
        try:
            await asyncio.gather(*(model.sample(f"text {n}", 1, SCHEMA, 10, 1) for n in range(4)))
            return model.server.throttle.limit
        finally:
            await model.close()

    assert asyncio.run(ask()) < 4
