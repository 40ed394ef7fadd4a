"""Where the graph is not as it should be, in words; nothing is written."""

from collections.abc import Iterator, Mapping, Sequence

from graph_store.cypher import write_statements as cypher
from graph_store.cypher.definitions import wanted_definitions
from graph_store.cypher.difference import ChangedRows, Difference, Stored, changed_facts
from graph_store.cypher.driver import RunCypher
from graph_store.cypher.graph_reading import FACTS, Reports, read_relationships, relabelled
from graph_store.cypher.property_values import properties_of_fact, properties_of_source
from schema.fact import Fact, Source
from schema.ids import FactId
from schema.observation import Entity
from schema.ontology import Ontology
from schema.ports import GraphChange

_ENDS = "UNWIND $ids AS id MATCH (f:Fact {id: id})-[:HEAD]->(h) MATCH (f)-[:TAIL]->(t) RETURN f.id AS id, h.key AS head, t.key AS tail"
_DOCUMENTS = "UNWIND $ids AS id MATCH (d:Document {id: id}) RETURN properties(d) AS document"
_TOTALS = {
    "entities": "(n:Entity)",
    "documents": "(n:Document)",
    "facts": "(n:Fact)",
    "batches": "(n:Batch)",
    "edges": "(:Entity)-[n]->(:Entity)",
    "reports": "()-[n:REPORTS]->()",
    "successors": "()-[n:SUPERSEDED_BY]->()",
    "heads": "()-[n:HEAD]->()",
    "tails": "()-[n:TAIL]->()",
}


def totals_in(run: RunCypher) -> dict[str, int]:
    """How many nodes and relationships of each kind there are."""
    return {name: int(run(f"MATCH {pattern} RETURN count(n) AS n")[0]["n"]) for name, pattern in _TOTALS.items()}


def undefined_in(run: RunCypher, ontology: Ontology, *, arcadedb: bool) -> Iterator[str]:
    """Constraints and indexes that are missing or do not work."""
    constraints = {_place(row) for row in run("SHOW CONSTRAINTS YIELD labelsOrTypes, properties RETURN labelsOrTypes, properties")}
    indexes = {_place(row): row["state"] for row in run("SHOW INDEXES YIELD labelsOrTypes, properties, state RETURN *")}
    for kind, label, properties in wanted_definitions(ontology.relations, arcadedb=arcadedb):
        place = (label, *sorted(properties))
        name = f"{kind} on {label} ({', '.join(properties)})"
        if place not in (constraints if kind == "constraint" else indexes):
            yield f"the {name} is missing"
        elif indexes.get(place, "ONLINE") != "ONLINE":
            yield f"the {name} is {indexes[place].lower()}"


def unlike(run: RunCypher, change: GraphChange) -> Iterator[str]:
    """Facts (with all their reports), entities and documents of the change that the graph has not, or otherwise."""
    yield from _entities(run, change.entities)
    yield from _documents(run, change.documents)
    yield from _facts(run, change.facts)


def _place(row: Mapping[str, Sequence[str] | None]) -> tuple[str, ...]:
    return (*(row["labelsOrTypes"] or ()), *sorted(row["properties"] or ()))


def _entities(run: RunCypher, entities: Sequence[Entity]) -> Iterator[str]:
    if not entities:
        return
    rows = [[entity.key, entity.type, entity.name, list(entity.aliases)] for entity in entities]
    for row in run(cypher.ENTITIES_OTHERWISE, rows=rows):
        yield f"the entity {row['key']} {'is missing' if row['missing'] else 'is told otherwise'}"
    lacking, extra = relabelled(run, entities)
    for kind, keys in (*lacking.items(), *extra.items()):
        yield from (f"the entity {key} is labelled otherwise ({kind})" for key in keys)


def _documents(run: RunCypher, documents: Sequence[Source]) -> Iterator[str]:
    if not documents:
        return
    found = {row["document"]["id"]: row["document"] for row in run(_DOCUMENTS, ids=[source.id for source in documents])}
    for source in documents:
        if source.id not in found:
            yield f"the document {source.id} is missing"
        elif {name: found[source.id].get(name) for name in cypher.DOCUMENT} != properties_of_source(source):
            yield f"the document {source.id} is told otherwise"


def _facts(run: RunCypher, facts: Sequence[Fact]) -> Iterator[str]:
    if not facts:
        return
    ids = [fact.id for fact in facts]
    found = {row["id"]: {name: row[name] for name in cypher.FACT} for row in run(FACTS, ids=ids) if row["status"] is not None}
    ends = {row["id"]: (row["head"], row["tail"]) for row in run(_ENDS, ids=ids)}
    there = [fact for fact in facts if fact.id in found]
    stored = {fact.id: Stored(True) for fact in there}
    read_relationships(run, stored, [fact.triple for fact in there], Reports(frozenset(stored), frozenset()))
    for fact in facts:
        named = " ".join(fact.triple)
        if fact.id not in found:
            yield f"the fact {named} is missing"
            continue
        if found[fact.id] != properties_of_fact(fact):
            yield f"the fact {named} is told otherwise"
        if ends.get(fact.id) != (fact.triple.head, fact.triple.tail):
            yield f"the fact {named} is not joined to its ends"
        yield from _relationships(fact, named, stored)


def _relationships(fact: Fact, named: str, stored: Mapping[FactId, Stored]) -> Iterator[str]:
    todo = Difference()
    changed_facts([fact], stored, todo)
    for what, rows in (("edges", todo.edges[fact.triple.relation]), ("reports", todo.reports), ("successors", todo.successors)):
        if wrong := _counted(rows):
            yield f"of {what} of the fact {named} {wrong}"


def _counted(rows: ChangedRows) -> str:
    told = {"missing": rows.new, "told otherwise": rows.changed, "too many": rows.gone}
    return ", ".join(f"{len(found)} {'is' if len(found) == 1 else 'are'} {how}" for how, found in told.items() if found)
