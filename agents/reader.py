"""A reader on one page: the way of a document through names, linking, relations and calibration; grounding is the pipeline's."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol, get_args

from pydantic import TypeAdapter

from agents.adapters.adapter import AUTO, Adapter
from agents.confidence.calibration import CalibrationMap, calibrated_claims, calibrated_reader, map_for
from agents.models.choice import SCRIPTED, Way, chosen_adapter, make_model
from agents.models.forecast import ForecastModel
from agents.models.scripted import ScriptedExtractor
from agents.names.found_names import FoundNames
from agents.names.names_by_labels import LabelNames
from agents.names.names_by_votes import VoteNames
from agents.relations.relations_by_labels import LabelRelations
from agents.relations.relations_by_votes import VoteRelations
from agents.replies.kept_rounds import KeptRounds
from agents.replies.reply_cache import CachedAnswers, SqliteReplyCache
from agents.serving.limits import DEFAULT_BOUNDS, Bounds
from schema.document import Document, Mention
from schema.errors import ModelFailed, ModelUnavailable, WrongUse
from schema.ids import stable_id
from schema.observation import Claim, Reader
from schema.ontology import Ontology
from schema.ports import Extraction, LanguageModel, MentionLinker, ReplyCache
from schema.usage import Usage, usage_account

REPLIES = "replies.sqlite"

FROM_CACHE = Usage(cached=1)
_CLAIMS = TypeAdapter(tuple[Claim, ...])
_PLACES = TypeAdapter(tuple[tuple[int, int, str, str], ...])


class NameFinder(Protocol):
    """A way of finding names in the text of documents: by labels or by votes."""

    @property
    def prompt(self) -> str:
        """Which prompt it asks with; part of a reader's identity."""

    @property
    def settings(self) -> str:
        """What its answers depend on besides the text, and the known names if it takes any: model, prompt and bounds."""

    @property
    def takes_known(self) -> bool:
        """Whether it asks about names that are known to be in the text."""

    async def find(self, document: Document, known: Sequence[str] = ()) -> FoundNames:
        """What a document's text names; raises ModelFailed where no usable answer came within the bounds.

        `known` are names in the text that vocabularies have; a finder that does not take them passes them over.
        """


class RelationReader(Protocol):
    """A way of reading relations between a document's entities: by labels, by votes or from a script."""

    @property
    def reader(self) -> Reader:
        """Its identity, without names and calibration."""

    @property
    def settings(self) -> str:
        """What its answers depend on besides the document and its identity."""

    async def read(self, document: Document) -> Extraction:
        """The document's claims with raw scores; raises ModelFailed where no usable answer came within the bounds."""

    async def available(self) -> None:
        """Return where its model can be asked now; see LanguageModel."""


class ReadingAgent:
    """An Extractor. Each of its steps is a value; a step that is not given is left out.

    A document is read with the mentions it brings: with `names` and a `linker`, those without an identifier are linked, and where it has
    none at all they are found. `calibration` says what scores are worth. With a `cache` every answer is paid for once; one that comes
    from there is counted as such. Its identity is the same for all documents, whether names had to be found in them or not.
    """

    def __init__(
        self,
        relations: RelationReader,
        held: AsyncExitStack | None = None,
        *,
        names: NameFinder | None = None,
        linker: MentionLinker | None = None,
        calibration: CalibrationMap | None = None,
        cache: ReplyCache | None = None,
        read_only: bool = False,
    ) -> None:
        self.names, self.linker, self.relations, self.calibration = names, linker, relations, calibration
        self._held = held or AsyncExitStack()
        self._kept_names = CachedAnswers(cache, _names_as_json, _names_from_json, read_only=read_only) if cache else None
        self._kept_claims = CachedAnswers(cache, _claims_as_json, _claims_from_json, read_only=read_only) if cache else None

    @property
    def cuts(self) -> Mapping[str, float]:
        """The confidences from which its map expects F1 to be best, by what is compared."""
        return self.calibration.cuts if self.calibration else {}

    @property
    def reader(self) -> Reader:
        """See the port: that of the relations, with the map's version and the prompt for names where there are such."""
        reader = calibrated_reader(self.relations.reader, self.calibration)
        return replace(reader, prompt=f"{reader.prompt}+{self.names.prompt}") if self.names and self.linker else reader

    async def read(self, document: Document) -> Extraction:
        """See the port; a failure says what was paid all the same, and a success also what was asked on the way to it.

        The mentions that it returns are those that the document lacks.
        """
        with usage_account() as account:
            try:
                found = await self._read(document)
            except ModelFailed as error:
                # A failure of its own: several who wait for one answer share the one that was raised, but not its cost.
                kind = ModelUnavailable if isinstance(error, ModelUnavailable) else ModelFailed
                raise kind(str(error), error.reply, account.usage) from error
        usage = replace(account.usage, cached=found.usage.cached) if account.usage.requests else found.usage
        return replace(found, usage=usage, claims=calibrated_claims(found.claims, self.calibration))

    async def _read(self, document: Document) -> Extraction:
        if self.names is None or self.linker is None:
            return await self._related(document)
        unlinked = await self._named(document, self.names, self.linker)
        if not unlinked.mentions:
            found = await self._related(document)
            return replace(found, usage=unlinked.usage + found.usage)
        linked, judgements = self.linker.link(document.text, unlinked.mentions)
        given = (mention for mention in document.mentions if mention.identifiers)
        in_order = sorted((*given, *linked), key=lambda mention: (mention.start, mention.end))
        found = await self._related(replace(document, mentions=tuple(in_order)))
        return Extraction(found.claims, unlinked.usage + found.usage, tuple(linked), tuple(judgements))

    async def _named(self, document: Document, names: NameFinder, linker: MentionLinker) -> FoundNames:
        """The names that are to be linked: those that a document brings without identifiers, or those in the text of one without any."""
        if document.mentions:
            return FoundNames(tuple(mention for mention in document.mentions if not mention.identifiers))
        # In a thread: other documents' answers come in meanwhile.
        known = await asyncio.to_thread(linker.known_in, document.text) if names.takes_known else ()
        if self._kept_names is None:
            return await names.find(document, known)
        given = [list(known)] if known else []
        key = stable_id("mentions-1", document.text, _breaks(document), names.settings, *given)
        return await self._kept_names.get(key, lambda: names.find(document, known))

    async def _related(self, document: Document) -> Extraction:
        """The claims; same text and mentions, same reader, same settings, same answer."""
        if self._kept_claims is None:
            return await self.relations.read(document)
        mentions = [[m.start, m.end, m.type, m.identifiers] for m in document.mentions]
        asked = (self.relations.reader.name, self.relations.settings)
        key = stable_id("extraction-1", document.text, _breaks(document), mentions, *asked)
        return await self._kept_claims.get(key, lambda: self.relations.read(document))

    async def available(self) -> None:
        """See the port."""
        await self.relations.available()

    async def close(self) -> None:
        """Let go of model, connections, cache and vocabularies."""
        await self._held.aclose()


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
    linking: Callable[[], AbstractContextManager[MentionLinker]] | None = None,
    **options: Any,
) -> ReadingAgent:
    """Make a reader for `embedded`, URLs, or `scripted:FILE`; options go to the way of reading (votes=…, floor=…).

    With `linking` it reads plain text; a script, which answers by document, finds no names. Answers are kept under `home` where one is
    given (those of a `stand_in` for the model are not), and scores mean what the home's calibration map for the reader says, else the
    adapter's. `adapter` is `auto`, `none` or a folder. Raises WrongUse for a spec, a way of reading or an adapter that there is not, and
    ModelUnavailable where the embedded model cannot run here.
    """
    if reading not in get_args(Way):
        raise WrongUse(f"--reading {reading!r}: there are labels, votes and linear")
    if spec.startswith(SCRIPTED):
        scripted = ScriptedExtractor(spec.removeprefix(SCRIPTED), ontology, reading)
        return ReadingAgent(scripted, calibration=map_for(scripted.reader, home))
    trained = chosen_adapter(adapter, spec, reading=reading, ontology=ontology, name=name, key=key)
    made: LanguageModel = stand_in or make_model(spec, name=name, key=key, bounds=bounds, adapter=trained, setting=adapter)
    model = KeptRounds(made)
    relations = _relations(model, ontology, reading, trained, options)
    calibration = map_for(relations.reader, home, trained.calibration if trained else None)
    held = AsyncExitStack()
    cache = None if home is None else SqliteReplyCache(home / REPLIES)
    if cache is not None:
        held.callback(cache.close)
    held.push_async_callback(model.close)
    return ReadingAgent(
        relations,
        held,
        names=_names(model, ontology, trained),
        linker=held.enter_context(linking()) if linking else None,
        calibration=calibration,
        cache=cache,
        read_only=stand_in is not None,
    )


def _relations(model: LanguageModel, ontology: Ontology, reading: Way, trained: Adapter | None, options: dict[str, Any]) -> RelationReader:
    """By votes, or by labels with what the model was trained to say and its linear part, which may read alone."""
    if reading == "votes":
        return VoteRelations(model, ontology, **options)
    skills, part = (trained.skills, trained.linear) if trained else (None, None)
    if reading == "linear" and part is None:
        raise WrongUse(f"--reading linear: {model.name!r} has no adapter with a linear part")
    return LabelRelations(model, ontology, skills=skills, linear=part, alone=reading == "linear", **options)


def _names(model: LanguageModel, ontology: Ontology, trained: Adapter | None) -> NameFinder:
    """By label probabilities where the model was taught to, in types that the ontology has; else by asking it to name them."""
    if trained and trained.skills.kinds.keys() & set(ontology.entity_types):
        return LabelNames(model, ontology, trained.skills)
    return VoteNames(model, ontology)


def _breaks(document: Document) -> list[int]:
    """Where sentences, and so quotes, cannot run on."""
    return [len(passage.text) for passage in document.passages]


def _claims_as_json(found: Extraction) -> str:
    return json.dumps([asdict(claim) for claim in found.claims], ensure_ascii=True)


def _claims_from_json(kept: str) -> Extraction:
    return Extraction(_CLAIMS.validate_json(kept), FROM_CACHE)


def _names_as_json(found: FoundNames) -> str:
    return json.dumps([(m.start, m.end, m.text, m.type) for m in found.mentions], ensure_ascii=True)


def _names_from_json(kept: str) -> FoundNames:
    return FoundNames(tuple(Mention(*place) for place in _PLACES.validate_json(kept)), FROM_CACHE)
