"""What goes into the log of rulings: opinions of a model on conflicts, what is set aside of them, and what that settles."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline.intake.batches import Intake, set_aside
from schema.conflict import Conflict, Matter, Opinion
from schema.errors import ModelFailed
from schema.ids import EntityKey
from schema.observation import Reader
from schema.records import Recorded, Ruling, SetAside, Settled, Tally

UNIT, STAGE = "conflict", "ruling"
"""What set-aside records call a conflict that could not be ruled on."""

LONGEST_REPLY = 20_000
"""Characters of a reply that are kept with what is set aside."""

SHOWN_OF_ID = 8
"""Digits of an identity that a table shows."""

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


def ruling_as_data(ruling: Ruling, called: Mapping[EntityKey, str]) -> dict[str, Any]:
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
