"""The entities that a name may stand for, each with its best score and the reason; and what to ask for where it is not known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.linking.likeness import PLAUSIBLE, Likeness, Written, near_likeness, taken_apart, whole_likeness, written
from pipeline.linking.name_forms import blocks_to_ask, whole_forms
from pipeline.linking.word_lists import ELLIPSES, EMPTY, GREEK, WEAK_HEADS
from schema.entity_names import Named
from schema.ports import NameLookup

_MOST_DROPPED = 4


class Instead(NamedTuple):
    """Other words to ask for, what a name found by them scores at most, and why."""

    words: tuple[str, ...]
    score: float
    why: str


def instead_of(name: Written) -> list[Instead]:
    """What can be asked instead, the likeliest first."""
    found = [*_as_disease(name)] if name.kind == "Disease" else []
    found += _as_symbol(name) if name.kind == "Gene" else []
    found += _without_first(name)
    if name.kind != "Disease":
        found += _without_last(name)
    return found


def _as_disease(name: Written) -> list[Instead]:
    of_name = name.words
    found = []
    if len(of_name) > 1 and of_name[-1] in WEAK_HEADS:
        found.append(Instead((*of_name[:-1], "disease"), 0.7, f"{of_name[-1]} taken for disease"))
    for at, word in enumerate(of_name):
        if word in ELLIPSES and of_name[at + 1 : at + 2] not in ELLIPSES[word]:
            (meant,), *_ = ELLIPSES[word]
            found.append(Instead((*of_name[: at + 1], meant, *of_name[at + 1 :]), 0.92, f"with {meant} added"))
    found.append(Instead((*of_name, "disease"), 0.68, "with disease added"))
    return found


def _as_symbol(name: Written) -> list[Instead]:
    """The human gene of a name with h for human; a family's first member; a gene whose product's form is named."""
    of_name = name.words
    found = []
    if len(name.text) > 3 and name.text[0] == "h" and name.text[1].isupper():
        found.append(Instead((of_name[0][1:], *of_name[1:]), 0.75, "h taken for human"))
    if len(of_name) > 1 and of_name[-1] in GREEK:
        found.append(Instead(of_name[:-1], 0.65, f"without {of_name[-1]}"))
    if "/" in name.text and len(of_name) > 2:
        found.append(Instead(of_name[:-1], 0.6, "the first of several"))
    found += [Instead((*of_name, more), 0.6, f"the family's member {more}") for more in ("1", "a", "1a")]
    return found


def _without_first(name: Written) -> list[Instead]:
    of_name = name.words
    rest = (of_name[at:] for at in range(1, min(len(of_name), _MOST_DROPPED + 1)))
    return [
        Instead(part, round(0.55 + 0.15 * sum(map(len, part)) / len(name.compact), 3), f"without {' '.join(of_name[: -len(part)])}")
        for part in rest
        if part[0] not in EMPTY and len("".join(part)) > 2
    ]


def _without_last(name: Written) -> list[Instead]:
    of_name = name.words
    rest = (of_name[:-at] for at in range(1, min(len(of_name), _MOST_DROPPED)))
    return [
        Instead(part, round(0.52 + 0.15 * sum(map(len, part)) / len(name.compact), 3), f"without {' '.join(of_name[len(part) :])}")
        for part in rest
        if part[-1] not in EMPTY and len("".join(part)) > 2
    ]


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
