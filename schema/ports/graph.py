"""The graph: what a store keeps of the fold, and how it is changed and asked."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from schema.fact import Fact, FactState, Source, Triple
from schema.ids import BatchId, DocumentId, EntityKey, FactId
from schema.observation import Entity
from schema.ontology import Ontology
from schema.ports.evidence_log import LogVersion


@dataclass(frozen=True, slots=True)
class GraphChange:
    """What a set of batches changes: complete new states, and what is gone. Applying it twice equals applying it once.

    Where `reporting` is given, facts carry the reports of these documents only, and all of them: reports of other documents stay
    as they are. So a fact that rests on thousands of documents costs what has changed. Those in `whole` carry all their reports.
    """

    batches: tuple[BatchId, ...]
    facts: tuple[Fact, ...] = ()
    reporting: frozenset[DocumentId] | None = None
    whole: frozenset[Triple] = frozenset()
    gone_facts: tuple[Triple, ...] = ()
    entities: tuple[Entity, ...] = ()  # ends of `facts`, and others, written only where a fact has them as an end
    only_missing: frozenset[EntityKey] = frozenset()  # entities that are made where they are missing, and else stay as they are
    documents: tuple[Source, ...] = ()
    gone_documents: tuple[DocumentId, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphMeta:
    """What a graph says of itself."""

    as_wanted: bool  # folded by these rules, in the layout of today
    followed: LogVersion | None  # the log, and how far; None in graphs of versions that did not say
    home: str = ""  # where that log lay; empty where the graph lies in the home itself
    is_whole: bool = True  # False where a bulk import is still to be completed


Revise = Callable[[GraphChange], GraphChange]


class GraphStore(Protocol):
    """The graph: a function of the log. It keeps an entity just as long as a fact has it as an end."""

    @property
    def name(self) -> str:
        """What it is and where, for people; no secret in it."""

    def prepare(self, ontology: Ontology, fingerprint: str) -> bool:
        """Constraints first. False where the graph was folded by other rules (another fingerprint) or in another format."""

    def meta(self, ontology: Ontology, fingerprint: str) -> GraphMeta | None:
        """What it says of itself, None where it says nothing; nothing is written."""

    def follow(self, version: LogVersion, home: str = "") -> None:
        """Remember that all batches up to this version of the log are in, and where the log lies; an older one is no news.

        The first to tell it makes the graph its own: raises ForeignGraph where it belongs to another log.
        """

    def applied(self, among: Collection[BatchId] | None = None) -> set[BatchId]:
        """The batches that are in the graph (all, or some of these)."""

    def apply(self, change: GraphChange, revise: "Revise | None" = None) -> None:
        """Write the change and its batch markers in one transaction (or steps of it that can be repeated).

        `revise` is asked when all that the change could touch is locked against other writers, perhaps more than once,
        and says what of it is to be written.
        """

    def clear(self) -> None:
        """Remove everything that ChronoKG put there, batch markers included."""

    def facts(self, about: Collection[EntityKey] | None = None) -> Iterator[Fact]:
        """All facts, or those with one of these ends, as the graph has them; without reports."""

    def fact_states(self, ids: Collection[FactId] | None = None) -> dict[FactId, FactState]:
        """Where facts stand (all, or those of these that there are)."""

    def entities(self) -> Iterator[Entity]:
        """All entities."""

    def documents(self) -> Iterator[Source]:
        """All documents."""

    def counts(self) -> dict[str, int]:
        """How many entities, documents, facts (by status too) and edges there are."""

    def totals(self) -> dict[str, int]:
        """How many nodes and relationships there are: entities, documents, facts, batches, edges, reports, successors, heads, tails."""

    def undefined(self, ontology: Ontology) -> list[str]:
        """Which constraints and indexes are missing or do not work, in words."""

    def unlike(self, change: GraphChange) -> list[str]:
        """Where the graph has not what a change holds (facts with all their reports), or has it otherwise, in words."""

    def query(self, cypher: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows of a read-only query; raises QueryRefused for anything that could write or reach outside."""

    def close(self) -> None:
        """Let go of server, driver and lock."""
