"""The graph as INDRA statements: one for each fact, with a piece of evidence for each document that speaks of it."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.exports.exchange_view import ExchangedFact, ExchangedGraph, Saying, observed_statement
from pipeline.identifiers.exchange_ids import OURS, indra_refs, indra_text_refs
from schema.observation import Entity
from schema.ontology import IndraTerm, Ontology


def indra_lines(graph: ExchangedGraph) -> Iterator[str]:
    """A JSON list of statements, as INDRA's own files are, a statement a line; without line ends."""
    yield "["
    for number, fact in enumerate(graph.facts(), 1):
        yield json.dumps(_statement(fact, graph), ensure_ascii=True) + ("," if number < graph.size else "")
    yield "]"


def indra_term(relation: str, ontology: Ontology) -> IndraTerm:
    """The kind of statement of a relation; where the ontology names none, that two events go together, or that one influences the other."""
    found = ontology.relations[relation]
    return found.indra or IndraTerm(type="Association" if found.symmetric else "Influence")


def without_kind(relations: Iterable[str], ontology: Ontology) -> list[str]:
    """Those relations that the ontology gives no kind of statement."""
    return [name for name in relations if ontology.relations[name].indra is None]


def _statement(fact: ExchangedFact, graph: ExchangedGraph) -> dict[str, Any]:
    term = indra_term(fact.relation, graph.ontology)
    return {
        "type": term.type,
        **_ends(fact, term),
        "belief": fact.belief,
        "evidence": [_evidence(fact, said, graph.documents[said.document]) for said in fact.statements],
        "id": str(uuid.UUID(hex=fact.id)),
    }


def _ends(fact: ExchangedFact, term: IndraTerm) -> dict[str, Any]:
    match term.type:
        case "Complex":
            return {"members": [_named(fact.head), _named(fact.tail)]}
        case "Association":
            # INDRA's schema wants agents for members and its loader events: these are both.
            return {"members": [_named(end) | event for end, event in zip((fact.head, fact.tail), _events(fact, term), strict=True)]}
        case "Influence":
            return dict(zip(("subj", "obj"), _events(fact, term), strict=True))
        case "Activation" | "Inhibition":
            return {"subj": _named(fact.head), "obj": _named(fact.tail), "obj_activity": "activity"}
        case _:
            return {"subj": _named(fact.head), "obj": _named(fact.tail)}


def _named(entity: Entity) -> dict[str, Any]:
    return {"name": entity.name or entity.key, "db_refs": indra_refs(entity.key, entity.name)}


def _events(fact: ExchangedFact, term: IndraTerm) -> Iterator[dict[str, Any]]:
    """Both ends as events; where they have a polarity, the first goes up and the second with it or against it."""
    for side, entity, polarity in (("head", fact.head, 1 if term.polarity else None), ("tail", fact.tail, term.polarity)):
        delta: dict[str, Any] = {"type": "qualitative", "polarity": polarity, "adjectives": []}
        identity = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{fact.id} {side}"))
        yield {"type": "Event", "concept": _named(entity), "delta": delta, "id": identity}


def _evidence(fact: ExchangedFact, said: Saying, document: Mapping[str, Any]) -> dict[str, Any]:
    refs = indra_text_refs(said.document)
    ends = {side: {"key": end.key, "type": end.type, "name": end.name} for side, end in (("head", fact.head), ("tail", fact.tail))}
    line = {**observed_statement(fact, said, document), "relation": fact.relation, **ends}
    return {
        "source_api": OURS,
        **({"pmid": refs["PMID"]} if "PMID" in refs else {}),
        "source_id": said.document,
        **({"text": said.quote} if said.quote else {}),
        "annotations": {OURS: line, "status": fact.status.value, "intervals": fact.spans},
        "epistemics": {"negated": True} if said.denies else {},
        **({"text_refs": refs} if refs else {}),
    }
