"""Puts a reader together from what a user says: which model, which way of reading, where to keep answers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from agents.adapters.adapter import AUTO, Adapter, adapter_for_embedded, adapter_for_served, known_names
from agents.adapters.skills import Skills
from agents.confidence.calibration import CalibratedExtractor, CalibrationMap, calibrated
from agents.models.bill import billed
from agents.models.embedded_model import EmbeddedModel
from agents.models.forecast import ForecastModel, ReadOnly
from agents.models.packed_model import PackedModel
from agents.models.scripted import ScriptedExtractor
from agents.models.served_model import ServedModel
from agents.names.names_by_labels import LabelFinder
from agents.names.names_by_votes import Finder, MentionFinder
from agents.paid_once import CachedExtractor, CachedFinder
from agents.relations.relations_by_labels import LabelExtractor
from agents.relations.relations_by_votes import VoteExtractor
from agents.replies.reply_cache import SqliteReplyCache
from agents.serving.bounds import DEFAULT_BOUNDS, Bounds
from schema.document import Document
from schema.errors import ModelFailed, ModelUnavailable, WrongUse
from schema.observation import Reader
from schema.ontology import Ontology
from schema.ports import Extraction, Extractor, LanguageModel, ReplyCache

Way = Literal["labels", "votes", "linear"]

EMBEDDED = "embedded"
SCRIPTED = "scripted:"
REPLIES = "replies.sqlite"


class ReadingAgent:
    """An Extractor with what it holds open.

    `finder` finds the names in plain text, with the same model; a script has none. `map` is what its confidences come from, None where
    they are raw scores.
    """

    def __init__(
        self,
        extractor: Extractor,
        close: Callable[[], Awaitable[None]],
        finder: Finder | None = None,
        known: CalibrationMap | None = None,
    ) -> None:
        self._extractor = extractor
        self._close = close
        self.finder = finder
        self.map = extractor.known if isinstance(extractor, CalibratedExtractor) else known

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
    adapter: str = AUTO,
    stand_in: ForecastModel | None = None,
    **options: Any,
) -> ReadingAgent:
    """Make a reader for `embedded`, a URL, or `scripted:FILE`; options go to the way of reading (votes=…, floor=…).

    Answers are kept under `home` where one is given (those of a `stand_in` for the model are not), and scores mean what the home's
    calibration map for the reader says, else the adapter's. `adapter` is `auto`, `none` or a folder. Raises WrongUse for a spec, a way
    of reading or an adapter that there is not, and ModelUnavailable where the embedded model cannot run here.
    """
    if reading not in get_args(Way):
        raise WrongUse(f"--reading {reading!r}: there are labels, votes and linear")
    if spec.startswith(SCRIPTED):
        scripted = ScriptedExtractor(spec.removeprefix(SCRIPTED), ontology, reading)
        return ReadingAgent(calibrated(scripted, home), scripted.close)
    trained = chosen_adapter(adapter, spec, reading=reading, ontology=ontology, name=name, key=key)
    model: LanguageModel = stand_in or make_model(spec, name=name, key=key, bounds=bounds, adapter=trained, setting=adapter)
    skills, shipped_map = (trained.skills, trained.calibration) if trained else (None, None)
    extractor: LabelExtractor | VoteExtractor
    if reading == "votes":
        extractor = VoteExtractor(model, ontology, **options)
    else:
        part, alone = trained.linear if trained else None, reading == "linear"
        if alone and part is None:
            raise WrongUse(f"--reading linear: {model.name!r} has no adapter with a linear part")
        extractor = LabelExtractor(model, ontology, skills=skills, linear=part, alone=alone, **options)
    finder = _finder(model, ontology, skills)
    if home is None:
        return ReadingAgent(calibrated(extractor, None, shipped_map), model.close, finder)
    file = SqliteReplyCache(home / REPLIES)
    cache: ReplyCache = ReadOnly(file) if stand_in else file

    async def close() -> None:
        await model.close()
        file.close()

    cached = CachedExtractor(extractor, cache, extractor.settings)
    return ReadingAgent(calibrated(cached, home, shipped_map), close, CachedFinder(finder, cache))


def chosen_adapter(
    setting: str, spec: str, *, reading: Way, ontology: Ontology, name: str | None = None, key: str | None = None
) -> Adapter | None:
    """The adapter that a model reads with, None for one that was not trained to.

    A server is asked for its model's name where that decides and is not given. Raises WrongUse for a folder that has no adapter, for an
    adapter that cannot be the model's or says nothing in the ontology's words, and for votes of a model that was trained to score.
    """
    by_labels = reading != "votes"
    if spec == EMBEDDED:
        return adapter_for_embedded(setting, ontology) if by_labels else None
    if not _is_url(spec) or not (known := known_names(setting)):
        return None
    model = ServedModel(spec, name, key).name
    if by_labels:
        return adapter_for_served(setting, ontology, model)
    if model in known:
        raise WrongUse(f"--reading votes: {model!r} was trained to score labels; name the model under it (model_name)")
    return None


def make_model(
    spec: str,
    *,
    name: str | None = None,
    key: str | None = None,
    bounds: Bounds = DEFAULT_BOUNDS,
    adapter: Adapter | None = None,
    setting: str = AUTO,
) -> EmbeddedModel | PackedModel | ServedModel:
    """Make the language model for `embedded` or a URL; raises WrongUse for anything else.

    The embedded one with an adapter scores in packed passes; a server's model that is called like an adapter known by the setting has it.
    """
    if spec == EMBEDDED:
        return embedded_model(adapter)
    if _is_url(spec):
        return ServedModel(spec, name, key, bounds, known_names(setting) | ({adapter.name} if adapter else set()))
    raise WrongUse(f"--model {spec!r}: there are {EMBEDDED}, the URL of a model server, and {SCRIPTED}FILE")


def embedded_model(adapter: Adapter | None) -> EmbeddedModel | PackedModel:
    """The model that runs here: as it comes, or as it was trained to read."""
    return EmbeddedModel() if adapter is None else PackedModel(adapter)


def _finder(model: LanguageModel, ontology: Ontology, skills: Skills | None) -> LabelFinder | MentionFinder:
    """By label probabilities where the model was taught to, in types that the ontology has; else by asking it to name them."""
    if skills and skills.kinds.keys() & set(ontology.entity_types):
        return LabelFinder(model, ontology, skills)
    return MentionFinder(model, ontology)


def _is_url(spec: str) -> bool:
    return spec.startswith(("http://", "https://"))
