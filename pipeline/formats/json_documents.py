"""Documents as JSON: our own format, PubTator3's, and the dated folders of MedKGent, told apart object by object."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import IO, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from pipeline.files.items import Item, aside, usable
from pipeline.files.json_stream import Broken, objects
from pipeline.files.mention_places import Part, with_mentions
from pipeline.files.written_dates import date_of
from pipeline.formats.bioc import is_bioc, read_bioc_object
from pipeline.identifiers import curies, document_id, entity_type, is_missing
from schema.dates import DateOrigin, PartialDate
from schema.document import Document, Mention, MeshHeading, Passage
from schema.errors import InvalidInput, UnreadableRecord
from schema.records import Retraction

_PATH = re.compile(r"(?:^|[/\\])(\d{4})[/\\](\d{1,2})[/\\](\d{1,2})[/\\]([^/\\]+?)\.json(?:\.gz|\.zst)?$", re.IGNORECASE)


def is_medkgent(value: Mapping[str, Any]) -> bool:
    """Whether an object has this shape: an abstract and a list of entities with locations, and no id of its own."""
    return "abstract" in value and isinstance(value.get("entities"), list) and "id" not in value and "pmid" not in value


def read_medkgent_object(value: Mapping[str, Any], name: str) -> Document:
    """The document of one file; its text is the abstract behind an empty title, so offsets count from the abstract's begin plus one."""
    found = _PATH.search(name)
    if found is None:
        raise UnreadableRecord(f"the path of {name} is not YYYY/MM/DD/ID.json, and it is what dates and names the document")
    year, month, day, key = found.groups()
    try:
        published = PartialDate.day(date(int(year), int(month), int(day)))
    except ValueError as cause:
        raise UnreadableRecord(f"the path of {name} names no day: {cause}") from cause
    abstract = value["abstract"]
    if not isinstance(abstract, str):
        raise UnreadableRecord("the abstract is no text")
    document = Document(
        id=document_id(key),
        title="",
        passages=(Passage(abstract),),
        published=published,
        date_origin=DateOrigin.PATH,
        source="pubmed",
    )
    begin = len(document.text) - len(abstract)  # the title is empty
    return usable(with_mentions(document, [Part(begin, abstract, list(_mentions(value["entities"])))]))


def _mentions(entities: list[Any]) -> Iterator[Mention]:
    for entity in entities:
        if not isinstance(entity, dict) or not isinstance(entity.get("type"), str):
            raise UnreadableRecord(f"the entity {str(entity)[:80]} has no type")
        kind = entity_type(entity["type"])
        identifier = entity.get("identifier")
        keys = curies(identifier if identifier is None or isinstance(identifier, list) else str(identifier), kind)
        places = entity.get("locations") or []
        if not isinstance(places, list):
            raise UnreadableRecord(f"the locations {str(places)[:80]!r} are no list")
        for place in places:
            if not isinstance(place, dict) or not isinstance(place.get("offset"), int) or not isinstance(place.get("length"), int):
                raise UnreadableRecord(f"the location {str(place)[:80]} of {str(entity.get('text'))[:80]!r} has no offset and length")
            yield Mention(place["offset"], place["offset"] + place["length"], str(entity.get("text", "")), kind, keys)


def _dated(value: object) -> object:
    return date_of(value) if isinstance(value, str | int | float | None) else value


def _first_issue(value: object) -> object:
    """When a document was published; a preprint server says there by its DOI where it was published later, which is no date."""
    return None if isinstance(value, str) and _is_doi(value) else _dated(value)


def _is_doi(text: str) -> bool:
    try:
        return document_id(text).startswith("doi:")
    except InvalidInput:
        return False


def _counted(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("is true or false, no number")
    return value


Count = Annotated[int, BeforeValidator(_counted)]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value or ()


When = Annotated[PartialDate | None, BeforeValidator(_dated)]
Issued = Annotated[PartialDate | None, BeforeValidator(_first_issue)]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", arbitrary_types_allowed=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        return {key: each for key, each in value.items() if each is not None} if isinstance(value, dict) else value


class _Passage(_Lenient):
    text: str
    section: str | None = None


class _Mention(_Lenient):
    start: Count = Field(ge=0)
    end: Count = Field(ge=0)
    text: str
    type: str
    identifier: str | list[str] | None = None


class _Heading(_Lenient):
    identifier: str
    name: str = ""
    major: bool = False


class _Record(_Lenient):
    id: Annotated[str | int | None, BeforeValidator(_counted)] = None
    pmid: Annotated[str | int | None, BeforeValidator(_counted)] = None
    title: str | None = None
    abstract: str | None = None
    passages: list[_Passage] = Field(default_factory=list)
    published: Issued = None
    date: When = None
    year: When = None
    source: str | None = None
    server: str | None = None  # which preprint server answered
    journal: str | None = None
    doi: str | None = None
    publication_types: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    mesh: list[_Heading] = Field(default_factory=list)
    mentions: list[_Mention] = Field(default_factory=list)
    version: Count = 1
    revised: When = None
    retracted_on: When = None


def read_json(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Documents of JSON lines, an array, or a collection; a broken one is set aside with its line."""
    for line, value in objects(stream):
        position = f"line {line}"
        if isinstance(value, Broken):
            yield aside(name, position, f"the record {value}", value.text, unit="file" if value.final and not value.text else "document")
            continue
        try:
            yield from _items(value, name)
        except InvalidInput as error:
            yield aside(name, position, str(error), _shown(value))
        except ValidationError as error:
            yield aside(name, position, _in_words(error), _shown(value))


def _items(value: Mapping[str, Any], name: str) -> Iterator[Item]:
    if is_bioc(value):
        yield read_bioc_object(value)
    elif is_medkgent(value):
        yield read_medkgent_object(value, name)
    else:
        yield from _own(_Record.model_validate(value))


def _own(record: _Record) -> Iterator[Item]:
    told = [key for key in (record.id, record.pmid, record.doi) if key is not None]
    key = next((key for key in told if not is_missing(str(key))), next(iter(told), None))
    if key is None:
        raise UnreadableRecord("the record has no id")
    if record.title is None and record.abstract is None and not record.passages:
        raise UnreadableRecord(f"{key} has neither title nor abstract")
    passages = [Passage(p.text, p.section) for p in record.passages] or ([Passage(record.abstract)] if record.abstract else [])
    document = Document(
        id=document_id(str(key)),
        title=record.title or "",
        passages=tuple(passages),
        published=record.published or record.date or record.year,
        date_origin=DateOrigin.PUBLICATION,
        source=record.source or record.server or "jsonl",
        journal=record.journal,
        doi=record.doi,
        publication_types=tuple(sorted(set(record.publication_types))),
        mesh=tuple(MeshHeading(h.identifier, h.name, h.major) for h in record.mesh),
        version=record.version,
        revised=record.revised.first if record.revised else None,
    )
    mentions = [_mention(mention) for mention in record.mentions]
    yield usable(with_mentions(document, [Part(0, document.text, mentions)]))
    if record.retracted_on is not None:
        yield Retraction(document.id, record.retracted_on, source=document.source)


def _mention(mention: _Mention) -> Mention:
    kind = entity_type(mention.type)
    return Mention(mention.start, mention.end, mention.text, kind, curies(mention.identifier, kind))


def _shown(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _in_words(error: ValidationError) -> str:
    told = error.errors(include_url=False)
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {str(e['input'])[:80]!r}: {e['msg']}" for e in told[:5])
