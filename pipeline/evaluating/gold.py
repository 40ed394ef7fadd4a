"""Gold: what annotators relate, of the documents that came with it or of JSON lines about documents of other files."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.files.items import RECORD_LIMIT, Item, bounded_lines
from pipeline.files.opened_file import OpenedFile
from pipeline.identifiers import document_id
from schema.document import Document, RelationAnnotation
from schema.errors import InvalidInput
from schema.ids import DocumentId
from schema.records import SetAside


@dataclass(slots=True)
class Gold:
    """What a file says: relations by document, those without any included, and what of it could not be used, with its place.

    `documents` is None for JSON lines, which relate what documents of other files mention.
    """

    related: dict[DocumentId, list[RelationAnnotation]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    documents: dict[DocumentId, Document] | None = None

    @property
    def words(self) -> frozenset[str]:
        """Every word that is used for a relation."""
        return frozenset(one.word for found in self.related.values() for one in found)


def gold_of(items: Iterable[Item], name: str) -> Gold:
    """The gold of a file whose documents carry their relations."""
    gold = Gold(documents={})
    assert gold.documents is not None
    for item in items:
        if isinstance(item, Document):
            gold.documents[item.id] = item
            gold.related.setdefault(item.id, []).extend(one for one in item.relations if not one.flaw)
            gold.problems += [f"{name}, {one.flaw}" for one in item.relations if one.flaw]
        elif isinstance(item, SetAside):
            gold.problems.append(f"{item.file}, {item.position}: {item.reason}")
    return gold


def is_gold_lines(head: bytes) -> bool:
    """Whether a file that begins so has gold lines of our own: JSON objects with a document, unlike BioC's, on one line."""
    try:
        value = json.loads(head.lstrip().split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "document" in value


def read_gold_lines(file: OpenedFile, name: str) -> Gold:
    """Relations from JSON lines; what cannot be read becomes a problem, never an error."""
    gold = Gold()
    for number, raw, cut in bounded_lines(file):
        place = f"{name}, line {number}"
        if cut:
            gold.problems.append(f"{place}: longer than {RECORD_LIMIT} bytes")
        elif raw.strip():
            try:
                line = _Line.model_validate_json(raw.decode("utf-8"))
                gold.related.setdefault(document_id(line.document), []).extend(line.related())
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                gold.problems.append(f"{place}: {'.'.join(map(str, first['loc'])) or 'the record'}: {first['msg']}")
            except (InvalidInput, UnicodeDecodeError) as error:
                gold.problems.append(f"{place}: {str(error)[:200]}")
    return gold


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

    def related(self) -> tuple[RelationAnnotation, ...]:
        whole = self.head is not None and self.relation is not None and self.tail is not None
        return (RelationAnnotation(self.relation or "", self.head or "", self.tail or ""),) if whole else ()
