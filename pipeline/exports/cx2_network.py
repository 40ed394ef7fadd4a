"""The graph as CX2, the format of Cytoscape and NDEx: an edge for each fact, drawn by belief and status."""

import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from pipeline.exports.exchange_view import ExchangedGraph
from pipeline.exports.kgx_files import predicate_of
from pipeline.identifiers.exchange_ids import biolink_curie, publication_curie
from schema.fact import Status

_NODES = {"name": "string", "represents": "string", "type": "string", "alias": "list_of_string"}
_EDGES = {
    **dict.fromkeys(("name", "interaction", "predicate", "fact", "status", "valid_from", "valid_to"), "string"),
    "belief": "double",
    "support": "integer",
    "publications": "list_of_string",
    "intervals": "list_of_string",
}
_NETWORK = {"name": "string", "description": "string", "version": "string"}
_COLOURS = ("#1B9E77", "#D95F02", "#7570B3", "#E7298A", "#66A61E", "#A6761D", "#1F78B4", "#666666")
"""Of types in the order of the ontology, told apart by colour-blind people too (ColorBrewer's Dark2)."""


def cx2_lines(graph: ExchangedGraph, name: str, description: str) -> Iterator[str]:
    """The network in CX2 (version 2.0), an element a line, without line ends."""
    sizes = {"attributeDeclarations": 1, "networkAttributes": 1, "nodes": len(graph.entities), "edges": graph.size, "visualProperties": 1}
    declared = {part: {key: {"d": kind} for key, kind in kinds.items()} for part, kinds in _DECLARED.items()}
    yield '[{"CXVersion": "2.0", "hasFragments": false},'
    yield json.dumps({"metaData": [{"name": part, "elementCount": size} for part, size in sizes.items() if size]}) + ","
    yield json.dumps({"attributeDeclarations": [declared]}) + ","
    yield json.dumps({"networkAttributes": [{"name": name, "description": description, "version": "1"}]}) + ","
    yield '{"nodes": ['
    yield from _parted(_nodes(graph))
    yield ']},{"edges": ['
    yield from _parted(_edges(graph))
    yield "]},"
    yield json.dumps({"visualProperties": [_visual_properties(graph)]}) + ","
    yield '{"status": [{"success": true, "error": ""}]}]'


_DECLARED = {"networkAttributes": _NETWORK, "nodes": _NODES, "edges": _EDGES}


def _parted(elements: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Each as JSON, with a comma before all but the first."""
    for number, element in enumerate(elements):
        yield ("," if number else "") + json.dumps(element)


def _nodes(graph: ExchangedGraph) -> Iterator[dict[str, Any]]:
    for number, entity in enumerate(graph.entities.values()):
        told = {"name": entity.name, "represents": biolink_curie(entity.key), "type": entity.type}
        yield {"id": number, "v": told | ({"alias": list(entity.aliases)} if entity.aliases else {})}


def _edges(graph: ExchangedGraph) -> Iterator[dict[str, Any]]:
    places = {key: number for number, key in enumerate(graph.entities)}
    for number, fact in enumerate(graph.facts()):
        told = {
            "name": f"{fact.head.name} ({fact.relation}) {fact.tail.name}",
            "interaction": fact.relation,
            "predicate": predicate_of(fact.relation, graph.ontology),
            "fact": fact.id,
            "status": fact.status.value,
            "belief": fact.belief,
            "support": fact.support,
            "publications": [publication_curie(document) for document in fact.asserting],
            "intervals": fact.spans,
        }
        if fact.last is not None:
            told["valid_from"] = fact.last.start.isoformat()
            if fact.last.end is not None:
                told["valid_to"] = fact.last.end.isoformat()
        yield {"id": number, "s": places[fact.head.key], "t": places[fact.tail.key], "v": told}


def _visual_properties(graph: ExchangedGraph) -> dict[str, Any]:
    there = {entity.type for entity in graph.entities.values()}
    fills = [{"v": kind, "vp": colour} for kind, colour in zip(graph.ontology.entity_types, cycle(_COLOURS), strict=False) if kind in there]
    colours = {"type": "DISCRETE", "definition": {"attribute": "type", "map": fills}}
    dashes = [{"v": status.value, "vp": "dash"} for status in Status if status is not Status.CURRENT]
    width = {"min": 0, "max": 1, "minVPValue": 1, "maxVPValue": 6, "includeMin": True, "includeMax": True}
    return {
        "default": {
            "network": {"NETWORK_BACKGROUND_COLOR": "#FFFFFF"},
            "node": {"NODE_SHAPE": "ellipse", "NODE_BACKGROUND_COLOR": "#999999", "NODE_WIDTH": 40, "NODE_HEIGHT": 40},
            "edge": {"EDGE_LINE_COLOR": "#666666", "EDGE_TARGET_ARROW_SHAPE": "triangle"},
        },
        "nodeMapping": {"NODE_LABEL": {"type": "PASSTHROUGH", "definition": {"attribute": "name"}}, "NODE_BACKGROUND_COLOR": colours},
        "edgeMapping": {
            "EDGE_LABEL": {"type": "PASSTHROUGH", "definition": {"attribute": "interaction"}},
            "EDGE_WIDTH": {"type": "CONTINUOUS", "definition": {"attribute": "belief", "map": [width]}},
            "EDGE_LINE_STYLE": {"type": "DISCRETE", "definition": {"attribute": "status", "map": dashes}},
        },
    }
