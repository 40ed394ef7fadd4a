"""What a person decides about a name: checked, recorded, taken back, and told in words."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import polars as pl

from pipeline.identifiers import curie, entity_type
from pipeline.identity.judgements import judgements_in_force
from pipeline.identity.review_list import judged_names, suggested_entities
from schema.entity_names import PROVISIONAL, is_provisional, provisional_key
from schema.errors import WrongUse
from schema.ids import EntityKey
from schema.ports import EvidenceLog
from schema.records import Judgement, Sameness


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
        of_type, _, written = key.removeprefix(f"{PROVISIONAL}:").partition("/")
        entity = provisional_key(of_type, written)
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
