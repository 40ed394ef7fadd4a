"""How many requests are in flight, and whose turn it is."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from agents.serving.limits import Circuit, Throttle
from agents.serving.turns import Turns


@dataclass(eq=False)
class Counter:
    throttle: Throttle


def turns_at(*counters: Counter) -> Turns[int, Counter]:
    """Each is meant for the counter of its number."""
    return Turns(lambda number: counters[number % len(counters)], lambda number, counter: None, lambda counter: None)


def crowd(throttle: Throttle, number: int, hear: Callable[[Throttle], None] | None = None) -> list[int]:
    """How many were in flight whenever one of so many requests was."""
    seen: list[int] = []
    turns = turns_at(Counter(throttle))

    async def request() -> None:
        async with turns.turn(0):
            seen.append(throttle.in_flight)
            await asyncio.sleep(0.001)
            if hear is not None:
                hear(throttle)

    async def all_of_them() -> None:
        await asyncio.gather(*(request() for _ in range(number)))

    asyncio.run(all_of_them())
    return seen


def test_no_more_are_in_flight_than_at_first_where_the_server_says_nothing():
    assert max(crowd(Throttle(4, 64), 40)) == 4


def test_an_empty_queue_lets_more_in_up_to_the_most():
    throttle = Throttle(4, 16)
    assert max(crowd(throttle, 200, lambda t: t.hear(0))) == 16
    assert throttle.in_flight == 0


def test_a_long_queue_lets_fewer_in():
    throttle = Throttle(8, 64)
    crowd(throttle, 30, lambda t: t.hear(16))
    assert throttle.limit < 4


def test_a_queue_that_is_never_waited_for_changes_nothing():
    throttle = Throttle(8, 64)
    crowd(throttle, 5, lambda t: t.hear(0))
    assert throttle.limit == 8


def test_a_refusal_halves_once_for_all_in_flight_and_success_brings_it_back():
    throttle = Throttle(8, 8)

    for _ in range(3):
        throttle.refused()
    assert throttle.limit == 4
    crowd(throttle, 100)
    assert throttle.limit == 8


def test_a_request_that_fails_makes_room_for_the_next():
    throttle = Throttle(1, 1)

    turns = turns_at(Counter(throttle))

    async def failing() -> None:
        async with turns.turn(0):
            raise ValueError

    async def both() -> list[object]:
        return await asyncio.gather(failing(), failing(), return_exceptions=True)

    assert [type(result) for result in asyncio.run(both())] == [ValueError, ValueError]
    assert throttle.in_flight == 0


def test_turns_are_given_in_the_order_in_which_they_were_asked_for():
    turns, began = turns_at(Counter(Throttle(1, 1))), []

    async def request(number: int) -> None:
        async with turns.turn(number):
            began.append(number)
            await asyncio.sleep(0)

    async def all_of_them() -> None:
        await asyncio.gather(*(request(number) for number in range(20)))

    asyncio.run(all_of_them())
    assert began == list(range(20))


def test_one_that_waits_for_a_full_counter_does_not_hold_up_those_behind_it():
    full, free = Counter(Throttle(1, 1)), Counter(Throttle(1, 1))
    turns, ended = turns_at(full, free), []

    async def request(number: int, seconds: float) -> None:
        async with turns.turn(number):
            await asyncio.sleep(seconds)
            ended.append(number)

    async def all_of_them() -> None:
        await asyncio.gather(request(0, 0.05), request(2, 0.0), request(1, 0.0), request(3, 0.0))

    asyncio.run(all_of_them())
    assert ended == [1, 3, 0, 2]


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_one_that_goes_away_leaves_its_place_to_the_next(after):
    counter = Counter(Throttle(1, 1))
    turns, ended = turns_at(counter), []

    async def request(number: int) -> None:
        async with turns.turn(number):
            await asyncio.sleep(0.001)
            ended.append(number)

    async def go() -> None:
        tasks = [asyncio.create_task(request(number)) for number in range(4)]
        for _ in range(after):
            await asyncio.sleep(0)
        tasks[1].cancel()
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(go())
    assert ended[-2:] == [2, 3]
    assert counter.throttle.in_flight == 0


def test_a_server_that_failed_rests_twice_as_long_each_time_up_to_a_bound():
    circuit, now, rests = Circuit(1.0, 5.0), 100.0, []
    for _ in range(5):
        assert circuit.takes(now)
        circuit.tried()
        circuit.failed(now)
        assert not circuit.takes(now)
        rests.append(circuit.until - now)
        now = circuit.until
    assert rests == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_requests_that_fail_together_count_once():
    circuit = Circuit(1.0, 60.0)
    for _ in range(8):
        circuit.failed(10.0)
    assert circuit.until == 11.0


def test_after_its_rest_one_request_tries_a_server_and_its_answer_lets_all_in():
    circuit = Circuit(1.0, 60.0)
    circuit.failed(0.0)
    assert circuit.takes(1.0)
    circuit.tried()
    assert not circuit.takes(1.0)
    circuit.untried()
    assert circuit.takes(1.0)
    circuit.answered()
    circuit.tried()
    assert circuit.takes(1.0)


def test_a_server_rests_as_long_as_it_asks_to_within_the_bound():
    circuit = Circuit(1.0, 60.0)
    circuit.failed(0.0, after=30.0)
    assert circuit.until == 30.0
    circuit.failed(30.0, after=500.0)
    assert circuit.until == 90.0


def test_one_that_goes_away_at_the_moment_it_is_let_in_is_told_of_as_ended():
    counter, told = Counter(Throttle(1, 1)), []
    turns = Turns(lambda number: counter, lambda number, place: told.append(number), lambda place: told.append("ended"))

    async def request(number: int) -> None:
        async with turns.turn(number):
            await asyncio.sleep(0.001)

    async def go() -> None:
        first, second = (asyncio.create_task(request(number)) for number in (1, 2))
        while not first.done():
            await asyncio.sleep(0)
        # The first has gone, and with it the second was let in; it has not run since.
        assert told == [1, "ended", 2]
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)

    asyncio.run(go())
    assert told == [1, "ended", 2, "ended"]
    assert counter.throttle.in_flight == 0
