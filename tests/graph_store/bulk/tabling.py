"""Facts as tables, some thousand at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl

from graph_store.cypher.property_values import (
    properties_of_closure,
    properties_of_edge,
    properties_of_fact,
    properties_of_report,
    properties_of_source,
)
from schema.columns import GraphTables
from schema.fact import Fact, Source
from schema.ids import BatchId
from schema.observation import Entity

_DAY, _TEXTS, _MOMENT = pl.Date(), pl.List(pl.String), pl.Datetime("us", "UTC")
_TRIPLE = {"head": pl.String(), "relation": pl.String(), "tail": pl.String()}
_NUMBERS = {"belief": pl.Float64(), "support": pl.Int64()}

FACTS = {
    "id": pl.String(),
    **_TRIPLE,
    "belief": pl.Float64(),
    "status": pl.String(),
    "support": pl.Int64(),
    "first_seen": _DAY,
    "last_seen": _DAY,
    "closed": pl.String(),
}
EDGES = {"fact": pl.String(), **_TRIPLE, "valid_from": _DAY, **_NUMBERS, "valid_to": _DAY}
REPORTS = {
    "document": pl.String(),
    "fact": pl.String(),
    "polarity": pl.String(),
    "confidence": pl.Float64(),
    **dict.fromkeys(("quote", "method", "model", "prompt"), pl.String()),
    "recorded_at": _MOMENT,
}
SUCCESSORS = {"fact": pl.String(), "by": pl.String(), "on": _DAY, "cause": _TEXTS, "rule": pl.String()}
ENTITIES = {"key": pl.String(), "type": pl.String(), "name": pl.String(), "aliases": _TEXTS}
DOCUMENTS = {
    "id": pl.String(),
    "title": pl.String(),
    "published": _DAY,
    **dict.fromkeys(("precision", "source", "journal"), pl.String()),
    "publication_types": _TEXTS,
    "retracted": pl.Boolean(),
    "retracted_on": _DAY,
}

Row = Sequence[Any]


def tables_of(
    facts: Iterable[Sequence[Fact]], entities: Iterable[Entity], documents: Iterable[Source], batches: Iterable[BatchId]
) -> GraphTables:
    """The tables of a graph, with the reports that its facts bring along; `facts` come in parts, each of which may then be forgotten."""
    parts = [_parts(some) for some in facts] or [_parts(())]
    of_facts, edges, reports, successors = (pl.concat(frames) for frames in zip(*parts, strict=True))
    return GraphTables(
        facts=of_facts,
        edges=edges,
        reports=reports,
        successors=successors,
        entities=_frame(([each.key, each.type, each.name, list(each.aliases)] for each in entities), ENTITIES),
        documents=_frame(([each.id, *properties_of_source(each).values()] for each in documents), DOCUMENTS),
        batches=tuple(batches),
    )


def _parts(facts: Sequence[Fact]) -> tuple[pl.DataFrame, ...]:
    rows = ([fact.id, *fact.triple, *properties_of_fact(fact).values()] for fact in facts)
    return (_frame(rows, FACTS), _frame(_edges(facts), EDGES), _frame(_reports(facts), REPORTS), _frame(_successors(facts), SUCCESSORS))


def _edges(facts: Iterable[Fact]) -> Iterator[Row]:
    for fact in facts:
        for holding in fact.holdings:
            yield [fact.id, *fact.triple, holding.interval.start, *properties_of_edge(holding).values()]


def _reports(facts: Iterable[Fact]) -> Iterator[Row]:
    for fact in facts:
        for report in fact.reports:
            yield [report.document, fact.id, report.polarity.value, *properties_of_report(report).values()]


def _successors(facts: Iterable[Fact]) -> Iterator[Row]:
    for fact in facts:
        for closure in fact.closed:
            if closure.by is not None:
                yield [fact.id, closure.by.fact_id, closure.on, *properties_of_closure(closure).values()]


def _frame(rows: Iterable[Row], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema, orient="row")
