"""Documents as they were published: text, date, provenance, revision, mentions; files they come in; and where sentences of a text begin.

That is one rule for readers and for what checks them, made for English prose and above all for that of biomedicine.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from schema.dates import DateOrigin, PartialDate
from schema.ids import DocumentId, stable_id

Span = tuple[int, int]
"""Characters from, up to but not including."""

_BOUNDARY = re.compile(r"[.!?]['\")\]]*\s+(?=[\"'(\[]?[A-Z0-9])")
_BEFORE = r"(?:^|[\s(\[])"
# What follows belongs to these: their dot ends no sentence.
_NEVER_LAST = re.compile(
    _BEFORE + r"(?:Dr|Drs|Mr|Mrs|Ms|Prof|St|Sen|Gov|Gen|Rep|Lt|Col|vs|viz|cf|ca|approx|e\.g|i\.e"
    r"|Figs?|Tabs?|Eqs?|Eqn|Refs?|Sect|Suppl|Vol|Nos|pp?|subsp|ssp|var)$"
)
# The dot of these ends a sentence only before a word that often begins one: initials and genera (`E. coli`, but also
# `vitamin C. The`), months, ways and times to give a drug, companies.
_SELDOM_LAST = re.compile(
    _BEFORE + r"(?:[A-Z]|U\.S|U\.K|al|No|spp?|Inc|Ltd|Corp|Co|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
    r"|i\.[vpmdn]|s\.c|p\.o|i\.c\.v|i\.t|b\.i\.d|t\.i\.d|q\.i\.d|q\.d|a\.m|p\.m)$"
)
_FIRST_WORD = re.compile(
    r"[\"'(\[]?(?:The|This|These|Those|There|We|Our|In|It|Its|They|Their|He|She|His|Her|However|Moreover|Furthermore|Thus|Therefore"
    r"|Although|Here|After|Before|During|When|While|As|At|By|On|To|For|From|An)\b"
)
_LONGEST = 8
"""Characters before a dot that an abbreviation and what stands before it can have."""


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
class RelationAnnotation:
    """Annotators, or a program, relate two things of a document; word and ends as they are written.

    `score` is how sure a program is, from 0 to 1, where it says so. `flaw` says why the annotation cannot be used, with its place.
    """

    word: str = ""
    head: str = ""
    tail: str = ""
    score: float | None = None
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class MeshHeading:
    """A subject heading of the record, with its descriptor's identifier; empty where the source has the name only."""

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
    # What its file relates is no part of what the document says: never stored, in no revision. Only gold is made of it.
    relations: Annotated[tuple[RelationAnnotation, ...], Field(exclude=True)] = field(default=(), compare=False)
    # Nor is what its file brought and nothing uses, counted by kind ("mention: not at its place"): the batch's report tells it.
    unused: Annotated[Mapping[str, int], Field(exclude=True)] = field(default_factory=dict, compare=False)

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


def sentence_starts(text: str, begin: int = 0, end: int | None = None) -> Iterator[int]:
    """Where each sentence but the first of a part of a text begins; an abbreviation's dot ends none."""
    for found in _BOUNDARY.finditer(text, begin, len(text) if end is None else end):
        if text[found.start()] != "." or not _is_abbreviation(text, found.start(), found.end()):
            yield found.end()


@lru_cache(maxsize=1 << 12)
def sentence_spans(text: str) -> tuple[Span, ...]:
    """The sentences of a text in order, each with the space behind it."""
    cuts = [0, *sentence_starts(text), len(text)]
    return tuple((start, end) for start, end in pairwise(cuts) if text[start:end].strip())


def _is_abbreviation(text: str, dot: int, after: int) -> bool:
    near = max(0, dot - _LONGEST)
    if _NEVER_LAST.search(text, near, dot):
        return True
    return _SELDOM_LAST.search(text, near, dot) is not None and _FIRST_WORD.match(text, after) is None


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source of documents was read: its documents are in the log. Of one file the newest that is recorded counts."""

    source: str  # as the settings name it
    name: str  # of the file in the source
    checksum: str = ""  # of what was read: "md5:…" or "sha256:…"; empty where an answer to a query was read
    stamp: str = ""  # by which the source shows that the file has not changed: its size and time, or its ETag
    size: int = 0  # bytes
    modified: datetime | None = None  # when it was written, as the source tells
    watermark: date | None = None  # up to this day, which is included, all of the source was read by then
    asked: str = ""  # the query that was asked: a watermark of another one says nothing of this one
    last_record: str = ""  # the last document in the file, where the source tells
    set_aside: str = ""  # why a reader gave up on the file; empty where it did not
    origin: str = ""  # the moment: a file that changes back is read again

    @property
    def id(self) -> str:
        """One for each time that a file was read."""
        return stable_id("source_file", self.source, self.name, self.checksum, self.stamp, self.origin)
