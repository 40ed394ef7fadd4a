"""BioC, as XML and as JSON, PubTator3's exports included: passages with annotations, offsets re-based on the document's text; relations."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Any

from lxml import etree

from pipeline.files.items import Item, usable
from pipeline.files.mention_places import ANYTHING, UNREAD_IDENTIFIER, UNTYPED, Part, with_mentions
from pipeline.files.pubmed_dates import from_text
from pipeline.files.written_dates import date_of
from pipeline.files.xml_records import opening, read_records
from pipeline.identifiers import curies, document_id, entity_type
from schema.dates import PartialDate
from schema.document import Document, Mention, Passage, RelationAnnotation
from schema.errors import InvalidDate, UnreadableRecord

# More blanks between sentences than this are a wrong offset.
_LONGEST_GAP = 1_000
_OPEN = opening("document")
_SAYS_IDENTIFIER = re.compile(
    r"identifier|(?:^|[\s_-])(?:concept|database|db|gene|mesh|entrez|cui|curie|norm\w*|taxonomy|tax|chebi|omim)[\s_-]?ids?$|^(?:cui|curie)s?$",
    re.IGNORECASE,
)
_OF_SOMETHING_ELSE = re.compile(r"annotat|author|user|document|passage|parent", re.IGNORECASE)
_CURIE = re.compile(r"[A-Za-z][A-Za-z_.-]*:[A-Za-z]*[0-9]+")


@dataclass(slots=True)
class _Part:
    """A passage of a BioC document, whichever way it was written."""

    offset: int
    text: str
    infons: Mapping[str, Any]
    annotations: list["_Annotation"] = field(default_factory=list)


@dataclass(slots=True)
class _Annotation:
    id: str
    text: str
    infons: Mapping[str, Any]
    places: list[tuple[int, int]]  # offset in the whole document as BioC counts it, length


def is_bioc(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a BioC document: it has passages with offsets, infons or annotations."""
    passages = value.get("passages")
    return isinstance(passages, list) and any(isinstance(p, dict) and {"offset", "infons", "annotations"} & p.keys() for p in passages)


def read_bioc_object(value: Mapping[str, Any]) -> Document:
    """The document that a JSON object holds; raises UnreadableRecord for one without an id or with a malformed passage."""
    told = str(value.get("_id") or "").split("|")[0]
    # PubTator3 gives full texts the number of their PMC record as `id`, and the PMID as `pmid` or in `_id`.
    pmid = value.get("pmid") or (told if told.isdigit() else None)
    key = value.get("id") or told
    parts = [_json_part(part) for part in value["passages"]]
    told_of = [holder.get("relations") or [] for holder in (value, *value["passages"])]
    related = [each for found in told_of for each in (found if isinstance(found, list) else [found])]
    document = _document(str(pmid or key), _infons(value), parts, value.get("date"), value.get("journal"))
    return replace(document, relations=tuple(_relation(each, _identifiers(parts), document.id) for each in related))


def read_bioc_xml(stream: IO[bytes], name: str, root: str = "collection", encoding: str = "utf-8") -> Iterator[Item]:
    """Documents of a BioC XML collection, one at a time; a broken one is set aside."""
    return read_records(stream, _OPEN, root, encoding, name, lambda record: iter((_from_xml(record),)))


def _from_xml(element: etree._Element) -> Document:
    key = (element.findtext("id") or "").strip()
    parts = []
    for passage in element.iterfind("passage"):
        annotations = [
            _Annotation(
                found.get("id", ""),
                found.findtext("text") or "",
                _xml_infons(found),
                [(_whole(place.get("offset")), _whole(place.get("length"))) for place in found.iterfind("location")],
            )
            for found in passage.iter("annotation")
        ]
        parts.append(_Part(_whole(passage.findtext("offset")), _xml_text(passage), _xml_infons(passage), annotations))
    document = _document(key, _xml_infons(element), parts, None, None)
    related = [{"infons": _xml_infons(each), "nodes": [dict(n.attrib) for n in each.iter("node")]} for each in element.iter("relation")]
    return replace(document, relations=tuple(_relation(each, _identifiers(parts), document.id) for each in related))


def _xml_text(passage: etree._Element) -> str:
    text = passage.findtext("text")
    if text is not None:
        return text
    offset = _whole(passage.findtext("offset"))
    return _joined((_whole(found.findtext("offset")) - offset, found.findtext("text") or "") for found in passage.iterfind("sentence"))


def _joined(sentences: Iterable[tuple[int, str]]) -> str:
    """Sentences at their offsets in a passage, blanks between them."""
    text = ""
    for at, sentence in sentences:
        gap = at - len(text)
        text += (" " * gap if 0 <= gap <= _LONGEST_GAP else " ") + sentence
    return text


def _xml_infons(element: etree._Element) -> dict[str, str]:
    return {infon.get("key", ""): infon.text or "" for infon in element.iterfind("infon")}


def _json_part(part: Any) -> _Part:
    if not isinstance(part, dict):
        raise UnreadableRecord(f"the passage {str(part)[:80]} is no object")
    annotations = []
    offset = _whole(part.get("offset", 0))
    sentences = [s for s in _listed(part, "sentences") if isinstance(s, dict)]
    for found in [each for holder in (part, *sentences) for each in _listed(holder, "annotations")]:
        if not isinstance(found, dict):
            raise UnreadableRecord(f"the annotation {str(found)[:80]} is no object")
        places = [
            (_whole(place.get("offset")), _whole(place.get("length"))) for place in _listed(found, "locations") if isinstance(place, dict)
        ]
        annotations.append(_Annotation(str(found.get("id", "")), str(found.get("text") or ""), _infons(found), places))
    text = part.get("text")
    if text is None:
        text = _joined((_whole(s.get("offset", 0)) - offset, str(s.get("text") or "")) for s in sentences)
    return _Part(offset, str(text), _infons(part), annotations)


def _document(key: str, infons: Mapping[str, Any], parts: Sequence[_Part], when: object, journal: object) -> Document:
    is_title = bool(parts) and _kind(parts[0]) in {"title", "front", ""}
    title = parts[0].text if is_title else ""
    passages = [part for part in (parts[1:] if is_title else parts) if part.text]
    placed: list[Part] = []
    at = 0
    for part in [parts[0], *passages] if is_title else passages:
        if part is not parts[0] or not is_title:
            at += 1  # the space that joins passages
        placed.append(Part(at, part.text, list(_mentions(part))))
        at += len(part.text)
    told = {**{k: v for part in parts[:1] for k, v in part.infons.items()}, **infons}
    document = Document(
        id=document_id(_named(key, told)),
        title=title,
        passages=tuple(Passage(part.text, _section(part)) for part in passages),
        published=_published(when, told),
        source="pubtator" if "pubtator" in str(told.get("source", "")).lower() else "bioc",
        journal=str(journal or told.get("journal") or "").split(".")[0].split(";")[0].strip() or None,
        doi=_doi(told),
    )
    placed += [Part(0, "", list(_mentions(part))) for part in (parts[1:] if is_title else parts) if not part.text]
    annotations = [each for part in parts for each in part.annotations]
    unread = sum(_identifier(each.infons) is None and _has_more(each.infons) for each in annotations)
    return usable(with_mentions(document, placed, {UNREAD_IDENTIFIER: unread, UNTYPED: sum(not _type(each) for each in annotations)}))


def _named(key: str, told: Mapping[str, Any]) -> str:
    """The PMID where the text names it; a number that is the PMC record's is written as such."""
    if pmid := str(told.get("article-id_pmid") or ""):
        return pmid
    pmc = str(told.get("article-id_pmc") or "").upper().removeprefix("PMC")
    return f"PMC{pmc}" if pmc and key.strip() == pmc else key


def _mentions(part: _Part) -> Iterator[Mention]:
    """The mentions of a passage, as BioC counts, from its begin."""
    for annotation in part.annotations:
        if not (kind := _type(annotation)):
            continue
        keys = curies(_with_dbsnp(_identifier(annotation.infons), annotation.infons, kind), kind)
        for offset, length in annotation.places:
            start = offset - part.offset
            yield Mention(start, start + length, annotation.text if len(annotation.places) == 1 else ANYTHING, kind, keys)


def _type(annotation: _Annotation) -> str:
    return entity_type(str(annotation.infons.get("type") or annotation.infons.get("biotype") or ""))


def _identifier(infons: Mapping[str, Any]) -> str | list[str] | None:
    """What an annotation identifies: by the names that our sources use, else by any that says identifier."""
    others = sorted(key for key in infons if _SAYS_IDENTIFIER.search(key) and not _OF_SOMETHING_ELSE.search(key))
    for key in ("identifier", "identifiers", "NCBI Gene", "MESH", "normalized_id", *others):
        value = infons.get(key)
        if isinstance(value, list) and value:
            return [str(each) for each in value]
        if value not in (None, "", []) and not isinstance(value, dict):
            return str(value)
    return None


def _with_dbsnp(identifier: str | list[str] | None, infons: Mapping[str, Any], kind: str) -> str | list[str] | None:
    """A variant's dbSNP number, where the annotation has it beside the change."""
    told = infons.get("rsid") or infons.get("rsids") or infons.get("RSID")
    number = told[0] if isinstance(told, list) and told else told
    return f"{identifier or ''};RSID:{number}" if kind == "Variant" and number and not isinstance(identifier, list) else identifier


def _has_more(infons: Mapping[str, Any]) -> bool:
    """Whether an annotation says something that looks like an identifier, under a name that nobody here knows."""
    return any(isinstance(value, str) and _CURIE.fullmatch(value) for value in infons.values())


def _identifiers(parts: Sequence[_Part]) -> dict[str, str]:
    """What annotations name, by their own ids."""
    found = {each.id: _identifier(each.infons) or "" for part in parts for each in part.annotations}
    return {key: told if isinstance(told, str) else ";".join(told) for key, told in found.items()}


def _relation(told: object, named: Mapping[str, str], document: str) -> RelationAnnotation:
    """BioRED's entity1 and entity2; BC5CDR's Chemical and Disease; PubTator3's roles; else the annotations that nodes refer to."""
    infons = _infons(told) if isinstance(told, dict) else {}
    word, score = str(infons.get("type") or infons.get("relation") or ""), infons.get("score")
    roles = [str(role.get("identifier") or "") for role in (infons.get("role1"), infons.get("role2")) if isinstance(role, dict)]
    nodes = told.get("nodes") if isinstance(told, dict) else None
    found = [named.get(str(node.get("refid")), "") for node in (nodes if isinstance(nodes, list) else ()) if isinstance(node, dict)]
    stated = [[str(infons.get(end) or "") for end in pair] for pair in (("entity1", "entity2"), ("Chemical", "Disease"))]
    ends = next((pair for pair in (roles, *stated, found) if len(pair) == 2 and all(pair)), None)
    if ends is None or not word:
        return RelationAnnotation(flaw=f"{document}: a relation without type or without two ends: {str(infons or told)[:80]}")
    try:
        sure = None if score in (None, "") else float(str(score))  # PubTator3 writes the number as text
    except ValueError:
        sure = -1.0
    if sure is not None and not 0.0 <= sure <= 1.0:
        return RelationAnnotation(flaw=f"{document}: the score {score!r} of a relation is not from 0 to 1")
    return RelationAnnotation(word, ends[0], ends[1], sure)


def _published(when: object, infons: Mapping[str, Any]) -> PartialDate | None:
    """The date that PubTator3 gives, else the one in the journal's line, else the year."""
    line = _in_line(str(infons.get("journal") or ""))
    for value in (when, infons.get("date")):
        if isinstance(value, str) and value:
            try:
                found = date_of(value)
            except InvalidDate:
                continue
            if found is None:
                continue
            # PubTator3 writes a month or a year as its first day; the journal's line tells.
            return line if line is not None and line.first == found.first else found
    if line is not None:
        return line
    year = str(infons.get("year") or "")
    return from_text(year)


def _in_line(journal: str) -> PartialDate | None:
    """The date in `Nat Cell Biol. 2021 Mar;23(3):268-277`."""
    found = re.search(r"(?:[.;]\s*)((?:1[89]|20)\d\d)\s*([A-Z][a-z]{2})?\s*(\d{1,2})?(?=[;:. ])", journal)
    return from_text(" ".join(group for group in found.groups() if group)) if found else None


def _doi(infons: Mapping[str, Any]) -> str | None:
    for value in (infons.get("doi"), infons.get("article-id_doi"), infons.get("journal")):
        found = re.search(r"10\.\d{4,9}/[^\s;]+", str(value or ""))
        if found:
            return found[0].rstrip(".")
    return None


def _kind(part: _Part) -> str:
    return str(part.infons.get("type") or part.infons.get("section_type") or "").lower()


def _section(part: _Part) -> str | None:
    return str(part.infons.get("section_type") or part.infons.get("type") or "") or None


def _infons(value: Mapping[str, Any]) -> Mapping[str, Any]:
    found = value.get("infons")
    return found if isinstance(found, dict) else {}


def _listed(value: Mapping[str, Any], key: str) -> list[Any]:
    found = value.get(key) or []
    if not isinstance(found, list):
        raise UnreadableRecord(f"the {key} {str(found)[:80]!r} are no list")
    return found


def _whole(value: object) -> int:
    plain = str(value).strip()
    if not re.fullmatch(r"-?[0-9]{1,9}", plain):
        raise UnreadableRecord(f"the offset or length {plain[:80]!r} is no whole number")
    return int(plain)
