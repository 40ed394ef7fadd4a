"""What annotators related, from PubTator, BioC (XML, JSON) and JSON lines; the documents themselves are read elsewhere."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.identifiers import document_id
from schema.errors import InvalidInput
from schema.ids import DocumentId

LONGEST_LINE = 10_000_000
"""Bytes of one line that are looked at."""

_TEXT_LINE = re.compile(r"[^|\t]+\|[ta]\|")
_NUMBER = re.compile(r"-?[0-9]+")


@dataclass(frozen=True, slots=True)
class Related:
    """Annotators, or a program, relate two things of a document; word and ends as they are written.

    `score` is how sure a program is, from 0 to 1, where it says so.
    """

    word: str
    head: str
    tail: str
    score: float | None = None


@dataclass(slots=True)
class Gold:
    """What a file says: relations by document, those without any included, and what of it could not be used, with its place.

    `holds_documents` is False for JSON lines, which relate what documents of other files mention.
    """

    related: dict[DocumentId, list[Related]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    holds_documents: bool = True

    @property
    def words(self) -> frozenset[str]:
        """Every word that is used for a relation."""
        return frozenset(one.word for found in self.related.values() for one in found)

    def add(self, document: str, *found: Related) -> None:
        """Take in a document and relations of it; raises InvalidInput for an id that is none."""
        self.related.setdefault(document_id(document), []).extend(found)


def read_gold(stream: IO[bytes], name: str) -> Gold:
    """The relations of a file, whichever of the formats it is in; what cannot be read becomes a problem, never an error."""
    head = b""
    while not head.strip() and (line := stream.readline(LONGEST_LINE)):
        head = line.removeprefix(b"\xef\xbb\xbf")
    gold = Gold()
    if head.lstrip().startswith(b"<"):
        _from_xml(head + stream.read(), name, gold)
    elif head.lstrip()[:1] in (b"{", b"["):
        _from_json(head, stream, name, gold)
    else:
        _from_pubtator(head, stream, name, gold)
    return gold


def _from_pubtator(first: bytes, stream: IO[bytes], name: str, gold: Gold) -> None:
    for place, text in _lines(first, stream, name, gold):
        cells = text.split("\t")
        if _TEXT_LINE.match(text):
            cells = [text.split("|", 1)[0]]
        elif len(cells) < 2 or _NUMBER.fullmatch(cells[1].strip()):
            continue  # a mention, or no line of this format
        if len(cells) not in (1, 4, 5):
            gold.problems.append(f"{place}: neither a mention nor a relation with two ends: {text[:80]!r}")
            continue
        with _noted(gold, place):
            document, *told = (cell.strip() for cell in cells[:4])
            gold.add(document, *([Related(told[0], told[1], told[2])] if told else ()))


def _from_json(first: bytes, stream: IO[bytes], name: str, gold: Gold) -> None:
    if _is_line(first):
        gold.holds_documents = False
        for place, text in _lines(first, stream, name, gold):
            with _noted(gold, place):
                line = _Line.model_validate_json(text)
                gold.add(line.document, *line.related())
        return
    with _noted(gold, name):
        value = json.loads((first + stream.read()).decode("utf-8"))
        documents = value if isinstance(value, list) else _collected(value)
        for number, document in enumerate(documents, 1):
            with _noted(gold, f"{name}, document {number}"):
                _from_bioc(_Document.model_validate(document), f"{name}, document {number}", gold)


def _collected(value: object) -> list[object]:
    """The documents of a collection; an object that is none is one itself."""
    found = (value.get("documents") or value.get("PubTator3")) if isinstance(value, dict) else None
    return found if isinstance(found, list) else [value]


def _from_xml(data: bytes, name: str, gold: Gold) -> None:
    from lxml import etree

    # No entity of the file's own is expanded and nothing is fetched; libxml2's limits on depth and size stay on.
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        gold.problems.append(f"{name}: not well-formed XML: {error.msg}")
        return
    for number, element in enumerate(root.iter("document"), 1):
        place = f"{name}, document {number}"
        relations = [
            _Relation(infons=_infons(each), nodes=[dict(node.attrib) for node in each.iter("node")]) for each in element.iter("relation")
        ]
        named = [{"id": each.get("id"), "infons": _infons(each)} for each in element.iter("annotation")]
        with _noted(gold, place):
            document = _Document.model_validate({"id": element.findtext("id"), "passages": [{"annotations": named}]})
            _from_bioc(document.model_copy(update={"relations": relations}), place, gold)


def _infons(element: Any) -> dict[str, str]:
    return {infon.get("key", ""): infon.text or "" for infon in element.iterfind("infon")}


def _from_bioc(document: "_Document", place: str, gold: Gold) -> None:
    named = {
        str(each.id): str(each.infons.get("identifier") or each.infons.get("MESH") or "")
        for part in document.passages
        for each in part.annotations
    }
    found = []
    for relation in [*document.relations, *(each for part in document.passages for each in part.relations)]:
        ends = _ends(relation, named)
        word = str(relation.infons.get("type") or relation.infons.get("relation") or "")
        if ends is None or not word:
            gold.problems.append(f"{place}: a relation without type or without two ends: {str(relation.infons)[:80]}")
        else:
            with _noted(gold, place):
                found.append(Related(word, *ends, _score(relation.infons.get("score"))))
    gold.add(document.id, *found)


def _ends(relation: "_Relation", named: Mapping[str, str]) -> tuple[str, str] | None:
    """BioRED's entity1 and entity2; BC5CDR's Chemical and Disease; PubTator3's roles; else the annotations that nodes refer to."""
    told = relation.infons
    roles = [str(role.get("identifier") or "") for role in (told.get("role1"), told.get("role2")) if isinstance(role, dict)]
    if len(roles) == 2 and all(roles):
        return roles[0], roles[1]
    for one, other in (("entity1", "entity2"), ("Chemical", "Disease")):
        if told.get(one) and told.get(other):
            return str(told[one]), str(told[other])
    ends = [named.get(str(node.get("refid")), "") for node in relation.nodes]
    return (ends[0], ends[1]) if len(ends) == 2 and all(ends) else None


def _score(told: object) -> float | None:
    """PubTator3 writes a number as text; raises ValueError for one that is no share."""
    if told in (None, ""):
        return None
    score = float(str(told))
    if not 0.0 <= score <= 1.0:
        raise ValueError(f"the score {told!r} is not from 0 to 1")
    return score


def _lines(first: bytes, stream: IO[bytes], name: str, gold: Gold) -> Iterator[tuple[str, str]]:
    """Each line that says something, with its place; one that is not UTF-8 or too long is a problem."""
    number = 0
    line = first
    while line:
        number += 1
        place = f"{name}, line {number}"
        try:
            if len(line) >= LONGEST_LINE:
                gold.problems.append(f"{place}: longer than {LONGEST_LINE} bytes")
            elif line.strip() and not line.startswith(b"##"):
                yield place, line.rstrip(b"\r\n").decode("utf-8")
        except UnicodeDecodeError as error:
            gold.problems.append(f"{place}: not UTF-8: {error.reason} at byte {error.start}")
        line = stream.readline(LONGEST_LINE)


def _is_line(first: bytes) -> bool:
    """Whether a first line of JSON is a gold line of our own: an object with a document, unlike BioC's, on one line."""
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "document" in value


@contextmanager
def _noted(gold: Gold, place: str) -> Iterator[None]:
    """What is wrong with one record becomes a problem with its place; the rest goes on."""
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        gold.problems.append(f"{place}: {'.'.join(map(str, first['loc'])) or 'the record'}: {first['msg']}")
    except (InvalidInput, ValueError, RecursionError) as error:
        gold.problems.append(f"{place}: {str(error)[:200]}")


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    document: str = Field(min_length=1)
    head: str | None = Field(default=None, min_length=1)
    relation: str | None = Field(default=None, min_length=1)
    tail: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _is_whole(self) -> "_Line":
        if len({part is None for part in (self.head, self.relation, self.tail)}) != 1:
            raise ValueError("has head, relation and tail, or none of them: a document in which nothing is related")
        return self

    def related(self) -> Sequence[Related]:
        whole = self.head is not None and self.relation is not None and self.tail is not None
        return [Related(self.relation or "", self.head or "", self.tail or "")] if whole else []


class _Annotation(_Part):
    id: str | None = None
    infons: dict[str, Any] = Field(default_factory=dict)


class _Relation(_Part):
    infons: dict[str, Any] = Field(default_factory=dict)
    nodes: list[dict[str, Any]] = Field(default_factory=list)


class _Passage(_Part):
    annotations: list[_Annotation] = Field(default_factory=list)
    relations: list[_Relation] = Field(default_factory=list)


class _Document(_Part):
    id: str
    passages: list[_Passage] = Field(default_factory=list)
    relations: list[_Relation] = Field(default_factory=list)
