"""Names for a person to look through: those that programs were not sure of, what they may be, and what a person decides of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

import polars as pl

from pipeline.identifiers import curie, entity_type
from pipeline.identity.judgements import judgements_in_force
from pipeline.shown_text import in_quotes, one_line
from schema.columns import Table
from schema.entity_names import is_provisional, provisional_key, provisional_parts
from schema.errors import WrongUse
from schema.ids import EntityKey
from schema.ports import EvidenceLog, Question, Votes
from schema.records import Judgement, Recorded, Sameness


@dataclass(frozen=True, slots=True)
class PossibleEntity:
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
    candidates: tuple[PossibleEntity, ...] = ()
    sentences: tuple[str, ...] = ()


SENTENCES = 3
"""Sentences that are shown of each name."""

CANDIDATES = 9
"""Entities at most that a person is asked about."""


def names_to_review(log: EvidenceLog, *, everything: bool = False, limit: int | None = None) -> list[NameInReview]:
    """Names that a program was unsure of and no person has decided on, the most used first; or all that were judged."""
    judgements = pl.DataFrame(log.judgements())
    votes = log.votes(judgements["name"].unique().to_list())
    names = to_review(judgements, votes, everything=everything)[:limit]
    by_id = dict(judgements_in_force(judgements).select("name", "id").iter_rows())
    judged = judged_names(log, names)
    found = []
    for name in names:
        stands = next(r.record for r in judged[name] if r.record.id == by_id[name])
        found.append(in_review(judged[name], stands, votes.get(name), _sentences(log, name) if name in votes else ()))
    return found


def judged_names(log: EvidenceLog, names: Collection[EntityKey]) -> Mapping[EntityKey, list[Recorded[Judgement]]]:
    """All that was ever judged of names."""
    wanted, found = set(names), defaultdict[EntityKey, list[Recorded[Judgement]]](list)
    for recorded in log.records(Judgement) if wanted else ():
        if (name := provisional_key(recorded.record.type, recorded.record.name)) in wanted:
            found[name].append(recorded)
    return found


def _sentences(log: EvidenceLog, name: EntityKey) -> Iterator[str]:
    """Sentences that use a name, the surest first."""
    questions = {Question(tuple(sorted((head, tail)))) for head, _, tail in sorted(log.ends(keys=[name]))[:SENTENCES]}
    said = [r.record for r in log.observations(questions) if name in (r.record.head.key, r.record.tail.key)]
    said.sort(key=lambda o: (-o.confidence, o.document, o.id))
    return (f"{o.quote} [{o.document}]" for o in said[:SENTENCES] if o.quote)


def to_review(judgements: Table, votes: Mapping[EntityKey, Votes], *, everything: bool = False) -> list[EntityKey]:
    """Names (by provisional key) on which an unsure judgement stands and that an observation uses, the most used first.

    `everything`: all names that were judged, used or not.
    """
    stands = judgements_in_force(judgements)
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
        candidates=suggested_entities(judged),
        sentences=tuple(dict.fromkeys(sentence for sentence in sentences if sentence)),
    )


def suggested_entities(judged: Iterable[Recorded[Judgement]]) -> tuple[PossibleEntity, ...]:
    """The entities that programs have named for a name, each as it was judged last, the likeliest first."""
    found: dict[EntityKey, PossibleEntity] = {}
    for recorded in sorted(judged, key=lambda r: (r.at, r.record.id)):
        one = recorded.record
        if one.key and not one.by_person:
            found[one.key] = PossibleEntity(one.key, one.label, one.score, one.reason, one.by)
    return tuple(sorted(found.values(), key=lambda candidate: (-candidate.score, candidate.key)))


class Likely(Protocol):
    """An entity that a name may be, as pipeline.finding has it."""

    @property
    def key(self) -> EntityKey:
        """Its key."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def score(self) -> float:
        """From 0 to 1."""

    @property
    def reason(self) -> str:
        """Why."""


def more_possible(
    known: Iterable[PossibleEntity], types: Iterable[Mapping[str, Any]], likely: Iterable[Likely] = ()
) -> tuple[PossibleEntity, ...]:
    """What programs have said that a name may be, what vocabularies say now (by type) and what it is found to be; the likeliest first."""
    told = (found for each in types for found in each["candidates"])
    now = (PossibleEntity(found["key"], found["name"], found["score"], found["reason"], found["vocabulary"]) for found in told)
    graph = (PossibleEntity(each.key, each.name, each.score, each.reason, "names in use") for each in likely)
    found = {each.key: each for each in reversed([*known, *now, *graph])}  # what was said first counts
    return tuple(sorted(found.values(), key=lambda candidate: (-candidate.score, candidate.key)))[:CANDIDATES]


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


def name_in_words(one: NameInReview, candidates: Iterable[PossibleEntity], place: str) -> list[str]:
    """A name that is looked at, the `place`-th, and what it may be, numbered."""
    numbered = enumerate(candidates, 1)
    return [
        f"\n[{place}] {one_line(one.name)} ({one.type}), in {one.documents} document{'' if one.documents == 1 else 's'}",
        *(f"    {in_quotes(sentence)}" for sentence in one.sentences),
        *(f"  {one_line(f'{number}  {each.label or each.key}  {each.key}  {each.score:.2f}  {each.reason}')}" for number, each in numbered),
    ]


def meaning_of_answer(answer: str, candidates: Sequence[PossibleEntity], key: str) -> tuple[Sameness, str, str]:
    """What a person's answer means, with the entity and its label: d: none of them, k: that with this `key`, else a candidate's number."""
    if answer == "d":
        return Sameness.DIFFERENT, "", ""
    if answer == "k":
        return Sameness.SAME, key, ""
    return Sameness.SAME, candidates[int(answer) - 1].key, candidates[int(answer) - 1].label


def subject_named(name: str, kind: str, types: Iterable[str]) -> EntityKey:
    """The provisional key of a name of a type; raises WrongUse where there is no such type or name."""
    if entity_type(kind) not in types:
        raise WrongUse(f"type {kind!r} is not one of the ontology's: {', '.join(types)}")
    if not name.strip():
        raise WrongUse("the name is empty")
    return provisional_key(entity_type(kind), name)


def entity_meant(name: str, kind: str, key: str, sameness: Sameness, by: str) -> EntityKey:
    """The entity that a person means, perhaps none; raises WrongUse for what cannot be decided so."""
    entity = EntityKey(curie(key, entity_type(kind)) or "")
    if is_provisional(key):
        entity = provisional_key(*provisional_parts(key))
    if sameness is Sameness.SAME and not entity:
        raise WrongUse(f"{name!r} is the same as what? give the key of the entity")
    if sameness is Sameness.SAME and entity == provisional_key(entity_type(kind), name):
        raise WrongUse(f"{entity} is the name itself: `review different` keeps it apart")
    if not by.strip():
        raise WrongUse("a decision says who made it: --by cannot be empty")
    return entity


def standing_judgement(log: EvidenceLog, subject: EntityKey) -> Judgement | None:
    """What stands on a name."""
    ids = set(judgements_in_force(log.judgements([subject])).filter(pl.col("name") == subject)["id"].to_list())
    return next((r.record for r in judged_names(log, [subject])[subject] if r.record.id in ids), None)


def label_of(log: EvidenceLog, subject: EntityKey, entity: EntityKey) -> str:
    """What programs have called an entity when they judged a name; empty where none has."""
    return next((c.label for c in suggested_entities(judged_names(log, [subject])[subject]) if c.key == entity), "")


def decision(name: tuple[str, str], sameness: Sameness, entity: tuple[EntityKey, str], by: str, reason: str, at: datetime) -> Judgement:
    """What a person decides of a name (type, name): that it is an entity (key and label), or is not (key may be empty)."""
    kind, text = name
    key, label = entity
    return Judgement(text, kind, key, sameness, by, 1.0, reason, label=label, by_person=True, origin=at.isoformat())


def is_news(made: Judgement, before: Judgement | None) -> bool:
    """Whether a decision differs from what stands."""
    return before is None or not before.by_person or (before.sameness, before.key, before.by) != (made.sameness, made.key, made.by)


def decided_by_person(log: EvidenceLog, subject: EntityKey, name: str, kind: str) -> Judgement:
    """The decision of a person that stands on a name; raises WrongUse where there is none."""
    stands = standing_judgement(log, subject)
    if stands is None or not stands.by_person:
        raise WrongUse(f"no person has decided what {name!r} ({kind}) is, so there is nothing to take back")
    return stands


def decision_as_data(made: Judgement, before: Judgement | None, documents: int) -> dict[str, Any]:
    """A decision with what it changes; `documents` use the name."""
    fresh = is_news(made, before)
    then = "" if before is None else f"; before, it was {_in_words(before)}"
    recorded = "" if fresh else ", as was recorded before"
    unused = "" if documents else "; nothing in the log uses that name yet"
    text = f"{made.name!r} ({made.type}): {_in_words(made)}{then}{recorded}{unused}"
    return {"text": text, "recorded": fresh, "documents": documents, **_as_data(made)}


def taken_back_as_data(taken: Judgement, left: Judgement | None) -> dict[str, Any]:
    """A decision that was taken back, and what stands again."""
    told = f"now it is {_in_words(left)}" if left else "now nothing is judged of it"
    return {
        "text": f"{taken.name!r} ({taken.type}): {_in_words(taken)} is taken back; {told}",
        "taken_back": _as_data(taken),
        "stands": _as_data(left) if left else None,
    }


def _in_words(judgement: Judgement) -> str:
    if judgement.sameness is Sameness.SAME:
        what = f"the same as {judgement.key}" + (f" ({judgement.label})" if judgement.label else "")
    elif judgement.sameness is Sameness.DIFFERENT:
        what = f"different from {judgement.key or 'all that is known'}"
    else:
        what = f"unsure, perhaps {judgement.key}" if judgement.key else "unsure"
    return f"{what}, says {judgement.by}"


def _as_data(judgement: Judgement) -> Mapping[str, Any]:
    return {
        "id": judgement.id,
        "name": judgement.name,
        "type": judgement.type,
        "sameness": judgement.sameness.value,
        "key": judgement.key or None,
        "label": judgement.label,
        "by": judgement.by,
        "by_person": judgement.by_person,
        "reason": judgement.reason,
    }
