"""The graph as RDF: N-Triples, a line each, with PROV-O, OWL-Time, SKOS and Dublin Core, and RDF's own reification of facts."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from pipeline.exports.exchange_view import ExchangedFact, ExchangedGraph, observed_statement, written_date
from pipeline.exports.kgx_files import category_of, predicate_of
from pipeline.identifiers.exchange_ids import web_address
from schema.fact import Status, Triple

NAMESPACE = "urn:chronokg:ns:"
"""Where our own classes and properties lie. A fact is `urn:chronokg:fact:ID`; relations and types likewise, by their names."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_PROV = "http://www.w3.org/ns/prov#"
_TIME = "http://www.w3.org/2006/time#"
_SKOS = "http://www.w3.org/2004/02/skos/core#"
_TERMS = "http://purl.org/dc/terms/"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_BIOLINK = "https://w3id.org/biolink/vocab/"
_TYPE = f"<{_RDF}type>"
_DATE_KINDS = {4: "gYear", 7: "gYearMonth", 10: "date"}
_ESCAPED = re.compile(r'[\x00-\x1f"\\\x7f-\x9f\u2028\u2029\ud800-\udfff]')
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def rdf_lines(graph: ExchangedGraph) -> Iterator[str]:
    """Triples in N-Triples, without line ends: relations, entities, documents, then each fact with what it rests on, then days.

    A fact that holds is told as a triple of its own; of all others there is only the reified statement, which asserts nothing.
    """
    for relation in graph.relations():
        yield from _about(_relation(relation), _relation_values(relation, graph))
    for entity in graph.entities.values():
        category = _BIOLINK + category_of(entity.type, graph.ontology).removeprefix("biolink:")
        classes = [(_TYPE, f"<urn:chronokg:type:{entity.type}>"), (_TYPE, _iri(category)), (_TYPE, _iri(_ours("Entity")))]
        names = [(f"<{_SKOS}altLabel>", _text(alias)) for alias in entity.aliases]
        told = [*classes, (f"<{_TERMS}identifier>", _text(entity.key)), (f"<{_RDFS}label>", _text(entity.name)), *names]
        yield from _about(_iri(web_address(entity.key, "entity")), told)
    for document in graph.cited():
        yield from _about(_document(document["id"]), _document_values(document))
    days: set[date] = set()
    for fact in graph.facts():
        yield from _fact_lines(fact, graph, days)
    for day in sorted(days):
        yield from _about(_day(day), [(_TYPE, f"<{_TIME}Instant>"), (f"<{_TIME}inXSDDate>", _date(day))])


def _fact_lines(fact: ExchangedFact, graph: ExchangedGraph, days: set[date]) -> Iterator[str]:
    name = f"urn:chronokg:fact:{fact.id}"
    head, tail = (_iri(web_address(end.key, "entity")) for end in (fact.head, fact.tail))
    if fact.status is Status.CURRENT:
        yield f"{head} {_relation(fact.relation)} {tail} ."
    told = [
        (_TYPE, f"<{_RDF}Statement>"),
        (_TYPE, _iri(_ours("Fact"))),
        (f"<{_RDF}subject>", head),
        (f"<{_RDF}predicate>", _relation(fact.relation)),
        (f"<{_RDF}object>", tail),
        (_own("belief"), _number(fact.belief)),
        (_own("status"), _text(fact.status.value)),
        (_own("support"), _whole(fact.support)),
    ]
    told += [(_own(key), _date(day)) for key, day in (("firstSeen", fact.first_seen), ("lastSeen", fact.last_seen)) if day is not None]
    told += [(f"<{_PROV}wasDerivedFrom>", _document(document)) for document in fact.asserting]
    told += [(_own("holding"), _iri(f"{name}:from:{holding.interval.start}")) for holding in fact.held]
    told += [(_own("closure"), _iri(f"{name}:closure:{number}")) for number in range(1, len(fact.closed) + 1)]
    told += [(_own("saying"), _iri(f"{name}:saying:{number}")) for number in range(1, len(fact.statements) + 1)]
    yield from _about(_iri(name), told)
    yield from _holding_lines(fact, name, days)
    for number, closure in enumerate(fact.closed, 1):
        yield from _about(_iri(f"{name}:closure:{number}"), _closure_values(closure))
    for number, said in enumerate(fact.statements, 1):
        values = _saying_values(observed_statement(fact, said, graph.documents[said.document]))
        yield from _about(_iri(f"{name}:saying:{number}"), values)


def _holding_lines(fact: ExchangedFact, name: str, days: set[date]) -> Iterator[str]:
    for holding in fact.held:
        start, end = holding.interval.start, holding.interval.end
        told = [(_TYPE, f"<{_TIME}Interval>"), (_TYPE, _iri(_ours("Holding"))), (f"<{_TIME}hasBeginning>", _day(start))]
        days.add(start)
        if end is not None:
            told.append((f"<{_TIME}hasEnd>", _day(end)))
            days.add(end)
        told += [(_own("belief"), _number(holding.belief)), (_own("support"), _whole(holding.support))]
        yield from _about(_iri(f"{name}:from:{start}"), told)


def _closure_values(closure: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _TYPE, _iri(_ours("Closure"))
    yield _own("on"), _typed(closure["on"], "date")
    yield _own("rule"), _text(closure["rule"])
    if closure["by"] is not None:
        yield _own("by"), _iri(f"urn:chronokg:fact:{Triple(*closure['by']).fact_id}")
    for document in closure["because"]:
        yield _own("because"), _document(document)


def _saying_values(line: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _TYPE, _iri(_ours("Saying"))
    yield f"<{_PROV}wasDerivedFrom>", _document(line["document"])
    for key in ("source", "polarity"):
        yield _own(key), _text(line[key])
    yield _own("confidence"), _number(line["confidence"])
    if line["quote"]:
        yield f"<{_PROV}value>", _text(line["quote"])
    for key, day in zip(("statedStart", "statedEnd"), line.get("stated", (None, None)), strict=True):
        if day is not None:
            yield _own(key), _typed(day, "date")


def _relation_values(relation: str, graph: ExchangedGraph) -> Iterator[tuple[str, str]]:
    yield _TYPE, f"<{_RDF}Property>"
    yield f"<{_RDFS}label>", _text(relation)
    if description := graph.ontology.relations[relation].description:
        yield f"<{_RDFS}comment>", _text(description)
    if graph.ontology.relations[relation].biolink is not None:
        yield f"<{_SKOS}closeMatch>", _iri(_BIOLINK + predicate_of(relation, graph.ontology).removeprefix("biolink:"))


def _document_values(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _TYPE, f"<{_PROV}Entity>"
    yield _TYPE, _iri(_ours("Document"))
    yield f"<{_TERMS}identifier>", _text(document["id"])
    if document["title"]:
        yield f"<{_TERMS}title>", _text(document["title"])
    written = written_date(document)
    season = document["precision"] == "season"
    yield f"<{_TERMS}issued>", _text(written) if season else _typed(written, _DATE_KINDS[len(written)])
    yield _own("published"), _date(document["published"])
    for key in ("precision", "source", "journal"):
        if document[key]:
            yield _own(key), _text(document[key])
    for kind in document["publication_types"]:
        yield _own("publicationType"), _text(kind)
    yield _own("retracted"), _typed(str(document["retracted"]).lower(), "boolean")
    if document["retracted_on"] is not None:
        yield _own("retractedOn"), _date(document["retracted_on"])


def _about(subject: str, values: Iterable[tuple[str, str]]) -> Iterator[str]:
    for predicate, value in values:
        yield f"{subject} {predicate} {value} ."


def _ours(name: str) -> str:
    return NAMESPACE + name


def _own(name: str) -> str:
    return f"<{NAMESPACE}{name}>"


def _relation(name: str) -> str:
    return f"<urn:chronokg:relation:{name}>"


def _document(document: str) -> str:
    return _iri(web_address(document, "document"))


def _day(day: date) -> str:
    return f"<urn:chronokg:day:{day}>"


def _iri(address: str) -> str:
    return f"<{address}>"


def _date(day: date) -> str:
    return _typed(day.isoformat(), "date")


def _number(value: float) -> str:
    return _typed(repr(float(value)), "double")


def _whole(value: int) -> str:
    return _typed(str(value), "integer")


def _typed(value: str, kind: str) -> str:
    return f'"{value}"^^<{_XSD}{kind}>'


def _text(text: str) -> str:
    return f'"{_ESCAPED.sub(_escaped, text)}"'


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    if "\ud800" <= sign <= "\udfff":
        return "\\uFFFD"  # half of a pair is no character, and RDF has no way to write it
    return _SHORT.get(sign) or f"\\u{ord(sign):04X}"
