"""Facts and documents as properties of nodes and relationships, and back."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from schema.fact import Closure, Fact, Holding, Interval, Report, Source, Status, Triple, closures_as_json
from schema.ids import DocumentId, EntityKey

Properties = dict[str, Any]


def properties_of_fact(fact: Fact) -> Properties:
    """What stands on the Fact node besides its triple.

    In the order of statements.FACT. `closed` holds every closure as JSON: those by a denial or a stated end have no other fact to
    point to.
    """
    return {
        "belief": fact.belief,
        "status": fact.status.value,
        "support": fact.support,
        "first_seen": fact.first_seen,
        "last_seen": fact.last_seen,
        "closed": closures_as_json(fact.closed) if fact.closed else "[]",
    }


def properties_of_edge(holding: Holding) -> Properties:
    """What stands on the direct edge of one interval, besides the fact and the day it begins; in the order of statements.EDGE."""
    return {"belief": holding.belief, "support": holding.support, "valid_to": holding.interval.end}


def properties_of_report(report: Report) -> Properties:
    """What stands on a REPORTS relationship, besides its polarity; in the order of statements.REPORT."""
    return {
        "confidence": report.confidence,
        "quote": report.quote,
        "method": report.method,
        "model": report.model,
        "prompt": report.prompt,
        # A moment of another zone, though the same, is another value there.
        "recorded_at": in_utc(report.recorded_at),
    }


def properties_of_closure(closure: Closure) -> Properties:
    """What stands on a SUPERSEDED_BY relationship, besides its day; in the order of statements.SUCCESSOR."""
    return {"cause": list(closure.because), "rule": closure.rule}


def properties_of_source(source: Source) -> Properties:
    """What stands on a Document node besides its id; in the order of statements.DOCUMENT."""
    return {
        "title": source.title,
        "published": source.published,
        "precision": source.precision,
        "source": source.source,
        "journal": source.journal,
        "publication_types": list(source.publication_types),
        "retracted": source.retracted,
        "retracted_on": source.retracted_on,
    }


def fact_from(triple: Triple, stored: Mapping[str, Any], edges: Mapping[date, Mapping[str, Any]]) -> Fact:
    """The fact that the graph shows; its reports stay there."""
    return Fact(
        triple=triple,
        belief=float(stored["belief"]),
        status=Status(stored["status"]),
        support=int(stored["support"]),
        first_seen=stored["first_seen"],
        last_seen=stored["last_seen"],
        holdings=tuple(
            Holding(Interval(start, edges[start]["valid_to"]), float(edges[start]["belief"]), int(edges[start]["support"]))
            for start in sorted(edges)
        ),
        closed=tuple(map(_closure_from_json, json.loads(stored["closed"]))),
    )


def source_from(stored: Mapping[str, Any]) -> Source:
    """The document that the graph shows."""
    return Source(
        id=DocumentId(stored["id"]),
        title=stored["title"],
        published=stored["published"],
        precision=stored["precision"],
        source=stored["source"],
        journal=stored["journal"],
        publication_types=tuple(stored["publication_types"] or ()),
        retracted=bool(stored["retracted"]),
        retracted_on=stored["retracted_on"],
    )


def in_utc(moment: datetime | None) -> datetime | None:
    """A moment as ArcadeDB gives it back, without its zone, is UTC."""
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _closure_from_json(stored: Mapping[str, Any]) -> Closure:
    by: Sequence[str] | None = stored["by"]
    return Closure(
        on=date.fromisoformat(stored["on"]),
        by=Triple(EntityKey(by[0]), by[1], EntityKey(by[2])) if by is not None else None,
        because=tuple(DocumentId(document) for document in stored["because"]),
        rule=stored["rule"],
    )
