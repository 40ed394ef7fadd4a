"""Answers from a home: export, why, timeline, as of any day and as known at any moment."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flows.home import Home
from pipeline.believing.fold import Graph, fold
from pipeline.canonical import lines
from pipeline.construct import everything, history_of
from pipeline.retrieving.context import context, named_in
from pipeline.retrieving.history import timeline, why
from schema.errors import WrongUse
from schema.fact import Status, Triple
from schema.ids import EntityKey
from schema.log import Retraction
from schema.observation import Entity, Polarity


def export_lines(home: Home, as_of: date | None = None, known_at: datetime | None = None) -> Iterator[str]:
    """The canonical export: of the graph as it stands, or of the fold up to a day or as known at a moment."""
    if as_of is not None or known_at is not None:
        evidence = everything(home.log)
        graph = fold(evidence, home.rules, as_of=as_of, known_at=known_at, histories=False)
        yield from lines(graph.facts, graph.entities, graph.documents)
        return
    with home.graph() as store:
        yield from lines(store.facts(), store.entities(), store.documents())


def why_of(home: Home, head: str, relation: str, tail: str, as_of: date | None = None, known_at: datetime | None = None) -> dict[str, Any]:
    """The history of one triple with its quotes; ends by key or by name. Raises WrongUse for what is not known."""
    ontology = home.rules.ontology
    if relation not in ontology.relations:
        raise WrongUse(f"relation {relation!r} is not one of the ontology {ontology.name}: {', '.join(sorted(ontology.relations))}")
    named = names(home)
    triple = ontology.triple(resolve(head, named), relation, resolve(tail, named))
    graph = history_of(home.log, home.rules, [home.rules.question(triple)], as_of=as_of, known_at=known_at)
    fact = next((fact for fact in graph.facts if fact.triple == triple), None)
    events = [event for history in graph.histories.values() for event in history]
    answer = why(triple, fact, events, graph.reports.get(triple, ()), _named(graph, named))
    return {**answer, "withdrawn": _withdrawn(home, triple) if fact is not None and fact.status is Status.WITHDRAWN else []}


def _withdrawn(home: Home, triple: Triple) -> list[str]:
    """What became of each document that once asserted a triple that nothing supports any more."""
    said = (recorded.record for recorded in home.log.observations([home.rules.question(triple)]))
    documents = {
        o.document
        for o in said
        if o.polarity is Polarity.ASSERTS and home.rules.ontology.triple(o.head.key, o.relation, o.tail.key) == triple
    }
    retracted = {r.record.document: r.record.on for r in home.log.records(Retraction, documents)}
    return [
        f"{key} asserted it and was retracted{f' ({retracted[key]})' if retracted[key] else ''}"
        if key in retracted
        else f"{key} asserted it, in a reading or a revision that another has replaced"
        for key in sorted(documents)
    ]


def timeline_of(home: Home, entity: str, as_of: date | None = None, known_at: datetime | None = None) -> dict[str, Any]:
    """All that was ever held about an entity, in order."""
    named = names(home)
    key = resolve(entity, named)
    graph = graph_about(home, [key], as_of, known_at)
    facts = [fact for fact in graph.facts if key in (fact.triple.head, fact.triple.tail)]
    events = [e for history in graph.histories.values() for e in history if key in (e.side.triple.head, e.side.triple.tail)]
    return {"entity": key, "name": named.entities[key].name, **timeline(facts, events, _named(graph, named))}


def graph_about(home: Home, keys: list[EntityKey], as_of: date | None, known_at: datetime | None) -> Graph:
    """The fold of every question that has one of these entities in it."""
    questions = {home.rules.question(Triple(*ends)) for ends in home.log.ends(keys=keys)}
    return history_of(home.log, home.rules, questions, as_of=as_of, known_at=known_at)


@dataclass(frozen=True, slots=True)
class Names:
    """What entities are called: the name most used for each, and every name that any document uses."""

    entities: Mapping[EntityKey, Entity]
    called: Mapping[str, frozenset[EntityKey]]  # by name or key in lower case


def names(home: Home) -> Names:
    """Every entity that the log knows."""
    votes: dict[EntityKey, Counter[Entity]] = defaultdict(Counter)
    called: dict[str, set[EntityKey]] = defaultdict(set)
    for recorded in home.log.names():
        entity = recorded.record.entity
        votes[entity.key][entity] += 1
        called[entity.name.casefold()].add(entity.key)
        called[entity.key.casefold()].add(entity.key)
    elected = {key: min(counts, key=lambda e: (-counts[e], e.name, e.type)) for key, counts in votes.items()}
    return Names(elected, {name: frozenset(keys) for name, keys in called.items()})


def resolve(text: str, named: Names) -> EntityKey:
    """The entity with this key or any of its names (whatever the case); raises WrongUse where there is none, or more than one."""
    if EntityKey(text) in named.entities:
        return EntityKey(text)
    found = sorted(named.called.get(text.casefold(), ()))
    if len(found) == 1:
        return found[0]
    if found:
        raise WrongUse(f"{text!r} names more than one entity: {', '.join(found)}; give the key")
    raise WrongUse(f"nothing is known of {text!r}{_suggestion(text, named)}")


def _suggestion(text: str, named: Names) -> str:
    from rapidfuzz import process

    near = process.extract(text, sorted({entity.name for entity in named.entities.values()}), limit=3, score_cutoff=70)
    return f"; did you mean {', '.join(repr(name) for name, _, _ in near)}?" if near else ""


def _named(graph: Graph, named: Names) -> Mapping[EntityKey, Entity]:
    return {**named.entities, **{entity.key: entity for entity in graph.entities}}


def context_for(home: Home, question: str, as_of: date | None, known_at: datetime | None, limit: int) -> dict[str, Any]:
    """The context for a question in words."""
    named = names(home)
    asked = named_in(question, named.called)
    if not asked:
        return context(question, (), (), {}, named.entities, limit, None)
    graph = graph_about(home, asked, as_of, known_at)
    sources = {source.id: source for source in graph.documents}
    return context(question, asked, graph.facts, sources, _named(graph, named), limit, as_of.isoformat() if as_of else None)
