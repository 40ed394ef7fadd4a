"""Puts a reader together from what a user says: which model, which way of reading, where to keep answers."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

from agents.caching import CachedExtractor
from agents.embedded import EmbeddedModel
from agents.extractor import LabelExtractor, ScriptedExtractor, VoteExtractor
from agents.reply_cache import SqliteReplyCache
from agents.server import DEFAULT_BOUNDS, Bounds, ServedModel
from schema.document import Document
from schema.errors import WrongUse
from schema.observation import Reader
from schema.ontology import Ontology
from schema.ports import Extraction, Extractor, LanguageModel

Way = Literal["labels", "votes"]

EMBEDDED = "embedded"
SCRIPTED = "scripted:"
REPLIES = "replies.sqlite"


class ReadingAgent:
    """An Extractor with what it holds open."""

    def __init__(self, extractor: Extractor, close: Callable[[], Awaitable[None]]) -> None:
        self._extractor = extractor
        self._close = close

    @property
    def reader(self) -> Reader:
        """See the port."""
        return self._extractor.reader

    async def read(self, document: Document) -> Extraction:
        """See the port."""
        return await self._extractor.read(document)

    async def close(self) -> None:
        """Let go of model, connections and cache."""
        await self._close()


def make_extractor(
    spec: str,
    *,
    reading: Way,
    ontology: Ontology,
    home: Path | None = None,
    name: str | None = None,
    key: str | None = None,
    bounds: Bounds = DEFAULT_BOUNDS,
    **options: Any,
) -> ReadingAgent:
    """Make a reader for `embedded`, a URL, or `scripted:FILE`; options go to the way of reading (votes=…, floor=…).

    Answers are kept under `home` where one is given. Raises WrongUse for a spec or a way of reading that there is not, and
    ModelUnavailable where the embedded model cannot run here.
    """
    if reading not in {"labels", "votes"}:
        raise WrongUse(f"--reading {reading!r}: there are labels and votes")
    if spec.startswith(SCRIPTED):
        scripted = ScriptedExtractor(spec.removeprefix(SCRIPTED), ontology, reading)
        return ReadingAgent(scripted, scripted.close)
    model = make_model(spec, name=name, key=key, bounds=bounds)
    extractor = LabelExtractor(model, ontology, **options) if reading == "labels" else VoteExtractor(model, ontology, **options)
    if home is None:
        return ReadingAgent(extractor, model.close)
    cache = SqliteReplyCache(home / REPLIES)

    async def close() -> None:
        await model.close()
        cache.close()

    return ReadingAgent(CachedExtractor(extractor, cache, extractor.settings), close)


def make_model(spec: str, *, name: str | None = None, key: str | None = None, bounds: Bounds = DEFAULT_BOUNDS) -> LanguageModel:
    """Make the language model for `embedded` or a URL; raises WrongUse for anything else."""
    if spec == EMBEDDED:
        return EmbeddedModel()
    if spec.startswith(("http://", "https://")):
        return ServedModel(spec, name, key, bounds)
    raise WrongUse(f"--model {spec!r}: there are {EMBEDDED}, the URL of a model server, and {SCRIPTED}FILE")
