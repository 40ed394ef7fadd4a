"""What must be written so that the stored facts become the wanted ones; pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, TypeVar

from graph_store.cypher.property_values import (
    Properties,
    properties_of_closure,
    properties_of_edge,
    properties_of_fact,
    properties_of_report,
)
from schema.fact import Fact, Triple
from schema.ids import FactId

K = TypeVar("K")
Row = list[Any]


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
    """A fact as the graph has it; not `written` where another fact points to it and it is still to come."""

    written: bool = True
    edges: dict[date, Properties] = field(default_factory=dict)
    reports: dict[ReportKey, Properties] = field(default_factory=dict)
    successors: dict[SuccessorKey, Properties] = field(default_factory=dict)


@dataclass(slots=True)
class ChangedRows:
    """Relationships of one kind: rows to create, rows to change, rows to remove."""

    new: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    gone: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Difference:
    """Rows for the writing statements; direct edges by relation."""

    new: list[Row] = field(default_factory=list)  # facts that are not there at all
    unfinished: list[Row] = field(default_factory=list)  # facts without their ends
    changed: list[Row] = field(default_factory=list)
    edges: dict[str, ChangedRows] = field(default_factory=lambda: defaultdict(ChangedRows))
    reports: ChangedRows = field(default_factory=ChangedRows)
    successors: ChangedRows = field(default_factory=ChangedRows)


def new_facts(facts: Iterable[Fact], into: Difference) -> None:
    """Rows for facts of which the graph has nothing."""
    nothing = Stored()
    for fact in facts:
        into.new.append([fact.id, *fact.triple, *properties_of_fact(fact).values()])
        _compare_pieces(fact, nothing, into)


def changed_facts(facts: Iterable[Fact], stored: Mapping[FactId, Stored], into: Difference) -> None:
    """Compare complete new states with what the graph has. Properties are few: to read them costs more than to write them again."""
    for fact in facts:
        known = stored[fact.id]
        if not known.written:
            into.unfinished.append([fact.id, fact.triple.head, fact.triple.tail])
        into.changed.append([fact.id, *properties_of_fact(fact).values()])
        _compare_pieces(fact, known, into)


def closers(facts: Iterable[Fact]) -> Iterator[Triple]:
    """The triples that closed these facts."""
    for fact in facts:
        for closure in fact.closed:
            if closure.by is not None:
                yield closure.by


def _compare_pieces(fact: Fact, stored: Stored, into: Difference) -> None:
    head, relation, tail = fact.triple
    identity = fact.id
    edges = {holding.interval.start: properties_of_edge(holding) for holding in fact.holdings}
    _compare(edges, stored.edges, into.edges[relation], lambda start: [identity, head, tail, start])
    reports = {ReportKey(report.document, report.polarity.value): properties_of_report(report) for report in fact.reports}
    _compare(reports, stored.reports, into.reports, lambda key: [identity, *key])
    if fact.closed or stored.successors:
        successors = {
            SuccessorKey(closure.by.fact_id, closure.on): properties_of_closure(closure)
            for closure in fact.closed
            if closure.by is not None
        }
        _compare(successors, stored.successors, into.successors, lambda key: [identity, *key])


def _compare(wanted: Mapping[K, Properties], stored: Mapping[K, Properties], pieces: ChangedRows, place: Callable[[K], Row]) -> None:
    for key, properties in wanted.items():
        if key not in stored:
            pieces.new.append([*place(key), *properties.values()])
        elif stored[key] != properties:
            pieces.changed.append([*place(key), *properties.values()])
    if stored:
        pieces.gone.extend(place(key) for key in stored if key not in wanted)
