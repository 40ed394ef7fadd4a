"""Facts, documents and changes in few words."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from importlib.resources import files

import yaml

from schema.fact import Closure, Fact, Holding, Interval, Report, Source, Status, Triple
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Polarity
from schema.ontology import Ontology
from schema.ports import GraphChange, GraphStore

ONTOLOGY = Ontology.model_validate(yaml.safe_load((files("schema") / "ontologies" / "biomedical.yaml").read_text(encoding="utf-8")))
OTHER_ONTOLOGY = Ontology.model_validate(yaml.safe_load((files("schema") / "ontologies" / "general.yaml").read_text(encoding="utf-8")))
FINGERPRINT = "rules of the tests"
KNOWN = datetime(2020, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)


def day(year: int) -> date:
    return date(year, 1, 1)


def triple(head: str = "MESH:C1", relation: str = "treat", tail: str = "MESH:D1") -> Triple:
    return Triple(EntityKey(head), relation, EntityKey(tail))


def entity(key: str, kind: str | None = None, name: str | None = None) -> Entity:
    return Entity(EntityKey(key), kind or ("Disease" if ":D" in key else "Chemical"), name or f"name of {key}")


def source(key: str = "PMID:1", **changed: object) -> Source:
    values = {
        "title": f"Title of {key}",
        "published": day(2001),
        "precision": "year",
        "source": "pubmed",
        "journal": None,
        "publication_types": ("Journal Article", "Review"),
    }
    return Source(id=DocumentId(key), **(values | changed))  # type: ignore[arg-type]


def report(document: str = "PMID:1", polarity: Polarity = Polarity.ASSERTS, confidence: float = 0.8, quote: str = "so it is") -> Report:
    return Report(DocumentId(document), polarity, confidence, quote, "labels", "a-model", "1", KNOWN)


def holding(start: int, end: int | None = None, belief: float = 0.5, support: int = 1) -> Holding:
    return Holding(Interval(day(start), day(end) if end is not None else None), belief, support)


def closure(on: int, by: Triple | None = None, because: Iterable[str] = ("PMID:1",), rule: str = "weighted_by_recency") -> Closure:
    return Closure(day(on), by, tuple(DocumentId(document) for document in because), rule)


def fact(
    of: Triple | None = None, *holdings: Holding, closed: Iterable[Closure] = (), reports: Iterable[Report] = (), **changed: object
) -> Fact:
    is_open = any(each.interval.end is None for each in holdings)
    status = Status.CURRENT if is_open else Status.SUPERSEDED if holdings else Status.CONTESTED
    values = {"belief": 0.912345, "status": status, "support": 2, "first_seen": day(2001), "last_seen": day(2009)}
    return Fact(
        triple=of or triple(),
        holdings=tuple(holdings),
        closed=tuple(closed),
        reports=tuple(reports),
        **(values | changed),  # type: ignore[arg-type]
    )


def change(
    *facts: Fact,
    batch: str | None = "b1",
    entities: Iterable[Entity] | None = None,
    documents: Iterable[Source] | None = None,
    gone_facts: Iterable[Triple] = (),
    gone_documents: Iterable[str] = (),
) -> GraphChange:
    """A change that brings along every end and document that its facts need, unless told otherwise."""
    ends = {end for each in facts for end in (each.triple.head, each.triple.tail)}
    named = {each.document for one in facts for each in one.reports}
    return GraphChange(
        batches=(BatchId(batch),) if batch is not None else (),
        facts=tuple(facts),
        gone_facts=tuple(gone_facts),
        entities=tuple(entities) if entities is not None else tuple(entity(end) for end in sorted(ends)),
        documents=tuple(documents) if documents is not None else tuple(source(key) for key in sorted(named)),
        gone_documents=tuple(DocumentId(key) for key in gone_documents),
    )


def state(store: GraphStore) -> tuple[object, ...]:
    """All that a store shows by its port."""
    return (list(store.facts()), list(store.entities()), list(store.documents()), store.applied(), store.counts())
