"""`review`: names that programs were not sure of, decided by a person, and decisions taken back."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import polars as pl

from flows.home.homes import Home, now
from pipeline.identifiers import curie, entity_type
from pipeline.identity.judgements import standing
from pipeline.identity.review_list import Candidate, NameInReview, candidates_in, decision, in_review, named, to_review, used_by
from pipeline.intake.batches import event_batch
from schema.entity_names import PROVISIONAL, is_provisional, provisional_key
from schema.errors import WrongUse
from schema.ids import EntityKey
from schema.ports import Question
from schema.records import Judgement, JudgementWithdrawal, Recorded, Sameness

SENTENCES = 3
"""Sentences that are shown of each name."""

CANDIDATES = 9
"""Entities at most that a person is asked about."""


def names_in_review(home: Home, *, everything: bool = False, limit: int | None = None) -> list[NameInReview]:
    """Names that a program was unsure of and no person has decided on, the most used first; or all that were judged."""
    judgements = pl.DataFrame(home.log.judgements())
    votes = home.log.votes(judgements["name"].unique().to_list())
    names = to_review(judgements, votes, everything=everything)[:limit]
    by_id = dict(standing(judgements).select("name", "id").iter_rows())
    judged = _judged(home, names)
    found = []
    for name in names:
        stands = next(r.record for r in judged[name] if r.record.id == by_id[name])
        found.append(in_review(judged[name], stands, votes.get(name), _sentences(home, name) if name in votes else ()))
    return found


def decide_name(
    home: Home, name: str, kind: str, sameness: Sameness, key: str = "", *, by: str, reason: str = "", label: str = ""
) -> dict[str, Any]:
    """A person says that a name is an entity, or is not (any, or this one); it stands before any program's judgement."""
    changed = record_decision(home, name, kind, sameness, key, by=by, reason=reason, label=label)
    home.bring_graph_along()
    return changed


def record_decision(
    home: Home, name: str, kind: str, sameness: Sameness, key: str = "", *, by: str, reason: str = "", label: str = ""
) -> dict[str, Any]:
    """Record it, without the graph. What a vocabulary calls the entity is its `label`; else as programs called it before."""
    subject, entity = _subject(home, name, kind), _entity(key, kind)
    if sameness is Sameness.SAME and not entity:
        raise WrongUse(f"{name!r} is the same as what? give the key of the entity")
    if sameness is Sameness.SAME and entity == subject:
        raise WrongUse(f"{entity} is the name itself: `review different` keeps it apart")
    if not by.strip():
        raise WrongUse("a decision says who made it: --by cannot be empty")
    with home.writing("review", shared=True):
        before = _standing(home, subject)
        at = now()
        label = label or next((c.label for c in candidates_in(_judged(home, [subject])[subject]) if c.key == entity), "")
        made = decision((entity_type(kind), name), sameness, (entity, label), by, reason, at)
        fresh = before is None or not before.by_person or (before.sameness, before.key, before.by) != (sameness, entity, by)
        if fresh:
            home.record(event_batch(made, at), "review", at)
    text = _told(made, before)
    used = used_by(home.log.votes([subject]).get(subject))
    text = text if fresh else f"{text}, as was recorded before"
    text = text if used else f"{text}; nothing in the log uses that name yet"
    return {"text": text, "recorded": fresh, "documents": used, **_as_data(made)}


def take_back(home: Home, name: str, kind: str, *, by: str, reason: str = "") -> dict[str, Any]:
    """Take back the decision of a person that stands on a name: what stood before it stands again."""
    subject = _subject(home, name, kind)
    with home.writing("review", shared=True):
        stands = _standing(home, subject)
        if stands is None or not stands.by_person:
            raise WrongUse(f"no person has decided what {name!r} ({kind}) is, so there is nothing to take back")
        at = now()
        home.record(event_batch(JudgementWithdrawal(stands.id, stands.name, stands.type, by, reason), at), "review", at)
    home.bring_graph_along()
    left = _standing(home, subject)
    told = f"now it is {_in_words(left)}" if left else "now nothing is judged of it"
    return {
        "text": f"{name!r} ({stands.type}): {_in_words(stands)} is taken back; {told}",
        "taken_back": _as_data(stands),
        "stands": _as_data(left) if left else None,
    }


def more_candidates(home: Home, one: NameInReview) -> tuple[Candidate, ...]:
    """What a name may be: what programs have said, and what the vocabularies of this home say now."""
    from flows.wiring.home_vocabularies import find_name

    known = {candidate.key: candidate for candidate in one.candidates}
    if (home.path / "vocabularies.sqlite").exists():
        for each in find_name(home, one.name, one.type):
            for told in each["candidates"]:
                found = Candidate(told["key"], told["name"], told["score"], told["reason"], told["vocabulary"])
                known.setdefault(found.key, found)
    return tuple(sorted(known.values(), key=lambda candidate: (-candidate.score, candidate.key)))[:CANDIDATES]


def _judged(home: Home, names: Collection[EntityKey]) -> Mapping[EntityKey, list[Recorded[Judgement]]]:
    wanted, found = set(names), defaultdict[EntityKey, list[Recorded[Judgement]]](list)
    for recorded in home.log.records(Judgement) if wanted else ():
        if (name := named(recorded.record)) in wanted:
            found[name].append(recorded)
    return found


def _standing(home: Home, subject: EntityKey) -> Judgement | None:
    ids = set(standing(home.log.judgements([subject])).filter(pl.col("name") == subject)["id"].to_list())
    return next((r.record for r in _judged(home, [subject])[subject] if r.record.id in ids), None)


def _sentences(home: Home, name: EntityKey) -> Iterator[str]:
    """Sentences that use a name, the surest first."""
    questions = {Question(tuple(sorted((head, tail)))) for head, _, tail in sorted(home.log.ends(keys=[name]))[:SENTENCES]}
    said = [r.record for r in home.log.observations(questions) if name in (r.record.head.key, r.record.tail.key)]
    said.sort(key=lambda o: (-o.confidence, o.document, o.id))
    return (f"{o.quote} [{o.document}]" for o in said[:SENTENCES] if o.quote)


def _subject(home: Home, name: str, kind: str) -> EntityKey:
    types = home.rules.ontology.entity_types
    if entity_type(kind) not in types:
        raise WrongUse(f"type {kind!r} is not one of the ontology's: {', '.join(types)}")
    if not name.strip():
        raise WrongUse("the name is empty")
    return provisional_key(entity_type(kind), name)


def _entity(key: str, kind: str) -> EntityKey:
    if is_provisional(key):
        of_type, _, name = key.removeprefix(f"{PROVISIONAL}:").partition("/")
        return provisional_key(of_type, name)
    return EntityKey(curie(key, entity_type(kind)) or "")


def _told(made: Judgement, before: Judgement | None) -> str:
    text = f"{made.name!r} ({made.type}): {_in_words(made)}"
    return text if before is None else f"{text}; before, it was {_in_words(before)}"


def _in_words(judgement: Judgement) -> str:
    if judgement.sameness is Sameness.SAME:
        what = f"the same as {judgement.key}" + (f" ({judgement.label})" if judgement.label else "")
    elif judgement.sameness is Sameness.DIFFERENT:
        what = f"different from {judgement.key or 'all that is known'}"
    else:
        what = f"unsure, perhaps {judgement.key}" if judgement.key else "unsure"
    return f"{what}, says {judgement.by}"


def _as_data(judgement: Judgement) -> dict[str, Any]:
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
