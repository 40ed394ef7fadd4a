"""What persons decide about conflicts: checked, told in words, and all that was ever ruled with what became of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipeline.believing.evidence import Evidence, latest_rulings
from pipeline.believing.rules import Rules
from pipeline.conflicts.rulings import ruling_as_data
from pipeline.conflicts.undecided import is_left_to_rulings, ruling_effects
from schema.conflict import Matter
from schema.errors import WrongUse
from schema.ids import EntityKey
from schema.ontology import Stance
from schema.records import Ruling, Verdict

Names = Mapping[EntityKey, str]


def checked_verdict(verdict: str, by: str, reason: str) -> Verdict:
    """A verdict from what a user typed; raises WrongUse."""
    if verdict not in set(Verdict):
        raise WrongUse(f"verdict {verdict!r}: there are {', '.join(Verdict)}")
    if not by.strip() or not reason.strip():
        raise WrongUse("a ruling says who made it and why: --by and --reason cannot be empty")
    return Verdict(verdict)


def matter_between(ends: tuple[EntityKey, EntityKey], relations: tuple[str, str]) -> Matter:
    """What a ruling is about; raises WrongUse where it is not about two things and two relations."""
    low, high = sorted(ends)
    first, second = sorted(relations)
    if low == high or first == second:
        raise WrongUse(f"{low} {first}, {second} {high}: a ruling is about two relations between two things")
    return (low, high), (first, second)


def check_has_a_say(matter: Matter, rules: Rules) -> None:
    """Raises WrongUse where a ruling would change nothing."""
    first, second = matter[1]
    if not is_left_to_rulings(first, second, rules):
        raise WrongUse(f"{first} and {second}: {_why_not(first, second, rules)}, so a ruling would change nothing")


def _why_not(first: str, second: str, rules: Rules) -> str:
    ontology = rules.ontology
    for name in (first, second):
        if ontology.relations[name].functional:
            return f"{name} has one tail at a time, and is compared with itself only"
    if ontology.stance(first, second) is Stance.OPPOSED:
        return f'the ontology {ontology.name} declares them opposed, and only the policy "adjudicated" leaves that to rulings'
    return f"the ontology {ontology.name} declares them compatible"


def persons_ruling(matter: Matter, verdict: Verdict, by: str, reason: str, before: Ruling | None, at: datetime) -> Ruling:
    """The ruling of a person: the one that stands where it says the same, a new one else (made `at` this moment)."""
    if before is not None and not before.by_model and (before.verdict, before.by, before.reason) == (verdict, by, reason):
        return before
    return Ruling(*matter, verdict, by, reason, origin=at.isoformat())


def ruling_to_withdraw(evidence: Evidence, matter: Matter, which: str | None, told: str) -> Ruling:
    """The ruling that stands, or the one whose identity begins with `which`; raises WrongUse where there is not exactly one."""
    if which is None:
        stands = latest_rulings(evidence).get(matter)
        if stands is None:
            raise WrongUse(f"{told}: no ruling stands, so there is none to withdraw")
        return stands
    withdrawn = {recorded.record.ruling for recorded in evidence.withdrawals}
    left = (r.record for r in evidence.rulings if (evidence.same.pair(r.record.ends), r.record.relations) == matter)
    found = [ruling for ruling in left if ruling.id.startswith(which) and ruling.id not in withdrawn]
    if len(found) != 1:
        raise WrongUse(f"{told}: {len(found)} rulings that are not withdrawn have an id that begins with {which!r}; `rulings` lists them")
    return found[0]


def matter_in_words(matter: Matter, names: Names) -> str:
    """What a ruling is about, by the names of its ends."""
    (low, high), relations = matter
    return f"{' and '.join(relations)} between {names.get(low, low)} and {names.get(high, high)}"


def ruled_as_data(ruling: Ruling, before: Ruling | None, names: Names, *, told: str, disputed: bool) -> dict[str, Any]:
    """A ruling that was made, with what it changes (`told` is its matter in words); `disputed`: there is such a conflict."""
    fresh = ruling is not before
    change = f"; before, it was {before.verdict}, by {before.by}" if fresh and before is not None else ""
    known = "" if fresh else ", as was recorded before"
    early = "" if disputed else "; no such conflict is in the graph yet"
    text = f"{told}: {ruling.verdict}, says {ruling.by}{change}{known}{early}"
    return {"text": text, "recorded": fresh, **ruling_as_data(ruling, names)}


def withdrawn_as_data(ruling: Ruling, stands: Ruling | None, names: Names, told: str) -> dict[str, Any]:
    """A ruling that was withdrawn, and the one that stands again."""
    left = f"now it is {stands.verdict}, by {stands.by}" if stands else "now no ruling stands"
    return {
        "text": f"{told}: {ruling.verdict}, by {ruling.by}, is withdrawn; {left}",
        "withdrawn": ruling_as_data(ruling, names),
        "stands": ruling_as_data(stands, names) if stands else None,
    }


def all_rulings(evidence: Evidence, rules: Rules, names: Names) -> list[dict[str, Any]]:
    """All rulings in the order in which they were recorded, with what became of each."""
    withdrawals = {recorded.record.ruling: recorded for recorded in evidence.withdrawals}
    told = []
    for recorded, effect in ruling_effects(evidence, rules):
        taken = withdrawals.get(recorded.record.id)
        back = {"by": taken.record.by, "at": taken.at, "reason": taken.record.reason} if taken else None
        told.append({**ruling_as_data(recorded.record, names), "at": recorded.at, "effect": effect.value, "withdrawn": back})
    return told
