"""The entities that a name may stand for, each with its best score and the reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.linking.backing_off import instead_of
from pipeline.linking.likeness import PLAUSIBLE, Likeness, Written, near_likeness, taken_apart, whole_likeness, written
from pipeline.linking.name_forms import blocks_to_ask, whole_forms
from schema.entity_names import Named
from schema.ports import NameLookup

Found = Mapping[int, Sequence[Named]]

_NEAR = 40
"""Names of the same blocks that are fetched for a name."""
_COMPARED = 12
"""Of these the most alike, letter by letter, that are compared in full."""
_SYNONYM = {"Gene": 0.05}
_OTHER_SYNONYM = 0.02
"""What a synonym scores less than the term's own name. A gene's alias is often another gene's too."""


@dataclass(frozen=True, slots=True)
class EntityCandidate:
    """An entity's name that is like the one asked for."""

    name: Named
    score: float
    how: str
    step: str  # "exact", "normalised", "near", "part"

    @property
    def reason(self) -> str:
        """In words, for a person who may disagree."""
        kind = "name" if self.name.preferred else "alias"
        return f"{kind} {self.name.text!r} of {self.name.key}, {self.how}, type agrees"


def whole_candidates(names: Sequence[Written], lookup: NameLookup) -> list[list[EntityCandidate]]:
    """The entities that have a name written in another way, for each."""
    forms = [whole_forms(name.kind, name.words) for name in names]
    found = lookup.whole({form for of_name in forms for form in of_name})
    return [best_of_each(_compared(name, _under(of_name, found))) for name, of_name in zip(names, forms, strict=True)]


def near_candidates(names: Sequence[Written], lookup: NameLookup) -> list[list[EntityCandidate]]:
    """The entities that have a name like it, for each."""
    near = lookup.near([blocks_to_ask(name.kind, name.words) for name in names], _NEAR)
    return [best_of_each(_resembling(name, found)) for name, found in zip(names, near, strict=True)]


def part_candidates(names: Sequence[Written], lookup: NameLookup) -> list[list[EntityCandidate]]:
    """The entities that less or more of the name is written for, for each."""
    asked = [[(each, taken_apart(" ".join(each.words), name.kind, each.words)) for each in instead_of(name)] for name in names]
    forms = {form for tries in asked for _, part in tries for form in whole_forms(part.kind, part.words)}
    found = lookup.whole(forms)
    result = []
    for tries in asked:
        candidates = [
            EntityCandidate(one.name, round(each.score * one.score, 3), each.why, "part")
            for each, part in tries
            for one in _compared(part, _under(whole_forms(part.kind, part.words), found))
        ]
        result.append(best_of_each(candidates))
    return result


def _under(forms: tuple[int, ...], found: Found) -> Iterable[Named]:
    return (name for form in forms for name in found.get(form, ()))


def _compared(asked: Written, names: Iterable[Named]) -> list[EntityCandidate]:
    scored = ((name, whole_likeness(asked, written(name.text, asked.kind))) for name in names if name.type == asked.kind)
    return [_candidate(name, like, "exact" if like.score == 1.0 else "normalised") for name, like in scored if like is not None]


def _resembling(asked: Written, names: Sequence[Named]) -> list[EntityCandidate]:
    from rapidfuzz import fuzz, process

    texts = {at: name.text.casefold() for at, name in enumerate(names) if name.type == asked.kind}
    alike = process.extract(asked.text.casefold(), texts, scorer=fuzz.token_sort_ratio, limit=_COMPARED, processor=None)
    scored = ((names[at], near_likeness(asked, written(names[at].text, asked.kind))) for _, _, at in alike)
    return [_candidate(name, like, "near") for name, like in scored if like is not None]


def _candidate(name: Named, like: Likeness, step: str) -> EntityCandidate:
    less = 0.0 if name.preferred else _SYNONYM.get(name.type, _OTHER_SYNONYM)
    return EntityCandidate(name, round(like.score - less, 3), like.how, step)


def best_of_each(candidates: Iterable[EntityCandidate]) -> list[EntityCandidate]:
    """For each key its best candidate, best first."""
    best: dict[str, EntityCandidate] = {}
    for one in sorted(candidates, key=_rank):
        if one.score >= PLAUSIBLE:
            best.setdefault(one.name.key, one)
    return list(best.values())


def _rank(one: EntityCandidate) -> tuple[float, int, bool, float, int, str, str]:
    from rapidfuzz import fuzz

    name = one.name
    # Last the lowest number: of genes with the same alias the one that was known first is the more written about.
    alike = -fuzz.ratio(name.text.casefold(), name.label.casefold())
    return (-one.score, name.place, not name.preferred, alike, len(name.key), name.key, name.text)
