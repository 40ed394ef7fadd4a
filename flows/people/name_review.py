"""`review`: names that programs were not sure of, decided by a person, and decisions taken back."""

from collections.abc import Callable, Sequence
from typing import Any

from flows.answers.entities import key_or_name, other_entities
from flows.home.homes import Home, now
from pipeline.identifiers import entity_type
from pipeline.identity.review_list import (
    NameInReview,
    PossibleEntity,
    decided_by_person,
    decision,
    decision_as_data,
    entity_meant,
    is_news,
    label_of,
    meaning_of_answer,
    more_possible,
    name_in_words,
    names_to_review,
    standing_judgement,
    subject_named,
    taken_back_as_data,
    used_by,
)
from pipeline.intake.batches import event_batch
from schema.errors import WrongUse
from schema.records import JudgementWithdrawal, Sameness


def names_in_review(home: Home, *, everything: bool = False, limit: int | None = None) -> list[NameInReview]:
    """Names that a program was unsure of and no person has decided on, the most used first; or all that were judged."""
    return names_to_review(home.log, everything=everything, limit=limit)


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
    subject = subject_named(name, kind, home.rules.ontology.entity_types)
    entity = entity_meant(name, kind, key_or_name(home, key, entity_type(kind)), sameness, by)
    with home.writing("review", shared=True):
        before, at = standing_judgement(home.log, subject), now()
        called = entity, label or label_of(home.log, subject, entity)
        made = decision((entity_type(kind), name), sameness, called, by, reason, at)
        if is_news(made, before):
            home.record(event_batch(made, at), "review", at)
    return decision_as_data(made, before, used_by(home.log.votes([subject]).get(subject)))


def take_back(home: Home, name: str, kind: str, *, by: str, reason: str = "") -> dict[str, Any]:
    """Take back the decision of a person that stands on a name: what stood before it stands again."""
    subject = subject_named(name, kind, home.rules.ontology.entity_types)
    with home.writing("review", shared=True):
        stands = decided_by_person(home.log, subject, name, kind)
        withdrawal = JudgementWithdrawal(stands.id, stands.name, stands.type, by, reason)
        home.record(event_batch(withdrawal, at := now()), "review", at)
    home.bring_graph_along()
    return taken_back_as_data(stands, standing_judgement(home.log, subject))


def more_candidates(home: Home, one: NameInReview) -> tuple[PossibleEntity, ...]:
    """What a name may be: what programs have said, and what the vocabularies and the graph of this home say now."""
    from flows.wiring.home_vocabularies import find_name, has_vocabularies

    linked = find_name(home, one.name, one.type) if has_vocabularies(home) else ()
    return more_possible(one.candidates, linked, other_entities(home, one.name, one.type))


Ask = Callable[[str], str]
Say = Callable[[str], None]

KEYS = "a number: it is that one · k: another key · d: none of them · s: skip · q: quit"


def work_through(home: Home, names: Sequence[NameInReview], ask: Ask, say: Say, *, by: str) -> int:
    """Ask about each name; returns how many were decided. An interruption keeps what was, and the graph follows in any case."""
    decided = 0
    try:
        for place, one in enumerate(names, 1):
            candidates = more_candidates(home, one)
            for each in name_in_words(one, candidates, f"{place} of {len(names)}"):
                say(each)
            say(KEYS)
            answer = _answer(one, candidates, ask, say)
            if answer == "q":
                break
            if answer == "s":
                continue
            decided += _decide(home, one, candidates, answer, ask, say, by)
    finally:
        if decided:
            home.bring_graph_along()
    return decided


def _answer(one: NameInReview, candidates: Sequence[PossibleEntity], ask: Ask, say: Say) -> str:
    known = {*"kdsq", *map(str, range(1, len(candidates) + 1))}
    while (answer := ask(f"{one.name!r} is").strip().lower()) not in known:
        say(KEYS)
    return answer


def _decide(home: Home, one: NameInReview, candidates: Sequence[PossibleEntity], answer: str, ask: Ask, say: Say, by: str) -> bool:
    key = ask("the key").strip() if answer == "k" else ""
    sameness, entity, label = meaning_of_answer(answer, candidates, key)
    try:
        say(str(record_decision(home, one.name, one.type, sameness, entity, by=by, label=label)["text"]))
    except WrongUse as error:
        say(f"{error}; skipped")
        return False
    return True
