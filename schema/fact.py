"""What the evidence adds up to: facts with belief, status, intervals and the reasons they closed."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from schema.errors import InvalidDate
from schema.ids import DocumentId, EntityKey, FactId, stable_id
from schema.observation import Polarity


class Triple(NamedTuple):
    """Head, relation, tail; symmetric relations have their ends in key order."""

    head: EntityKey
    relation: str
    tail: EntityKey

    @property
    def fact_id(self) -> FactId:
        """The identity of the fact about this triple."""
        return _fact_id(*self)


@lru_cache(maxsize=1 << 16)
def _fact_id(*triple: str) -> FactId:
    return FactId(stable_id(*triple))


class Status(StrEnum):
    """Where a fact stands."""

    CURRENT = "current"  # an interval is open
    SUPERSEDED = "superseded"  # it had intervals, none is open
    CONTESTED = "contested"  # admitted evidence, never held
    WITHDRAWN = "withdrawn"  # its evidence was admitted once, none of it is live


@dataclass(frozen=True, slots=True)
class Interval:
    """From start, up to but not including end; open where None."""

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise InvalidDate(f"the interval {self.start}..{self.end} ends before it starts")

    def contains(self, day: date) -> bool:
        """Whether the fact held on this day."""
        return self.start <= day and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True)
class Holding:
    """One time that a fact held: its interval, and belief and support at the interval's end (or of all, where open)."""

    interval: Interval
    belief: float
    support: int


@dataclass(frozen=True, slots=True)
class Closure:
    """Why an interval ended: by another triple, by denial or by a stated end; because of which documents; by which rule."""

    on: date
    by: Triple | None  # None: not another triple, see `rule`
    because: tuple[DocumentId, ...]
    rule: str  # a conflict policy's name, "denied", "stated_end" or "ruling"


def closures_as_json(closures: Iterable[Closure]) -> str:
    """Closures as the graph keeps them on the fact: those by a denial or a stated end have no other fact to point to."""
    rows = [
        {"on": c.on.isoformat(), "by": list(c.by) if c.by is not None else None, "because": list(c.because), "rule": c.rule}
        for c in closures
    ]
    return json.dumps(rows, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Report:
    """A live document's strongest statement about a fact, one for each polarity."""

    document: DocumentId
    polarity: Polarity
    confidence: float
    quote: str
    method: str
    model: str
    prompt: str
    recorded_at: datetime


class FactState(NamedTuple):
    """Where a fact stands, in short: what two moments of a graph are compared by."""

    status: Status
    belief: float
    support: int


@dataclass(frozen=True, slots=True)
class Fact:
    """A triple and all that the evidence says of it. Belief is 0 to 1, to six decimals."""

    triple: Triple
    belief: float
    status: Status
    support: int
    first_seen: date | None
    last_seen: date | None
    holdings: tuple[Holding, ...] = ()
    closed: tuple[Closure, ...] = ()
    reports: tuple[Report, ...] = ()

    @property
    def id(self) -> FactId:
        """The identity of the fact."""
        return self.triple.fact_id

    @property
    def state(self) -> FactState:
        """Where it stands."""
        return FactState(self.status, self.belief, self.support)

    def holds_on(self, day: date) -> bool:
        """Whether an interval of the fact contains the day."""
        return any(holding.interval.contains(day) for holding in self.holdings)


@dataclass(frozen=True, slots=True)
class Source:
    """A document as the graph shows it: no text, only what is needed to cite and to weigh it."""

    id: DocumentId
    title: str
    published: date  # the first day that its date can mean
    precision: str
    source: str
    journal: str | None
    publication_types: tuple[str, ...]
    retracted: bool = False
    retracted_on: date | None = None  # the first day that the notice's date can mean; None where unknown
