"""Puts a reader together from what a user says: which model, which way of reading, where to keep answers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from agents.bill import billed
from agents.bounds import DEFAULT_BOUNDS, Bounds
from agents.caching import CachedExtractor, CachedFinder
from agents.calibration import calibrated
from agents.embedded import EmbeddedModel
from agents.extractor import LabelExtractor, ScriptedExtractor, VoteExtractor
from agents.forecast import ForecastModel, ReadOnly
from agents.mentions import Finder, MentionFinder
from agents.reply_cache import SqliteReplyCache
from agents.served_model import ServedModel
from schema.document import Document
from schema.errors import ModelFailed, ModelUnavailable, WrongUse
from schema.observation import Reader
from schema.ontology import Ontology
from schema.ports import Extraction, Extractor, LanguageModel, ReplyCache

Way = Literal["labels", "votes"]

EMBEDDED = "embedded"
SCRIPTED = "scripted:"
REPLIES = "replies.sqlite"


class ReadingAgent:
    """An Extractor with what it holds open. `finder` finds the names in plain text, with the same model; a script has none."""

    def __init__(self, extractor: Extractor, close: Callable[[], Awaitable[None]], finder: Finder | None = None) -> None:
        self._extractor = extractor
        self._close = close
        self.finder = finder

    @property
    def reader(self) -> Reader:
        """See the port."""
        return self._extractor.reader

    async def read(self, document: Document) -> Extraction:
        """See the port; a failure says what was paid all the same, and a success also what was asked on the way to it."""
        with billed() as bill:
            try:
                found = await self._extractor.read(document)
            except ModelFailed as error:
                # A failure of its own: several who wait for one answer share the one that was raised, but not its cost.
                kind = ModelUnavailable if isinstance(error, ModelUnavailable) else ModelFailed
                raise kind(str(error), error.reply, bill.usage) from error
        return replace(found, usage=replace(bill.usage, cached=found.usage.cached)) if bill.usage.requests else found

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
    stand_in: ForecastModel | None = None,
    **options: Any,
) -> ReadingAgent:
    """Make a reader for `embedded`, a URL, or `scripted:FILE`; options go to the way of reading (votes=…, floor=…).

    Answers are kept under `home` where one is given (those of a `stand_in` for the model are not), and scores mean what the home's
    calibration map for the reader says. Raises WrongUse for a spec or a way of reading that there is not, and ModelUnavailable where
    the embedded model cannot run here.
    """
    if reading not in {"labels", "votes"}:
        raise WrongUse(f"--reading {reading!r}: there are labels and votes")
    if spec.startswith(SCRIPTED):
        scripted = ScriptedExtractor(spec.removeprefix(SCRIPTED), ontology, reading)
        return ReadingAgent(calibrated(scripted, home), scripted.close)
    model: LanguageModel = stand_in or make_model(spec, name=name, key=key, bounds=bounds)
    extractor = LabelExtractor(model, ontology, **options) if reading == "labels" else VoteExtractor(model, ontology, **options)
    finder = MentionFinder(model, ontology)
    if home is None:
        return ReadingAgent(extractor, model.close, finder)
    file = SqliteReplyCache(home / REPLIES)
    cache: ReplyCache = ReadOnly(file) if stand_in else file

    async def close() -> None:
        await model.close()
        file.close()

    return ReadingAgent(calibrated(CachedExtractor(extractor, cache, extractor.settings), home), close, CachedFinder(finder, cache))


def make_model(
    spec: str, *, name: str | None = None, key: str | None = None, bounds: Bounds = DEFAULT_BOUNDS
) -> EmbeddedModel | ServedModel:
    """Make the language model for `embedded` or a URL; raises WrongUse for anything else."""
    if spec == EMBEDDED:
        return EmbeddedModel()
    if spec.startswith(("http://", "https://")):
        return ServedModel(spec, name, key, bounds)
    raise WrongUse(f"--model {spec!r}: there are {EMBEDDED}, the URL of a model server, and {SCRIPTED}FILE")
