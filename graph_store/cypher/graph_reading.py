"""Reading the graph in sets: a few indexed statements for any number of facts."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graph_store.cypher.definitions import GRAPH_FORMAT, relationship_type
from graph_store.cypher.difference import ReportKey, Stored, SuccessorKey
from graph_store.cypher.driver import RunCypher
from graph_store.cypher.property_values import fact_from
from graph_store.cypher.write_statements import CLAIM_FACTS, EDGE, EDGES, FACT, LABELS, REPORT, REPORTS_BY, REPORTS_ON, SUCCESSORS, of_kind
from schema.fact import Fact, Status, Triple
from schema.ids import DocumentId, EntityKey, FactId
from schema.observation import Entity
from schema.ontology import Ontology
from schema.ports import GraphMeta, LogVersion

_TRIPLE = "f.id AS id, f.head AS head, f.relation AS relation, f.tail AS tail"
ALL_TRIPLES = f"MATCH (f:Fact) WHERE f.status IS NOT NULL RETURN {_TRIPLE}"
TRIPLES_ABOUT = (
    f"UNWIND $keys AS key MATCH (e:Entity {{key: key}})<-[:HEAD|TAIL]-(f:Fact) WHERE f.status IS NOT NULL RETURN DISTINCT {_TRIPLE}"
)
_STATE = "WHERE f.status IS NOT NULL RETURN f.id AS id, f.status AS status, f.belief AS belief, f.support AS support"
ALL_STATES = f"MATCH (f:Fact) {_STATE}"
STATES = f"UNWIND $ids AS id MATCH (f:Fact {{id: id}}) {_STATE}"
FACTS = "UNWIND $ids AS id MATCH (f:Fact {id: id}) RETURN f.id AS id, " + ", ".join(f"f.{name} AS {name}" for name in FACT)

_META = (
    "MATCH (m:Meta) RETURN m.format AS format, m.ontology AS ontology, m.rules AS rules,"
    " m.log AS log, m.version AS version, m.commit AS commit, m.home AS home, m.unfinished AS unfinished"
)


@dataclass(frozen=True, slots=True)
class Reports:
    """Which reports a change tells of: all on some facts, on the others those by some documents."""

    whole: frozenset[FactId]
    documents: frozenset[DocumentId]


def read_meta(run: RunCypher, ontology: Ontology, fingerprint: str) -> GraphMeta | None:
    """What it says, seen from an ontology and rules; None where there is no such node."""
    found = run(_META)
    if not found:
        return None
    wanted = (GRAPH_FORMAT, ontology.id, fingerprint)
    as_wanted = len(found) == 1 and tuple(found[0][name] for name in ("format", "ontology", "rules")) == wanted
    told = [row for row in found if row["log"] is not None]
    is_whole = not any(row["unfinished"] for row in found)
    if not told:
        return GraphMeta(as_wanted, None, is_whole=is_whole)
    followed = LogVersion(told[0]["log"], told[0]["version"], told[0]["commit"])
    return GraphMeta(as_wanted, followed, told[0]["home"] or "", is_whole)


def triples(rows: Iterable[Mapping[str, Any]]) -> list[Triple]:
    """The triples of rows that carry them."""
    return [Triple(EntityKey(row["head"]), row["relation"], EntityKey(row["tail"])) for row in rows]


def claimed_facts(run: RunCypher, ids: Collection[FactId]) -> dict[FactId, Stored]:
    """Those of the facts that the graph has, locked against other writers; without their properties and relationships."""
    return {row["id"]: Stored(row["written"]) for row in run(CLAIM_FACTS, ids=list(ids))}


def read_relationships(run: RunCypher, stored: Mapping[FactId, Stored], facts: Collection[Triple], reports: "Reports") -> None:
    """Add the relationships of stored facts: edges, successors, and those reports that a change tells of."""
    ids = [triple.fact_id for triple in facts]
    if not ids:
        return
    _read_edges(run, stored, facts)
    rows = run(REPORTS_ON, ids=[key for key in ids if key in reports.whole]) if reports.whole else []
    rows += run(REPORTS_BY, ids=sorted(reports.documents)) if reports.documents else []
    for row in rows:
        if row["id"] in stored:
            stored[row["id"]].reports[ReportKey(row["document"], row["polarity"])] = {name: row[name] for name in REPORT}
    for row in run(SUCCESSORS, ids=ids):
        stored[row["id"]].successors[SuccessorKey(row["by"], row["on"])] = {"cause": list(row["cause"]), "rule": row["rule"]}


def relabelled(run: RunCypher, entities: Iterable[Entity]) -> tuple[dict[str, list[EntityKey]], dict[str, list[EntityKey]]]:
    """Which stored entities lack which label, and which have one too many."""
    wanted = {entity.key: entity.type for entity in entities}
    lacking: dict[str, list[EntityKey]] = defaultdict(list)
    extra: dict[str, list[EntityKey]] = defaultdict(list)
    for row in run(LABELS, keys=sorted(wanted)):
        kind = wanted[row["key"]]
        if kind not in row["labels"]:
            lacking[kind].append(row["key"])
        for other in set(row["labels"]) - {"Entity", kind}:
            extra[other].append(row["key"])
    return lacking, extra


def shown_facts(run: RunCypher, wanted: Collection[Triple]) -> list[Fact]:
    """The facts as the graph shows them, without reports, in the order asked; those that have gone meanwhile are left out."""
    found = {row["id"]: row for row in run(FACTS, ids=[triple.fact_id for triple in wanted]) if row["status"] is not None}
    stored: dict[FactId, Stored] = defaultdict(Stored)
    _read_edges(run, stored, wanted)
    shown = (triple for triple in wanted if triple.fact_id in found)
    return [fact_from(triple, found[triple.fact_id], stored[triple.fact_id].edges) for triple in shown]


def store_counts(run: RunCypher) -> dict[str, int]:
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


def _read_edges(run: RunCypher, stored: Mapping[FactId, Stored], triples: Collection[Triple]) -> None:
    by_relation: dict[str, list[FactId]] = defaultdict(list)
    for triple in triples:
        by_relation[triple.relation].append(triple.fact_id)
    for relation, ids in sorted(by_relation.items()):
        for row in run(of_kind(EDGES, relationship_type(relation)), ids=ids):
            stored[row["id"]].edges[row["valid_from"]] = {name: row[name] for name in EDGE}


def _one(run: RunCypher, cypher: str) -> int:
    return int(run(cypher)[0]["n"])
