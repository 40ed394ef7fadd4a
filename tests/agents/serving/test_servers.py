"""Several model servers behind one setting, on real sockets: who is asked, and what happens when one dies, stalls, refuses or differs."""

import asyncio
import re
import time

import pytest

from agents.models.served_model import ServedModel
from agents.serving.limits import Bounds
from agents.serving.protocols import Dialect
from schema.errors import ModelFailed, ModelUnavailable
from tests.agents.fakes import QUICK, FakeServer
from tests.agents.serving.test_server import LABELS, METRICS, SCHEMA

CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"
JSON = {"Content-Type": "application/json"}


def model_of(servers: list[FakeServer], name: str | None = None, bounds: Bounds = QUICK) -> ServedModel:
    return ServedModel([server.url for server in servers], name, bounds=bounds)


def samples(model: ServedModel, number: int, during=None):
    """What became of so many prompts, all asked at once; `during` runs beside them."""

    async def go():
        try:
            asked = [model.sample(f"Say {n}.", 1, SCHEMA, 10, n) for n in range(number)]
            beside = [asyncio.to_thread(during)] if during else []
            found = await asyncio.gather(*asked, *beside, return_exceptions=True)
            return found[:number]
        finally:
            await model.close()

    return asyncio.run(go())


def prompts(server: FakeServer) -> list[str]:
    return [body["messages"][0]["content"] for body in server.asked(CHAT)]


def test_requests_are_shared_out_and_none_is_asked_twice(three):
    for server in three:
        server.delay = 0.02
    found = samples(model_of(three), 60)
    assert not [each for each in found if isinstance(each, BaseException)]
    asked = [prompts(server) for server in three]
    assert sorted(prompt for each in asked for prompt in each) == sorted(f"Say {n}." for n in range(60))
    assert all(15 <= len(each) <= 25 for each in asked)


def test_a_slow_server_gets_less_to_do(two):
    slow, fast = two
    slow.delay, fast.delay = 0.2, 0.005
    samples(model_of(two, bounds=Bounds(in_flight=2)), 60)
    assert len(prompts(fast)) > 2 * len(prompts(slow)) > 0


def test_a_server_that_tells_of_a_queue_gets_less_to_do(two, monkeypatch):
    monkeypatch.setattr("agents.serving.server._LOOK_S", 0.01)
    full, free = two
    full.metrics = METRICS.replace('"org/tiny"} 0.0', '"org/tiny"} 40.0')
    free.metrics = METRICS
    for server in two:
        server.delay = 0.01
    samples(model_of(two, bounds=Bounds(in_flight=4)), 80)
    assert len(prompts(free)) > 3 * len(prompts(full)) > 0


def test_all_questions_about_one_text_go_to_the_server_that_has_it_in_its_cache(three):
    model = model_of(three)

    async def about(text: str) -> None:
        for n in range(4):
            await model.score(text, [f"\nC{n} D1:", f"\nC{n} D2:"], LABELS)

    async def go() -> None:
        await asyncio.gather(*(about(f"Text number {n}.") for n in range(12)))
        await model.close()

    asyncio.run(go())
    where: dict[str, set[int]] = {}
    for number, server in enumerate(three):
        for body in server.asked(COMPLETIONS):
            where.setdefault(body["prompt"][0].split("\n")[0], set()).add(number)
    assert len(where) == 12
    assert all(len(servers) == 1 for servers in where.values())
    assert {number for servers in where.values() for number in servers} == {0, 1, 2}


def test_a_text_leaves_its_server_when_that_is_much_busier(two):
    for server in two:
        server.delay = 0.05
    model = model_of(two, bounds=Bounds(in_flight=2))

    async def go() -> None:
        await asyncio.gather(*(model.sample("One text.", 1, SCHEMA, 10, n) for n in range(20)))
        await model.close()

    asyncio.run(go())
    assert all(len(prompts(server)) >= 5 for server in two)


def test_a_server_killed_amid_the_run_costs_no_document(two):
    for server in two:
        server.delay = 0.02

    def kill() -> None:
        time.sleep(0.1)
        two[0].kill()

    found = samples(model_of(two, bounds=Bounds(attempts=3, wait=0.01, in_flight=4)), 80, kill)
    assert not [each for each in found if isinstance(each, BaseException)]
    lost = set(prompts(two[0])) & set(prompts(two[1]))
    assert len(lost) <= 4  # those in flight at that moment, which the dead one did not answer
    assert len(prompts(two[1])) == len(set(prompts(two[1])))


def test_a_server_that_comes_back_is_asked_again(two):
    back, other = two
    back.kill()
    other.delay = 0.02

    def start() -> None:
        time.sleep(0.2)
        back.start_again()

    found = samples(model_of(two, bounds=Bounds(attempts=3, wait=0.01, longest_rest=0.1, in_flight=2)), 100, start)
    assert not [each for each in found if isinstance(each, BaseException)]
    assert len(prompts(back)) > 10


def test_a_dead_server_is_tried_by_one_request_at_a_time_and_ever_more_seldom(two):
    dead, other = two
    dead.always = {"/v1/completions": (503, JSON, "{}"), CHAT: (503, JSON, "{}")}
    other.delay = 0.01
    found = samples(model_of(two, bounds=Bounds(attempts=3, wait=0.05, in_flight=4)), 150)
    assert not [each for each in found if isinstance(each, BaseException)]
    assert 1 <= dead.counts[CHAT] <= 4 + 4  # those that failed together, then one after 0.1, 0.2, 0.4 s


def test_a_server_that_hangs_is_left_out_and_its_requests_go_on_to_the_other(two):
    hangs, other = two
    hangs.always[CHAT] = 2.0
    found = samples(model_of(two, bounds=Bounds(attempts=2, timeout=0.3, wait=2.0, in_flight=4)), 30)
    assert not [each for each in found if isinstance(each, BaseException)]
    assert hangs.counts[CHAT] == 4  # those in flight until the first of them took too long
    assert len(prompts(other)) == 30


def test_where_all_are_away_requests_fail_within_the_bounds_and_say_so(two):
    for server in two:
        server.always[CHAT] = (503, JSON, '{"error": {"message": "overloaded"}}')
    (found,) = samples(model_of(two), 1)
    assert isinstance(found, ModelUnavailable)
    assert any(server.url in str(found) for server in two)
    assert re.search("overloaded.*6 times", str(found))
    assert [server.counts[CHAT] for server in two] == [QUICK.attempts] * 2


def test_what_one_server_refuses_of_a_document_is_not_asked_of_another(two):
    for server in two:
        server.always[CHAT] = (400, JSON, '{"error": {"message": "context too long"}}')
    (found,) = samples(model_of(two), 1)
    assert type(found) is ModelFailed
    assert sum(server.counts[CHAT] for server in two) == 1


def test_a_server_that_was_away_at_the_start_joins_once_it_is_there(two):
    late, other = two
    late.kill()
    model = model_of(two)
    assert model.name == "org/tiny"

    async def go() -> None:
        await model.sample("Say.", 1, SCHEMA, 10, 1)
        late.start_again()
        other.kill()
        for n in range(5):
            await asyncio.sleep(0.1)
            await model.sample(f"Say {n}.", 1, SCHEMA, 10, 1)
        await model.close()

    asyncio.run(go())
    assert len(prompts(late)) == 5
    assert late.counts["/v1/models"] >= 1


def test_several_llamacpp_choose_their_slots_by_themselves(llamacpp):
    with FakeServer(Dialect.LLAMACPP) as other:
        model = model_of([llamacpp, other])

        async def go():
            await asyncio.gather(*(model.score(f"text {n}", ["\nC1 D1:"] * 70, LABELS) for n in range(6)))
            await model.close()

        asyncio.run(go())
        bodies = [body for server in (llamacpp, other) for body in server.asked("/completion")]
        assert {body["id_slot"] for body in bodies} == {-1}
        assert all(server.counts["/completion"] for server in (llamacpp, other))


def test_a_document_that_fails_amid_its_questions_goes_on_elsewhere_with_those_that_are_left(two):
    dies, other = two
    model = model_of(two)

    async def go():
        found = await model.score("A text.", ["\nC1 D1:"], LABELS)
        first, second = (dies, other) if dies.counts[COMPLETIONS] else (other, dies)
        first.faults[COMPLETIONS] = []
        # The first request of a document is answered, then the server goes.
        served = first.answer

        def once(path, body):
            told = served(path, body)
            if path == COMPLETIONS:
                first.always[COMPLETIONS] = (503, JSON, "{}")
            return told

        first.answer = once  # type: ignore[method-assign]
        found = await model.score("A text.", ["\nC1 D1:", "\nC1 D2:", "\nC1 D3:"], LABELS)
        await model.close()
        return first, second, found

    first, second, found = asyncio.run(go())
    assert found.rows == (pytest.approx((0.1, 0.6, 0.3)),) * 3
    assert [body["prompt"] for body in second.asked(COMPLETIONS)] == [["A text.\nC1 D2:", "A text.\nC1 D3:"]]
    assert first.asked(COMPLETIONS)[1]["prompt"] == ["A text.\nC1 D1:"]


def test_a_server_whose_trial_was_called_off_before_it_began_is_tried_again(two):
    rested, other = two
    model = model_of(two, bounds=Bounds(attempts=3, wait=0.01, longest_rest=0.02))

    async def go() -> None:
        await model.sample("Say.", 1, SCHEMA, 10, 0)
        server, busier = model.server._all
        server.rest()
        busier.asked = 100
        await asyncio.sleep(0.05)
        trial = asyncio.create_task(model.sample("Say 1.", 1, SCHEMA, 10, 1))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not server.circuit.takes(time.monotonic()), "it is being tried"
        trial.cancel()
        await asyncio.gather(trial, return_exceptions=True)
        other.kill()
        await model.sample("Say 2.", 1, SCHEMA, 10, 2)
        await model.close()

    asyncio.run(go())
    assert "Say 2." in prompts(rested)
