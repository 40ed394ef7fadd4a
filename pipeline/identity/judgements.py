"""Judgements on names: which one stands, which entity a recorded key counts as, and which it could."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from schema.columns import Table
from schema.fact import Triple
from schema.ids import EntityKey
from schema.ports import Votes
from schema.records import Sameness


@dataclass(frozen=True, slots=True)
class Identity:
    """Which entity each recorded key counts as, where that is another one, and what vocabularies call entities."""

    keys: Mapping[EntityKey, EntityKey] = field(default_factory=dict)
    labels: Mapping[EntityKey, str] = field(default_factory=dict)

    def of(self, key: EntityKey) -> EntityKey:
        """The entity that a recorded key counts as."""
        return self.keys.get(key, key)

    def triple(self, triple: Triple) -> Triple:
        """The triple between the entities that its ends count as."""
        return Triple(self.of(triple.head), triple.relation, self.of(triple.tail))

    def pair(self, ends: Iterable[EntityKey]) -> tuple[EntityKey, ...]:
        """Two ends as the entities that they count as, in key order."""
        return tuple(sorted(map(self.of, ends)))

    def rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows with `head` and `tail` as the entities that they count as."""
        if not self.keys:
            return frame
        recorded, counted = (pl.Series(list(some), dtype=pl.String) for some in (self.keys, self.keys.values()))
        return frame.with_columns(pl.col("head", "tail").replace(recorded, counted))

    def votes(self, votes: Mapping[EntityKey, Votes]) -> Mapping[EntityKey, Votes]:
        """Votes on recorded keys as votes on entities: a document has one for each key that it is recorded under."""
        if self.keys.keys().isdisjoint(votes):
            return votes
        types: dict[EntityKey, Counter[str]] = defaultdict(Counter)
        names: dict[EntityKey, Counter[str]] = defaultdict(Counter)
        for key, each in votes.items():
            types[self.of(key)].update(each.types)
            names[self.of(key)].update(each.names)
        return {key: Votes(types[key], names[key]) for key in types}


AS_RECORDED = Identity()
"""Every key counts as itself."""


def identity_in(judgements: Table | None) -> Identity:
    """What the standing ones among some judgements make of names."""
    if judgements is None or pl.DataFrame(judgements).is_empty():
        return AS_RECORDED
    same = judgements_in_force(judgements).filter(_SAME)
    direct = dict(same.select("name", "key").iter_rows())
    keys = {name: counted for name in direct if (counted := _end_of(name, direct)) != name}
    labelled = same.filter(pl.col("label") != "").sort("at", "id").unique("key", keep="last", maintain_order=True)
    return Identity(keys, dict(labelled.select("key", "label").iter_rows()))


def judgements_in_force(judgements: Table) -> pl.DataFrame:
    """The judgement that stands on each name: of those not withdrawn a person's before any program's, then the last recorded."""
    left = pl.DataFrame(judgements).filter(pl.col("withdrawn").is_null())
    return left.sort("by_person", "at", "id").unique("name", keep="last", maintain_order=True)


def judged_by(judgements: Table, moment: datetime) -> pl.DataFrame:
    """Judgements as they were known at a moment."""
    return (
        pl.DataFrame(judgements)
        .filter(pl.col("at") <= moment)
        .with_columns(withdrawn=pl.when(pl.col("withdrawn") <= moment).then("withdrawn"))
    )


class Possible:
    """What names could count as, by any judgement that was ever made, also one that does not stand: the marks of all that was."""

    def __init__(self, judgements: Table) -> None:
        self._of: dict[EntityKey, set[EntityKey]] = defaultdict(set)
        self._called: dict[EntityKey, set[EntityKey]] = defaultdict(set)
        for name, key in pl.DataFrame(judgements).filter(_SAME).select("name", "key").unique().iter_rows():
            self._of[name].add(key)
            self._called[key].add(name)

    def of(self, key: EntityKey) -> set[EntityKey]:
        """All that a recorded key could count as, itself included."""
        return _reached([key], self._of)

    def names(self, keys: Iterable[EntityKey]) -> set[EntityKey]:
        """All recorded keys that could count as one of these, themselves included."""
        return _reached(keys, self._called)

    def triples(self, triple: Triple) -> set[Triple]:
        """All that a recorded triple could count as, without those between an entity and itself."""
        heads, tails = self.of(triple.head), self.of(triple.tail)
        return {Triple(head, triple.relation, tail) for head in heads for tail in tails if head != tail}


_SAME = (pl.col("sameness") == Sameness.SAME.value) & (pl.col("key") != "") & (pl.col("key") != pl.col("name"))


def _end_of(name: EntityKey, direct: Mapping[EntityKey, EntityKey]) -> EntityKey:
    """The entity at the end of a chain of names; of names that lead to each other in a circle the first in key order."""
    seen = {name: 0}
    key = direct[name]
    while key in direct and key not in seen:
        seen[key] = len(seen)
        key = direct[key]
    if key not in seen:
        return key
    return min(each for each, place in seen.items() if place >= seen[key])


def _reached(start: Iterable[EntityKey], steps: Mapping[EntityKey, Collection[EntityKey]]) -> set[EntityKey]:
    found: set[EntityKey] = set()
    waiting = list(start)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += steps.get(key, ())
    return found
