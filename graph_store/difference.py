"""What must be written so that the stored facts become the wanted ones; pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, TypeVar

from graph_store.values import Properties, properties_of_closure, properties_of_edge, properties_of_fact, properties_of_report
from schema.fact import Fact, Triple
from schema.ids import FactId

K = TypeVar("K")


class ReportKey(NamedTuple):
    """A fact has one report for each document and polarity."""

    document: str
    polarity: str


class SuccessorKey(NamedTuple):
    """A fact can be closed by another more than once, on different days."""

    fact: str
    on: date


@dataclass(slots=True)
class Stored:
    """A fact as the graph has it. `properties` is None where another fact points to it and it is not written yet."""

    properties: Properties | None = None
    edges: dict[date, Properties] = field(default_factory=dict)
    reports: dict[ReportKey, Properties] = field(default_factory=dict)
    successors: dict[SuccessorKey, Properties] = field(default_factory=dict)


@dataclass(slots=True)
class Pieces:
    """Relationships of one kind: rows to create, rows to change, rows to remove."""

    new: list[Properties] = field(default_factory=list)
    changed: list[Properties] = field(default_factory=list)
    gone: list[Properties] = field(default_factory=list)


@dataclass(slots=True)
class Difference:
    """Rows for the writing statements; direct edges by relation."""

    unfinished: list[Properties] = field(default_factory=list)  # facts without their ends
    facts: list[Properties] = field(default_factory=list)
    edges: dict[str, Pieces] = field(default_factory=lambda: defaultdict(Pieces))
    reports: Pieces = field(default_factory=Pieces)
    successors: Pieces = field(default_factory=Pieces)


def difference(wanted: Iterable[Fact], stored: Mapping[FactId, Stored]) -> Difference:
    """Compare complete new states with what the graph has."""
    result = Difference()
    for fact in wanted:
        _compare_fact(fact, stored.get(fact.id, Stored()), result)
    return result


def closers(facts: Iterable[Fact]) -> Iterator[Triple]:
    """The triples that closed these facts."""
    for fact in facts:
        for closure in fact.closed:
            if closure.by is not None:
                yield closure.by


def _compare_fact(fact: Fact, stored: Stored, result: Difference) -> None:
    head, relation, tail = fact.triple
    properties = properties_of_fact(fact)
    if stored.properties is None:
        result.unfinished.append({"id": fact.id, "head": head, "tail": tail})
    if stored.properties != properties:
        result.facts.append({"id": fact.id, "properties": properties})
    edges = {holding.interval.start: properties_of_edge(holding) for holding in fact.holdings}
    _compare(edges, stored.edges, result.edges[relation], lambda start: {"fact": fact.id, "head": head, "tail": tail, "valid_from": start})
    reports = {ReportKey(report.document, report.polarity.value): properties_of_report(report) for report in fact.reports}
    _compare(reports, stored.reports, result.reports, lambda key: {"fact": fact.id, "document": key.document, "polarity": key.polarity})
    successors = {
        SuccessorKey(closure.by.fact_id, closure.on): properties_of_closure(closure) for closure in fact.closed if closure.by is not None
    }
    _compare(successors, stored.successors, result.successors, lambda key: {"fact": fact.id, "by": key.fact, "on": key.on})


def _compare(wanted: Mapping[K, Properties], stored: Mapping[K, Properties], pieces: Pieces, place: Any) -> None:
    for key, properties in wanted.items():
        row = {**place(key), "properties": properties}
        if key not in stored:
            pieces.new.append(row)
        elif stored[key] != properties:
            pieces.changed.append(row)
    pieces.gone.extend(place(key) for key in stored if key not in wanted)
