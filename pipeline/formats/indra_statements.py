"""INDRA statements as lines of `observe`: one for each piece of evidence, from a JSON list or JSON lines."""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import IO, Any

from pipeline.files.json_stream import Broken, objects
from pipeline.formats.kgx_edges import ForeignLine, the_one_meant
from pipeline.identifiers.exchange_ids import OURS, document_in_refs, keys_in_refs
from schema.ontology import WITHOUT_ORDER, Ontology

_FIRST = re.compile(rb'\s*\[?\s*\{[^{}\[\]]{0,400}"type"\s*:\s*"[A-Z][A-Za-z]+"', re.DOTALL)
_TYPES = {
    "Gene": ("NCBIGene", "HGNC", "UniProtKB", "FPLX", "UPPRO", "MIRBASE", "ENSEMBL", "MGI", "RGD"),
    "Chemical": ("CHEBI", "PUBCHEM.COMPOUND", "DRUGBANK", "CHEMBL", "CAS", "HMDB", "LINCS", "MESH", "UMLS"),
    "Disease": ("DOID", "HP", "MONDO", "OMIM", "EFO", "MESH", "UMLS"),
    "Species": ("NCBITaxon",),
    "CellLine": ("CVCL",),
    "Variant": ("dbSNP",),
}
"""Which types of ours the things of a namespace can be of; MeSH and the UMLS have both chemicals and diseases."""


def is_indra(head: bytes) -> bool:
    """Whether the beginning of a file is that of INDRA statements: objects with a type of statement and evidence."""
    return _FIRST.match(head) is not None and b'"evidence"' in head


def indra_statement_lines(stream: IO[bytes], ontology: Ontology) -> Iterator[ForeignLine]:
    """The statements of a file, a line of `observe` for each piece of evidence.

    Statements with more or fewer than two ends are told as flaws. What cannot be translated stays as it is written, for `observe` to
    refuse. Evidence that ChronoKG wrote says more, and all of it counts.
    """
    for number, statement in objects(stream):
        if isinstance(statement, Broken):
            yield ForeignLine(number, None, f"the statement {statement}", statement.text)
            continue
        evidence, named = statement.get("evidence"), _ends_of(statement)
        found = [each for each in evidence if isinstance(each, dict)] if isinstance(evidence, list) else []
        if not found:
            yield ForeignLine(number, None, f"{statement.get('type')} {statement.get('id')} has no evidence: no document says so", "")
        for each in found:
            annotations = each.get("annotations")
            own = annotations.get(OURS) if isinstance(annotations, dict) else None
            if isinstance(own, dict):
                yield ForeignLine(number, own)
            elif named is None:
                yield ForeignLine(number, None, f"{statement.get('type')} is no statement about two things", str(statement.get("id", "")))
            else:
                yield ForeignLine(number, {**_said(each), **_translated(statement, named, ontology)})


def _ends_of(statement: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The two ends of a statement, agents or concepts of events; None where it has not two."""
    found = statement.get("members") if "members" in statement else [statement.get("subj"), statement.get("obj")]
    if not isinstance(found, list) or len(found) != 2:
        return None
    ends = [end.get("concept", end) if isinstance(end, dict) else None for end in found]
    plain: list[Mapping[str, Any]] = [end for end in ends if isinstance(end, dict)]
    return plain if len(plain) == 2 else None


def _translated(statement: Mapping[str, Any], named: list[Mapping[str, Any]], ontology: Ontology) -> dict[str, Any]:
    """Relation and ends: those of this kind that the ontology allows between types that the ends can have.

    What could be of several types, or mean several relations, is told as such and not guessed.
    """
    kind, polarity = str(statement.get("type")), _polarity(statement)
    meant = [n for n, r in ontology.relations.items() if r.indra is not None and (r.indra.type, r.indra.polarity) == (kind, polarity)]
    choices = [_choices(end, ontology) for end in named]
    for keys in product(*choices):
        types = [choices[at][key] for at, key in enumerate(keys)]
        for first, second in ((0, 1), (1, 0)) if kind in WITHOUT_ORDER else ((0, 1),):
            allowed = [(n, *pair) for n in meant for pair in product(types[first], types[second]) if ontology.allows(pair[0], n, pair[1])]
            if allowed:
                told = [" or ".join(dict.fromkeys(each[at] for each in allowed)) for at in (1, 2)]
                ends = [(named[first], keys[first], told[0]), (named[second], keys[second], told[1])]
                return {"relation": the_one_meant(dict.fromkeys(each[0] for each in allowed), ontology), **_as_ends(ends)}
    plain = [(end, next(iter(some), ""), " or ".join(next(iter(some.values()), ()))) for end, some in zip(named, choices, strict=True)]
    return {"relation": the_one_meant(meant, ontology) or kind, **_as_ends(plain)}


def _as_ends(ends: list[tuple[Mapping[str, Any], str, str]]) -> dict[str, Any]:
    told = [{"key": key, "type": kind, "name": str(end.get("name") or "")} for end, key, kind in ends]
    return {"head": told[0], "tail": told[1]}


def _choices(end: Mapping[str, Any], ontology: Ontology) -> Mapping[str, list[str]]:
    """The keys of an end, the best first, each with the types that it can be of."""
    refs = end.get("db_refs")
    types: dict[str, list[str]] = {}
    for key in keys_in_refs(refs if isinstance(refs, dict) else {}):
        prefix = key.partition(":")[0]
        if found := [kind for kind, prefixes in _TYPES.items() if prefix in prefixes and kind in ontology.entity_types]:
            types[key] = found
    return types


def _polarity(statement: Mapping[str, Any]) -> int | None:
    """Whether two events go together (1) or against each other (-1); None where it is not said of both, or they are no events."""
    members = statement.get("members") or [statement.get("subj"), statement.get("obj")]
    signs = [end["delta"].get("polarity") for end in members if isinstance(end, dict) and isinstance(end.get("delta"), dict)]
    return signs[0] * signs[1] if len(signs) == 2 and all(sign in (1, -1) for sign in signs) else None


def _said(evidence: Mapping[str, Any]) -> dict[str, Any]:
    refs, epistemics = evidence.get("text_refs"), evidence.get("epistemics")
    source = str(evidence.get("source_api") or "")
    document = document_in_refs(evidence.get("pmid"), refs if isinstance(refs, dict) else {})
    if document is None and evidence.get("source_id"):
        document = f"{source}:{evidence['source_id']}" if source else str(evidence["source_id"])
    negated = isinstance(epistemics, dict) and epistemics.get("negated") is True
    return {
        "document": document or (f"indra:{source}" if source else ""),
        "polarity": "denies" if negated else "asserts",
        **({"source": source} if source else {}),
        **({"quote": str(evidence["text"])} if evidence.get("text") else {}),
    }
