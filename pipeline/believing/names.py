"""What entities are called, and of which type they are: what most documents say."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from schema.ids import DocumentId, EntityKey
from schema.log import Recorded
from schema.observation import Entity
from schema.ports import Naming, Votes

ALIASES = 50
"""Other names of an entity that are kept, the most used first."""


def elected(votes: Mapping[EntityKey, Votes], types: Collection[str]) -> tuple[Entity, ...]:
    """Type and name of each entity: those that most documents give, ties by name order; without a known type it is left out."""
    entities = []
    for key in sorted(votes):
        known = [kind for kind in _ranked(votes[key].types) if kind in types]
        # Sources without names give the key for one: that says nothing where anybody knows a name.
        names = sorted(_ranked(votes[key].names), key=lambda name: name == key)
        if known and names:
            entities.append(Entity(key, known[0], names[0], tuple(names[1 : ALIASES + 1])))
    return tuple(entities)


def counted(namings: Iterable[Recorded[Naming]], voters: Collection[DocumentId] | None = None) -> dict[EntityKey, Votes]:
    """Each document's vote for each type and each name that it uses. Where none of `voters` names an entity, all do."""
    said: dict[EntityKey, set[tuple[DocumentId, str, str]]] = defaultdict(set)
    for recorded in namings:
        entity = recorded.record.entity
        said[entity.key].add((recorded.record.document, entity.type, entity.name))
    votes = {}
    for key, all_of_it in said.items():
        heard = {each for each in all_of_it if voters is None or each[0] in voters} or all_of_it
        votes[key] = Votes(
            Counter(kind for _, kind in {each[:2] for each in heard}), Counter(name for _, name in {(d, n) for d, _, n in heard})
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
