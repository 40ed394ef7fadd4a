"""The graph as analysts' tools take it: a NetworkX multigraph, plain text for GraphML, and why intervals ended as a table."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import networkx as nx
import polars as pl

from schema.fact import Fact
from schema.ids import EntityKey
from schema.observation import Entity

# Everything that XML 1.0 has no way to write.
_NO_XML = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
_UNWRITABLE = re.compile(f"[{_NO_XML}]")
_UNWRITABLE_OR_ITS_SIGN = re.compile(f"[{_NO_XML}\ufffd]")

_CLOSURES: dict[str, pl.DataType] = {
    "fact": pl.String(),
    "on": pl.Date(),
    "by": pl.String(),
    "because": pl.List(pl.String),
    "rule": pl.String(),
}


def multigraph(facts: Iterable[Fact], entities: Iterable[Entity], as_of: date | None = None) -> "nx.MultiDiGraph[EntityKey]":
    """One edge for each interval of each fact, or for those that hold on a day (then only their ends are nodes).

    Nodes are keys and carry type, name and aliases; edges carry type, fact, belief, support, valid_from and valid_to (None: open).
    Of facts folded up to `as_of` beliefs are those of that day.
    """
    graph: nx.MultiDiGraph[EntityKey] = nx.MultiDiGraph()
    known = {entity.key: entity for entity in entities}
    held = [(fact, h) for fact in facts for h in fact.holdings if as_of is None or h.interval.contains(as_of)]
    ends = {end for fact, _ in held for end in (fact.triple.head, fact.triple.tail)}
    for key in sorted(known if as_of is None else ends):
        entity = known[key]
        graph.add_node(key, type=entity.type, name=entity.name, aliases=list(entity.aliases))
    for fact, holding in sorted(held, key=lambda each: (each[0].triple, each[1].interval.start)):
        graph.add_edge(
            fact.triple.head,
            fact.triple.tail,
            key=f"{fact.id} {holding.interval.start}",
            type=fact.triple.relation.upper(),
            fact=fact.id,
            belief=holding.belief,
            support=holding.support,
            valid_from=holding.interval.start,
            valid_to=holding.interval.end,
        )
    return graph


def plain_text(graph: "nx.MultiDiGraph[EntityKey]") -> "nx.MultiDiGraph[str]":
    """The same graph with what GraphML can hold: days as text, lists joined by ` | `, nothing where there is no value.

    Nodes and edges also get a `label` and edges a `weight`, which is where drawing programs look. What XML cannot write becomes `�`,
    in node ids followed by its code, so that different keys stay different.
    """
    plain: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for key, node in graph.nodes(data=True):
        plain.add_node(_identifier(key), **_plain({"label": node["name"], "key": key, **node}))
    for head, tail, key, edge in graph.edges(keys=True, data=True):
        values = {"label": edge["type"].lower(), "weight": edge["belief"], **edge}
        plain.add_edge(_identifier(head), _identifier(tail), key=key, **_plain(values))
    return plain


def closures(facts: Iterable[Fact]) -> pl.DataFrame:
    """Why intervals ended, a row for each: fact, on, by (the id of the fact that closed it, null where none did), because, rule."""
    rows = [
        (fact.id, closure.on, closure.by.fact_id if closure.by is not None else None, list(closure.because), closure.rule)
        for fact in facts
        for closure in fact.closed
    ]
    return pl.DataFrame(rows, schema=_CLOSURES, orient="row")


def _plain(values: dict[str, Any]) -> dict[str, str | int | float]:
    return {name: _plain_value(value) for name, value in values.items() if value is not None}


def _plain_value(value: Any) -> str | int | float:
    match value:
        case int() | float():
            return value
        case date():
            return value.isoformat()
        case list():
            return _UNWRITABLE.sub("\ufffd", " | ".join(value))
        case _:
            return _UNWRITABLE.sub("\ufffd", str(value))


def _identifier(key: str) -> str:
    return _UNWRITABLE_OR_ITS_SIGN.sub(lambda found: f"\ufffd{ord(found[0]):04x}", key)
