"""Columns of evidence, each declared once, and the tables that cross between the wings behind Arrow's own protocol.

A column has a plain type: each wing derives from it what its own library wants, and no wing names another's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from schema.ids import BatchId

ColumnType = Literal["text", "texts", "number", "flag", "moment"]
"""Text, a list of texts, a floating-point number, true or false, a moment in UTC to the microsecond; any may be null."""

Columns = Mapping[str, ColumnType]

OBSERVATION: Columns = {
    "id": "text",
    "at": "moment",
    "document": "text",
    "head": "text",
    "head_type": "text",
    "head_name": "text",
    "relation": "text",
    "tail": "text",
    "tail_type": "text",
    "tail_name": "text",
    "confidence": "number",
    "raw_score": "number",
    "polarity": "text",
    "quote": "text",
    "published": "text",
    "source": "text",
    "publication_types": "texts",
    "journal": "text",
    "stated_start": "text",
    "stated_end": "text",
    "stated_origin": "text",
    "revision": "text",
    "reader": "text",
}
"""An observation as a row: `Observation.cells` makes one, `Observation.of` reads it back."""

IDENTITY = (
    *("document", "published", "source", "head", "head_type", "head_name", "relation", "tail", "tail_type", "tail_name"),
    *("confidence", "polarity", "quote", "publication_types", "journal", "stated_start", "stated_end", "revision", "reader"),
)
"""What an observation's identity is the hash of (schema.ids.stable_id), in this order: what was said, by whom, about which revision.

Run and time of recording are left out: reading a document twice adds no evidence. The log keeps these hashes, so the order stays.
"""

UNSAID: Mapping[str, object] = {"polarity": "asserts", "quote": "", "publication_types": (), "stated_origin": "unknown"}
"""What an observation says where a table lacks the column; null in all others."""


def some_of(columns: Columns, *names: str) -> Columns:
    """Some columns of a table, in the order of the names."""
    return {name: columns[name] for name in names}


FOLDED = some_of(
    OBSERVATION,
    *("id", "at", "document", "source", "head", "head_type", "relation", "tail", "tail_type", "confidence", "polarity", "quote"),
    *("stated_start", "stated_end", "revision", "reader"),
)
"""What the fold needs of an observation."""

CITATION = some_of(OBSERVATION, "document", "published", "source", "publication_types", "journal", "at")
"""What an observation made elsewhere says of its document."""

JUDGEMENT: Columns = {
    "name": "text",
    "id": "text",
    "at": "moment",
    "key": "text",
    "sameness": "text",
    "by_person": "flag",
    "label": "text",
    "withdrawn": "moment",
}
"""A judgement on a name, which goes by its provisional key, and when it was withdrawn (null where it was not)."""


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
