"""The evidence log in memory: for tests and small analyses, gone with the process."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from graph_store.index_layout import FOLDED
from graph_store.log_rows import from_frame, from_table, record_id, to_frame
from graph_store.log_views import ballots, counted, lines, votes_from
from schema.document import Document, Edition
from schema.ids import BatchId, DocumentId, EntityKey
from schema.log import BatchReport, Deletion, Preference, Reading, Record, Recorded, Retraction, SetAside, Settled
from schema.observation import Entity, Observation
from schema.ports import Naming, Question, Touched, Votes
from schema.tables import Table
from schema.words import words_of

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

    def sizes(self) -> Mapping[BatchId, int]:
        """Every batch, with the number of its observations."""
        return {batch: sum(isinstance(r.record, Observation) for r in self._batches[batch]) for batch in self.batches()}

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

    def table(self, questions: Collection[Question] | None = None) -> Table:
        """The same, or all, as a table."""
        found = self._once(Observation, lambda _: True) if questions is None else self.observations(questions)
        return to_frame(BatchId(""), list(found)).select(FOLDED)

    def ends(
        self, *, documents: Collection[DocumentId] | None = None, keys: Collection[EntityKey] | None = None
    ) -> set[tuple[EntityKey, str, EntityKey]]:
        """Head, relation and tail of all observations by these documents, or with one of these entities as an end."""
        wanted, near = set(documents or ()), set(keys or ())
        found = self._once(Observation, lambda o: o.document in wanted or o.head.key in near or o.tail.key in near)
        return {(r.record.head.key, r.record.relation, r.record.tail.key) for r in found}

    def lines(self, documents: Collection[DocumentId] | None = None) -> Table:
        """What observations made elsewhere say of their documents, each once, with its first moment."""
        found = self._once(Observation, lambda o: documents is None or o.document in documents)
        return lines(to_frame(BatchId(""), list(found)).lazy()).collect()

    def editions(self, documents: Collection[DocumentId] | None = None) -> Iterator[Recorded[Edition]]:
        """Revisions of documents, without their text; each once, with its first moment."""
        for recorded in self.records(Document, documents):
            d = recorded.record
            yield Recorded(Edition(d.id, d.revision, d.title, d.published, d.source, d.journal, d.publication_types), recorded.at)

    def retractions_by(self, notices: Collection[DocumentId]) -> Iterator[Recorded[Retraction]]:
        """Retractions that one of these documents gives notice of."""
        return self._once(Retraction, lambda retraction: retraction.notice in notices)

    def read_by(self, reader: str) -> set[tuple[DocumentId, str]]:
        """Everything that this reader has read."""
        readings = (r.record for r in self._once(Reading, lambda reading: reading.reader.name == reader))
        return {(reading.document, str(reading.revision)) for reading in readings}

    def names(
        self, keys: Collection[EntityKey] | None = None, documents: Collection[DocumentId] | None = None
    ) -> Iterator[Recorded[Naming]]:
        """Which documents call which entities what; each naming once, with its first moment."""
        found: dict[tuple[DocumentId, Entity], datetime] = {}
        for recorded in self._once(Observation, lambda o: documents is None or o.document in documents):
            for entity in (recorded.record.head, recorded.record.tail):
                if keys is None or entity.key in keys:
                    said = (recorded.record.document, entity)
                    found[said] = min(found.get(said, recorded.at), recorded.at)
        return (Recorded(Naming(document, entity), at) for (document, entity), at in found.items())

    def votes(self, keys: Collection[EntityKey] | None = None) -> Mapping[EntityKey, Votes]:
        """How many documents call entities what, deleted ones among them."""
        said = to_frame(BatchId(""), list(self._once(Observation, lambda _: True))).lazy()
        rows = counted(ballots(said)).collect().iter_rows()
        return votes_from(row for row in rows if keys is None or row[0] in keys)

    def called(self, words: Collection[str] | None = None) -> Iterator[tuple[str, EntityKey]]:
        """Words (all, or some) that name entities or are their keys, with each entity."""
        entities = [recorded.record.entity for recorded in self.names()]
        said = {(words_of(text), entity.key) for entity in entities for text in (entity.name, entity.key)}
        return iter(sorted((text, key) for text, key in said if words is None or text in words))

    def deleted_speakers(self) -> set[DocumentId]:
        """Documents that a deletion is recorded for and that name an entity."""
        deleted = {r.record.document for r in self._once(Deletion, lambda _: True)}
        return {r.record.document for r in self._once(Observation, lambda o: o.document in deleted)}

    def touched(self, batches: Collection[BatchId]) -> Touched:
        """What these batches say something about."""
        told = [r.record for batch in batches for r in self._batches.get(batch, ())]
        silent = (SetAside, Settled, BatchReport, Preference)
        return Touched(
            documents=frozenset(d for record in told if not isinstance(record, silent) and (d := document_of(record))),
            everything=any(isinstance(record, Preference) for record in told),
            pairs=frozenset(record.ends for record in told if hasattr(record, "ends")),
        )

    def position(self) -> int:
        """The number of batches."""
        return len(self._batches)

    def touched_since(self, position: int) -> Touched:
        """What the batches say something about that came in after a position."""
        return self.touched(list(self._batches)[position:])

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
