"""What happened to the sides of a question, day by day."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from schema.fact import Triple
from schema.ids import DocumentId
from schema.observation import Polarity

DENIED, STATED_END, RULING = "denied", "stated_end", "ruling"
"""Rules by which a fact closes besides the conflict policies."""


class Side(NamedTuple):
    """A triple, or its denial: what can hold."""

    triple: Triple
    polarity: Polarity


class EventKind(StrEnum):
    """What happened to a side on a day."""

    OPENED = "opened"
    REOPENED = "reopened"
    REINFORCED = "reinforced"
    CONTESTED = "contested"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a question's history; `by` is the side that closed or contested it, where one did."""

    on: date
    kind: EventKind
    side: Side
    documents: tuple[DocumentId, ...]
    by: Side | None = None
    rule: str | None = None
