"""What was set aside as it is shown: as data for machines, as a table, or one thing whole."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pipeline.intake.line_batches import lines_in
from pipeline.intake.set_aside_list import Aside, cursor_of, document_of, how_it_ended

SHORT = 8
"""Digits of an identity in a table; they name one thing as long as no other begins with them."""

REPLY_SHOWN = 60
"""Characters of a reply in a table."""


def aside_as_data(aside: Aside, now: datetime) -> dict[str, Any]:
    """All but what it said; `lines`: how many it stands for; `cursor`: where a list goes on after it; `settled`: by whom, how, why."""
    one = aside.record
    told = {name: getattr(one, name) for name in ("id", "unit", "stage", "error", "reason", "file", "position", "model", "reply")}
    ends = [{"how": e.record.how, "by": e.record.by, "note": e.record.note, "at": e.at} for e in aside.settled]
    age = {"at": aside.at, "age_days": (now - aside.at).days}
    more = {"document": document_of(one) or None, "lines": lines_in(one), "state": str(aside.ending), "cursor": cursor_of(aside)}
    return {**told, **age, **more, **({"settled": ends} if ends else {})}


def whole_aside_as_data(aside: Aside, now: datetime) -> dict[str, Any]:
    """The same with what it said (`payload`), and whether that is `complete`; and `text` for a person."""
    one = aside.record
    told = {**aside_as_data(aside, now), "payload": one.payload, "complete": one.complete}
    return {"text": "\n".join(_lines(aside, told)), **told}


def asides_table(asides: Sequence[Aside], now: datetime) -> list[dict[str, Any]]:
    """Rows for a person: of what a person let go, who did and why; else how the model's reply begins."""
    return [_row(each, now) for each in asides]


def _row(aside: Aside, now: datetime) -> dict[str, Any]:
    one = aside.record
    place = " ".join(part for part in (one.file, one.position, document_of(one)) if part)
    row = {"id": one.id[:SHORT], "age": _age(aside, now), "unit": one.unit, "stage": one.stage, "error": one.error, "place": place}
    ended = aside.settled[-1].record if aside.settled else None
    more = {"by": ended.by, "note": ended.note} if ended else {"reply": one.reply[:REPLY_SHOWN]}
    return {**row, "reason": one.reason, **more}


def _lines(aside: Aside, told: dict[str, Any]) -> Iterator[str]:
    one = aside.record
    since = f"{aside.at.isoformat(timespec='seconds')} ({told['age_days']} d ago)"
    yield f"{one.id}: a {one.unit} set aside at the stage {one.stage}, {since}"
    yield f"why: {one.error}: {one.reason}"
    yield f"state: {how_it_ended(aside)}"
    for name in ("document", "file", "position", "model"):
        if told[name]:
            yield f"{name}: {told[name]}"
    for what, text in (("what it said" + ("" if one.complete else " (cut)"), one.payload), ("what the model answered", one.reply)):
        if text:
            yield f"{what}:\n{text}"


def _age(aside: Aside, now: datetime) -> str:
    return f"{(now - aside.at).days} d"
