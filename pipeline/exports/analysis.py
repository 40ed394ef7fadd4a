"""The graph as analysts' tools take it: a NetworkX multigraph, plain text for GraphML, and why intervals ended as a table."""

import json
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import networkx as nx
import polars as pl

from schema.columns import GraphTables
from schema.fact import Fact
from schema.ids import EntityKey
from schema.observation import Entity

# Everything that XML 1.0 has no way to write.
_NO_XML = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
_UNWRITABLE = re.compile(f"[{_NO_XML}]")
_UNWRITABLE_OR_ITS_SIGN = re.compile(f"[{_NO_XML}\ufffd]")

_CLOSURE = pl.Struct({"on": pl.String, "by": pl.List(pl.String), "because": pl.List(pl.String), "rule": pl.String})
_TRIPLE = ("head", "relation", "tail")


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


def for_analysts(tables: GraphTables) -> dict[str, pl.DataFrame]:
    """The tables facts, edges, reports, closures, entities, documents, in the order of triples, keys and ids.

    Why intervals ended has a table of its own. When something was recorded says nothing of what is known, and is left out.
    """
    facts = pl.DataFrame(tables.facts).sort(_TRIPLE)
    place = facts.select(fact="id", place=pl.int_range(pl.len()))
    reports = pl.DataFrame(tables.reports).drop("recorded_at").join(place, on="fact").sort("place", "document", "polarity")
    return {
        "facts": facts.drop("closed"),
        "edges": pl.DataFrame(tables.edges).sort(*_TRIPLE, "valid_from"),
        "reports": reports.drop("place"),
        "closures": closures(facts),
        "entities": pl.DataFrame(tables.entities).sort("key"),
        "documents": pl.DataFrame(tables.documents).sort("id"),
    }


def closures(facts: pl.DataFrame) -> pl.DataFrame:
    """Why intervals ended, a row for each: fact, on, by (the id of the fact that closed it, null where none did), because, rule."""
    closed = facts.filter(pl.col("closed") != "[]").select(fact="id", each=pl.col("closed").str.json_decode(pl.List(_CLOSURE)))
    rows = closed.explode("each").unnest("each")
    ends = {name: pl.col("by").list.get(number, null_on_oob=True) for number, name in enumerate(_TRIPLE)}
    named = rows.with_columns(**ends, on=pl.col("on").str.to_date()).drop("by")
    found = named.join(facts.select(*_TRIPLE, by="id"), on=_TRIPLE, how="left", maintain_order="left")
    return found.select("fact", "on", "by", "because", "rule")


def without_lists(table: pl.DataFrame) -> pl.DataFrame:
    """Lists as JSON: names and types may hold any character that could part them."""
    lists = [name for name, kind in table.schema.items() if kind == pl.List]
    return table.with_columns(pl.col(lists).map_elements(lambda values: json.dumps(values.to_list(), ensure_ascii=False), pl.String))


_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"


def without_formulas(table: pl.DataFrame) -> pl.DataFrame:
    """Texts that a spreadsheet would take for a formula behind an apostrophe, which makes them text; numbers stay as they are."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    is_formula = pl.col(texts).str.contains(_FORMULA) & ~pl.col(texts).str.contains(_NUMBER)
    return table.with_columns(pl.when(is_formula).then("'" + pl.col(texts)).otherwise(pl.col(texts)).name.keep())


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
