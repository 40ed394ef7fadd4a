"""A conflict that no declared rule decides, as whoever rules on it sees it, and what they say."""

from dataclasses import dataclass, field
from datetime import date

from schema.fact import Fact
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity, Polarity
from schema.records import Verdict
from schema.usage import Usage

Matter = tuple[tuple[EntityKey, EntityKey], tuple[str, str]]
"""What a ruling is about: two ends in key order, two relations in name order."""


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence of a live document for or against a fact, with the first day that the document's date can mean."""

    document: DocumentId
    published: date
    polarity: Polarity
    confidence: float
    quote: str


@dataclass(frozen=True, slots=True)
class Position:
    """One side of a conflict: a fact, and a few of the sentences it rests on, those for it first."""

    fact: Fact
    citations: tuple[CitedSentence, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Facts of two relations between the same two things that no rule sets against each other or side by side.

    `evidence` is the hash of all that the two sides rest on: another one means that new evidence came in, or old went.
    """

    ends: tuple[Entity, Entity]  # in key order
    relations: tuple[str, str]  # in name order
    positions: tuple[Position, ...]  # in the order of their triples; at least one of each relation
    evidence: str

    @property
    def matter(self) -> Matter:
        """What a ruling on it is about."""
        return (self.ends[0].key, self.ends[1].key), self.relations


@dataclass(frozen=True, slots=True)
class Opinion:
    """What an adjudicator says of a conflict, why, and what asking it cost; `by` is the adjudicator's identity."""

    verdict: Verdict
    reason: str
    by: str
    usage: Usage = field(default_factory=Usage)
