"""Dated folders `YYYY/MM/DD/ID.json`: the date is the path, the mentions come with the abstract."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pipeline.files.items import usable, verbatim_mentions
from pipeline.identifiers import curies, document_id, entity_type
from schema.dates import DateOrigin, PartialDate
from schema.document import Document, Mention, Passage
from schema.errors import UnreadableRecord

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
    text = f" {abstract}"  # what Document.text makes of an empty title and the abstract
    return usable(
        Document(
            id=document_id(key),
            title="",
            passages=(Passage(abstract),),
            published=published,
            date_origin=DateOrigin.PATH,
            source="pubmed",
            mentions=verbatim_mentions(_mentions(value["entities"]), text),
        )
    )


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
            start = place["offset"] + 1
            yield Mention(start, start + place["length"], str(entity.get("text", "")), kind, keys)
