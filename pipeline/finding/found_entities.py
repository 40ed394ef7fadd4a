"""Entities that a name may be, each with score and reason; which of them it is, and how that is told where it is none or several."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from schema.errors import WrongUse
from schema.ids import EntityKey

CLOSE = 0.015
"""A second entity whose score is less than this behind leaves it open which of them is meant."""


@dataclass(frozen=True, slots=True)
class FoundEntity:
    """An entity that a name may be, as it is called, with a score from 0 to 1 and the reason."""

    key: EntityKey
    name: str
    type: str
    score: float
    reason: str
    in_graph: bool = True  # else only a vocabulary knows it


class NotOneEntity(WrongUse):
    """A name that is no entity's, or that of several: `candidates` are those that are close, or what was perhaps meant."""

    def __init__(self, message: str, text: str, candidates: Sequence[FoundEntity]) -> None:
        super().__init__(message)
        self.text, self.candidates = text, tuple(candidates)

    def as_data(self) -> dict[str, Any]:
        """For machines."""
        return {"error": str(self), "asked": self.text, "candidates": candidates_as_data(self.candidates)}


def best_first(found: Iterable[FoundEntity]) -> list[FoundEntity]:
    """Each entity once, with its best score; of equal ones those that the graph knows come first."""
    best: dict[EntityKey, FoundEntity] = {}
    for one in sorted(found, key=lambda one: (-one.score, not one.in_graph, one.key)):
        best.setdefault(one.key, one)
    return list(best.values())


def meant(found: Iterable[FoundEntity]) -> list[FoundEntity]:
    """Of what a name may be the entity of the graph that it is; several where none of them is clearly the best; or none."""
    known = [one for one in best_first(found) if one.in_graph]
    return [one for one in known if known[0].score - one.score < CLOSE]


def the_only_one(text: str, found: Sequence[FoundEntity], like: Sequence[FoundEntity]) -> FoundEntity:
    """The entity that a name means; raises NotOneEntity, with what is `like` it, where that is not clear."""
    close = meant(found)
    if len(close) == 1:
        return close[0]
    if close:
        told = ", ".join(f"{one.key} ({one.name}, {one.type}: {one.reason})" for one in close)
        raise NotOneEntity(f"{text!r} names more than one entity: {told}; give the key", text, close)
    outside = next((one for one in best_first(found) if not one.in_graph), None)
    known = f", which is {outside.name} ({outside.key}): {outside.reason}" if outside else ""
    near = f"; did you mean {', '.join(repr(one.name) for one in like)}?" if like else ""
    raise NotOneEntity(f"nothing is known of {text!r}{known}{near}", text, like)


def candidates_as_data(found: Iterable[FoundEntity]) -> list[dict[str, Any]]:
    """As JSON has them, and tables."""
    return [asdict(one) for one in found]
