"""Batches that are asked about side by side."""

import asyncio

import pytest

from agents.asking.concurrency import ConcurrentBatches
from schema.errors import ModelUnavailable


def test_no_more_things_are_in_flight_than_allowed_over_all_batches():
    in_flight = most = 0

    async def ask(thing: int) -> int:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        await asyncio.sleep(0.001)
        in_flight -= 1
        return -thing

    async def go() -> list[list[object]]:
        asker = ConcurrentBatches(ask, 3)
        return await asyncio.gather(asker.batch(range(10)), asker.batch(range(10, 15)))

    assert asyncio.run(go()) == [[-n for n in range(10)], [-n for n in range(10, 15)]]
    assert most == 3


def test_there_is_room_for_the_next_batch_once_all_of_the_last_is_begun():
    begun: list[int] = []
    ends = asyncio.Event()

    async def ask(thing: int) -> int:
        begun.append(thing)
        await ends.wait()
        return thing

    async def go() -> None:
        asker = ConcurrentBatches(ask, 2)
        first = asyncio.create_task(asker.batch([1, 2]))
        await asyncio.sleep(0)
        await asyncio.wait_for(asker.until_begun(), 5)
        assert begun == [1, 2]
        second = asyncio.create_task(asker.batch([3]))
        await asyncio.sleep(0.01)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asker.until_begun(), 0.01)
        ends.set()
        assert await asyncio.gather(first, second) == [[1, 2], [3]]
        await asyncio.wait_for(asker.until_begun(), 5)

    asyncio.run(go())


def test_what_is_asked_about_alone_waits_for_all_others_and_others_for_it():
    in_flight: set[int] = set()
    beside: dict[int, set[int]] = {}

    async def ask(thing: int) -> int:
        in_flight.add(thing)
        await asyncio.sleep(0.001)
        beside[thing] = in_flight - {thing}
        in_flight.discard(thing)
        if thing < 0:
            raise ModelUnavailable("down")
        return thing

    async def go() -> list[object]:
        asker = ConcurrentBatches(ask, 3)
        asked = asker.batch(range(6)), asker.alone(-1), asker.alone(-2), asker.batch(range(6, 12))
        told = await asyncio.wait_for(asyncio.gather(*asked), 5)
        await asyncio.wait_for(asker.until_begun(), 5)
        return told

    told = asyncio.run(go())
    assert [type(each) for each in told] == [list, ModelUnavailable, ModelUnavailable, list]
    assert beside[-1] == beside[-2] == set()
    assert any(beside.values())


def test_an_error_that_ends_a_batch_leaves_nobody_waiting():
    async def ask(_thing: int) -> int:
        raise ValueError("a fault of ours")

    async def go() -> None:
        asker = ConcurrentBatches(ask, 1)
        with pytest.raises(ValueError, match="a fault of ours"):
            await asker.batch([1, 2, 3])
        await asyncio.wait_for(asker.until_begun(), 5)

    asyncio.run(go())


def test_a_server_that_did_not_answer_for_a_whole_batch_is_left_alone():
    asked: list[int] = []

    async def ask(thing: int) -> int:
        asked.append(thing)
        raise ModelUnavailable("down")

    async def go() -> None:
        asker = ConcurrentBatches(ask, 2)
        await asker.batch([1, 2])
        assert all(isinstance(result, ModelUnavailable) for result in await asker.batch([3, 4]))

    asyncio.run(go())
    assert asked == [1, 2]
