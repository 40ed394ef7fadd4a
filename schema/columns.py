"""Tables that cross between the wings: Arrow columns behind Arrow's own protocol, so that no wing names another's library."""

from dataclasses import dataclass
from typing import Protocol

from schema.ids import BatchId


class Table(Protocol):
    """Columns in memory, handed over without copying (Arrow's PyCapsule interface)."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The columns as an Arrow stream."""


@dataclass(frozen=True, slots=True)
class GraphTables:
    """A whole graph as tables, one row for each thing, nothing twice.

    Days are dates, moments are UTC, lists are lists of strings, everything else is text or a number; what may be null is marked `?`.

    - `facts`: id, head, relation, tail, belief, status, support, first_seen?, last_seen?, closed (JSON, as the graph keeps it)
    - `edges`, one for each interval: fact, relation, head, tail, belief, support, valid_from, valid_to?
    - `reports`: document, fact, polarity, confidence, quote, method, model, prompt, recorded_at
    - `successors`: fact, by (a fact's id), on, cause (list), rule
    - `entities`: key, type, name, aliases (list)
    - `documents`: id, title, published, precision, source, journal?, publication_types (list), retracted, retracted_on?
    """

    facts: Table
    edges: Table
    reports: Table
    successors: Table
    entities: Table
    documents: Table
    batches: tuple[BatchId, ...]
