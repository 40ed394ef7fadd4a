"""Answers from a home: export, why, timeline, as of any day and as known at any moment."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from flows.home import Home
from pipeline.believing.fold import Graph, fold
from pipeline.canonical import lines
from pipeline.construct import everything, history_of
from pipeline.retrieving.context import context, named_in
from pipeline.retrieving.history import timeline, why
from schema.errors import WrongUse
from schema.ids import EntityKey
from schema.observation import Entity


def export_lines(home: Home, as_of: date | None = None, known_at: datetime | None = None) -> Iterator[str]:
    """The canonical export: of the graph as it stands, or of the fold up to a day or as known at a moment."""
    if as_of is not None or known_at is not None:
        graph = fold(everything(home.log), home.rules, as_of=as_of, known_at=known_at)
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
    return why(triple, fact, events, graph.reports.get(triple, ()), _named(graph, named))


def timeline_of(home: Home, entity: str, as_of: date | None = None, known_at: datetime | None = None) -> dict[str, Any]:
    """All that was ever held about an entity, in order."""
    named = names(home)
    key = resolve(entity, named)
    graph = graph_about(home, [key], as_of, known_at)
    facts = [fact for fact in graph.facts if key in (fact.triple.head, fact.triple.tail)]
    events = [e for history in graph.histories.values() for e in history if key in (e.side.triple.head, e.side.triple.tail)]
    return {"entity": key, "name": named[key].name, **timeline(facts, events, _named(graph, named))}


def graph_about(home: Home, keys: list[EntityKey], as_of: date | None, known_at: datetime | None) -> Graph:
    """The fold of every question that has one of these entities in it."""
    questions = {home.rules.question_of(recorded.record) for recorded in home.log.observations_of(keys)}
    return history_of(home.log, home.rules, questions, as_of=as_of, known_at=known_at)


def names(home: Home) -> Mapping[EntityKey, Entity]:
    """Every entity that the log knows, under its key."""
    found: dict[EntityKey, Entity] = {}
    for recorded in sorted(home.log.names(), key=lambda r: (r.record.entity.key, r.record.entity.name)):
        found.setdefault(recorded.record.entity.key, recorded.record.entity)
    return found


def resolve(text: str, named: Mapping[EntityKey, Entity]) -> EntityKey:
    """The entity with this key or name (whatever its case); raises WrongUse where there is none, or more than one."""
    if EntityKey(text) in named:
        return EntityKey(text)
    wanted = text.casefold()
    found = sorted(key for key, entity in named.items() if wanted in (key.casefold(), entity.name.casefold()))
    if len(found) == 1:
        return found[0]
    if found:
        raise WrongUse(f"{text!r} names more than one entity: {', '.join(found)}; give the key")
    raise WrongUse(f"nothing is known of {text!r}{_suggestion(text, named)}")


def _suggestion(text: str, named: Mapping[EntityKey, Entity]) -> str:
    from rapidfuzz import process

    near = process.extract(text, sorted({entity.name for entity in named.values()}), limit=3, score_cutoff=70)
    return f"; did you mean {', '.join(repr(name) for name, _, _ in near)}?" if near else ""


def _named(graph: Graph, named: Mapping[EntityKey, Entity]) -> Mapping[EntityKey, Entity]:
    return {**named, **{entity.key: entity for entity in graph.entities}}


def context_for(home: Home, question: str, as_of: date | None, known_at: datetime | None, limit: int) -> dict[str, Any]:
    """The context for a question in words."""
    named = names(home)
    asked = named_in(question, named.values())
    if not asked:
        return context(question, (), (), {}, named, limit, None)
    graph = graph_about(home, asked, as_of, known_at)
    sources = {source.id: source for source in graph.documents}
    return context(question, asked, graph.facts, sources, _named(graph, named), limit, as_of.isoformat() if as_of else None)
