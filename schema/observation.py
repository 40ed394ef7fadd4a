"""What a model read (Claim), what passed (Observation), and by which reader."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from schema.columns import IDENTITY
from schema.dates import DateOrigin, PartialDate
from schema.document import Revision
from schema.ids import DocumentId, EntityKey, ObservationId, stable_id


class Polarity(StrEnum):
    """Whether a document says that a triple is so, or that it is not."""

    ASSERTS = "asserts"
    DENIES = "denies"


@dataclass(frozen=True, slots=True)
class Entity:
    """Something that facts are about, under its key (a CURIE)."""

    key: EntityKey
    type: str
    name: str
    aliases: tuple[str, ...] = ()  # other names that documents use, the most used first; known of entities of the graph only


@dataclass(frozen=True, slots=True)
class Reader:
    """Who read: method (labels, votes), model, prompt version, schema version."""

    method: str
    model: str
    prompt: str
    schema: str

    @property
    def name(self) -> str:
        """One line that identifies the reader, also its place among unlisted readers."""
        return f"{self.method}/{self.model}/{self.prompt}/{self.schema}"

    @classmethod
    def parse(cls, name: str) -> "Reader":
        """Read `name` back; a model's name may contain slashes, the other parts may not."""
        method, rest = name.split("/", 1)
        model, prompt, schema = rest.rsplit("/", 2)
        return cls(method, model, prompt, schema)

    @property
    def older_name(self) -> str | None:
        """The name that this reader had before its schema's name told what the schema says; None where it does not tell."""
        told = _TELLING.fullmatch(self.schema)
        return replace(self, schema=told[1]).name if told else None

    def is_known_as(self, other: "Reader") -> bool:
        """Whether the other is this reader, perhaps under the older name of either."""
        return other.name in (self.name, self.older_name) or other.older_name == self.name

    def agrees(self, other: "Reader", part: str) -> bool:
        """Whether both have the same `part`: model, prompt or schema."""
        mine = replace(other, **{part: getattr(self, part)})
        return mine.is_known_as(other)


_TELLING = re.compile(r"(.+)-[0-9a-f]{8}")
"""A schema's name that ends in the hash of what the schema says."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a reader took from a document, in the document's own words. Untrusted until it is grounded."""

    head: str
    relation: str
    tail: str
    confidence: float  # 0 to 1, calibrated where a map is known
    polarity: Polarity = Polarity.ASSERTS
    quote: str = ""
    stated_start: str | None = None
    stated_end: str | None = None
    raw_score: float | None = None  # before calibration

    @property
    def score(self) -> float:
        """What the reader said itself, before calibration."""
        return self.confidence if self.raw_score is None else self.raw_score


@dataclass(frozen=True, slots=True)
class Observation:
    """A claim that passed: the ontology allows it, its ends are entities, its dates are resolved. Never edited."""

    document: DocumentId
    published: PartialDate
    source: str
    head: Entity
    relation: str
    tail: Entity
    confidence: float
    polarity: Polarity = Polarity.ASSERTS
    quote: str = ""
    publication_types: tuple[str, ...] = ()
    journal: str | None = None
    stated_start: PartialDate | None = None
    stated_end: PartialDate | None = None
    stated_origin: DateOrigin = DateOrigin.UNKNOWN
    revision: Revision | None = None  # None: made elsewhere, belongs to no revision of ours
    reader: Reader | None = None  # None: made elsewhere
    raw_score: float | None = field(default=None, compare=False)

    @property
    def id(self) -> ObservationId:
        """The hash of what was said, by whom, about which revision (schema.columns.IDENTITY)."""
        return ObservationId(str(self.cells()["id"]))

    def cells(self) -> dict[str, object]:
        """Its row (schema.columns.OBSERVATION); `at`, when it was recorded, it does not know."""
        said: dict[str, object] = {
            "document": self.document,
            "head": self.head.key,
            "head_type": self.head.type,
            "head_name": self.head.name,
            "relation": self.relation,
            "tail": self.tail.key,
            "tail_type": self.tail.type,
            "tail_name": self.tail.name,
            "confidence": self.confidence,
            "raw_score": self.raw_score,
            "polarity": self.polarity.value,
            "quote": self.quote,
            "published": str(self.published),
            "source": self.source,
            "publication_types": list(self.publication_types),
            "journal": self.journal,
            "stated_start": str(self.stated_start) if self.stated_start else None,
            "stated_end": str(self.stated_end) if self.stated_end else None,
            "stated_origin": self.stated_origin.value,
            "revision": str(self.revision) if self.revision else None,
            "reader": self.reader.name if self.reader else None,
        }
        return {"id": stable_id(*(said[name] for name in IDENTITY)), **said}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Observation":
        """The observation that a row holds."""
        return cls(
            document=DocumentId(row["document"]),
            published=_date(row["published"]),
            source=row["source"],
            head=Entity(EntityKey(row["head"]), row["head_type"], row["head_name"]),
            relation=row["relation"],
            tail=Entity(EntityKey(row["tail"]), row["tail_type"], row["tail_name"]),
            confidence=row["confidence"],
            polarity=Polarity(row["polarity"]),
            quote=row["quote"],
            publication_types=tuple(row["publication_types"] or ()),
            journal=row["journal"],
            stated_start=_date(row["stated_start"]) if row["stated_start"] else None,
            stated_end=_date(row["stated_end"]) if row["stated_end"] else None,
            stated_origin=DateOrigin(row["stated_origin"]),
            revision=_revision(row["revision"]) if row["revision"] else None,
            reader=_reader(row["reader"]) if row["reader"] else None,
            raw_score=row["raw_score"],
        )


# Many rows share their dates, revisions and readers.
_date = lru_cache(maxsize=1 << 14)(PartialDate.parse)
_revision = lru_cache(maxsize=1 << 14)(Revision.parse)
_reader = lru_cache(maxsize=1 << 8)(Reader.parse)
