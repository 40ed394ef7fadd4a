"""`rule`, `withdraw-ruling`, `rulings`: what persons decide about conflicts, and all that was ever ruled."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flows.answers.answers import entities_of, resolve
from flows.home.homes import Home, now
from flows.jobs.adjudication_runs import conflicts_among
from pipeline.believing.evidence import Evidence, latest_rulings
from pipeline.conflicts.rulings import pending_in, ruling_as_data, settled
from pipeline.conflicts.undecided import effects, is_left_to_rulings
from pipeline.intake.batches import event_batch
from pipeline.intake.status import open_set_aside
from pipeline.line import rulings_in
from schema.conflict import Matter
from schema.errors import WrongUse
from schema.ids import EntityKey
from schema.ontology import Stance
from schema.records import Ruling, RulingWithdrawal, Verdict

PERSON = "person"
"""Who rules where no name is given."""


def record_ruling(home: Home, ends: tuple[str, str], relations: tuple[str, str], verdict: str, *, by: str, reason: str) -> dict[str, Any]:
    """A person rules on a conflict; ends by key or by name. It stands before any model's ruling, of now or of later."""
    if verdict not in set(Verdict):
        raise WrongUse(f"verdict {verdict!r}: there are {', '.join(Verdict)}")
    if not by.strip() or not reason.strip():
        raise WrongUse("a ruling says who made it and why: --by and --reason cannot be empty")
    with home.writing("rule"):
        matter = _matter(home, ends, relations)
        before = latest_rulings(rulings_in(home.log)).get(matter)
        at = now()
        ruling = Ruling(*matter, Verdict(verdict), by, reason, origin=at.isoformat())
        fresh = before is None or before.by_model or (before.verdict, before.by, before.reason) != (ruling.verdict, by, reason)
        if fresh:
            pending = pending_in(open_set_aside(home.log)).get(matter, ())
            home.record(event_batch(ruling, at, *settled(pending, "ruled on by a person", at)), "rule", at)
        home.bring_graph_along()
        disputed = conflicts_among(home, [matter])
    called = _called(home, matter[0])
    text = f"{_told(matter, called)}: {verdict}, says {by}"
    if not fresh:
        text = f"{text}, as was recorded before"
    elif before is not None:
        text = f"{text}; before, it was {before.verdict}, by {before.by}"
    text = text if disputed else f"{text}; no such conflict is in the graph yet"
    return {"text": text, "recorded": fresh, **ruling_as_data(ruling if fresh or before is None else before, called)}


def withdraw(
    home: Home, ends: tuple[str, str], relations: tuple[str, str], *, by: str, reason: str = "", which: str | None = None
) -> dict[str, Any]:
    """Take back the ruling that stands on a conflict, or the one whose identity begins with `which`."""
    with home.writing("withdraw-ruling"):
        matter = _matter(home, ends, relations, must_count=False)
        called = _called(home, matter[0])
        ruling = _found(rulings_in(home.log), matter, which, _told(matter, called))
        at = now()
        withdrawal = RulingWithdrawal(ruling.id, *matter, by, reason)
        home.record(event_batch(withdrawal, at), "withdraw-ruling", at)
        home.bring_graph_along()
        stands = latest_rulings(rulings_in(home.log)).get(matter)
    left = f"now it is {stands.verdict}, by {stands.by}" if stands else "now no ruling stands"
    return {
        "text": f"{_told(matter, called)}: {ruling.verdict}, by {ruling.by}, is withdrawn; {left}",
        "withdrawn": ruling_as_data(ruling, called),
        "stands": ruling_as_data(stands, called) if stands else None,
    }


def rulings_of(home: Home, known_at: datetime | None = None) -> list[dict[str, Any]]:
    """All rulings in the order in which they were recorded, with what became of each; as known at a moment."""
    evidence = rulings_in(home.log, known_at)
    withdrawals = {recorded.record.ruling: recorded for recorded in evidence.withdrawals}
    called = _called(home, {end for recorded in evidence.rulings for end in recorded.record.ends})
    told = []
    for recorded, effect in effects(evidence, home.rules):
        taken = withdrawals.get(recorded.record.id)
        back = {"by": taken.record.by, "at": taken.at, "reason": taken.record.reason} if taken else None
        told.append({**ruling_as_data(recorded.record, called), "at": recorded.at, "effect": effect.value, "withdrawn": back})
    return told


def _matter(home: Home, ends: tuple[str, str], relations: tuple[str, str], *, must_count: bool = True) -> Matter:
    """What a ruling is about, from what a user typed; raises WrongUse where no ruling could have a say in it."""
    ontology = home.rules.ontology
    for name in relations:
        if must_count and name not in ontology.relations:
            raise WrongUse(f"relation {name!r} is not one of the ontology {ontology.name}: {', '.join(sorted(ontology.relations))}")
    low, high = sorted(resolve(end, home) for end in ends)
    first, second = sorted(relations)
    if low == high or first == second:
        raise WrongUse(f"{low} {first}, {second} {high}: a ruling is about two relations between two things")
    if must_count and not is_left_to_rulings(first, second, home.rules):
        raise WrongUse(f"{first} and {second}: {_why_not(first, second, home)}, so a ruling would change nothing")
    return (low, high), (first, second)


def _why_not(first: str, second: str, home: Home) -> str:
    ontology = home.rules.ontology
    for name in (first, second):
        if ontology.relations[name].functional:
            return f"{name} has one tail at a time, and is compared with itself only"
    if ontology.stance(first, second) is Stance.OPPOSED:
        return f'the ontology {ontology.name} declares them opposed, and only the policy "adjudicated" leaves that to rulings'
    return f"the ontology {ontology.name} declares them compatible"


def _found(evidence: Evidence, matter: Matter, which: str | None, told: str) -> Ruling:
    if which is None:
        stands = latest_rulings(evidence).get(matter)
        if stands is None:
            raise WrongUse(f"{told}: no ruling stands, so there is none to withdraw")
        return stands
    withdrawn = {recorded.record.ruling for recorded in evidence.withdrawals}
    found = [
        r.record
        for r in evidence.rulings
        if (evidence.same.pair(r.record.ends), r.record.relations) == matter
        and r.record.id.startswith(which)
        and r.record.id not in withdrawn
    ]
    if len(found) != 1:
        raise WrongUse(f"{told}: {len(found)} rulings that are not withdrawn have an id that begins with {which!r}; `rulings` lists them")
    return found[0]


def _told(matter: Matter, called: Mapping[EntityKey, str]) -> str:
    (low, high), relations = matter
    return f"{' and '.join(relations)} between {called.get(low, low)} and {called.get(high, high)}"


def _called(home: Home, keys: Iterable[EntityKey]) -> dict[EntityKey, str]:
    return {key: entity.name for key, entity in entities_of(home, keys).items()}
