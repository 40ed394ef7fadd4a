"""KGX: nodes and edges of the Biolink model as lines of `observe`, from tab-separated lines or JSON lines."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from pipeline.files.items import bounded_lines
from pipeline.files.json_stream import json_flaw
from pipeline.identifiers.exchange_ids import key_in_curie, publication_in_curie
from schema.errors import UnreadableRecord
from schema.ontology import Ontology, Stance

NEEDED_OF_EDGES = frozenset({"subject", "predicate", "object"})
NEEDED_OF_NODES = frozenset({"id", "category"})


@dataclass(frozen=True, slots=True)
class ForeignLine:
    """A line of another format as a line of `observe`, with the number of the line that it comes from; or what is wrong with that."""

    number: int
    said: Mapping[str, Any] | None
    flaw: str = ""
    text: str = ""  # the line as it was, where it has a flaw


Nodes = Mapping[str, Mapping[str, str]]
"""What edges call their ends by: key, type and name of each node."""


def is_kgx_edges(head: bytes) -> bool:
    """Whether the beginning of a file is that of KGX's edges: a header, or a JSON line, with subject, predicate and object."""
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip("\ufeff \r")
    if first.startswith("{"):
        return all(f'"{name}"' in first for name in NEEDED_OF_EDGES)
    return set(first.split("\t")) >= NEEDED_OF_EDGES


def is_kgx_nodes(head: bytes) -> bool:
    """Whether the beginning of a file is that of KGX's nodes."""
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip("\ufeff \r")
    if first.startswith("{"):
        return all(f'"{name}"' in first for name in NEEDED_OF_NODES) and '"subject"' not in first
    return set(first.split("\t")) >= NEEDED_OF_NODES


def read_kgx_nodes(stream: IO[bytes], ontology: Ontology) -> Nodes:
    """The nodes of a file by id; raises UnreadableRecord naming the line that is none."""
    types = {category: kind for kind, categories in ontology.categories.items() for category in categories}
    found: dict[str, Mapping[str, str]] = {}
    for number, row in _rows(stream):
        if isinstance(row, ForeignLine):
            raise UnreadableRecord(f"line {number}: {row.flaw}")
        identifier = str(row.get("id") or "")
        found[identifier] = {
            "key": _own_key(row) or key_in_curie(identifier),
            "type": str(row.get("chronokg_type") or "") or _type_of(_several(row.get("category")), types),
            "name": str(row.get("name") or ""),
        }
    return found


def kgx_lines(stream: IO[bytes], nodes: Nodes, ontology: Ontology) -> Iterator[ForeignLine]:
    """The edges of a file, a line of `observe` for each document that speaks of one; its predicate becomes a relation of the ontology.

    An edge that names no publication rests on its knowledge source. Edges that ChronoKG wrote say more, and all of it counts. What
    cannot be translated stays as it is written, for `observe` to refuse.
    """
    for number, row in _rows(stream):
        if isinstance(row, ForeignLine):
            yield row
            continue
        ends = {side: nodes.get(str(row.get(name)), _unknown(row.get(name))) for side, name in (("head", "subject"), ("tail", "object"))}
        relation = str(row.get("chronokg_relation") or "") or _relation(row, ends, ontology)
        for said in _statements(row):
            yield ForeignLine(number, {**said, "relation": relation, **ends})


def _statements(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if isinstance(own := _read(row.get("chronokg_statements")), list):
        yield from own
        return
    source = str(row.get("primary_knowledge_source") or row.get("knowledge_source") or "").removeprefix("infores:")
    polarity = "denies" if str(row.get("negated")).lower() == "true" else "asserts"
    more = {"source": source} if source else {}
    quotes = _several(row.get("supporting_text"))
    documents = [publication_in_curie(each) for each in _several(row.get("publications"))]
    for document in documents or ([f"infores:{source}"] if source else [""]):
        quote = {"quote": quotes[0]} if len(quotes) == 1 and len(documents) == 1 else {}
        yield {"document": document, "polarity": polarity, **more, **quote}


def _relation(row: Mapping[str, Any], ends: Mapping[str, Mapping[str, str]], ontology: Ontology) -> str:
    """The relation that the predicate means between these types; the predicate itself where there is none."""
    predicate = str(row.get("predicate") or "").removeprefix("biolink:")
    direction = str(row.get("object_direction_qualifier") or "").removeprefix("biolink:") or None
    types = ends["head"]["type"], ends["tail"]["type"]
    meant = [name for name, each in ontology.relations.items() if each.biolink is not None and each.biolink.reads(predicate, direction)]
    fitting = [name for name in meant if ontology.allows(types[0], name, types[1])]
    return the_one_meant(fitting or meant, ontology) or predicate


def the_one_meant(relations: Iterable[str], ontology: Ontology) -> str:
    """Of relations that another's word can mean the one that is compatible with all others there are, else the only one.

    Where neither is there, all of them in words, which no ontology has as a relation: it is not guessed. Empty where there are none.
    """
    found = list(relations)
    general = [name for name in found if all(ontology.stance(name, other) is Stance.COMPATIBLE for other in ontology.relations)]
    return general[0] if general else " or ".join(found)


def _type_of(categories: list[str], types: Mapping[str, str]) -> str:
    plain = [category.removeprefix("biolink:") for category in categories]
    return next((types[category] for category in plain if category in types), plain[0] if plain else "")


def _unknown(identifier: object) -> Mapping[str, str]:
    return {"key": key_in_curie(str(identifier or "")), "type": "", "name": ""}


def _own_key(row: Mapping[str, Any]) -> str:
    own = _read(row.get("chronokg_key"))
    return own if isinstance(own, str) else ""


def _several(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return [each for each in str(value).split("|") if each] if value else []


def _rows(stream: IO[bytes]) -> Iterator[tuple[int, Mapping[str, Any] | ForeignLine]]:
    header: list[str] | None = None
    is_first = True
    for number, raw, cut in bounded_lines(stream):
        if not raw.strip():
            continue
        text = raw.decode("utf-8", "surrogateescape").lstrip("\ufeff")
        begins, is_first = is_first, False
        if begins and not text.startswith("{"):
            header = text.split("\t")
            continue
        yield number, _row(number, text, header, cut=cut)


def _row(number: int, text: str, header: list[str] | None, *, cut: bool) -> Mapping[str, Any] | ForeignLine:
    if cut:
        return ForeignLine(number, None, "the line is too long to be kept", text)
    if header is None:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            return ForeignLine(number, None, f"the line {json_flaw(error)}", text)
        if not isinstance(value, dict):
            return ForeignLine(number, None, "the line is no JSON object", text)
        return value if _is_ours_or_others(value) else _broken(number, text)
    cells = text.split("\t")
    if len(cells) > len(header):
        return ForeignLine(number, None, f"the line has {len(cells)} cells, and the header {len(header)}", text)
    row = dict(zip(header, cells, strict=False))
    return row if _is_ours_or_others(row) else _broken(number, text)


def _is_ours_or_others(row: Mapping[str, Any]) -> bool:
    """Whether what only ChronoKG writes is not there, or as it writes it."""
    statements, key = (_read(row.get(name)) for name in ("chronokg_statements", "chronokg_key"))
    return (statements is None or (isinstance(statements, list) and all(isinstance(said, dict) for said in statements))) and (
        key is None or isinstance(key, str)
    )


def _read(cell: object) -> object:
    """What a cell holds, which in a table is JSON as text; None where it is empty, False where it is no JSON."""
    if cell is None or cell == "":
        return None
    try:
        return json.loads(cell) if isinstance(cell, str) else cell
    except (ValueError, RecursionError):
        return False


def _broken(number: int, text: str) -> ForeignLine:
    return ForeignLine(number, None, "chronokg_statements or chronokg_key is not the JSON that ChronoKG writes", text)
