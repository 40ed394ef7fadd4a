"""The readers of documents, and reading many of them side by side."""

from collections.abc import Iterable

from agents.labels import LabelExtractor
from agents.scripted import ScriptedExtractor
from agents.side_by_side import ask_many
from agents.votes import VoteExtractor
from schema.document import Document
from schema.errors import ModelFailed
from schema.ports import Extraction, Extractor

__all__ = ["LabelExtractor", "ScriptedExtractor", "VoteExtractor", "read_many"]


async def read_many(extractor: Extractor, documents: Iterable[Document], concurrency: int = 8) -> list[Extraction | ModelFailed]:
    """What became of each document, in their order; one that fails stops no other. Other errors stop all and are raised."""
    return await ask_many(extractor.read, documents, concurrency)
