"""The readers of documents, and reading many of them side by side."""

import asyncio
from collections.abc import Iterable, Iterator

from agents.labels import LabelExtractor
from agents.scripted import ScriptedExtractor
from agents.votes import VoteExtractor
from schema.document import Document
from schema.errors import ModelFailed
from schema.ports import Extraction, Extractor

__all__ = ["LabelExtractor", "ScriptedExtractor", "VoteExtractor", "read_many"]


async def read_many(extractor: Extractor, documents: Iterable[Document], concurrency: int = 8) -> list[Extraction | ModelFailed]:
    """What became of each document, in their order; one that fails stops no other. Other errors stop all and are raised."""
    waiting = enumerate(documents)
    done: dict[int, Extraction | ModelFailed] = {}
    workers = [asyncio.create_task(_work(extractor, waiting, done)) for _ in range(max(1, concurrency))]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return [done[number] for number in sorted(done)]


async def _work(extractor: Extractor, waiting: Iterator[tuple[int, Document]], done: dict[int, Extraction | ModelFailed]) -> None:
    for number, document in waiting:
        try:
            done[number] = await extractor.read(document)
        except ModelFailed as error:
            done[number] = error
