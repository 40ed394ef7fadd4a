"""The graph in formats of exchange: KGX, RDF, INDRA statements and CX2, written line by line."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path

from flows.home.homes import Home
from flows.home.names_for_others import with_names_for_others
from pipeline.exports.cx2_network import cx2_lines
from pipeline.exports.exchange_view import ExchangedGraph, exchanged_graph
from pipeline.exports.indra_json import indra_lines, without_kind
from pipeline.exports.kgx_files import kgx_edges, kgx_nodes, kgx_publications, without_predicate
from pipeline.exports.rdf_lines import rdf_lines
from schema.fact import Status

Remarks = Mapping[str, list[str]]
"""What a format has no word for, and how it was told instead: the names by what is said of them."""

Written = tuple[Mapping[str, int], Remarks]

NODES, EDGES, PUBLICATIONS, TRIPLES, SHAPES = "nodes.tsv", "edges.tsv", "documents.tsv", "graph.nt", "shapes.ttl"
FILES_OF_EXCHANGE = (NODES, EDGES, PUBLICATIONS, TRIPLES, SHAPES)
"""Files of exports that are folders."""


def graph_to_exchange(
    home: Home, as_of: date | None, known_at: datetime | None, *, every_status: bool, withdrawn: bool = False
) -> ExchangedGraph:
    """The graph of a home with the names that others have for its types and relations.

    Withdrawn facts rest on nothing: only a format that says so can tell of them.
    """
    ontology = with_names_for_others(home.rules.ontology)
    left_out = set() if withdrawn else {Status.WITHDRAWN}
    statuses = set(Status) - left_out if every_status else {Status.CURRENT}
    return exchanged_graph(home.log, home.rules, as_of=as_of, known_at=known_at, statuses=statuses, ontology=ontology)


def _write_kgx(home: Home, place: Path, as_of: date | None, known_at: datetime | None, every_status: bool) -> Written:
    graph = graph_to_exchange(home, as_of, known_at, every_status=every_status)
    place.mkdir()
    _write(place / NODES, kgx_nodes(graph))
    _write(place / EDGES, kgx_edges(graph))
    _write(place / PUBLICATIONS, kgx_publications(graph))
    sizes = {"nodes": len(graph.entities), "edges": graph.size, "documents": len(graph.documents)}
    return sizes, _unmapped(
        "without a predicate of Biolink's, told as biolink:related_to", without_predicate(graph.relations(), graph.ontology)
    )


def _write_rdf(home: Home, place: Path, as_of: date | None, known_at: datetime | None, every_status: bool) -> Written:
    graph = graph_to_exchange(home, as_of, known_at, every_status=every_status, withdrawn=True)
    place.mkdir()
    triples = _write(place / TRIPLES, rdf_lines(graph))
    (place / SHAPES).write_bytes((files("pipeline.exports") / SHAPES).read_bytes())
    return {"facts": graph.size, "triples": triples}, {}


def _write_indra(home: Home, place: Path, as_of: date | None, known_at: datetime | None, every_status: bool) -> Written:
    graph = graph_to_exchange(home, as_of, known_at, every_status=every_status)
    _write(place, indra_lines(graph))
    said = "without a kind of statement of INDRA's, told as Association (without order) or Influence"
    return {"statements": graph.size}, _unmapped(said, without_kind(graph.relations(), graph.ontology))


def _write_cx2(home: Home, place: Path, as_of: date | None, known_at: datetime | None, every_status: bool) -> Written:
    graph = graph_to_exchange(home, as_of, known_at, every_status=every_status)
    day = f" as of {as_of}" if as_of is not None else ""
    known = f", as known at {known_at.isoformat()}" if known_at is not None else ""
    which = "All facts, whatever their status" if every_status else "Facts that hold"
    _write(place, cx2_lines(graph, f"{home.path.name}{day}", f"{which}{day}{known}."))
    return {"nodes": len(graph.entities), "edges": graph.size}, {}


def _unmapped(said: str, names: list[str]) -> Remarks:
    return {said: names} if names else {}


def _write(place: Path, lines: Iterable[str]) -> int:
    written = 0
    # Halves of surrogate pairs, which no UTF-8 holds, come out as question marks.
    with place.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        for line in lines:
            file.write(line + "\n")
            written += 1
    return written


EXCHANGED: Mapping[str, Callable[[Home, Path, date | None, datetime | None, bool], Written]] = {
    "kgx": _write_kgx,
    "rdf": _write_rdf,
    "indra": _write_indra,
    "cx2": _write_cx2,
}
"""How each format of exchange is written to a place that is not there yet; the last argument: facts of every status."""
