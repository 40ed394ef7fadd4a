"""The context for a question: what is known between the things that it names, ways between them, then about them; dated and cited."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.answering.histories import Names, fact_summary, name_of, step
from pipeline.finding.entity_finder import CalledNow
from pipeline.finding.found_entities import candidates_as_data
from pipeline.finding.question_names import NameAsked, entities_asked
from pipeline.retrieving.chosen_facts import Chosen, Retrieval, chosen_for
from pipeline.retrieving.context_in_words import fitted
from pipeline.retrieving.facts_told import citations, cited_documents
from pipeline.retrieving.kept_neighbourhoods import KeptNeighbourhoods
from pipeline.retrieving.neighbourhood import Neighbourhood
from pipeline.retrieving.question_words import asks_about_change, relations_asked
from pipeline.retrieving.ranking import one_of_each
from pipeline.retrieving.withdrawn_facts import remarks_on_withdrawn
from schema.events import Event, EventKind, Side
from schema.fact import Closure, Fact, Report, Source, Status, Triple
from schema.ids import DocumentId, EntityKey
from schema.observation import Polarity

ONLY_DENIED = "denied"
"""What is said of a triple that no counting document asserts."""


def context(question: str, asked: Sequence[NameAsked], near: KeptNeighbourhoods, wish: Retrieval, called: CalledNow) -> dict[str, Any]:
    """Every fact between two of the entities asked about, held or not; ways between them; then the other wanted facts, best first.

    What is not wanted is left out before anything is ranked. `complete` is false where the question names nothing that is known, or only
    one of the things that it names is, or nothing is known of them.
    """
    keys, of_change = entities_asked(asked), asks_about_change(question)
    told: dict[str, Any] = {
        "question": question,
        "entities": [],
        "names": [_as_data(each) for each in asked],
        "as_of": wish.as_of.isoformat() if wish.as_of and keys else None,
        "known_at": wish.known_at.isoformat() if wish.known_at and keys else None,
        "of_change": of_change,
        **_known(question, asked, keys, near, wish, called, of_change=of_change),
    }
    told |= fitted(told, asked, wish.budget, wish.tokens)
    missing = [each for each in asked if each.entity is None]
    return {**told, "complete": bool(told["facts"]) and (not missing or len(keys) > 1)}


def _known(
    question: str,
    asked: Sequence[NameAsked],
    keys: Sequence[EntityKey],
    near: KeptNeighbourhoods,
    wish: Retrieval,
    called: CalledNow,
    *,
    of_change: bool,
) -> dict[str, Any]:
    if not keys:
        return {"facts": [], "between": 0, "paths": [], "left_out": 0}
    found = near.of(keys, wish.as_of, wish.known_at)
    relevance = relations_asked(question, [each.text for each in asked], near.rules.ontology)
    chosen = chosen_for(found, keys, wish, called, relevance, of_change=of_change)
    numbers = {triple: number for number, triple in enumerate(chosen.triples, 1)}
    shown = _shown(found, chosen, keys, called)
    gone = [each for each in numbers if each in shown.facts and shown.facts[each].status is Status.WITHDRAWN]
    remarks = remarks_on_withdrawn(near.log, near.rules, gone)
    return {
        "entities": [{"key": key, "name": name_of(key, shown.names)} for key in keys],
        "facts": [{"marker": number, **shown.item(triple, remarks.get(triple, ()))} for triple, number in numbers.items()],
        "between": len(chosen.inner),
        "paths": [{"weight": path.weight, "facts": [numbers[step] for step in path.steps]} for path in chosen.ways],
        "left_out": chosen.left_out,
    }


class _Shown:
    """The chosen facts with all that is told of them; no other fact becomes an object."""

    def __init__(self, found: Neighbourhood, triples: Sequence[Triple], names: Names, events: Mapping[Triple, Sequence[Event]]) -> None:
        self.facts = {fact.triple: fact for fact in found.as_facts(triples)}
        self.names = names
        self._events = events
        self._reports: Mapping[Triple, Sequence[Report]] = found.reports(triples)
        self._sources: Mapping[DocumentId, Source] = found.sources(cited_documents(self._reports.values()))

    def item(self, triple: Triple, remarks: Iterable[str]) -> dict[str, Any]:
        """One fact as data."""
        fact = self.facts.get(triple)
        summary = fact_summary(fact or Fact(triple, 0.0, Status.WITHDRAWN, 0, None, None), self.names)
        last = fact.holdings[-1].interval if fact and fact.holdings else None
        closed = fact.closed[-1] if fact and fact.closed and last and last.end else None
        return {
            **summary,
            "status": summary["status"] if fact else ONLY_DENIED,
            "since": last.start.isoformat() if last else None,
            "until": last.end.isoformat() if last and last.end else None,
            "because": list(closed.because) if closed else [],
            "changes": [step(event, self.names, ()) for event in self._told(triple, fact)],
            "remarks": list(remarks),
            "citations": _distinct(citations(self._reports.get(triple, ()), self._sources)),
        }

    def _told(self, triple: Triple, fact: Fact | None) -> Sequence[Event]:
        events = self._events.get(triple, ())
        if fact is None:
            return events
        # Where a denial opens, the assertion closes: once is enough.
        kept = [each for each in events if each.side.polarity is Polarity.ASSERTS or each.kind is EventKind.CONTESTED]
        return kept or [_as_event(triple, each) for each in fact.closed]


def _shown(found: Neighbourhood, chosen: Chosen, keys: Sequence[EntityKey], called: CalledNow) -> _Shown:
    triples = chosen.triples
    events = found.events_of(triples)
    sides = [side.triple for some in events.values() for each in some for side in (each.side, each.by) if side is not None]
    return _Shown(found, triples, called({*keys, *(end for each in (*triples, *sides) for end in (each.head, each.tail))}), events)


def _as_event(triple: Triple, closure: Closure) -> Event:
    by = Side(closure.by, Polarity.ASSERTS) if closure.by is not None else None
    return Event(closure.on, EventKind.CLOSED, Side(triple, Polarity.ASSERTS), closure.because, by, closure.rule)


def _distinct(cited: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each sentence once: a preprint and its journal's version are one voice."""
    return [each for each, is_new in zip(cited, one_of_each([each["quote"] for each in cited]), strict=True) if is_new]


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
