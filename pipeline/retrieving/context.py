"""The context for a question: what is known between the things that it names, held or not, then about them; dated and cited."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pipeline.answering.histories import Names, fact_summary, name_of, step
from pipeline.finding.found_entities import candidates_as_data
from pipeline.finding.question_names import NameAsked, entities_asked
from pipeline.retrieving.context_in_words import context_in_words
from pipeline.retrieving.facts_told import citations
from schema.events import Event, EventKind, Side
from schema.fact import Closure, Fact, Report, Source, Status, Triple
from schema.ids import DocumentId, EntityKey
from schema.observation import Polarity

ONLY_DENIED = "denied"
"""What is said of a triple that no counting document asserts."""
_ORDER = (*Status, ONLY_DENIED)
_CHANGES = (EventKind.OPENED, EventKind.REOPENED, EventKind.CLOSED, EventKind.CONTESTED)


@dataclass(frozen=True, slots=True)
class Known:
    """What the fold says of the things asked about: their facts, what each triple rests on, and the documents that are cited.

    Of the triples `between` two of them also what happened, and what became of the evidence of those that are withdrawn.
    """

    facts: Sequence[Fact] = ()
    reports: Mapping[Triple, Sequence[Report]] = field(default_factory=dict)
    documents: Sequence[Source] = ()
    events: Sequence[Event] = ()
    withdrawn: Mapping[Triple, Sequence[str]] = field(default_factory=dict)


def between(keys: Collection[EntityKey], triples: Iterable[Triple]) -> list[Triple]:
    """The triples that join two of these entities."""
    return sorted({triple for triple in triples if triple.head in keys and triple.tail in keys})


def context(question: str, asked: Sequence[NameAsked], known: Known, names: Names, limit: int, as_of: date | None) -> dict[str, Any]:
    """Every fact between two of the entities asked about, held or not; then the others, first those that hold; each with its best quotes.

    `complete` is false where the question names nothing that is known, or only one of the things that it names is, or nothing is
    known of them.
    """
    keys = entities_asked(asked)
    sources = {source.id: source for source in known.documents}
    inner, outer = _items(set(keys), known, names, sources)
    shown = [*inner, *outer][:limit]
    missing = [each for each in asked if each.entity is None]
    told: dict[str, Any] = {
        "question": question,
        "entities": [{"key": key, "name": name_of(key, names)} for key in keys],
        "names": [_as_data(each) for each in asked],
        "as_of": as_of.isoformat() if as_of and keys else None,
        "facts": shown,
        "between": len(inner[:limit]),
        "left_out": len(inner) + len(outer) - len(shown),
        "complete": bool(shown) and (not missing or len(keys) > 1),
    }
    return {**told, "text": context_in_words(told, asked)}


def _items(
    keys: set[EntityKey], known: Known, names: Names, sources: Mapping[DocumentId, Source]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Facts, and triples that are only denied, between the entities; and the facts that have one of them as an end."""
    facts = {fact.triple: fact for fact in known.facts if not keys.isdisjoint((fact.triple.head, fact.triple.tail))}
    joining = set(between(keys, [*facts, *known.reports]))
    inner = [_item(triple, facts.get(triple), known, names, sources) for triple in joining]
    outer = [_item(triple, fact, known, names, sources) for triple, fact in facts.items() if triple not in joining]
    return sorted(inner, key=_rank), sorted(outer, key=_rank)


def _rank(item: Mapping[str, Any]) -> tuple[Any, ...]:
    return _ORDER.index(item["status"]), -item["belief"], item["head"], item["relation"], item["tail"]


def _item(triple: Triple, fact: Fact | None, known: Known, names: Names, sources: Mapping[DocumentId, Source]) -> dict[str, Any]:
    summary = fact_summary(fact or Fact(triple, 0.0, Status.WITHDRAWN, 0, None, None), names)
    last = fact.holdings[-1].interval if fact and fact.holdings else None
    closed = fact.closed[-1] if fact and fact.closed and last and last.end else None
    events = [event for event in known.events if event.side.triple == triple and event.kind in _CHANGES]
    if fact is not None:
        # Where a denial opens, the assertion closes: once is enough.
        events = [each for each in events if each.side.polarity is Polarity.ASSERTS or each.kind is EventKind.CONTESTED]
        events = events or [_as_event(triple, each) for each in fact.closed]
    return {
        **summary,
        "status": summary["status"] if fact else ONLY_DENIED,
        "since": last.start.isoformat() if last else None,
        "until": last.end.isoformat() if last and last.end else None,
        "because": list(closed.because) if closed else [],
        "changes": [step(event, names, ()) for event in events],
        "remarks": list(known.withdrawn.get(triple, ())),
        "citations": citations(known.reports.get(triple, ()), sources),
    }


def _as_event(triple: Triple, closure: Closure) -> Event:
    by = Side(closure.by, Polarity.ASSERTS) if closure.by is not None else None
    return Event(closure.on, EventKind.CLOSED, Side(triple, Polarity.ASSERTS), closure.because, by, closure.rule)


def _as_data(each: NameAsked) -> dict[str, Any]:
    return {
        "text": each.text,
        "entity": each.entity.key if each.entity else None,
        "score": each.entity.score if each.entity else None,
        "reason": each.entity.reason if each.entity else None,
        "close": candidates_as_data(each.close),
        "outside": candidates_as_data([each.outside] if each.outside else []),
        "like": candidates_as_data(each.like),
    }
