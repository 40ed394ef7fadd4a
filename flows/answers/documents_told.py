"""What is known of one document: how it is cited, its text where that was recorded, and what it says of which entities."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from flows.answers.entities import as_shown
from flows.home.homes import Home
from pipeline.answering.histories import fact_summary
from pipeline.believing.fold import Graph
from pipeline.believing.gathering import evidence_about
from pipeline.believing.standing import DocumentState, document_states, without_deleted
from pipeline.identifiers import document_id
from pipeline.line import history_of
from pipeline.updating.graph_changes import identity_of
from schema.document import Document
from schema.errors import WrongUse
from schema.events import DENIED
from schema.fact import Fact, Status, Triple
from schema.ids import DocumentId
from schema.observation import Entity


def document_told(home: Home, document: str, as_of: date | None = None, known_at: datetime | None = None) -> dict[str, Any]:
    """One document by its id, however that is written, up to a day and as known at a moment.

    A dictionary of `id`, `title`, `published`, `precision`, `source`, `journal`, `doi`, `publication_types`, `retracted`,
    `retracted_on`, `passages` (section and text of its live revision, where it came with text) and `says` (each fact that it speaks of
    as it stands, with polarity, confidence and quote of the document: empty for one that is retracted). Raises WrongUse for a document
    that nobody spoke of, that was deleted, or that was not there yet.

        document_told(home, "PMID:2473403")["says"]
    """
    key = document_id(document)
    state = _state(home, key, as_of, known_at)
    source, text = state.source, _live_text(home, key, state.revision)
    return {
        "id": key,
        "title": source.title,
        "published": source.published.isoformat(),
        "precision": source.precision,
        "source": source.source,
        "journal": source.journal,
        "doi": text.doi if text else None,
        "publication_types": list(source.publication_types),
        "retracted": source.retracted,
        "retracted_on": source.retracted_on.isoformat() if source.retracted_on else None,
        "passages": [{"section": each.section, "text": each.text} for each in text.passages] if text else [],
        "says": _said_by(home, key, as_of, known_at),
    }


def _state(home: Home, key: DocumentId, as_of: date | None, known_at: datetime | None) -> DocumentState:
    evidence = without_deleted(evidence_about(home.log, (), [key]), home.rules).known_at(known_at)
    state = document_states(evidence, evidence.cited(), home.rules).get(key)
    if state is None or (as_of is not None and state.source.published > as_of):
        then = f" as of {as_of}" if state is not None else f" as known at {known_at.isoformat()}" if known_at is not None else ""
        raise WrongUse(f"nothing is known of the document {key}{then}; facts cite documents by their ids, such as PMID:2473403")
    return state


def _live_text(home: Home, key: DocumentId, revision: str | None) -> Document | None:
    if revision is None:
        return None
    texts = (recorded.record for recorded in home.log.records(Document, [key]))
    return next((text for text in texts if str(text.revision) == revision), None)


def _said_by(home: Home, key: DocumentId, as_of: date | None, known_at: datetime | None) -> list[dict[str, Any]]:
    ends = home.log.ends(documents=[key])
    identity = identity_of(home.log, {end for head, _, tail in ends for end in (head, tail)}, known_at)
    questions = {home.rules.question(identity.triple(Triple(*each))) for each in ends}
    graph = history_of(home.log, home.rules, questions, as_of=as_of, known_at=known_at, histories=False)
    return _as_statements(graph, key, as_shown(home, graph.entities).values())


def _as_statements(graph: Graph, key: DocumentId, entities: Collection[Entity]) -> list[dict[str, Any]]:
    names, facts = {entity.key: entity for entity in entities}, {fact.triple: fact for fact in graph.facts}
    told = []
    for triple, reports in sorted(graph.reports.items()):
        fact = facts.get(triple)
        summary = fact_summary(fact or Fact(triple, 0.0, Status.WITHDRAWN, 0, None, None), names)
        summary["status"] = summary["status"] if fact else DENIED
        told += [
            {**summary, "polarity": report.polarity.value, "confidence": report.confidence, "quote": report.quote}
            for report in reports
            if report.document == key
        ]
    return told
