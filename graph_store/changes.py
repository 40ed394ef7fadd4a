"""What a change must be like, and how a large one is taken in steps; pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from schema.errors import ForeignGraph, StoreFailed
from schema.ontology import Ontology
from schema.ports import GraphChange, LogVersion

T = TypeVar("T")


def check(change: GraphChange, ontology: Ontology) -> None:
    """Raise StoreFailed where a change names a relation or type that the ontology lacks, or contradicts itself."""
    gone = set(change.gone_documents)
    for fact in change.facts:
        if fact.triple.relation not in ontology.relations:
            raise StoreFailed(f"the relation {fact.triple.relation!r} of {fact.triple} is not in the ontology {ontology.name}")
        starts = [holding.interval.start for holding in fact.holdings]
        if len(set(starts)) < len(starts):
            raise StoreFailed(f"two intervals of {fact.triple} begin on one day")
        for report in fact.reports:
            if report.document in gone:
                raise StoreFailed(f"{report.document} reports {fact.triple}, and the same change removes it")
    for triple in change.gone_facts:
        if triple.relation not in ontology.relations:
            raise StoreFailed(f"the relation {triple.relation!r} of {triple} is not in the ontology {ontology.name}")
    for entity in change.entities:
        if entity.type not in ontology.entity_types:
            raise StoreFailed(f"the type {entity.type!r} of {entity.key} is not in the ontology {ontology.name}")


def check_owner(graph: str, log: str, home: str, version: LogVersion) -> None:
    """Raise ForeignGraph where a graph that follows one log is told to follow another."""
    if log != version.log:
        raise ForeignGraph(f"{graph} is the graph of another home, {home or 'somewhere'} (log {log}): nothing is written to it")


def in_steps(change: GraphChange, at_once: int) -> Iterator[GraphChange]:
    """The change itself, or where it is large, parts of it: each can be repeated, and only the last carries the markers."""
    if max(len(change.facts), len(change.gone_facts), len(change.documents), len(change.gone_documents), len(change.entities)) <= at_once:
        yield change
        return
    nothing = GraphChange(batches=(), reporting=change.reporting, whole=change.whole, only_missing=change.only_missing)
    for documents in _slices(change.documents, at_once):
        yield replace(nothing, documents=documents)
    for triples in _slices(change.gone_facts, at_once):
        yield replace(nothing, gone_facts=triples)
    for entities in _slices(change.entities, at_once):
        yield replace(nothing, entities=entities)
    known = {entity.key: entity for entity in change.entities}
    for facts in _slices(change.facts, at_once):
        ends = sorted({end for fact in facts for end in (fact.triple.head, fact.triple.tail)})
        yield replace(nothing, facts=facts, entities=tuple(known[end] for end in ends if end in known))
    for gone in _slices(change.gone_documents, at_once):
        yield replace(nothing, gone_documents=gone)
    yield replace(nothing, batches=change.batches)


def _slices(values: tuple[T, ...], at_once: int) -> Iterator[tuple[T, ...]]:
    for start in range(0, len(values), at_once):
        yield values[start : start + at_once]
