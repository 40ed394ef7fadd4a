"""The history of a fact or an entity in words and as data: what opened, reinforced, contested and closed it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from schema.events import DENIED, STATED_END, Event, EventKind, Side
from schema.fact import Fact, Report, Triple
from schema.ids import EntityKey
from schema.observation import Entity, Polarity

Names = Mapping[EntityKey, Entity]


def why(triple: Triple, fact: Fact | None, events: Iterable[Event], reports: Sequence[Report], names: Names) -> dict[str, Any]:
    """All there is to say about one triple: where it stands, each step of its history in words, and the quotes it rests on."""
    steps = [step(event, names, reports) for event in events if event.side.triple == triple]
    return {
        "fact": fact_summary(fact, names) if fact else None,
        "triple": list(triple),
        "history": steps,
        "evidence": [_cited(report) for report in reports],
    }


def timeline(facts: Iterable[Fact], events: Iterable[Event], names: Names) -> dict[str, Any]:
    """Facts with their intervals, and every change of what holds, in the order of days."""
    changes = (EventKind.OPENED, EventKind.REOPENED, EventKind.CLOSED)
    told = [event for event in events if event.kind in changes and event.side.polarity is Polarity.ASSERTS]
    return {
        "facts": [fact_summary(fact, names) for fact in facts],
        "events": [step(event, names, ()) for event in sorted(told, key=lambda e: (e.on, e.kind != EventKind.CLOSED, e.side))],
    }


def fact_summary(fact: Fact, names: Names) -> dict[str, Any]:
    """A fact as data, with names."""
    head, relation, tail = fact.triple
    return {
        "head": head,
        "head_name": name_of(head, names),
        "relation": relation,
        "tail": tail,
        "tail_name": name_of(tail, names),
        "belief": fact.belief,
        "status": fact.status.value,
        "support": fact.support,
        "first_seen": fact.first_seen.isoformat() if fact.first_seen else None,
        "last_seen": fact.last_seen.isoformat() if fact.last_seen else None,
        "intervals": [
            {
                "from": h.interval.start.isoformat(),
                "to": h.interval.end.isoformat() if h.interval.end else None,
                "belief": h.belief,
                "support": h.support,
            }
            for h in fact.holdings
        ],
    }


def step(event: Event, names: Names, reports: Iterable[Report]) -> dict[str, Any]:
    """One event as data and in words, with the quotes of its documents where they are known."""
    quotes = [_cited(r) for r in reports if r.document in event.documents and r.polarity is event.side.polarity]
    return {
        "on": event.on.isoformat(),
        "what": event.kind.value,
        "side": "denial" if event.side.polarity is Polarity.DENIES else "assertion",
        "text": event_in_words(event, names),
        "because": list(event.documents),
        "rule": event.rule,
        "by": _side(event.by),
        "quotes": quotes,
    }


def event_in_words(event: Event, names: Names) -> str:
    """One event as a sentence."""
    told, by = _in_words(event.side, names), ", ".join(event.documents)
    match event.kind:
        case EventKind.OPENED:
            return f"{told} is opened by {by}"
        case EventKind.REOPENED:
            return f"{told} is reopened by {by}"
        case EventKind.REINFORCED:
            return f"{told} is reinforced by {by}"
        case EventKind.CONTESTED:
            return f"{told} is said by {by} and contested: {_in_words(event.by, names)} holds and is not outweighed"
        case EventKind.CLOSED if event.rule == STATED_END:
            return f"{told} is closed: its stated end has passed, says {by}"
        case EventKind.CLOSED if event.rule == DENIED:
            return f"{told} is closed: denied by {by}"
        case EventKind.CLOSED:
            return f"{told} is closed by {_in_words(event.by, names)} because of {by} (rule {event.rule})"


def name_of(key: EntityKey, names: Names) -> str:
    """The name of an entity, its key where it has none."""
    return names[key].name if key in names else key


def number_of_documents(number: int) -> str:
    """So many documents, in words."""
    return f"{number} document{'' if number == 1 else 's'}"


def _in_words(side: Side | None, names: Names) -> str:
    if side is None:
        return "nothing"
    head, relation, tail = side.triple
    told = f"'{name_of(head, names)} {relation} {name_of(tail, names)}'"
    return f"the denial of {told}" if side.polarity is Polarity.DENIES else told


def _side(side: Side | None) -> list[str] | str | None:
    if side is None:
        return None
    return list(side.triple) if side.polarity is Polarity.ASSERTS else DENIED


def _cited(report: Report) -> dict[str, Any]:
    return {
        "document": report.document,
        "polarity": report.polarity.value,
        "confidence": report.confidence,
        "quote": report.quote,
        "method": report.method,
        "model": report.model,
    }
