"""How many requests are in flight."""

import asyncio
from collections.abc import Awaitable, Callable

from agents.serving.limits import Throttle


def crowd(throttle: Throttle, number: int, hear: Callable[[Throttle], Awaitable[None]] | None = None) -> list[int]:
    """How many were in flight whenever one of so many requests was."""
    seen: list[int] = []

    async def request() -> None:
        async with throttle:
            seen.append(throttle.in_flight)
            await asyncio.sleep(0.001)
            if hear is not None:
                await hear(throttle)

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

    async def three_refusals_then_success() -> None:
        for _ in range(3):
            await throttle.refused()
        assert throttle.limit == 4

    asyncio.run(three_refusals_then_success())
    crowd(throttle, 100)
    assert throttle.limit == 8


def test_a_request_that_fails_makes_room_for_the_next():
    throttle = Throttle(1, 1)

    async def failing() -> None:
        async with throttle:
            raise ValueError

    async def both() -> list[object]:
        return await asyncio.gather(failing(), failing(), return_exceptions=True)

    assert [type(result) for result in asyncio.run(both())] == [ValueError, ValueError]
    assert throttle.in_flight == 0
