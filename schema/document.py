"""Documents as they were published: text, date, provenance, revision, mentions."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from schema.dates import DateOrigin, PartialDate
from schema.ids import DocumentId, stable_id


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document's text; `section` is the label it came with (BACKGROUND, METHODS, …)."""

    text: str
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A span of the document's text that names something: characters `start` up to `end`, not included.

    `identifiers` are CURIEs, one for each thing that a composite mention names; empty where none is known.
    """

    start: int
    end: int
    text: str
    type: str
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeshHeading:
    """A subject heading of the record, with its descriptor's identifier."""

    identifier: str
    name: str
    major: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Revision:
    """Which state of a document this is; the greatest one is live, whatever arrived first."""

    version: int
    revised: str  # ISO day, empty where the record gives none, so that it sorts first
    content: str  # hash of all that the document says

    def __str__(self) -> str:
        return f"{self.version}|{self.revised}|{self.content}"

    @classmethod
    def parse(cls, text: str) -> "Revision":
        """Read the text form back."""
        version, revised, content = text.split("|")
        return cls(int(version), revised, content)


@dataclass(frozen=True)
class Document:
    """A dated text and where it comes from. `published` is None where no date is known: such a document is set aside."""

    id: DocumentId
    title: str
    passages: tuple[Passage, ...] = ()
    published: PartialDate | None = None
    date_origin: DateOrigin = DateOrigin.PUBLICATION
    source: str = ""
    journal: str | None = None
    doi: str | None = None
    publication_types: tuple[str, ...] = ()
    mesh: tuple[MeshHeading, ...] = ()
    mentions: tuple[Mention, ...] = ()
    version: int = 1
    revised: date | None = None

    @cached_property
    def text(self) -> str:
        """Title and passages joined by single spaces; mentions count characters in it."""
        return " ".join([self.title, *(passage.text for passage in self.passages)])

    @cached_property
    def revision(self) -> Revision:
        """Version, date revised and content hash of this state of the document."""
        # The date origin is left out: it says how we know, not what the document says.
        content = stable_id(
            self.id,
            self.title,
            [[p.text, p.section] for p in self.passages],
            str(self.published),
            self.source,
            self.journal,
            self.doi,
            self.publication_types,
            [[m.identifier, m.name, m.major] for m in self.mesh],
            [[m.start, m.end, m.type, m.identifiers] for m in self.mentions],
        )
        return Revision(self.version, self.revised.isoformat() if self.revised else "", content)


@dataclass(frozen=True, slots=True)
class Edition:
    """A revision of a document without its text: what the fold needs to date and to weigh it."""

    id: DocumentId
    revision: Revision
    title: str
    published: PartialDate | None
    source: str
    journal: str | None
    publication_types: tuple[str, ...]
