"""The graph on a server that speaks Bolt and Cypher: Neo4j, or ArcadeDB."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from threading import Lock
from typing import Any, Protocol

from graph_store.changes import check, check_owner, in_steps
from graph_store.cypher.comparing import totals_in, undefined_in, unlike
from graph_store.cypher.definitions import LEFT_INDEX, definitions, index_of, node_label
from graph_store.cypher.driver import Connection, RunCypher
from graph_store.cypher.graph_reading import (
    ALL_STATES,
    ALL_TRIPLES,
    STATES,
    TRIPLES_ABOUT,
    read_meta,
    relabelled,
    shown_facts,
    store_counts,
    triples,
)
from graph_store.cypher.graph_writing import follow_log, make_meta, write_change
from graph_store.cypher.property_values import source_from
from graph_store.cypher.write_statements import ADD_LABEL, REMOVE_LABEL, by_index, of_kind
from graph_store.queries.query_guard import DEFAULT_LIMITS, QueryLimits, refuse_hostile
from schema.errors import QueryRefused, StoreFailed
from schema.fact import Fact, FactState, Source, Status
from schema.ids import BatchId, EntityKey, FactId
from schema.observation import Entity
from schema.ontology import Ontology
from schema.ports import GraphChange, GraphMeta, LogVersion, Revise

_AT_ONCE = 5_000
_WRITTEN_AT_ONCE = 20_000
_REMOVED_AT_ONCE = 10_000


class Host(Protocol):
    """A server of ours, which runs as long as the store is open."""

    @property
    def name(self) -> str:
        """What it is and where."""

    def refuses(self, cypher: str) -> str | None:
        """Why the server says that a query is no plain read."""

    def within(self, limit_s: float) -> AbstractContextManager[None]:
        """Stop whatever is asked in here in about that time; raises QueryRefused then."""

    def empty(self) -> None:
        """Put an empty database in the place of this one."""

    def stop(self) -> None:
        """Stop it and let others in."""


class CypherStore:
    """The graph of design.md, written as differences and read in sets."""

    def __init__(
        self, connection: Connection, reader: Connection | None = None, host: Host | None = None, limits: QueryLimits = DEFAULT_LIMITS
    ) -> None:
        """`reader` is a user who can only read, for queries; `host` a server that ends with the store; `limits` are those of queries."""
        self._connection = connection
        self._reader = reader or connection
        self._host = host
        self._limits = limits
        self._ontology: Ontology | None = None
        self._alone = Lock()
        self._seen: set[BatchId] = set()

    @property
    def is_arcadedb(self) -> bool:
        """Whether the server is ArcadeDB, which says that it is a Neo4j."""
        return "ArcadeDB" in self._connection.agent

    @property
    def name(self) -> str:
        """Server, version and place."""
        return self._host.name if self._host is not None else f"{self._connection.agent} at {self._connection.place}"

    def prepare(self, ontology: Ontology, fingerprint: str) -> bool:
        """Define constraints and indexes, and remember in an empty graph what it will be folded by."""
        if self._ontology != ontology:
            for statement in definitions(ontology.relations, arcadedb=self.is_arcadedb):
                self._define(statement)
            self._ontology = ontology
        found = self.meta(ontology, fingerprint)
        if found is not None:
            return found.as_wanted
        if any(self.counts().values()):
            raise StoreFailed(
                f"{self.name} holds nodes labelled Entity, Document, Fact or Batch that ChronoKG did not write, and clearing would"
                " remove them: give it a database of its own"
            )
        self._connection.write(partial(make_meta, ontology=ontology, fingerprint=fingerprint))
        return True

    def _define(self, statement: str) -> None:
        try:
            self._connection.define(statement)
        except StoreFailed:
            # A server that is killed while it makes a constraint may leave the index without it, which then stays in the way. Whoever makes
            # the two at this moment is done by now.
            index = index_of(statement)
            if not index or self.is_arcadedb or not self._rows(LEFT_INDEX, name=index):
                raise
            self._connection.define(f"DROP INDEX {index} IF EXISTS")
            self._connection.define(statement)

    def meta(self, ontology: Ontology, fingerprint: str) -> GraphMeta | None:
        """One small node."""
        return self._connection.read(partial(read_meta, ontology=ontology, fingerprint=fingerprint))

    def follow(self, version: LogVersion, home: str = "") -> None:
        """Written where it is news, and read again: of two homes that found the graph free one was first."""
        self._connection.write(partial(follow_log, version=version, home=home))
        found = self._ontology and self.meta(self._ontology, "")
        if found and found.followed is not None:
            check_owner(self.name, found.followed.log, found.home, version)

    def applied(self, among: Collection[BatchId] | None = None) -> set[BatchId]:
        """Those that were seen before are not asked for again: a batch that is in stays in, until the graph is cleared."""
        if among is None:
            return {BatchId(row["id"]) for row in self._rows("MATCH (b:Batch) RETURN b.id AS id")}
        unseen = [batch for batch in among if batch not in self._seen]
        if unseen:
            rows = self._rows("UNWIND $ids AS id MATCH (b:Batch {id: id}) RETURN b.id AS id", ids=unseen)
            self._seen |= {BatchId(row["id"]) for row in rows}
        return self._seen & set(among)

    def apply(self, change: GraphChange, revise: Revise | None = None) -> None:
        """One transaction, or for a large change several that can be repeated, the markers in the last."""
        if self._ontology is None:
            raise StoreFailed("the graph is written before its constraints stand: prepare it first")
        check(change, self._ontology)
        # ArcadeDB lets transactions that overlap see each other's half: there one writes at a time.
        with self._alone if self.is_arcadedb else nullcontext():
            for step in in_steps(change, _WRITTEN_AT_ONCE):
                if self.is_arcadedb:
                    self._relabel(step.entities)
                self._connection.write(partial(self._write, change=step, revise=revise))

    def _write(self, run: RunCypher, change: GraphChange, revise: Revise | None) -> None:
        if self.is_arcadedb:
            write_change(run, change, relabels=False, revise=revise)
        else:
            write_change(lambda cypher, /, **rows: run(by_index(cypher), **rows), change, relabels=True, revise=revise)

    def clear(self) -> None:
        """Markers go first: what is cut short is seen as not folded. Constraints stay; an embedded database goes as a whole."""
        self._seen.clear()
        if self._host is not None:
            self._host.empty()
            self._ontology = None
            return
        # The meta node goes last: without it a graph that is not empty is somebody else's.
        for what in ("(n:Batch)", *self._order_of_clearing, "(n:Meta)"):
            delete = "DELETE" if "[" in what else "DETACH DELETE"
            while self._do(f"MATCH {what} WITH n LIMIT $limit {delete} n RETURN count(*) AS n", limit=_REMOVED_AT_ONCE)[0]["n"]:
                pass

    @property
    def _order_of_clearing(self) -> tuple[str, ...]:
        # Three times as fast on ArcadeDB, which takes a hub's edges one by one out of a list; on Neo4j no transaction holds all of a hub's.
        if self.is_arcadedb:
            return ("(n:Entity)", "(n:Document)", "(n:Fact)")
        return ("()-[n]->(:Entity)", "()-[n]->(:Fact)", "(n:Entity)", "(n:Document)", "(n:Fact)")

    def facts(self, about: Collection[EntityKey] | None = None) -> Iterator[Fact]:
        """Sorted by triple; read some thousand at a time."""
        rows = self._rows(ALL_TRIPLES) if about is None else self._rows(TRIPLES_ABOUT, keys=sorted(set(about)))
        wanted = sorted(triples(rows))
        for start in range(0, len(wanted), _AT_ONCE):
            yield from self._connection.read(partial(shown_facts, wanted=wanted[start : start + _AT_ONCE]))

    def fact_states(self, ids: Collection[FactId] | None = None) -> dict[FactId, FactState]:
        """Found by their ids, or all of them."""
        rows = self._rows(ALL_STATES) if ids is None else self._rows(STATES, ids=sorted(ids))
        return {FactId(row["id"]): FactState(Status(row["status"]), row["belief"], row["support"]) for row in rows}

    def entities(self) -> Iterator[Entity]:
        """Sorted by key."""
        return iter(
            sorted(
                map(_entity, self._rows("MATCH (e:Entity) RETURN e.key AS key, e.type AS type, e.name AS name, e.aliases AS aliases")),
                key=lambda entity: entity.key,
            )
        )

    def documents(self) -> Iterator[Source]:
        """Sorted by id."""
        rows = self._rows("MATCH (d:Document) RETURN properties(d) AS document")
        return iter(sorted((source_from(_nulls | row["document"]) for row in rows), key=lambda source: source.id))

    def counts(self) -> dict[str, int]:
        """How many entities, documents, facts (also by status), edges and batches there are."""
        return self._connection.read(store_counts)

    def totals(self) -> dict[str, int]:
        """Nodes and relationships, counted."""
        return self._connection.read(totals_in)

    def undefined(self, ontology: Ontology) -> list[str]:
        """Constraints and indexes that the server does not show, or that do not work."""
        return self._connection.read(lambda run: list(undefined_in(run, ontology, arcadedb=self.is_arcadedb)))

    def unlike(self, change: GraphChange) -> list[str]:
        """Read in sets."""
        return self._connection.read(lambda run: list(unlike(run, change)))

    def query(self, cypher: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Nodes come as {labels, properties}, relationships as {type, properties}, paths as {nodes, relationships}; dates as dates."""
        given = dict(parameters or {})
        refuse_hostile(cypher)
        with self._host.within(self._limits.seconds) if self._host is not None else nullcontext():
            self._require_reading(cypher, given)
            return self._reader.query(cypher, given, self._limits)

    def _require_reading(self, cypher: str, given: Mapping[str, Any]) -> None:
        if self._host is not None:
            reason = self._host.refuses(cypher)
            if reason is not None:
                raise QueryRefused(f"the query is refused: {reason}")
        elif not self.is_arcadedb:
            kind = self._connection.query_type(cypher, given)
            if kind != "r":
                raise QueryRefused(f"the query is refused: the server plans it as {kind!r}, and only reading ('r') is allowed")

    def close(self) -> None:
        """Connections first, then the server."""
        if self._reader is not self._connection:
            self._reader.close()
        self._connection.close()
        if self._host is not None:
            self._host.stop()

    def _relabel(self, entities: Sequence[Entity]) -> None:
        # One label at a time, each in a transaction of its own: ArcadeDB makes the node anew, and its unique key must see the old one gone.
        if not entities:
            return
        lacking, extra = self._connection.read(lambda run: relabelled(run, entities))
        for statement, labels in ((ADD_LABEL, lacking), (REMOVE_LABEL, extra)):
            for kind, keys in sorted(labels.items()):
                self._do(of_kind(statement, node_label(kind)), keys=keys)

    def _do(self, cypher: str, **parameters: Any) -> list[dict[str, Any]]:
        return self._connection.write(lambda run: run(cypher, **parameters))

    def _rows(self, cypher: str, **parameters: Any) -> list[dict[str, Any]]:
        return self._connection.read(lambda run: run(cypher, **parameters))


_nulls: dict[str, Any] = dict.fromkeys(("journal", "publication_types", "retracted", "retracted_on"))


def _entity(row: Mapping[str, Any]) -> Entity:
    return Entity(EntityKey(row["key"]), row["type"], row["name"], tuple(row["aliases"] or ()))
