"""What entities are called, and of which type they are: what a vocabulary says, else most documents."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from pipeline.identity.judgements import AS_RECORDED, Identity
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity
from schema.ports import Naming, Votes
from schema.records import Recorded

ALIASES = 50
"""Other names of an entity that are kept, the most used first."""


def elected(votes: Mapping[EntityKey, Votes], types: Collection[str], labels: Mapping[EntityKey, str]) -> tuple[Entity, ...]:
    """Type and name of each entity: those that most documents give, ties by name order; without a known type it is left out.

    What a vocabulary calls an entity (`labels`) comes before all names that documents use.
    """
    entities = []
    for key in sorted(votes):
        known = [kind for kind in _ranked(votes[key].types) if kind in types]
        # Sources without names give the key for one: that says nothing where anybody knows a name.
        names = sorted(_ranked(votes[key].names), key=lambda name: name == key)
        if key in labels:
            names = [labels[key], *(name for name in names if name != labels[key])]
        if known and names:
            entities.append(Entity(key, known[0], names[0], tuple(names[1 : ALIASES + 1])))
    return tuple(entities)


def count_votes(
    namings: Iterable[Recorded[Naming]], voters: Collection[DocumentId] | None = None, identity: Identity = AS_RECORDED
) -> dict[EntityKey, Votes]:
    """Each document's vote for each type and each name that it uses, once for each key that it is recorded under.

    Where none of `voters` names an entity, all do.
    """
    said: dict[EntityKey, set[tuple[DocumentId, EntityKey, str, str]]] = defaultdict(set)
    for recorded in namings:
        entity = recorded.record.entity
        said[identity.of(entity.key)].add((recorded.record.document, entity.key, entity.type, entity.name))
    votes = {}
    for key, all_of_it in said.items():
        heard = {each for each in all_of_it if voters is None or each[0] in voters} or all_of_it
        votes[key] = Votes(
            Counter(kind for *_, kind in {each[:3] for each in heard}),
            Counter(name for *_, name in {(document, recorded, name) for document, recorded, _, name in heard}),
        )
    return votes


def without(votes: Mapping[EntityKey, Votes], silenced: Mapping[EntityKey, Votes]) -> dict[EntityKey, Votes]:
    """The votes less some of them."""
    return {
        key: Votes(_less(each.types, silenced[key].types), _less(each.names, silenced[key].names)) if key in silenced else each
        for key, each in votes.items()
    }


def _less(votes: Mapping[str, int], silenced: Mapping[str, int]) -> dict[str, int]:
    return {value: count - silenced.get(value, 0) for value, count in votes.items() if count > silenced.get(value, 0)}


def _ranked(votes: Mapping[str, int]) -> list[str]:
    return sorted(votes, key=lambda value: (-votes[value], value))
