"""Rulings on conflicts: opinions of a model, what is set aside and settled of them; what persons decide; all that was ever ruled."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline.believing.evidence import Evidence, latest_rulings
from pipeline.believing.rules import Rules
from pipeline.conflicts.undecided import is_left_to_rulings, ruling_effects
from pipeline.intake.batches import Intake, set_aside
from schema.accounts.settling import Settled
from schema.conflict import Conflict, Matter, Opinion
from schema.errors import ModelFailed, WrongUse
from schema.ids import EntityKey
from schema.observation import Reader
from schema.ontology import Stance
from schema.records import Recorded, Ruling, SetAside, Tally, Verdict

UNIT, STAGE = "conflict", "ruling"
"""What set-aside records call a conflict that could not be ruled on."""

LONGEST_REPLY = 20_000
"""Characters of a reply that are kept with what is set aside."""

SHOWN_OF_ID = 8
"""Digits of an identity that a table shows."""

Names = Mapping[EntityKey, str]

Pending = Mapping[Matter, Sequence[SetAside]]
"""What is set aside and not settled of each conflict."""


def rulings_batch(
    conflicts: Sequence[Conflict], results: Sequence[Opinion | ModelFailed], pending: Pending, model: str, now: datetime
) -> Intake:
    """What asking about some conflicts brings; `results` are in their order, `model` says how to ask again.

    A ruling settles what was set aside of its conflict. What fails again on the same evidence stays set aside as it is.
    """
    records: list[Recorded[Any]] = []
    failures: Counter[str] = Counter()
    for conflict, result in zip(conflicts, results, strict=True):
        before = pending.get(conflict.matter, ())
        if isinstance(result, Opinion):
            records.append(Recorded(ruling_of(conflict, result, now), now))
            records += settled(before, "ruled on", now)
            continue
        failures[type(result).__name__] += 1
        if not any(told(aside)["evidence"] == conflict.evidence for aside in before):
            records.append(Recorded(replace(put_off(conflict, result, now), model=model), now))
            records += settled(before, "set aside again with other evidence", now)
    return Intake(tuple(records), (Tally(UNIT, len(conflicts) - failures.total(), {}, dict(failures)),))


def ruling_of(conflict: Conflict, opinion: Opinion, now: datetime) -> Ruling:
    """A model's opinion as it is recorded."""
    ends, relations = conflict.matter
    return Ruling(ends, relations, opinion.verdict, opinion.by, opinion.reason, True, conflict.evidence, now.isoformat())


def put_off(conflict: Conflict, error: ModelFailed, now: datetime) -> SetAside:
    """A conflict that could not be ruled on, with the reply that was of no use, where there was one."""
    ends, relations = conflict.matter
    payload = {
        "ends": ends,
        "relations": relations,
        "evidence": conflict.evidence,
        "asked": now.isoformat(),  # the same failure after a ruling is another one
        "reply": error.reply[:LONGEST_REPLY],
    }
    place = f"{ends[0]} {', '.join(relations)} {ends[1]}"
    return set_aside(UNIT, STAGE, error, "", place, json.dumps(payload, ensure_ascii=False, sort_keys=True))


def settled(asides: Iterable[SetAside], how: str, now: datetime) -> list[Recorded[Any]]:
    """Records that settle what was set aside."""
    return [Recorded(Settled(aside.id, how), now) for aside in asides]


def pending_in(asides: Iterable[SetAside]) -> dict[Matter, list[SetAside]]:
    """Of what is set aside the conflicts, by matter."""
    found: dict[Matter, list[SetAside]] = defaultdict(list)
    for aside in asides:
        if aside.unit == UNIT:
            found[matter_in(aside)].append(aside)
    return found


def matter_in(aside: SetAside) -> Matter:
    """What a conflict that was set aside is about."""
    said = told(aside)
    low, high = said["ends"]
    first, second = said["relations"]
    return (EntityKey(low), EntityKey(high)), (first, second)


def told(aside: SetAside) -> Mapping[str, Any]:
    """What a conflict that was set aside says."""
    said: Mapping[str, Any] = json.loads(aside.payload)
    return said


def settle_unneeded(pending: Pending, still: Collection[Matter], now: datetime) -> list[Recorded[Any]]:
    """Records that settle what needs no ruling any more."""
    gone = (aside for matter, asides in pending.items() if matter not in still for aside in asides)
    return settled(gone, "no ruling is needed any more", now)


def ruling_as_data(ruling: Ruling, called: Names) -> dict[str, Any]:
    """A ruling as answers give it, with the names of its ends."""
    return {
        "id": ruling.id,
        "ends": list(ruling.ends),
        "names": [called.get(end, end) for end in ruling.ends],
        "relations": list(ruling.relations),
        "verdict": ruling.verdict.value,
        "by": ruling.by,
        "by_model": ruling.by_model,
        "reason": ruling.reason,
    }


def new_rulings_table(told: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rulings that were just made, as rows for a person."""
    return [{**_about(each), "why": each["reason"]} for each in told]


def rulings_table(told: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """All rulings, each with what became of it, as rows for a person."""
    return [{"id": each["id"][:SHOWN_OF_ID], **_about(each), **_who(each)} for each in told]


def _who(told: Mapping[str, Any]) -> dict[str, Any]:
    # Of a model its name: prompt and schema are for machines.
    by = Reader.parse(told["by"]).model if told["by_model"] else told["by"]
    back = told["withdrawn"]
    withdrawn = "" if back is None else f" by {back['by']}, {_when(back['at'])}{': ' if back['reason'] else ''}{back['reason']}"
    return {"by": by, "at": _when(told["at"]), "effect": f"{told['effect']}{withdrawn}", "why": told["reason"]}


def _about(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"between": " and ".join(told["names"]), "relations": ", ".join(told["relations"]), "verdict": told["verdict"]}


def _when(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


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
