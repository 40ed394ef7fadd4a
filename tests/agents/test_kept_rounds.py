"""Rounds of answers that were paid for before a reader was killed, or its server went away, are not paid for again."""

import asyncio
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agents.reader import ReadingAgent
from agents.relations.relations_by_votes import VoteRelations
from agents.replies.kept_rounds import KeptRounds
from agents.replies.reply_cache import SqliteReplyCache
from schema.errors import ModelFailed, ModelUnavailable
from schema.ports import Sampled
from tests.agents.fakes import BIOMEDICAL, FakeModel, aspirin

CLAIM = '{"claims":[{"head":"C1","relation":"treat","tail":"D1","polarity":"asserts","stated":[null,null]}]}'
NO_ANSWER = "I am sorry."


class Ending(FakeModel):
    """A model that breaks off at the n-th round."""

    def __init__(self, answers: list[str], at: int = 0, error: type[BaseException] = ModelUnavailable) -> None:
        super().__init__(answers=answers)
        self.at, self.error = at, error

    async def sample(self, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> Sampled:
        if len(self.sampled) + 1 == self.at:
            raise self.error
        return await super().sample(prompt, n, schema, max_tokens, seed)


def reader(model: FakeModel, folder: Path) -> ReadingAgent:
    asked = VoteRelations(KeptRounds(model), BIOMEDICAL, votes=4)
    return ReadingAgent(asked, cache=SqliteReplyCache(folder / "replies.sqlite"))


def kept(folder: Path) -> int:
    with sqlite3.connect(folder / "replies.sqlite") as database:
        (number,) = database.execute("SELECT count(*) FROM replies").fetchone()
    database.close()
    return int(number)


def seeds(model: FakeModel) -> list[int]:
    return [seed for _, _, _, seed in model.sampled]


@pytest.mark.parametrize("error", [ModelUnavailable, asyncio.CancelledError])
def test_who_asks_again_after_a_reader_has_ended_goes_on_with_the_next_round(error: type[BaseException], tmp_path: Path) -> None:
    whole = FakeModel(answers=[CLAIM])
    at_once = asyncio.run(reader(whole, tmp_path / "at-once").read(aspirin()))
    assert len(whole.sampled) >= 2
    first, second = Ending([CLAIM], at=len(whole.sampled), error=error), FakeModel(answers=[CLAIM])
    with pytest.raises(error):
        asyncio.run(reader(first, tmp_path).read(aspirin()))
    found = asyncio.run(reader(second, tmp_path).read(aspirin()))
    assert [*seeds(first), *seeds(second)] == seeds(whole)
    assert len(second.sampled) == 1
    assert found.claims == at_once.claims
    assert found.usage.requests == 1


def test_when_the_answer_is_whole_only_that_is_kept(tmp_path: Path) -> None:
    asyncio.run(reader(FakeModel(answers=[CLAIM]), tmp_path).read(aspirin()))
    assert kept(tmp_path) == 1


def test_of_a_document_that_failed_all_is_asked_again(tmp_path: Path) -> None:
    first, second = FakeModel(answers=[NO_ANSWER]), FakeModel(answers=[CLAIM])
    with pytest.raises(ModelFailed):
        asyncio.run(reader(first, tmp_path).read(aspirin()))
    assert kept(tmp_path) == 0
    assert asyncio.run(reader(second, tmp_path).read(aspirin())).claims
    assert second.sampled[0] == first.sampled[0]
