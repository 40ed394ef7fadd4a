"""The evidence log in memory: for tests and small analyses, gone with the process."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from graph_store.log_rows import from_frame, from_table, record_id
from schema.document import Document
from schema.ids import BatchId, DocumentId, EntityKey
from schema.log import BatchReport, Preference, Reading, Record, Recorded, Ruling, SetAside, Settled
from schema.observation import Entity, Observation
from schema.ports import Naming, Question, Touched
from schema.tables import Table

R = TypeVar("R", bound=Record)


class MemoryEvidenceLog:
    """Keeps batches in a dictionary; the laws are those of the port."""

    def __init__(self) -> None:
        self._batches: dict[BatchId, tuple[Recorded[Any], ...]] = {}

    def append(self, batch: BatchId, records: Sequence[Recorded[Any]], observations: Table | None = None) -> bool:
        """Record a batch once."""
        told = [] if observations is None else list(from_frame(Observation, from_table(batch, observations)))
        if not (records or told) or batch in self._batches:
            return False
        self._batches[batch] = (*records, *told)
        return True

    def batches(self) -> list[BatchId]:
        """Every batch, in the order of their first moments."""
        return sorted(self._batches, key=lambda batch: (min(r.at for r in self._batches[batch]), batch))

    def records(self, kind: type[R], documents: Collection[DocumentId] | None = None) -> Iterator[Recorded[R]]:
        """All records of one kind, or those about some documents."""
        wanted = None if documents is None else set(documents)
        return self._once(kind, lambda record: wanted is None or document_of(record) in wanted)

    def observations(self, questions: Collection[Question]) -> Iterator[Recorded[Observation]]:
        """All observations about these questions, perhaps others between the same ends."""
        asked = {(q.ends, q.relation) for q in questions}

        def is_asked(o: Observation) -> bool:
            pair = tuple(sorted((o.head.key, o.tail.key)))
            return (pair, None) in asked or ((o.head.key,), o.relation) in asked

        return self._once(Observation, is_asked)

    def observations_of(self, keys: Collection[EntityKey]) -> Iterator[Recorded[Observation]]:
        """All observations with one of these entities as an end."""
        return self._once(Observation, lambda o: o.head.key in keys or o.tail.key in keys)

    def read_by(self, reader: str) -> set[tuple[DocumentId, str]]:
        """Everything that this reader has read."""
        readings = (r.record for r in self._once(Reading, lambda reading: reading.reader.name == reader))
        return {(reading.document, str(reading.revision)) for reading in readings}

    def names(self, keys: Collection[EntityKey] | None = None) -> Iterator[Recorded[Naming]]:
        """Which documents call which entities what; each naming once, with its first moment."""
        found: dict[tuple[DocumentId, Entity], datetime] = {}
        for recorded in self._once(Observation, lambda _: True):
            for entity in (recorded.record.head, recorded.record.tail):
                if keys is None or entity.key in keys:
                    said = (recorded.record.document, entity)
                    found[said] = min(found.get(said, recorded.at), recorded.at)
        return (Recorded(Naming(document, entity), at) for (document, entity), at in found.items())

    def touched(self, batches: Collection[BatchId]) -> Touched:
        """What these batches say something about."""
        told = [r.record for batch in batches for r in self._batches.get(batch, ())]
        everything = any(isinstance(record, Preference | Ruling) for record in told)
        silent = (SetAside, Settled, BatchReport, Preference, Ruling)
        return Touched(frozenset(d for record in told if not isinstance(record, silent) and (d := document_of(record))), everything)

    def close(self) -> None:
        """Nothing to let go of."""

    def _once(self, kind: type[R], holds: Callable[[R], bool]) -> Iterator[Recorded[R]]:
        first: dict[str, Recorded[R]] = {}
        everything: Iterable[Recorded[Any]] = (r for records in self._batches.values() for r in records)
        for recorded in everything:
            if isinstance(recorded.record, kind) and holds(recorded.record):
                key = record_id(recorded.record)
                if key not in first or recorded.at < first[key].at:
                    first[key] = recorded
        return iter(first.values())


def document_of(record: Any) -> DocumentId | None:
    """The document that a record is about, where it is about one."""
    if isinstance(record, Document):
        return record.id
    name = getattr(record, "document", None)
    return DocumentId(name) if name is not None else None
