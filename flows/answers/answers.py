"""Answers from a home: export, why, timeline, as of any day and as known at any moment."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from flows.home.homes import Home
from pipeline.affected import identity_of, questions_about
from pipeline.answering.context import context, named_in, phrases
from pipeline.answering.histories import name_of, timeline, why
from pipeline.believing.fold import Graph, fold
from pipeline.exports.canonical import lines
from pipeline.identity.judgements import Possible, identity_in, judged_by
from pipeline.line import everything, history_of, named
from schema.entity_names import search_words
from schema.errors import WrongUse
from schema.fact import Status, Triple
from schema.ids import EntityKey
from schema.observation import Entity, Polarity
from schema.records import Retraction


def export_lines(home: Home, as_of: date | None = None, known_at: datetime | None = None) -> Iterator[str]:
    """The canonical export, JSON lines without line ends: of the graph as it stands, or up to a day or as known at a moment (UTC).

    for line in export_lines(home, as_of=date(2005, 1, 1)):
        print(line)
    """
    if as_of is not None or known_at is not None:
        evidence = everything(home.log)
        graph = fold(evidence, home.rules, as_of=as_of, known_at=known_at, histories=False)
        yield from lines(graph.facts, graph.entities, graph.documents)
        return
    with home.graph() as store:
        yield from lines(store.facts(), store.entities(), store.documents())


def why_of(home: Home, head: str, relation: str, tail: str, as_of: date | None = None, known_at: datetime | None = None) -> dict[str, Any]:
    """The history of one triple with its quotes; ends by key or by name.

    A dictionary of `fact` (its belief, status and intervals; None where it never was one), `history` (each step: on, what, text,
    because, rule, by, quotes), `evidence` (every quote), `triple` and `withdrawn`. Raises WrongUse for what is not known.

        for step in why_of(home, "flecainide", "prevent", "cardiac arrhythmias")["history"]:
            print(step["on"], step["text"])
    """
    ontology = home.rules.ontology
    if relation not in ontology.relations:
        raise WrongUse(f"relation {relation!r} is not one of the ontology {ontology.name}: {', '.join(sorted(ontology.relations))}")
    triple = ontology.triple(resolve(head, home, known_at), relation, resolve(tail, home, known_at))
    graph = history_of(home.log, home.rules, [home.rules.question(triple)], as_of=as_of, known_at=known_at)
    fact = next((fact for fact in graph.facts if fact.triple == triple), None)
    events = [event for history in graph.histories.values() for event in history]
    answer = why(triple, fact, events, graph.reports.get(triple, ()), _named(graph, home, triple.head, triple.tail))
    return {**answer, "withdrawn": _withdrawn(home, triple) if fact is not None and fact.status is Status.WITHDRAWN else []}


def _withdrawn(home: Home, triple: Triple) -> list[str]:
    """What became of each document that once asserted a triple that nothing supports any more."""
    said = [recorded.record for recorded in home.log.observations([home.rules.question(triple)])]
    same = identity_of(home.log, {end.key for o in said for end in (o.head, o.tail)})
    documents = {
        o.document
        for o in said
        if o.polarity is Polarity.ASSERTS and home.rules.ontology.triple(same.of(o.head.key), o.relation, same.of(o.tail.key)) == triple
    }
    retracted = {r.record.document: r.record.on for r in home.log.records(Retraction, documents)}
    return [
        f"{key} asserted it and was retracted{f' ({retracted[key]})' if retracted[key] else ''}"
        if key in retracted
        else f"{key} asserted it, in a reading or a revision that another has replaced"
        for key in sorted(documents)
    ]


def timeline_of(home: Home, entity: str, as_of: date | None = None, known_at: datetime | None = None) -> dict[str, Any]:
    """All that was ever held about an entity, by key or by name.

    A dictionary of `entity`, `name`, `facts` (with belief, status and intervals) and `events`, in the order of days: what was opened,
    reopened and closed. Raises WrongUse for what is not known.
    """
    key = resolve(entity, home, known_at)
    graph = graph_about(home, [key], as_of, known_at)
    facts = [fact for fact in graph.facts if key in (fact.triple.head, fact.triple.tail)]
    events = [e for history in graph.histories.values() for e in history if key in (e.side.triple.head, e.side.triple.tail)]
    names = _named(graph, home, key)
    return {"entity": key, "name": name_of(key, names), **timeline(facts, events, names)}


def graph_about(home: Home, keys: list[EntityKey], as_of: date | None, known_at: datetime | None, *, histories: bool = True) -> Graph:
    """The fold of every question that has one of these entities in it."""
    questions = questions_about(home.log, home.rules, keys, known_at)
    return history_of(home.log, home.rules, questions, as_of=as_of, known_at=known_at, histories=histories)


def resolve(text: str, home: Home, known_at: datetime | None = None) -> EntityKey:
    """The entity with this key or any of its names (whatever the case), now or as known at a moment.

    A name that was judged the same as an entity leads to it. Raises WrongUse where there is none, or more than one.
    """
    called = {key for _, key in home.log.called([search_words(text)])}
    found = _counted(called, home, known_at)
    if EntityKey(text) in found:
        return found[EntityKey(text)]
    said = text.casefold()
    exact = {
        found[r.record.entity.key]
        for r in home.log.names(found)
        if said in (r.record.entity.name.casefold(), r.record.entity.key.casefold())
    }
    keys = sorted(exact or set(found.values()))
    if len(keys) == 1:
        return keys[0]
    if keys:
        raise WrongUse(f"{text!r} names more than one entity: {', '.join(keys)}; give the key")
    raise WrongUse(f"nothing is known of {text!r}{_suggestion(text, home)}")


def _counted(keys: Iterable[EntityKey], home: Home, known_at: datetime | None) -> dict[EntityKey, EntityKey]:
    """What keys count as, without entities that only a vocabulary knows."""
    called = set(keys)
    judgements = home.log.judgements(called)
    identity = identity_in(judgements if known_at is None else judged_by(judgements, known_at))
    spoken = {identity.of(key) for key in home.log.votes(Possible(judgements).names(identity.of(key) for key in called))}
    return {key: identity.of(key) for key in called if identity.of(key) in spoken}


def _suggestion(text: str, home: Home) -> str:
    from rapidfuzz import process

    near = process.extract(search_words(text), sorted({words for words, _ in home.log.called()}), limit=3, score_cutoff=70)
    return f"; did you mean {', '.join(repr(name) for name, _, _ in near)}?" if near else ""


def entities_of(home: Home, keys: Iterable[EntityKey]) -> dict[EntityKey, Entity]:
    """What entities are called now."""
    return {entity.key: entity for entity in named(home.log, home.rules, sorted(set(keys)))}


def _named(graph: Graph, home: Home, *keys: EntityKey) -> Mapping[EntityKey, Entity]:
    """What entities were called then; those of them that no fact of that time names, and these, as they are called now."""
    told = {entity.key: entity for entity in graph.entities}
    sides = {end for history in graph.histories.values() for e in history for end in (e.side.triple.head, e.side.triple.tail)}
    return {**entities_of(home, ({*keys} | sides) - told.keys()), **told}


def context_for(home: Home, question: str, as_of: date | None = None, known_at: datetime | None = None, limit: int = 20) -> dict[str, Any]:
    """The dated, cited context for a question in words: what a RAG application hands to its model.

    A dictionary of `text`, `facts` (at most `limit`, each with citations), `entities` (those that the question names), `as_of` and
    `left_out`. A question that names nothing known has no facts.

        context_for(home, "does flecainide prevent arrhythmias?", as_of=date(1988, 1, 1))["text"]
    """
    called: dict[str, set[EntityKey]] = defaultdict(set)
    said = list(home.log.called(phrases(question)))
    counted = _counted({key for _, key in said}, home, known_at)
    for words, key in said:
        if key in counted:
            called[words].add(counted[key])
    asked = named_in(question, called)
    if not asked:
        return context(question, (), (), {}, {}, limit, None)
    graph = graph_about(home, asked, as_of, known_at, histories=False)
    sources = {source.id: source for source in graph.documents}
    return context(question, asked, graph.facts, sources, _named(graph, home, *asked), limit, as_of.isoformat() if as_of else None)
