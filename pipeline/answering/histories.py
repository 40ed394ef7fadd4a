"""The history of a fact or an entity as data, in words and as a person reads it: what opened, reinforced, contested and closed it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.identity.judgements import Identity
from pipeline.shown_text import in_quotes, one_line
from schema.events import DENIED, STATED_END, Event, EventKind, Side
from schema.fact import Fact, Report, Triple
from schema.ids import EntityKey
from schema.observation import Entity, Observation, Polarity
from schema.ontology import Ontology
from schema.records import Retraction

Names = Mapping[EntityKey, Entity]


Histories = Iterable[Iterable[Event]]
"""The events of some questions, each in the order of days."""


def fact_history(
    triple: Triple, facts: Iterable[Fact], histories: Histories, reports: Mapping[Triple, Sequence[Report]], names: Names
) -> dict[str, Any]:
    """All there is to say about one triple: where it stands, each step of its history in words, and the quotes it rests on."""
    fact = next((fact for fact in facts if fact.triple == triple), None)
    cited = reports.get(triple, ())
    return {
        "fact": fact_summary(fact, names) if fact else None,
        "triple": list(triple),
        "history": [step(event, names, cited) for history in histories for event in history if event.side.triple == triple],
        "evidence": [_cited(report) for report in cited],
    }


def entity_history(key: EntityKey, facts: Iterable[Fact], histories: Histories, names: Names) -> dict[str, Any]:
    """An entity's facts with their intervals, and every change of what holds, in the order of days."""
    changes = (EventKind.OPENED, EventKind.REOPENED, EventKind.CLOSED)
    told = (event for history in histories for event in history if key in _ends(event))
    changed = [event for event in told if event.kind in changes and event.side.polarity is Polarity.ASSERTS]
    return {
        "entity": key,
        "name": name_of(key, names),
        "facts": [fact_summary(fact, names) for fact in facts if key in (fact.triple.head, fact.triple.tail)],
        "events": [step(event, names, ()) for event in sorted(changed, key=lambda e: (e.on, e.kind != EventKind.CLOSED, e.side))],
    }


def ends_in(histories: Histories) -> set[EntityKey]:
    """The entities that histories speak of."""
    return {end for history in histories for event in history for end in _ends(event)}


def withdrawn_remarks(
    triple: Triple, said: Iterable[Observation], same: Identity, ontology: Ontology, retractions: Iterable[Retraction]
) -> list[str]:
    """What became of each document that once asserted a triple that nothing supports any more."""
    asserted = (o for o in said if o.polarity is Polarity.ASSERTS)
    documents = {o.document for o in asserted if ontology.triple(same.of(o.head.key), o.relation, same.of(o.tail.key)) == triple}
    retracted = {retraction.document: retraction.on for retraction in retractions}
    return [
        f"{key} asserted it and was retracted{f' ({retracted[key]})' if retracted[key] else ''}"
        if key in retracted
        else f"{key} asserted it, in a reading or a revision that another has replaced"
        for key in sorted(documents)
    ]


def _ends(event: Event) -> tuple[EntityKey, EntityKey]:
    return event.side.triple.head, event.side.triple.tail


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


Answer = Mapping[str, Any]


def why_in_words(answer: Answer) -> str:
    """A fact, its history and its quotes."""
    fact = answer["fact"]
    first = "no fact: the evidence was never admitted, only denies it, or there is none" if fact is None else _fact(fact)
    return "\n".join([first, *(f"  {one_line(remark)}" for remark in answer["withdrawn"]), *_steps(answer["history"])])


def timeline_in_words(answer: Answer) -> str:
    """Facts with their intervals, then every change."""
    facts = (f"  {_fact(fact)}" for fact in answer["facts"])
    return "\n".join([one_line(f"{answer['name']} ({answer['entity']})"), *facts, "What changed:", *_steps(answer["events"])])


def _steps(history: Iterable[Answer]) -> Iterator[str]:
    for step in history:
        yield f"  {step['on']}  {one_line(step['text'])}"
        for quote in step["quotes"]:
            yield f"      {in_quotes(quote['quote'])} ({one_line(quote['document'])}, confidence {quote['confidence']:g})"


def _fact(fact: Answer) -> str:
    spans = ", ".join(f"{i['from']} to {i['to'] or 'now'} (belief {i['belief']:g})" for i in fact["intervals"])
    held = f"; held {spans}" if spans else ""
    told = f"{fact['status']}, belief {fact['belief']:g}, {number_of_documents(fact['support'])}{held}"
    return one_line(f"{fact['head_name']} {fact['relation']} {fact['tail_name']}: {told}")
