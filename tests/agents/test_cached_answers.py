"""Answers already paid for: never twice, whatever happens in between."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from agents.reader import ReadingAgent
from agents.relations.relations_by_labels import LabelRelations
from agents.replies.reply_cache import SqliteReplyCache
from schema.document import Passage
from schema.errors import ModelFailed, StoreFailed
from schema.observation import Reader
from schema.ports import Extraction
from tests.agents.fakes import BIOMEDICAL, FakeModel, aspirin


class Failing:
    reader = Reader("labels", "m", "p", "s")
    settings = ""

    def __init__(self) -> None:
        self.asked = 0

    async def read(self, document):
        self.asked += 1
        await asyncio.sleep(0.01)
        raise ModelFailed("no")


def cached(tmp_path, model: FakeModel, floor: float = 0.1) -> ReadingAgent:
    return ReadingAgent(LabelRelations(model, BIOMEDICAL, floor=floor), cache=SqliteReplyCache(tmp_path / "replies.sqlite"))


def test_a_text_is_paid_for_once_even_in_another_process_and_revision(tmp_path):
    model = FakeModel({"C1 D1:": "treats"})
    first = asyncio.run(cached(tmp_path, model).read(aspirin()))
    again = asyncio.run(cached(tmp_path, model).read(replace(aspirin("PMID:77"), version=2, journal="Another")))
    assert again.claims == first.claims
    assert first.usage.requests == 1
    assert again.usage.requests == 0
    assert len(model.asked) == 1


@pytest.mark.parametrize("what", ["text", "mentions", "passages", "model", "settings"])
def test_another_text_mention_model_or_setting_is_another_question(tmp_path, what):
    model, other = FakeModel(), FakeModel()
    other.name = "fake-2" if what == "model" else "fake-1"
    found = aspirin()
    changed = {
        "text": replace(found, title="On other things."),
        "mentions": replace(found, mentions=found.mentions[:-1]),
        "passages": replace(found, passages=tuple(Passage(part) for part in found.passages[0].text.split(" ", 1))),
    }.get(what, found)
    asyncio.run(cached(tmp_path, model).read(found))
    asyncio.run(cached(tmp_path, other, 0.2 if what == "settings" else 0.1).read(changed))
    assert len(other.asked) == 1


def test_of_many_readings_of_one_text_at_once_one_asks(tmp_path):
    model = FakeModel({"C1 D1:": "treats"})
    extractor = cached(tmp_path, model)

    async def together() -> list[Extraction]:
        return await asyncio.gather(*(extractor.read(aspirin(f"PMID:{number}")) for number in range(8)))

    found = asyncio.run(together())
    assert len(model.asked) == 1
    assert len({extraction.claims for extraction in found}) == 1
    assert sum(extraction.usage.requests for extraction in found) == 1


def test_a_failure_is_not_kept_and_reaches_all_who_wait(tmp_path):
    failing = Failing()
    extractor = ReadingAgent(failing, cache=SqliteReplyCache(tmp_path / "replies.sqlite"))

    async def together():
        return await asyncio.gather(*(extractor.read(aspirin()) for _ in range(3)), return_exceptions=True)

    assert [type(error) for error in asyncio.run(together())] == [ModelFailed] * 3
    assert failing.asked == 1
    asyncio.run(together())
    assert failing.asked == 2


def test_an_answer_in_an_older_form_is_asked_for_again(tmp_path):
    model = FakeModel({"C1 D1:": "treats"})
    asyncio.run(cached(tmp_path, model).read(aspirin()))
    with sqlite3.connect(tmp_path / "replies.sqlite") as database:
        database.execute("UPDATE replies SET value = '[{\"what\": 1}]'")
    database.close()
    assert asyncio.run(cached(tmp_path, model).read(aspirin())).claims
    assert len(model.asked) == 2


def test_odd_characters_come_back_as_they_were(tmp_path):
    cache = SqliteReplyCache(tmp_path / "deep" / "replies.sqlite")
    cache.put("k", "a\x00b\u2028\U0001f600")
    cache.put("k", "another")
    assert cache.get("k") == "a\x00b\u2028\U0001f600"
    assert cache.get("nothing") is None


def test_a_file_that_is_no_cache_is_refused_with_its_name(tmp_path):
    (tmp_path / "replies.sqlite").write_bytes(b"this is no database at all, not in the least" * 100)
    with pytest.raises(StoreFailed, match=r"replies\.sqlite"):
        SqliteReplyCache(tmp_path / "replies.sqlite")


WRITER = """
import sys
from agents.replies.reply_cache import SqliteReplyCache
cache = SqliteReplyCache(sys.argv[1])
number = 0
while True:
    cache.put(f"{sys.argv[2]}-{number}", "x" * 2000)
    print(number, flush=True)
    number += 1
"""


def test_what_was_put_survives_a_kill_with_several_writers(tmp_path):
    path = tmp_path / "replies.sqlite"
    started = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
        for name in "ab"
    ]
    lines = [process.stdout.readline() for process in started]
    time.sleep(0.3)
    for process in started:
        process.send_signal(signal.SIGKILL)
    done = [int((line + process.stdout.read()).split()[-1]) for line, process in zip(lines, started, strict=True)]
    for process in started:
        process.wait()
        process.stdout.close()
    cache = SqliteReplyCache(path)
    for name, last in zip("ab", done, strict=True):
        assert all(cache.get(f"{name}-{number}") == "x" * 2000 for number in range(last + 1))
    cache.put("after", "y")
    assert cache.get("after") == "y"
