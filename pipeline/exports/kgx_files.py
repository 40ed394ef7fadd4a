"""The graph for KGX: nodes and edges of the Biolink model as tab-separated lines, and the documents that edges rest on."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.exports.exchange_view import ExchangedFact, ExchangedGraph, observed_statement, written_date
from pipeline.identifiers.exchange_ids import biolink_curie, publication_curie
from schema.ontology import RELATED, THING, Ontology

NODE = ("id", "category", "name", "synonym", "chronokg_key", "chronokg_type")
EDGE = (
    *("id", "subject", "predicate", "object", "qualified_predicate", "object_aspect_qualifier", "object_direction_qualifier"),
    *("publications", "primary_knowledge_source", "knowledge_level", "agent_type", "has_confidence_score"),
    *("belief", "status", "support", "first_seen", "last_seen", "valid_from", "valid_to", "intervals"),
    *("chronokg_relation", "chronokg_statements"),
)
PUBLICATION = ("id", "title", "published", "precision", "source", "journal", "publication_types", "retracted")

_QUALIFIERS = ("qualified_predicate", "object_aspect_qualifier", "object_direction_qualifier")
_SOURCE = "infores:chronokg"
_BREAKS = re.compile(r"[\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")


def kgx_nodes(graph: ExchangedGraph) -> Iterator[str]:
    """Lines of nodes.tsv without their ends, the header first: an entity each, by key."""
    yield "\t".join(NODE)
    for entity in graph.entities.values():
        curie = biolink_curie(entity.key)
        synonyms = "|".join(alias.replace("|", " ") for alias in entity.aliases)
        yield _line((curie, category_of(entity.type, graph.ontology), entity.name, synonyms, json.dumps(entity.key), entity.type))


def kgx_edges(graph: ExchangedGraph) -> Iterator[str]:
    """Lines of edges.tsv, the header first: a fact each, in the order of triples."""
    yield "\t".join(EDGE)
    for fact in graph.facts():
        yield _line(_edge(fact, graph))


def kgx_publications(graph: ExchangedGraph) -> Iterator[str]:
    """Lines of documents.tsv, the header first. KGX reads past this file; people and programs look up in it what was published when."""
    yield "\t".join(PUBLICATION)
    for document in graph.cited():
        curie = publication_curie(document["id"])
        kinds = "|".join(document["publication_types"])
        told = (curie, document["title"], written_date(document), document["precision"], document["source"], document["journal"])
        yield _line((*told, kinds, str(document["retracted"]).lower()))


def category_of(kind: str, ontology: Ontology) -> str:
    """Biolink's category of a type of entity, with its prefix."""
    return f"biolink:{ontology.categories.get(kind, (THING,))[0]}"


def predicate_of(relation: str, ontology: Ontology) -> str:
    """Biolink's predicate of a relation, with its prefix."""
    term = ontology.relations[relation].biolink
    return f"biolink:{RELATED if term is None else term.predicate}"


def without_predicate(relations: Iterable[str], ontology: Ontology) -> list[str]:
    """Those relations that the ontology gives no predicate of Biolink's, so that they are told by the most general one."""
    return [name for name in relations if ontology.relations[name].biolink is None]


def _edge(fact: ExchangedFact, graph: ExchangedGraph) -> Sequence[Any]:
    statements = [observed_statement(fact, said, graph.documents[said.document]) for said in fact.statements]
    return (
        f"urn:chronokg:fact:{fact.id}",
        biolink_curie(fact.head.key),
        predicate_of(fact.relation, graph.ontology),
        biolink_curie(fact.tail.key),
        *_qualifiers(fact.relation, graph.ontology),
        "|".join(map(publication_curie, fact.asserting)),
        _SOURCE,
        # What Biolink asks of statements mined from text, whose kind of knowledge nobody has looked at.
        "not_provided",
        "text_mining_agent" if any(said.is_read for said in fact.statements) else "not_provided",
        fact.belief,
        fact.belief,
        fact.status.value,
        fact.support,
        fact.first_seen,
        fact.last_seen,
        fact.last.start if fact.last else None,
        fact.last.end if fact.last else None,
        "|".join(fact.spans),
        fact.relation,
        # A bar would part the text into a list for KGX.
        json.dumps(statements, ensure_ascii=True).replace("|", "\\u007c"),
    )


def _qualifiers(relation: str, ontology: Ontology) -> Iterator[str | None]:
    term = ontology.relations[relation].biolink
    told: Mapping[str, str | None] = {} if term is None else term.model_dump()
    for name in _QUALIFIERS:
        value = told.get(name)
        yield f"biolink:{value}" if value and name == "qualified_predicate" else value


def _line(cells: Iterable[Any]) -> str:
    return "\t".join("" if cell is None else _BREAKS.sub(" ", str(cell)) for cell in cells)
