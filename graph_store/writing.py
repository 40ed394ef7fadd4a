"""Writing a change in sets, inside one transaction: differences only, hubs never walked."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from graph_store.definitions import label, relationship_type
from graph_store.difference import Difference, Pieces, closers, difference
from graph_store.driver import Run
from graph_store.reading import stored_facts
from graph_store.values import properties_of_source
from schema.errors import StoreFailed
from schema.fact import Fact, Source, Triple
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity
from schema.ports import GraphChange

# A fact that is only pointed to has no status yet. Setting what is there already takes the lock on Neo4j, before anything is compared.
CLAIM_FACTS = "UNWIND $rows AS x MERGE (f:Fact {id: x.id}) SET f.head = x.head, f.relation = x.relation, f.tail = x.tail"
FINISH_FACTS = (
    "UNWIND $rows AS x MATCH (f:Fact {id: x.id}) MATCH (h:Entity {key: x.head}) MATCH (t:Entity {key: x.tail}) "
    "CREATE (f)-[:HEAD]->(h) CREATE (f)-[:TAIL]->(t)"
)
SET_FACTS = "UNWIND $rows AS x MATCH (f:Fact {id: x.id}) SET f += x.properties"
NEW_EDGES = (
    "UNWIND $rows AS x MATCH (h:Entity {{key: x.head}}) MATCH (t:Entity {{key: x.tail}}) "
    "CREATE (h)-[r:{kind} {{fact: x.fact, valid_from: x.valid_from}}]->(t) SET r += x.properties"
)
SET_EDGES = (
    "MATCH ()-[r:{kind}]->() WHERE r.fact IN $facts AND r.valid_from IS NOT NULL "
    "WITH r, $changes[r.fact][toString(r.valid_from)] AS change WHERE change IS NOT NULL SET r += change"
)
REMOVE_EDGES = (
    "MATCH ()-[r:{kind}]->() WHERE r.fact IN $facts AND r.valid_from IS NOT NULL AND toString(r.valid_from) IN $days[r.fact] DELETE r"
)
REMOVE_ALL_EDGES = "MATCH ()-[r:{kind}]->() WHERE r.fact IN $facts AND r.valid_from IS NOT NULL DELETE r"
_REPORT = "UNWIND $rows AS x MATCH (f:Fact {id: x.fact})<-[r:REPORTS]-(d:Document) WHERE d.id = x.document AND r.polarity = x.polarity "
NEW_REPORTS = (
    "UNWIND $rows AS x MATCH (d:Document {id: x.document}) MATCH (f:Fact {id: x.fact}) "
    "CREATE (d)-[r:REPORTS {polarity: x.polarity}]->(f) SET r += x.properties"
)
SET_REPORTS = _REPORT + "SET r += x.properties"
REMOVE_REPORTS = _REPORT + "DELETE r"
_SUCCESSOR = "UNWIND $rows AS x MATCH (f:Fact {id: x.fact})-[r:SUPERSEDED_BY]->(by:Fact) WHERE by.id = x.by AND r.on = x.on "
NEW_SUCCESSORS = (
    "UNWIND $rows AS x MATCH (f:Fact {id: x.fact}) MATCH (by:Fact {id: x.by}) "
    "CREATE (f)-[r:SUPERSEDED_BY {on: x.on}]->(by) SET r += x.properties"
)
SET_SUCCESSORS = _SUCCESSOR + "SET r += x.properties"
REMOVE_SUCCESSORS = _SUCCESSOR + "DELETE r"
SUCCESSORS_OF = "UNWIND $ids AS id MATCH (f:Fact {id: id})-[:SUPERSEDED_BY]->(by:Fact) RETURN DISTINCT by.id AS id"
REMOVE_FACTS = "UNWIND $ids AS id MATCH (f:Fact {id: id}) DETACH DELETE f"
REMOVE_UNFINISHED = (
    "UNWIND $ids AS id MATCH (f:Fact {id: id}) "
    "WHERE f.status IS NULL AND NOT EXISTS { MATCH (f)<-[:SUPERSEDED_BY]-(:Fact) } DETACH DELETE f"
)
SET_DOCUMENTS = "UNWIND $rows AS x MERGE (d:Document {id: x.id}) SET d += x.properties"
REMOVE_DOCUMENTS = "UNWIND $ids AS id MATCH (d:Document {id: id}) DETACH DELETE d"
DOCUMENTS_THERE = "UNWIND $ids AS id MATCH (d:Document {id: id}) RETURN d.id AS id"
ENTITIES_THERE = "UNWIND $keys AS key MATCH (e:Entity {key: key}) RETURN e.key AS key, e.type AS type, e.name AS name, labels(e) AS labels"
NEW_ENTITIES = "UNWIND $rows AS x CREATE (e:Entity:{kind} {{key: x.key, type: x.type, name: x.name, aliases: []}})"
SET_ENTITIES = "UNWIND $rows AS x MATCH (e:Entity {key: x.key}) SET e.type = x.type, e.name = x.name"
ADD_LABEL = "UNWIND $keys AS key MATCH (e:Entity {{key: key}}) SET e:{kind}"
REMOVE_LABEL = "UNWIND $keys AS key MATCH (e:Entity {{key: key}}) REMOVE e:{kind}"
REMOVE_ORPHANS = "UNWIND $keys AS key MATCH (e:Entity {key: key}) WHERE NOT EXISTS { MATCH (e)<-[:HEAD|TAIL]-(:Fact) } DELETE e"
MARK = "UNWIND $ids AS id MERGE (b:Batch {id: id})"


def write(run: Run, change: GraphChange, *, relabels: bool) -> None:
    """Write all of a change; `relabels` where a label can change within the transaction, else that was done before."""
    _each(run, REMOVE_DOCUMENTS, ids=sorted(change.gone_documents))
    _remove_facts(run, change.gone_facts)
    _write_documents(run, change.documents)
    _write_entities(run, change, relabels=relabels)
    _write_facts(run, change.facts)
    ends = {end for triple in change.gone_facts for end in (triple.head, triple.tail)}
    _each(run, REMOVE_ORPHANS, keys=sorted(ends))
    _each(run, MARK, ids=sorted(change.batches))


def relabelled(run: Run, entities: Iterable[Entity]) -> tuple[dict[str, list[EntityKey]], dict[str, list[EntityKey]]]:
    """Which stored entities lack which label, and which have one too many."""
    wanted = {entity.key: entity.type for entity in entities}
    lacking: dict[str, list[EntityKey]] = defaultdict(list)
    extra: dict[str, list[EntityKey]] = defaultdict(list)
    for row in run(ENTITIES_THERE, keys=sorted(wanted)):
        kind = wanted[row["key"]]
        if kind not in row["labels"]:
            lacking[kind].append(row["key"])
        for other in set(row["labels"]) - {"Entity", kind}:
            extra[other].append(row["key"])
    return lacking, extra


def _remove_facts(run: Run, gone: Sequence[Triple]) -> None:
    if not gone:
        return
    ids = [triple.fact_id for triple in sorted(gone)]
    pointed_to = [row["id"] for row in run(SUCCESSORS_OF, ids=ids)]
    by_relation: dict[str, list[str]] = defaultdict(list)
    for triple in gone:
        by_relation[triple.relation].append(triple.fact_id)
    for relation, facts in sorted(by_relation.items()):
        run(REMOVE_ALL_EDGES.format(kind=relationship_type(relation)), facts=facts)
    run(REMOVE_FACTS, ids=ids)
    _each(run, REMOVE_UNFINISHED, ids=sorted(set(pointed_to) - set(ids)))


def _write_documents(run: Run, documents: Iterable[Source]) -> None:
    rows = [{"id": source.id, "properties": properties_of_source(source)} for source in documents]
    _each(run, SET_DOCUMENTS, rows=sorted(rows, key=_by_id))


def _write_entities(run: Run, change: GraphChange, *, relabels: bool) -> None:
    known = {entity.key: entity for entity in change.entities}
    ends = {end for fact in change.facts for end in (fact.triple.head, fact.triple.tail)}
    keys = sorted(ends | known.keys())
    if not keys:
        return
    there = {row["key"]: row for row in run(ENTITIES_THERE, keys=keys)}
    missing = sorted(ends - there.keys())
    nameless = [key for key in missing if key not in known]
    if nameless:
        raise StoreFailed(f"facts have ends that neither the graph nor the change describes: {_some(nameless)}")
    by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for key in missing:
        by_type[known[key].type].append(_row(known[key]))
    for kind, rows in sorted(by_type.items()):
        run(NEW_ENTITIES.format(kind=label(kind)), rows=rows)
    changed = [known[key] for key in keys if key in known and key in there and _differs(known[key], there[key])]
    _each(run, SET_ENTITIES, rows=[_row(entity) for entity in changed])
    if relabels and any(entity.type != there[entity.key]["type"] for entity in changed):
        lacking, extra = relabelled(run, changed)
        for statement, labels in ((ADD_LABEL, lacking), (REMOVE_LABEL, extra)):
            for kind, relabelled_keys in sorted(labels.items()):
                run(statement.format(kind=label(kind)), keys=relabelled_keys)


def _write_facts(run: Run, facts: Sequence[Fact]) -> None:
    if not facts:
        return
    triples = [fact.triple for fact in facts]
    claimed = {triple.fact_id: triple for triple in [*closers(facts), *triples]}
    run(CLAIM_FACTS, rows=[{"id": key, **triple._asdict()} for key, triple in sorted(claimed.items())])
    todo = difference(facts, stored_facts(run, triples))
    _require_documents(run, todo)
    _each(run, FINISH_FACTS, rows=sorted(todo.unfinished, key=_by_id))
    _each(run, SET_FACTS, rows=sorted(todo.facts, key=_by_id))
    for relation, pieces in sorted(todo.edges.items()):
        _write_edges(run, relationship_type(relation), pieces)
    _write_pieces(run, todo.reports, NEW_REPORTS, SET_REPORTS, REMOVE_REPORTS)
    _write_pieces(run, todo.successors, NEW_SUCCESSORS, SET_SUCCESSORS, REMOVE_SUCCESSORS)
    _each(run, REMOVE_UNFINISHED, ids=sorted({row["by"] for row in todo.successors.gone}))


def _write_edges(run: Run, kind: str, pieces: Pieces) -> None:
    _each(run, NEW_EDGES.format(kind=kind), rows=pieces.new)
    if pieces.changed:
        changes: dict[str, dict[str, Any]] = defaultdict(dict)
        for row in pieces.changed:
            changes[row["fact"]][row["valid_from"].isoformat()] = row["properties"]
        run(SET_EDGES.format(kind=kind), facts=sorted(changes), changes=changes)
    if pieces.gone:
        days: dict[str, list[str]] = defaultdict(list)
        for row in pieces.gone:
            days[row["fact"]].append(row["valid_from"].isoformat())
        run(REMOVE_EDGES.format(kind=kind), facts=sorted(days), days=days)


def _write_pieces(run: Run, pieces: Pieces, new: str, changed: str, gone: str) -> None:
    for statement, rows in ((gone, pieces.gone), (new, pieces.new), (changed, pieces.changed)):
        _each(run, statement, rows=rows)


def _require_documents(run: Run, todo: Difference) -> None:
    # A MATCH that finds nothing writes nothing: what is missing must be seen before.
    named = sorted({DocumentId(row["document"]) for row in todo.reports.new})
    there = {row["id"] for row in run(DOCUMENTS_THERE, ids=named)} if named else set()
    missing = [document for document in named if document not in there]
    if missing:
        raise StoreFailed(f"reports come from documents that neither the graph nor the change holds: {_some(missing)}")


def _each(run: Run, statement: str, **parameters: Collection[Any]) -> None:
    """Run a statement unless its rows are none."""
    if any(len(values) for values in parameters.values()):
        run(statement, **parameters)


def _row(entity: Entity) -> dict[str, Any]:
    return {"key": entity.key, "type": entity.type, "name": entity.name}


def _differs(entity: Entity, stored: Mapping[str, Any]) -> bool:
    return (entity.type, entity.name) != (stored["type"], stored["name"])


def _by_id(row: Mapping[str, Any]) -> str:
    return str(row["id"])


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
