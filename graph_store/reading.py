"""Reading the graph in sets: a few indexed statements for any number of facts."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from graph_store.definitions import relationship_type
from graph_store.difference import ReportKey, Stored, SuccessorKey
from graph_store.driver import Run
from graph_store.values import fact_from
from schema.fact import Fact, Status, Triple
from schema.ids import EntityKey, FactId

_FACT_PROPERTIES = ("belief", "status", "support", "first_seen", "last_seen", "closed")
_REPORT_PROPERTIES = ("confidence", "quote", "method", "model", "prompt", "recorded_at")

_TRIPLE = "f.id AS id, f.head AS head, f.relation AS relation, f.tail AS tail"
ALL_TRIPLES = f"MATCH (f:Fact) WHERE f.status IS NOT NULL RETURN {_TRIPLE}"
TRIPLES_ABOUT = (
    f"UNWIND $keys AS key MATCH (e:Entity {{key: key}})<-[:HEAD|TAIL]-(f:Fact) WHERE f.status IS NOT NULL RETURN DISTINCT {_TRIPLE}"
)
FACTS = "UNWIND $ids AS id MATCH (f:Fact {id: id}) RETURN f.id AS id, " + ", ".join(f"f.{name} AS {name}" for name in _FACT_PROPERTIES)
# Both servers take an index for IN, also where an edge lies between two hubs; Neo4j's also holds the day, so it is asked for.
EDGES = (
    "MATCH ()-[r:{kind}]->() WHERE r.fact IN $ids AND r.valid_from IS NOT NULL "
    "RETURN r.fact AS id, r.valid_from AS valid_from, r.belief AS belief, r.support AS support, r.valid_to AS valid_to"
)
REPORTS = (
    "UNWIND $ids AS id MATCH (f:Fact {id: id})<-[r:REPORTS]-(d:Document) RETURN id, d.id AS document, r.polarity AS polarity, "
    + ", ".join(f"r.{name} AS {name}" for name in _REPORT_PROPERTIES)
)
SUCCESSORS = (
    "UNWIND $ids AS id MATCH (f:Fact {id: id})-[r:SUPERSEDED_BY]->(by:Fact) "
    "RETURN id, by.id AS by, r.on AS on, r.cause AS cause, r.rule AS rule"
)


def triples(rows: Iterable[Mapping[str, Any]]) -> list[Triple]:
    """The triples of rows that carry them."""
    return [Triple(EntityKey(row["head"]), row["relation"], EntityKey(row["tail"])) for row in rows]


def stored_facts(run: Run, wanted: Collection[Triple]) -> dict[FactId, Stored]:
    """All that the graph has about these facts, for comparing."""
    ids = [triple.fact_id for triple in wanted]
    found = _with_edges(run, wanted)
    for row in run(REPORTS, ids=ids):
        found[row["id"]].reports[ReportKey(row["document"], row["polarity"])] = {name: row[name] for name in _REPORT_PROPERTIES}
    for row in run(SUCCESSORS, ids=ids):
        found[row["id"]].successors[SuccessorKey(row["by"], row["on"])] = {"cause": list(row["cause"]), "rule": row["rule"]}
    return found


def shown_facts(run: Run, wanted: Collection[Triple]) -> list[Fact]:
    """The facts as the graph shows them, without reports, in the order asked; those that have gone meanwhile are left out."""
    found = _with_edges(run, wanted)
    stored = ((triple, found[triple.fact_id]) for triple in wanted)
    return [fact_from(triple, each.properties, each.edges) for triple, each in stored if each.properties is not None]


def counted(run: Run) -> dict[str, int]:
    """How many of each there are: facts also by status, edges are intervals."""
    counts = {
        name: _one(run, f"MATCH (n:{kind}) RETURN count(n) AS n") for name, kind in (("entities", "Entity"), ("documents", "Document"))
    }
    by_status = {
        row["status"]: row["n"] for row in run("MATCH (f:Fact) WHERE f.status IS NOT NULL RETURN f.status AS status, count(f) AS n")
    }
    counts["facts"] = sum(by_status.values())
    counts |= {status.value: by_status.get(status.value, 0) for status in Status}
    counts["edges"] = _one(run, "MATCH (:Entity)-[r]->(:Entity) RETURN count(r) AS n")
    counts["batches"] = _one(run, "MATCH (n:Batch) RETURN count(n) AS n")
    return counts


def _with_edges(run: Run, wanted: Collection[Triple]) -> dict[FactId, Stored]:
    found: dict[FactId, Stored] = defaultdict(Stored)
    for row in run(FACTS, ids=[triple.fact_id for triple in wanted]):
        if row["status"] is not None:
            found[row["id"]].properties = {name: row[name] for name in _FACT_PROPERTIES}
    by_relation: dict[str, list[FactId]] = defaultdict(list)
    for triple in wanted:
        by_relation[triple.relation].append(triple.fact_id)
    for relation, ids in sorted(by_relation.items()):
        for row in run(EDGES.format(kind=relationship_type(relation)), ids=ids):
            found[row["id"]].edges[row["valid_from"]] = {name: row[name] for name in ("belief", "support", "valid_to")}
    return found


def _one(run: Run, cypher: str) -> int:
    return int(run(cypher)[0]["n"])
