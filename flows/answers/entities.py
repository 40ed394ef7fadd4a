"""Entities of a home: what they are called now, and how they are found."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from flows.home.homes import Home
from flows.wiring.home_vocabularies import has_vocabularies, vocabularies_of
from pipeline.believing.gathering import evidence_on_deletions
from pipeline.believing.standing import without_deleted
from pipeline.finding.entity_finder import EntityFinder
from pipeline.finding.found_entities import FoundEntity, the_only_one
from pipeline.identifiers import curie
from pipeline.linking.reading_order import reading_order
from pipeline.updating.graph_changes import current_names
from schema.entity_names import provisional_key
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity


@contextmanager
def finder_in(home: Home, known_at: datetime | None = None) -> Iterator[EntityFinder]:
    """The one way to find an entity of a home: by key, by any name of documents and loaded vocabularies, or nearly."""

    def called(keys: Collection[EntityKey]) -> Mapping[EntityKey, Entity]:
        return entities_now(home, keys)

    def silenced(documents: Collection[DocumentId]) -> Collection[DocumentId]:
        return without_deleted(evidence_on_deletions(home.log, documents), home.rules).deleted or frozenset()

    types = home.rules.ontology.entity_types
    if not has_vocabularies(home):
        yield EntityFinder(home.log, called, silenced, types, known_at=known_at)
        return
    with vocabularies_of(home) as vocabularies:
        yield EntityFinder(home.log, called, silenced, types, vocabularies, known_at)


def entity_called(home: Home, text: str, known_at: datetime | None = None, *, slips: bool = True) -> EntityKey:
    """The entity that a key or a name means, now or as known at a moment; raises NotOneEntity where that is not clear.

    What is recorded for good is named without slips of the pen.
    """
    with finder_in(home, known_at) as finder:
        return finder.the_one(text, slips=slips).key


def found_entities(home: Home, text: str, kind: str | None = None, limit: int = 10, known_at: datetime | None = None) -> list[FoundEntity]:
    """What a name may be, best first, each with score and reason; now or as known at a moment.

    for each in found_entities(home, "heart attack"):
        print(each.key, each.name, each.score, each.reason)
    """
    if kind is not None:
        home.rules.ontology.check_type(kind)
    with finder_in(home, known_at) as finder:
        return finder.find(text, kind, limit)


def other_entities(home: Home, name: str, kind: str) -> list[FoundEntity]:
    """What else than an entity of its own a name of a type may be, in the graph or in a vocabulary."""
    own = provisional_key(kind, name)
    with finder_in(home) as finder:
        return [one for one in finder.by_name([name])[name] if one.key != own and one.type == kind]


def key_or_name(home: Home, text: str, kind: str) -> str:
    """A key as it is given; of a name that entities of this type have the key, in the graph or in a vocabulary.

    Raises NotOneEntity where several have it.
    """
    if not text or ":" in (curie(text, kind) or ":"):
        return text
    found = other_entities(home, text, kind)
    return the_only_one(text, [replace(one, in_graph=True) for one in found], ()).key if found else text


def entities_now(home: Home, keys: Iterable[EntityKey], known_at: datetime | None = None) -> dict[EntityKey, Entity]:
    """What entities are called now; with all names that were theirs at a moment."""
    return as_shown(home, current_names(home.log, home.rules, sorted(set(keys)), known_at))


def as_shown(home: Home, entities: Iterable[Entity]) -> dict[EntityKey, Entity]:
    """Entities under the names that vocabularies loaded now have for them, in the order in which they are read."""
    known = {entity.key: entity for entity in entities}
    labels: Mapping[EntityKey, str] = {}
    if known and has_vocabularies(home):
        with vocabularies_of(home) as vocabularies:
            labels = vocabularies.labels(list(known))
    return {key: replace(each, name=reading_order(labels.get(key, each.name), each.type)) for key, each in known.items()}
