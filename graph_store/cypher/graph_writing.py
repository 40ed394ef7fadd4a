"""Writing a change in sets, inside one transaction: differences only, hubs never walked.

What could be touched is claimed first: what is there is locked, what is missing is made. Then the change is looked at again, in case
other writers know more by now; then the rest is written.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from graph_store.cypher import write_statements as cypher
from graph_store.cypher.definitions import GRAPH_FORMAT, node_label, relationship_type
from graph_store.cypher.difference import ChangedRows, Difference, Row, Stored, changed_facts, closers, new_facts
from graph_store.cypher.driver import RunCypher
from graph_store.cypher.graph_reading import Reports, claimed_facts, read_relationships, relabelled
from graph_store.cypher.property_values import Properties, properties_of_source
from graph_store.cypher.write_statements import of_kind
from schema.errors import StoreFailed
from schema.fact import Fact, Source, Triple
from schema.ids import DocumentId, EntityKey, FactId
from schema.observation import Entity
from schema.ontology import Ontology
from schema.ports import GraphChange, LogVersion, Revise


def write_change(run: RunCypher, change: GraphChange, *, relabels: bool, revise: Revise | None = None) -> None:
    """Write all of a change; `relabels` where a label can change within the transaction, else that was done before."""
    documents = _claim_documents(run, change)
    otherwise = _make_entities(run, change)
    stored = _claim_facts(run, change)
    wanted = revise(change) if revise is not None else change
    _undo(run, [fact.triple for fact in change.facts if fact.id not in stored], change.gone_facts, wanted)
    _each(run, cypher.REMOVE_DOCUMENTS, ids=sorted(wanted.gone_documents))
    _each(run, cypher.REMOVE_CLAIMED_DOCUMENTS, ids=sorted(set(change.gone_documents) - set(wanted.gone_documents)))
    kept = {source.id for source in wanted.documents}
    made = {source.id for source in change.documents} - documents.keys()
    _each(run, cypher.REMOVE_DOCUMENTS, ids=sorted(made - kept))
    _remove_facts(run, wanted.gone_facts, told={fact.id for fact in wanted.facts})
    _set_documents(run, wanted.documents, documents)
    _set_entities(run, wanted, otherwise, relabels=relabels)
    _write_facts(run, wanted, stored, made)
    ends = {end for triple in change.gone_facts for end in (triple.head, triple.tail)}
    _each(run, cypher.REMOVE_ORPHANS, keys=sorted(ends))
    _each(run, cypher.MARK, ids=sorted(wanted.batches))


def make_meta(run: RunCypher, ontology: Ontology, fingerprint: str) -> None:
    """Say by what the graph is folded."""
    run(cypher.MAKE_META, format=GRAPH_FORMAT, ontology=ontology.id, rules=fingerprint)


def follow_log(run: RunCypher, version: LogVersion, home: str) -> None:
    """Say how far which log was followed, if none was, or that one less far."""
    run(cypher.FOLLOW_LOG, log=version.log, version=version.number, commit=version.commit, home=home)


def set_rules(run: RunCypher, fingerprint: str) -> None:
    """Let the graph say by which rules it was folded."""
    run(cypher.SET_RULES, rules=fingerprint)


def _claim_documents(run: RunCypher, change: GraphChange) -> dict[DocumentId, Properties]:
    """Make the documents that are missing; returns what was there."""
    # Those that are to go are locked whether they are there or not: another writer may be about to make them.
    _each(run, cypher.CLAIM_GONE_DOCUMENTS, ids=sorted(change.gone_documents))
    wanted = {source.id: source for source in change.documents}
    if not wanted:
        return {}
    rows = run(cypher.CLAIM_DOCUMENTS, ids=sorted(wanted))
    there = {row["document"]["id"]: {name: row["document"].get(name) for name in cypher.DOCUMENT} for row in rows}
    missing = [wanted[key] for key in sorted(wanted.keys() - there.keys())]
    _each(run, cypher.NEW_DOCUMENTS, rows=[_document(source) for source in missing])
    return there


def _make_entities(run: RunCypher, change: GraphChange) -> dict[EntityKey, str]:
    """Make the ends of facts that are missing; returns the entities that are told otherwise, with the type that they have."""
    ends = {end for fact in change.facts for end in (fact.triple.head, fact.triple.tail)}
    known = {entity.key: entity for entity in change.entities}
    found = run(cypher.ENTITIES_OTHERWISE, rows=[_entity(known[key]) for key in sorted(known)]) if known else []
    missing = [row["key"] for row in found if row["missing"] and row["key"] in ends]
    unknown = sorted(ends - known.keys())
    there = {row["key"] for row in run(cypher.ENTITIES_THERE, keys=unknown)} if unknown else set()
    nameless = [end for end in unknown if end not in there]
    if nameless:
        raise StoreFailed(f"facts have ends that neither the graph nor the change describes: {_some(nameless)}")
    by_type: dict[str, list[Row]] = defaultdict(list)
    for end in missing:
        by_type[known[end].type].append(_entity(known[end]))
    for kind, rows in sorted(by_type.items()):
        run(of_kind(cypher.NEW_ENTITIES, node_label(kind)), rows=rows)
    return {row["key"]: row["type"] for row in found if not row["missing"]}


def _claim_facts(run: RunCypher, change: GraphChange) -> dict[FactId, Stored]:
    """Make the facts that are missing, with their ends; returns what was there."""
    # A fact that is to go is locked whether it is there or not: another writer may be about to make it.
    _each(run, cypher.POINT_TO, rows=[[triple.fact_id, *triple] for triple in sorted(change.gone_facts)])
    if not change.facts:
        return {}
    there = claimed_facts(run, sorted(fact.id for fact in change.facts))
    missing = sorted((fact for fact in change.facts if fact.id not in there), key=lambda fact: fact.id)
    made = Difference()
    new_facts(missing, made)
    _each(run, cypher.NEW_FACTS, rows=made.new)
    return there


def _undo(run: RunCypher, made: Iterable[Triple], claimed: Iterable[Triple], wanted: GraphChange) -> None:
    """Take back facts, made or claimed to be removed, that others know more about by now."""
    kept = {fact.triple for fact in wanted.facts}
    dropped = [triple for triple in made if triple not in kept]
    _each(run, cypher.REMOVE_UNFINISHED, ids=sorted(triple.fact_id for triple in set(claimed) - set(wanted.gone_facts)))
    if dropped:
        run(cypher.REMOVE_FACTS, ids=[triple.fact_id for triple in dropped])
        run(cypher.REMOVE_ORPHANS, keys=sorted({end for triple in dropped for end in (triple.head, triple.tail)}))


def _remove_facts(run: RunCypher, gone: Sequence[Triple], told: Collection[FactId]) -> None:
    """Remove facts, and what only these pointed to and nobody has told of, or is `told` now."""
    if not gone:
        return
    ids = [triple.fact_id for triple in sorted(gone)]
    pointed_to = [row["id"] for row in run(cypher.SUCCESSORS_OF, ids=ids)]
    by_relation: dict[str, list[str]] = defaultdict(list)
    for triple in gone:
        by_relation[triple.relation].append(triple.fact_id)
    for relation, facts in sorted(by_relation.items()):
        run(of_kind(cypher.REMOVE_ALL_EDGES, relationship_type(relation)), facts=facts)
    run(cypher.REMOVE_FACTS, ids=ids)
    _each(run, cypher.REMOVE_UNFINISHED, ids=sorted(set(pointed_to) - {*ids, *told}))


def _set_documents(run: RunCypher, documents: Iterable[Source], there: Mapping[DocumentId, Properties]) -> None:
    changed = [source for source in documents if source.id in there and properties_of_source(source) != there[source.id]]
    _each(run, cypher.SET_DOCUMENTS, rows=[_document(source) for source in sorted(changed, key=lambda source: source.id)])


def _set_entities(run: RunCypher, change: GraphChange, otherwise: Mapping[EntityKey, str], *, relabels: bool) -> None:
    changed = [entity for entity in change.entities if entity.key in otherwise and entity.key not in change.only_missing]
    _each(run, cypher.SET_ENTITIES, rows=[_entity(entity) for entity in changed])
    if relabels and any(entity.type != otherwise[entity.key] for entity in changed):
        lacking, extra = relabelled(run, changed)
        for statement, labels in ((cypher.ADD_LABEL, lacking), (cypher.REMOVE_LABEL, extra)):
            for kind, keys in sorted(labels.items()):
                run(of_kind(statement, node_label(kind)), keys=keys)


def _write_facts(run: RunCypher, change: GraphChange, stored: Mapping[FactId, Stored], made: Collection[DocumentId]) -> None:
    if not change.facts:
        return
    todo = Difference()
    new_facts((fact for fact in change.facts if fact.id not in stored), todo)
    old = [fact for fact in change.facts if fact.id in stored]
    whole = frozenset(fact.id for fact in old if change.reporting is None or fact.triple in change.whole)
    # A document that was made just now had no reports.
    reports = Reports(whole, frozenset((change.reporting or frozenset()) - set(made)) if len(whole) < len(old) else frozenset())
    read_relationships(run, stored, [fact.triple for fact in old], reports)
    changed_facts(old, stored, todo)
    _require_documents(run, change, todo)
    _make_closers(run, change.facts)
    _each(run, cypher.FINISH_FACTS, rows=todo.unfinished)
    _each(run, cypher.SET_FACTS, rows=todo.changed)
    for relation, pieces in sorted(todo.edges.items()):
        _write_edges(run, relationship_type(relation), pieces)
    _write_reports(run, todo.reports)
    for statement, rows in (
        (cypher.REMOVE_SUCCESSORS, todo.successors.gone),
        (cypher.NEW_SUCCESSORS, todo.successors.new),
        (cypher.SET_SUCCESSORS, todo.successors.changed),
    ):
        _each(run, statement, rows=rows)
    _each(run, cypher.REMOVE_UNFINISHED, ids=sorted({by for _, by, _ in todo.successors.gone}))


def _make_closers(run: RunCypher, facts: Sequence[Fact]) -> None:
    """A fact that is only pointed to has no status yet: in a change that is written in steps it comes later."""
    here = {fact.triple for fact in facts}
    away = sorted({triple for triple in closers(facts) if triple not in here})
    _each(run, cypher.POINT_TO, rows=[[triple.fact_id, *triple] for triple in away])


def _write_edges(run: RunCypher, kind: str, pieces: ChangedRows) -> None:
    _each(run, of_kind(cypher.NEW_EDGES, kind), rows=pieces.new)
    if pieces.changed:
        changes: dict[str, dict[str, Properties]] = defaultdict(dict)
        for fact, _, _, start, *properties in pieces.changed:
            changes[fact][start.isoformat()] = dict(zip(cypher.EDGE, properties, strict=True))
        run(of_kind(cypher.SET_EDGES, kind), facts=sorted(changes), changes=changes)
    if pieces.gone:
        days: dict[str, list[str]] = defaultdict(list)
        for fact, _, _, start in pieces.gone:
            days[fact].append(start.isoformat())
        run(of_kind(cypher.REMOVE_EDGES, kind), facts=sorted(days), days=days)


def _write_reports(run: RunCypher, reports: ChangedRows) -> None:
    _each(run, cypher.REMOVE_REPORTS, rows=reports.gone)
    for statement, rows in ((cypher.NEW_REPORTS, reports.new), (cypher.SET_REPORTS, reports.changed)):
        moments = sorted({row[-1] for row in rows})
        places = {moment: place for place, moment in enumerate(moments)}
        if rows:
            run(statement, rows=[[*row[:-1], places[row[-1]]] for row in rows], moments=moments)


def _require_documents(run: RunCypher, change: GraphChange, todo: Difference) -> None:
    # A MATCH that finds nothing writes nothing: what is missing must be seen before.
    here = {source.id for source in change.documents}
    named = sorted({DocumentId(row[1]) for row in todo.reports.new} - here)
    there = {row["id"] for row in run(cypher.DOCUMENTS_THERE, ids=named)} if named else set()
    missing = [document for document in named if document not in there]
    if missing:
        raise StoreFailed(f"reports come from documents that neither the graph nor the change holds: {_some(missing)}")


def _each(run: RunCypher, statement: str, **parameters: Collection[Any]) -> None:
    """Run a statement unless its rows are none."""
    if any(len(values) for values in parameters.values()):
        run(statement, **parameters)


def _document(source: Source) -> Row:
    return [source.id, *properties_of_source(source).values()]


def _entity(entity: Entity) -> Row:
    return [entity.key, entity.type, entity.name, list(entity.aliases)]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
