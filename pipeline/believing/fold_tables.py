"""A large fold as the tables of a graph, without an object for each fact of a question that has no conflict."""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from pipeline.believing.fold import Folded, reader_of
from pipeline.believing.statements import TRIPLE, one_a_document
from pipeline.believing.walk import withdrawn
from pipeline.columnar import stable_ids
from schema.columns import GraphTables
from schema.fact import Fact, Status, closures_as_json
from schema.ids import BatchId
from schema.observation import Entity, Polarity

_DAY, _TEXTS = pl.Date, pl.List(pl.String)
_NAMED: dict[str, Any] = {"id": pl.String, **dict.fromkeys(TRIPLE, pl.String)}
_FACT: dict[str, Any] = {
    **_NAMED,
    "belief": pl.Float64,
    "status": pl.String,
    "support": pl.Int64,
    "first_seen": _DAY,
    "last_seen": _DAY,
    "closed": pl.String,
}
_EDGE: dict[str, Any] = {
    "fact": pl.String,
    "relation": pl.String,
    "head": pl.String,
    "tail": pl.String,
    "belief": pl.Float64,
    "support": pl.Int64,
    "valid_from": _DAY,
    "valid_to": _DAY,
}
_REPORT = ("document", "fact", "polarity", "confidence", "quote", "method", "model", "prompt", "recorded_at")
_SUCCESSOR: dict[str, Any] = {"fact": pl.String, "by": pl.String, "on": _DAY, "cause": _TEXTS, "rule": pl.String}
_DOCUMENT = ("id", "title", "published", "precision", "source", "journal", "publication_types", "retracted", "retracted_on")


def graph_tables(folded: Folded, entities: Iterable[Entity], batches: Sequence[BatchId]) -> GraphTables:
    """The tables of everything that was folded; `entities` may be more than the facts have as ends."""
    plain = folded.plain.with_columns(stable_ids(folded.plain, TRIPLE))  # as Triple.fact_id makes them
    walked = [fact for decided in folded.walked.values() for fact in decided.facts] + [*map(withdrawn, folded.withdrawn)]
    facts = pl.concat([_plain_facts(plain), _table(map(_fact, walked), _FACT)])
    edges = pl.concat([_plain_edges(plain), _table((edge for fact in walked for edge in _edges(fact)), _EDGE)])
    return GraphTables(
        facts=facts,
        edges=edges,
        reports=_reports(folded.live, facts),
        successors=_table((row for fact in walked for row in _successors(fact)), _SUCCESSOR),
        entities=_named(entities, facts),
        documents=folded.documents.rename({"document": "id"}).select(_DOCUMENT),
        batches=tuple(batches),
    )


def _plain_facts(plain: pl.DataFrame) -> pl.DataFrame:
    return plain.with_columns(pl.col("support").cast(pl.Int64), status=pl.lit(Status.CURRENT.value), closed=pl.lit("[]")).select(*_FACT)


def _plain_edges(plain: pl.DataFrame) -> pl.DataFrame:
    return plain.with_columns(
        pl.col("support").cast(pl.Int64), fact="id", valid_from="first_seen", valid_to=pl.lit(None, dtype=_DAY)
    ).select(*_EDGE)


def _reports(live: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    # A triple that was only denied is no fact, and nothing reports it; a withdrawn one rests on nothing.
    supported = facts.filter(pl.col("status") != Status.WITHDRAWN.value)
    rows = one_a_document(live).join(supported.select(*TRIPLE, fact="id"), on=TRIPLE)
    readers = pl.DataFrame(
        [(name, r.method, r.model, r.prompt) for name in rows["reader"].unique().to_list() for r in [reader_of(name)]],
        schema=dict.fromkeys(("reader", "method", "model", "prompt"), pl.String),
        orient="row",
    )
    polarity = pl.when("denies").then(pl.lit(Polarity.DENIES.value)).otherwise(pl.lit(Polarity.ASSERTS.value))
    return (
        rows.join(readers, on="reader", nulls_equal=True, how="left")
        .with_columns(polarity=polarity)
        .rename({"at": "recorded_at"})
        .select(_REPORT)
    )


def _fact(fact: Fact) -> tuple[Any, ...]:
    closed = closures_as_json(fact.closed)
    return (fact.id, *fact.triple, fact.belief, fact.status.value, fact.support, fact.first_seen, fact.last_seen, closed)


def _edges(fact: Fact) -> Iterable[tuple[Any, ...]]:
    head, relation, tail = fact.triple
    for holding in fact.holdings:
        yield fact.id, relation, head, tail, holding.belief, holding.support, holding.interval.start, holding.interval.end


def _successors(fact: Fact) -> Iterable[tuple[Any, ...]]:
    for closure in fact.closed:
        if closure.by is not None:
            yield fact.id, closure.by.fact_id, closure.on, list(closure.because), closure.rule


def _named(entities: Iterable[Entity], facts: pl.DataFrame) -> pl.DataFrame:
    schema: dict[str, Any] = {"key": pl.String, "type": pl.String, "name": pl.String, "aliases": _TEXTS}
    table = _table(((e.key, e.type, e.name, list(e.aliases)) for e in entities), schema)
    ends = pl.concat([facts.select(key=side) for side in ("head", "tail")]).unique()
    return table.join(ends, on="key", how="semi")


def _table(rows: Iterable[tuple[Any, ...]], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema, orient="row")
