"""The graph in memory: for tests and small analyses; gone when the process ends."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any

import networkx as nx

from graph_store.changes import check, check_owner
from graph_store.cypher.definitions import GRAPH_FORMAT, relationship_type
from schema.errors import QueryRefused, StoreFailed
from schema.fact import Fact, FactState, Source, Status, Triple
from schema.ids import BatchId, DocumentId, EntityKey, FactId
from schema.observation import Entity
from schema.ontology import Ontology
from schema.ports import GraphChange, GraphMeta, LogVersion, Revise


class MemoryStore:
    """A MultiDiGraph of entities with one edge for each interval, and the facts beside it."""

    def __init__(self) -> None:
        self._ontology: Ontology | None = None
        self._folded_with: tuple[int, str, str] | None = None
        self._graph: nx.MultiDiGraph[EntityKey] = nx.MultiDiGraph()
        self._facts: dict[Triple, Fact] = {}
        self._ends: dict[EntityKey, set[Triple]] = {}
        self._documents: dict[DocumentId, Source] = {}
        self._batches: set[BatchId] = set()
        self._followed: tuple[LogVersion, str] | None = None
        self._alone = Lock()

    @property
    def name(self) -> str:
        """Where it is."""
        return "memory"

    def prepare(self, ontology: Ontology, fingerprint: str) -> bool:
        """Remember in an empty graph what it will be folded by."""
        self._ontology = ontology
        wanted = (GRAPH_FORMAT, ontology.id, fingerprint)
        if self._folded_with is None:
            self._folded_with = wanted
        return self._folded_with == wanted

    def meta(self, ontology: Ontology, fingerprint: str) -> GraphMeta | None:
        """None before it was prepared."""
        if self._folded_with is None:
            return None
        followed, home = self._followed or (None, "")
        return GraphMeta(self._folded_with == (GRAPH_FORMAT, ontology.id, fingerprint), followed, home)

    def follow(self, version: LogVersion, home: str = "") -> None:
        """One log, and the latest version of it."""
        if self._followed is None or (self._followed[0].log == version.log and self._followed[0].number < version.number):
            self._followed = version, home
        check_owner(self.name, self._followed[0].log, self._followed[1], version)

    def applied(self, among: Collection[BatchId] | None = None) -> set[BatchId]:
        """A copy of the markers."""
        return set(self._batches) if among is None else self._batches & set(among)

    def apply(self, change: GraphChange, revise: Revise | None = None) -> None:
        """All or nothing: what could fail is looked at before anything is written."""
        if self._ontology is None:
            raise StoreFailed("the graph is written before its constraints stand: prepare it first")
        check(change, self._ontology)
        with self._alone:
            self._apply(revise(change) if revise is not None else change)

    def _apply(self, change: GraphChange) -> None:
        known = {entity.key: entity for entity in change.entities}
        self._require(change, known)
        for document in change.gone_documents:
            self._documents.pop(document, None)
        for triple in change.gone_facts:
            self._remove(triple)
        self._documents.update((source.id, source) for source in change.documents)
        for fact in change.facts:
            self._put(_merged(fact, self._facts.get(fact.triple), change), known)
        for entity in change.entities:
            if entity.key in self._graph and entity.key not in change.only_missing:
                self._name(entity)
        for end in {end for triple in change.gone_facts for end in _ends(triple)}:
            if end in self._graph and not self._ends.get(end):
                self._graph.remove_node(end)
        self._batches.update(change.batches)

    def clear(self) -> None:
        """Forget everything."""
        self.__init__()  # type: ignore[misc]

    def facts(self, about: Collection[EntityKey] | None = None) -> Iterator[Fact]:
        """Sorted by triple."""
        wanted = self._facts if about is None else {triple for key in about for triple in self._ends.get(key, ())}
        return iter([replace(self._facts[triple], reports=()) for triple in sorted(wanted)])

    def fact_states(self, ids: Collection[FactId] | None = None) -> dict[FactId, FactState]:
        """Looked through, all of them."""
        wanted = None if ids is None else set(ids)
        return {fact.id: fact.state for fact in self._facts.values() if wanted is None or fact.id in wanted}

    def entities(self) -> Iterator[Entity]:
        """Sorted by key."""
        return iter([self._entity(key) for key in sorted(self._graph)])

    def documents(self) -> Iterator[Source]:
        """Sorted by id."""
        return iter([self._documents[key] for key in sorted(self._documents)])

    def counts(self) -> dict[str, int]:
        """How many entities, documents, facts (also by status), edges and batches there are."""
        statuses = [fact.status for fact in self._facts.values()]
        return {
            "entities": self._graph.number_of_nodes(),
            "documents": len(self._documents),
            "facts": len(statuses),
            **{status.value: statuses.count(status) for status in Status},
            "edges": self._graph.number_of_edges(),
            "batches": len(self._batches),
        }

    def totals(self) -> dict[str, int]:
        """Counted from the facts."""
        facts, counts = self._facts.values(), self.counts()
        return {
            **{name: counts[name] for name in ("entities", "documents", "facts", "batches", "edges")},
            "reports": sum(len(fact.reports) for fact in facts),
            "successors": sum(closure.by is not None for fact in facts for closure in fact.closed),
            "heads": len(facts),
            "tails": len(facts),
        }

    def undefined(self, ontology: Ontology) -> list[str]:
        """There are no constraints to stand."""
        del ontology
        return []

    def unlike(self, change: GraphChange) -> list[str]:
        """Compared as they are."""
        entities = [f"the entity {each.key} is told otherwise" for each in change.entities if self._entity_or_none(each.key) != each]
        documents = [f"the document {each.id} is told otherwise" for each in change.documents if self._documents.get(each.id) != each]
        facts = [f"the fact {' '.join(each.triple)} is told otherwise" for each in change.facts if not self._is_as(each)]
        return [*entities, *documents, *facts]

    def _entity_or_none(self, key: EntityKey) -> Entity | None:
        return self._entity(key) if key in self._graph else None

    def _is_as(self, fact: Fact) -> bool:
        found = self._facts.get(fact.triple)
        edges = self._graph.get_edge_data(fact.triple.head, fact.triple.tail) or {}
        starts = {f"{fact.id} {holding.interval.start}" for holding in fact.holdings}
        return (
            found is not None
            and replace(found, reports=()) == replace(fact, reports=())
            and set(found.reports) == set(fact.reports)
            and starts <= edges.keys()
        )

    def query(self, cypher: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Always refused."""
        del cypher, parameters
        raise QueryRefused("memory: has no Cypher; use `export`, `why` or `timeline`, or a graph on a server")

    def close(self) -> None:
        """Nothing is held open."""

    def _require(self, change: GraphChange, known: Mapping[EntityKey, Entity]) -> None:
        documents = self._documents.keys() - set(change.gone_documents) | {source.id for source in change.documents}
        for fact in change.facts:
            for end in _ends(fact.triple):
                if end not in known and end not in self._graph:
                    raise StoreFailed(f"facts have ends that neither the graph nor the change describes: {end}")
            for report in fact.reports:
                if report.document not in documents:
                    raise StoreFailed(f"reports come from documents that neither the graph nor the change holds: {report.document}")

    def _put(self, fact: Fact, known: Mapping[EntityKey, Entity]) -> None:
        head, relation, tail = fact.triple
        self._cut(fact.triple)
        self._facts[fact.triple] = fact
        for end in (head, tail):
            self._ends.setdefault(end, set()).add(fact.triple)
            if end in known and end not in self._graph:
                self._name(known[end])
        for holding in fact.holdings:
            self._graph.add_edge(
                head,
                tail,
                key=f"{fact.id} {holding.interval.start}",
                type=relationship_type(relation),
                fact=fact.id,
                belief=holding.belief,
                support=holding.support,
                valid_from=holding.interval.start,
                valid_to=holding.interval.end,
            )

    def _remove(self, triple: Triple) -> None:
        self._cut(triple)
        if self._facts.pop(triple, None) is not None:
            for end in _ends(triple):
                self._ends[end].discard(triple)

    def _cut(self, triple: Triple) -> None:
        fact = self._facts.get(triple)
        for holding in fact.holdings if fact is not None else ():
            self._graph.remove_edge(triple.head, triple.tail, key=f"{triple.fact_id} {holding.interval.start}")

    def _name(self, entity: Entity) -> None:
        self._graph.add_node(entity.key, type=entity.type, name=entity.name, aliases=list(entity.aliases))

    def _entity(self, key: EntityKey) -> Entity:
        node = self._graph.nodes[key]
        return Entity(key, node["type"], node["name"], tuple(node["aliases"]))


def _ends(triple: Triple) -> tuple[EntityKey, EntityKey]:
    return triple.head, triple.tail


def _merged(fact: Fact, stored: Fact | None, change: GraphChange) -> Fact:
    """The fact with the reports of other documents than those that the change tells of."""
    if change.reporting is None or stored is None or fact.triple in change.whole:
        return fact
    others = [report for report in stored.reports if report.document not in change.reporting]
    return replace(fact, reports=tuple(sorted([*fact.reports, *others], key=lambda r: (r.document, r.polarity))))
