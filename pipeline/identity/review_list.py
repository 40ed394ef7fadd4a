"""Names for a person to look through: those that programs were not sure of, what they may be, and what a person decides."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import polars as pl

from pipeline.identity.judgements import standing
from schema.columns import Table
from schema.entity_names import provisional_key
from schema.ids import EntityKey
from schema.ports import Votes
from schema.records import Judgement, Recorded, Sameness


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity that a name may be: who said so, how surely (0 to 1), and why."""

    key: EntityKey
    label: str
    score: float
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class NameInReview:
    """A name, what stands on it, how many documents use it, what it may be (the likeliest first), and sentences that use it."""

    name: str
    type: str
    sameness: Sameness
    key: EntityKey | None  # the entity, where it is the same as one
    by: str
    by_person: bool
    documents: int
    candidates: tuple[Candidate, ...] = ()
    sentences: tuple[str, ...] = ()


def to_review(judgements: Table, votes: Mapping[EntityKey, Votes], *, everything: bool = False) -> list[EntityKey]:
    """Names (by provisional key) on which an unsure judgement stands and that an observation uses, the most used first.

    `everything`: all names that were judged, used or not.
    """
    stands = standing(judgements)
    if not everything:
        stands = stands.filter(pl.col("sameness") == Sameness.UNSURE.value)
    names = [name for name in stands["name"].to_list() if everything or name in votes]
    return sorted(names, key=lambda name: (-used_by(votes.get(name)), name))


def used_by(votes: Votes | None) -> int:
    """How many documents say something of a name."""
    return sum(votes.types.values()) if votes is not None else 0


def in_review(judged: Iterable[Recorded[Judgement]], stands: Judgement, votes: Votes | None, sentences: Iterable[str] = ()) -> NameInReview:
    """A name as a person sees it, with all that was ever judged of it; one judgement `stands`."""
    return NameInReview(
        name=stands.name,
        type=stands.type,
        sameness=stands.sameness,
        key=stands.key if stands.sameness is Sameness.SAME else None,
        by=stands.by,
        by_person=stands.by_person,
        documents=used_by(votes),
        candidates=candidates_in(judged),
        sentences=tuple(dict.fromkeys(sentence for sentence in sentences if sentence)),
    )


def candidates_in(judged: Iterable[Recorded[Judgement]]) -> tuple[Candidate, ...]:
    """The entities that programs have named for a name, each as it was judged last, the likeliest first."""
    found: dict[EntityKey, Candidate] = {}
    for recorded in sorted(judged, key=lambda r: (r.at, r.record.id)):
        one = recorded.record
        if one.key and not one.by_person:
            found[one.key] = Candidate(one.key, one.label, one.score, one.reason, one.by)
    return tuple(sorted(found.values(), key=lambda candidate: (-candidate.score, candidate.key)))


def decision(name: tuple[str, str], sameness: Sameness, entity: tuple[EntityKey, str], by: str, reason: str, at: datetime) -> Judgement:
    """What a person decides of a name (type, name): that it is an entity (key and label), or is not (key may be empty)."""
    kind, text = name
    key, label = entity
    return Judgement(text, kind, key, sameness, by, 1.0, reason, label=label, by_person=True, origin=at.isoformat())


def named(judgement: Judgement) -> EntityKey:
    """The provisional key of the name that a judgement is on."""
    return provisional_key(judgement.type, judgement.name)


def names_as_data(names: Iterable[NameInReview]) -> list[dict[str, Any]]:
    """Names in review as JSON has them."""
    return [asdict(name) for name in names]


def names_table(names: Iterable[NameInReview]) -> list[dict[str, Any]]:
    """Names in review as rows for a person."""
    return [
        {
            "name": one.name,
            "type": one.type,
            "documents": one.documents,
            "stands": f"{one.sameness.value}{f' as {one.key}' if one.key else ''}, {one.by}",
            "may be": "; ".join(f"{c.key} {c.label} {c.score:.2f}: {c.reason}" for c in one.candidates),
            "used in": " ".join(one.sentences),
        }
        for one in names
    ]
