"""Parts that fail: each is named, what the others came to is heard, and what is queued is not begun."""

import asyncio
from typing import Any

import pytest

from flows.scheduling import parts
from flows.scheduling.parameters import BackfillParameters
from schema.errors import StoreFailed
from tests.flows.scheduling.parts_that_end import end_as_told


def run_all(ends: list[dict[str, Any]], workers: int, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], Exception]:
    """The first batches of the parts that were heard, and what was raised."""
    heard: list[int] = []
    given = [{"first": 10 * n, "end": 10 * n + 10, **each} for n, each in enumerate(ends)]
    monkeypatch.setattr(parts, "read_part", end_as_told)
    with pytest.raises(StoreFailed) as raised:
        asyncio.run(parts.in_processes(BackfillParameters(workers=workers), given, lambda part: heard.append(part["first"])))
    return heard, raised.value


def test_what_is_under_way_is_heard_and_what_is_queued_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = {"ends": "well", "seconds": 0.5}
    heard, error = run_all([{"ends": "fails"}, *([slow] * 12)], 2, monkeypatch)
    assert str(error) == "the part with the batches 0 to 9: no disk"
    assert 10 in heard
    assert len(heard) < 8


def test_a_process_that_was_killed_is_told_in_a_sentence_with_its_part(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, error = run_all([{"ends": "well"}, {"ends": "killed", "seconds": 0.2}, {"ends": "well"}], 1, monkeypatch)
    assert heard == [0]
    assert str(error) == f"the part with the batches 10 to 19: {parts.ENDED}"
