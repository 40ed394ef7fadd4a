"""What the evidence log holds: every kind of record, and the envelope that says when it was recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from schema.accounts.settling import Reopening, Settled
from schema.dates import PartialDate
from schema.document import Document, Revision, SourceFile
from schema.ids import DocumentId, EntityKey, stable_id
from schema.observation import Observation, Reader
from schema.usage import NOTHING_PAID, Usage

LOG_FORMAT = 2
"""Version of the log's layout: a log of a higher one is refused, a lower one is read as it is.

2: retractions, deletions and restorations tell which source delivered them. An older log's count as a person's word.
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """A reader has read a revision of a document; finding nothing is a reading too."""

    document: DocumentId
    revision: Revision
    reader: Reader
    usage: Usage = NOTHING_PAID  # what it cost; says nothing of what was read

    @property
    def id(self) -> str:
        """One reading for each document, revision and reader."""
        return stable_id("reading", self.document, str(self.revision), self.reader.name)


@dataclass(frozen=True, slots=True)
class Retraction:
    """A document was retracted; `notice` is the document that says so, where one does."""

    document: DocumentId
    on: PartialDate | None = None
    notice: DocumentId | None = None
    source: str | None = None  # which delivered it; None: a person's word
    origin: str = ""  # the moment a person said so again who had taken it back

    @property
    def id(self) -> str:
        """What was said, and by whom; saying it again changes nothing."""
        again = ("again", self.origin) if self.origin else ()
        return stable_id("retraction", self.document, str(self.on), self.notice, *_told_by(self.source), *again)


@dataclass(frozen=True, slots=True)
class RetractionWithdrawal:
    """All retractions of a document that were recorded before are taken back."""

    document: DocumentId
    origin: str
    source: str | None = None  # as of a retraction

    @property
    def id(self) -> str:
        """Like a deletion's."""
        return stable_id("retraction_withdrawal", self.document, self.origin, *_told_by(self.source))


@dataclass(frozen=True, slots=True)
class Deletion:
    """A document is to leave no trace. `origin` names the file that says so, or the moment a person did."""

    document: DocumentId
    origin: str
    source: str | None = None  # as of a retraction

    @property
    def id(self) -> str:
        """A file read again deletes nothing anew; a person who deletes again does."""
        return stable_id("deletion", self.document, self.origin, *_told_by(self.source))


@dataclass(frozen=True, slots=True)
class Restoration:
    """A deletion is taken back."""

    document: DocumentId
    origin: str
    source: str | None = None  # as of a retraction

    @property
    def id(self) -> str:
        """Like a deletion's."""
        return stable_id("restoration", self.document, self.origin, *_told_by(self.source))


class Verdict(StrEnum):
    """What a ruling says about two relations that no rule compares."""

    BOTH = "both"
    NEWER = "newer"
    OLDER = "older"


@dataclass(frozen=True, slots=True)
class Ruling:
    """How two relations between the same two entities stand to each other, by whom and why."""

    ends: tuple[EntityKey, EntityKey]  # in key order
    relations: tuple[str, str]  # in name order
    verdict: Verdict
    by: str
    reason: str = ""
    by_model: bool = False  # a person's ruling stands before any model's
    evidence: str = ""  # the hash of what a model ruled on; empty where a person ruled
    origin: str = ""  # the moment it was made

    @property
    def id(self) -> str:
        """What was ruled, by whom, when: ruling the same again is the last word again. An old log's lack the latter three."""
        made = (self.by_model, self.evidence, self.origin)
        return stable_id("ruling", self.ends, self.relations, self.verdict, self.by, self.reason, *(made if any(made) else ()))


@dataclass(frozen=True, slots=True)
class RulingWithdrawal:
    """A ruling is taken back for good: what stood before it stands again."""

    ruling: str  # its identity
    ends: tuple[EntityKey, EntityKey]  # the ruling's
    relations: tuple[str, str]
    by: str
    reason: str = ""

    @property
    def id(self) -> str:
        """One for each ruling, which can be taken back only once; to rule the same again is another ruling."""
        return stable_id("ruling_withdrawal", self.ruling)


class Sameness(StrEnum):
    """Whether two names are one thing."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a name of a type is an entity; the last recorded counts, persons before programs, and any can be withdrawn."""

    name: str
    type: str
    key: EntityKey
    sameness: Sameness
    by: str
    score: float
    reason: str = ""
    label: str = ""  # what the vocabulary calls the entity
    by_person: bool = False  # a person's judgement stands before any program's
    origin: str = ""  # the moment it was made, where a person did, or where names in the log were linked again

    @property
    def id(self) -> str:
        """What was judged, by whom, when: judging the same again is the last word again. Score and reason say why, not what."""
        made = (self.label, self.by_person, self.origin)
        return stable_id("judgement", self.name, self.type, self.key, self.sameness, self.by, *(made if any(made) else ()))


@dataclass(frozen=True, slots=True)
class JudgementWithdrawal:
    """A judgement is taken back for good: what stood before it stands again."""

    judgement: str  # its identity
    name: str  # the judgement's
    type: str
    by: str
    reason: str = ""

    @property
    def id(self) -> str:
        """One for each judgement, which can be taken back only once; to judge the same again is another judgement."""
        return stable_id("judgement_withdrawal", self.judgement)


@dataclass(frozen=True, slots=True)
class Preference:
    """From now on this reader's readings come first."""

    reader: str

    @property
    def id(self) -> str:
        """One for each reader; the last recorded counts."""
        return stable_id("preference", self.reader)


@dataclass(frozen=True, slots=True)
class SetAside:
    """Something that could not be used, with all that is needed to try it again."""

    unit: str  # "document", "line", "claim", "event", "file" or "conflict"
    stage: str  # "reading", "dating", "model", "grounding" or "ruling"
    error: str  # the class of the error
    reason: str
    file: str
    position: str
    document: DocumentId | None = None
    payload: str = ""  # what it said, as text; may be cut, then `complete` is False
    complete: bool = True
    model: str = ""  # how the model was named and asked, for trying again: "labels embedded"
    reply: str = ""  # the raw answer that was of no use, for a person to look at; may be cut

    @property
    def id(self) -> str:
        """What was set aside; reason, model and reply are left out, so that failing twice is one thing set aside."""
        return stable_id("set_aside", self.unit, self.stage, self.file, self.position, self.document, self.payload)


@dataclass(frozen=True, slots=True)
class Expense:
    """What was paid for a reading that failed."""

    document: DocumentId
    revision: Revision
    reader: Reader
    usage: Usage
    origin: str  # the moment: failing again costs again

    @property
    def id(self) -> str:
        """One for each attempt."""
        return stable_id("expense", self.document, str(self.revision), self.reader.name, self.origin)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the units of one kind in one batch or run: the three parts add up to `submitted`."""

    unit: str = "document"
    committed: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)  # by reason
    set_aside: Mapping[str, int] = field(default_factory=dict)  # by reason

    @property
    def submitted(self) -> int:
        """Everything that was handed in."""
        return self.committed + sum(self.skipped.values()) + sum(self.set_aside.values())

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.unit, self.committed + other.committed, _sum(self.skipped, other.skipped), _sum(self.set_aside, other.set_aside))


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What became of the units of one batch: a tally for each kind of unit. It lies in the batch that it reports."""

    batch: str
    command: str
    tallies: tuple[Tally, ...]

    @property
    def id(self) -> str:
        """One for each batch."""
        return stable_id("report", self.batch)


_Said = Document | Observation | Reading | Retraction | RetractionWithdrawal | Deletion | Restoration
Record = (
    _Said
    | Ruling
    | RulingWithdrawal
    | Judgement
    | JudgementWithdrawal
    | Preference
    | SetAside
    | Settled
    | Reopening
    | Expense
    | BatchReport
    | SourceFile
)
R = TypeVar("R", covariant=True)


@dataclass(frozen=True, slots=True)
class Recorded(Generic[R]):
    """A record and the moment (UTC) when we came to know it."""

    record: R
    at: datetime


def _told_by(source: str | None) -> tuple[str, ...]:
    return () if source is None else (source,)  # so that what an older log holds keeps its identity


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in sorted({*one, *other})}
