"""Names linked to the entities of vocabularies: exact, normalised, through the long form, near; how sure that is; and linked anew."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.linking.entity_candidates import EntityCandidate, best_of_each, near_candidates, part_candidates, whole_candidates
from pipeline.linking.likeness import SURE, Written, written
from pipeline.linking.reading_order import reading_order
from schema.entity_names import Link, NameInText, is_provisional, provisional_key, provisional_parts
from schema.ids import EntityKey
from schema.observation import Entity
from schema.ports import Linker, NameLookup, Votes
from schema.records import Judgement, Sameness

_CLOSE = 0.015
"""A second candidate whose score is less than this behind leaves it open which of them is meant."""
_OTHERWISE = 0.8
"""What a short form scores at most where its long form says something else."""
_OTHERS = 4


class VocabularyLinker:
    """Links names by the vocabularies of a lookup. `order` names those that come first, the rest follow as they were loaded."""

    def __init__(self, lookup: NameLookup, order: Sequence[str] = ()) -> None:
        self._lookup = lookup
        self._order = {vocabulary: at - len(order) for at, vocabulary in enumerate(order)}

    def link(self, names: Sequence[NameInText]) -> list[Link]:
        """See schema.entity_names.Linker."""
        links = self._with_labels({name: self._decided(found) for name, found in self.candidates(names).items()})
        return [links[name] for name in names]

    def candidates(self, names: Sequence[NameInText]) -> dict[NameInText, list[EntityCandidate]]:
        """All that each name may stand for, best first."""
        distinct = dict.fromkeys(names)
        asked = {name: written(name.long_form or name.name, name.type) for name in distinct}
        found = self._by_steps(asked.values())
        short = {name: written(name.name, name.type) for name in distinct if name.long_form}
        by_short = self._whole(short.values())
        return {name: _agreeing(found[asked[name]], by_short[short[name]]) if name in short else found[asked[name]] for name in distinct}

    def _whole(self, names: Iterable[Written]) -> dict[Written, list[EntityCandidate]]:
        distinct = list(dict.fromkeys(names))
        return dict(zip(distinct, whole_candidates(distinct, self._lookup), strict=True))

    def _by_steps(self, names: Iterable[Written]) -> dict[Written, list[EntityCandidate]]:
        """Each further step only for names that those before it left open."""
        found = self._whole(names)
        for step in (near_candidates, part_candidates):
            open_ = [name for name, known in found.items() if not known or known[0].score < SURE]
            for name, more in zip(open_, step(open_, self._lookup), strict=True):
                found[name] = best_of_each([*found[name], *more])
        return found

    def _decided(self, candidates: Sequence[EntityCandidate]) -> Link:
        if not candidates:
            return Link(Sameness.DIFFERENT, None, 0.0, "no vocabulary has a name like it", "")
        sure = [one for one in candidates if one.score >= SURE]
        first = min(map(self._place, sure), default=None)
        # Of vocabularies that are sure of it, the one that comes first: it may be the same thing under another key.
        pool = [one for one in sure if self._place(one) == first] or list(candidates)
        best, rest = pool[0], pool[1:]
        close = [one for one in rest if best.score - one.score < _CLOSE]
        sameness = Sameness.SAME if best.score >= SURE and not close else Sameness.UNSURE
        others = tuple(_entity(one) for one in [*rest, *(one for one in candidates if one not in pool)][:_OTHERS])
        reason = f"{best.reason}; as good: {', '.join(one.name.key for one in close[:_OTHERS])}" if close else best.reason
        by = f"{best.name.vocabulary} {best.name.version[:12]}, {best.step}"
        return Link(sameness, _entity(best), best.score, reason, by, others)

    def _with_labels(self, links: dict[NameInText, Link]) -> dict[NameInText, Link]:
        """Entities under the names of the first vocabulary that has them, whichever has the name that was found."""
        labels = self._lookup.labels({each.key for link in links.values() for each in _entities(link)})

        def named(entity: Entity) -> Entity:
            return replace(entity, name=reading_order(labels.get(entity.key, entity.name), entity.type))

        return {
            name: link if link.entity is None else replace(link, entity=named(link.entity), others=tuple(map(named, link.others)))
            for name, link in links.items()
        }

    def _place(self, one: EntityCandidate) -> int:
        return self._order.get(one.name.vocabulary, one.name.place)


def _agreeing(by_long: list[EntityCandidate], by_short: list[EntityCandidate]) -> list[EntityCandidate]:
    """What a short form may stand for: what its long form does, else what it stands for itself where that agrees."""
    if not by_short or (by_long and by_long[0].score >= SURE):
        return by_long
    agreed = {one.name.key for one in by_long}
    return best_of_each(
        [
            *by_long,
            *(
                replace(one, how=f"{one.how}, as its long form may be")
                if one.name.key in agreed
                else replace(one, score=min(one.score, _OTHERWISE), how=f"{one.how}, but its long form is not known")
                for one in by_short
            ),
        ]
    )


def _entity(one: EntityCandidate) -> Entity:
    return Entity(one.name.key, one.name.type, one.name.label)


def _entities(link: Link) -> tuple[Entity, ...]:
    return link.others if link.entity is None else (link.entity, *link.others)


InForce = Mapping[str, tuple[str, str, bool]]
"""Of a name's provisional key what is judged of it now: sameness, the entity's key, and whether by a person."""


def names_to_link(votes: Mapping[EntityKey, Votes]) -> Iterator[tuple[EntityKey, NameInText]]:
    """Every name that is no entity of a vocabulary, in order, as most documents write it; its type is part of its key."""
    for key in sorted(filter(is_provisional, votes)):
        kind, normal = provisional_parts(key)
        names = votes[key].names
        written = sorted((name for name in names if provisional_key(kind, name) == key), key=lambda name: (-names[name], name))
        yield key, NameInText(written[0] if written else normal, kind)


def judged_again(named: Sequence[tuple[EntityKey, NameInText]], linker: Linker, stands: InForce, at: datetime) -> list[Judgement]:
    """What is news about these names."""
    found = []
    for (key, name), link in zip(named, linker.link([name for _, name in named]), strict=True):
        before, entity = stands.get(key), link.entity
        if entity is None or (before is not None and (before[2] or before[:2] == (link.sameness.value, entity.key))):
            continue
        # With the moment: what an earlier version of a vocabulary said may be said again after another one's judgement.
        said = (link.sameness, link.by, link.score, link.reason)
        found.append(Judgement(name.name, name.type, entity.key, *said, label=entity.name, origin=at.isoformat()))
    return found
