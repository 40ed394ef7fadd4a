"""The evidence log written plainly, one record after the other: what the logs with rows and an index must answer."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

import polars as pl

from graph_store.log.log_rows import from_frame, from_table, record_id, to_frame, typed
from graph_store.log.log_views import count_ballots, document_lines, votes_cast, votes_from
from schema.columns import FOLDED, JUDGEMENT, Table
from schema.document import Document, Edition
from schema.entity_names import NameForms, ShortForm, abbreviations, provisional_key, search_words
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Observation
from schema.ports import LogVersion, NameIndex, Naming, Question, Touched, Votes
from schema.records import (
    BatchReport,
    Deletion,
    Expense,
    Judgement,
    JudgementWithdrawal,
    Preference,
    Record,
    Recorded,
    Retraction,
    Sameness,
    SetAside,
    Settled,
)

R = TypeVar("R", bound=Record)


def version_of(log: str, batches: Collection[BatchId]) -> LogVersion:
    """A batch is a commit, known by all that came up to it."""
    return LogVersion(log, len(batches) - 1, " ".join(batches))


def contained(version: LogVersion, log: str, batches: Collection[BatchId]) -> bool:
    return version == version_of(log, list(batches)[: version.number + 1])


def came_after(version: LogVersion, log: str, batches: Sequence[BatchId] | dict[BatchId, Any]) -> set[BatchId]:
    return set(list(batches)[version.number + 1 if version.log == log else 0 :])


class PlainEvidenceLog:
    """Keeps batches in a dictionary; what each method answers says the port."""

    def __init__(self) -> None:
        self._batches: dict[BatchId, tuple[Recorded[Any], ...]] = {}
        self._id = uuid4().hex

    def append(self, batch: BatchId, records: Sequence[Recorded[Any]], observations: Table | None = None) -> bool:
        told = [] if observations is None else list(from_frame(Observation, from_table(batch, observations)))
        if not (records or told) or batch in self._batches:
            return False
        self._batches[batch] = (*records, *told)
        return True

    def version(self) -> LogVersion:
        return version_of(self._id, self._batches)

    def contains(self, version: LogVersion) -> bool:
        return contained(version, self._id, self._batches)

    def recorded_since(self, version: LogVersion) -> set[BatchId]:
        return came_after(version, self._id, self._batches)

    def batches(self) -> list[BatchId]:
        return sorted(self._batches, key=lambda batch: (min(r.at for r in self._batches[batch]), batch))

    def sizes(self) -> Mapping[BatchId, int]:
        return {batch: sum(isinstance(r.record, Observation) for r in self._batches[batch]) for batch in self.batches()}

    def records(self, kind: type[R], documents: Collection[DocumentId] | None = None) -> Iterator[Recorded[R]]:
        wanted = None if documents is None else set(documents)
        return self._once(kind, lambda record: wanted is None or document_of(record) in wanted)

    def observations(self, questions: Collection[Question]) -> Iterator[Recorded[Observation]]:
        asked = {(q.ends, q.relation) for q in questions}
        steps = self._same()

        def is_asked(o: Observation) -> bool:
            heads, tails = (_reached([end.key], steps) for end in (o.head, o.tail))
            pairs = {tuple(sorted((head, tail))) for head in heads for tail in tails}
            return any((pair, None) in asked for pair in pairs) or any(((head,), o.relation) in asked for head in heads)

        return self._once(Observation, is_asked)

    def table(self, questions: Collection[Question] | None = None, *, keys: Collection[EntityKey] | None = None) -> Table:
        beside = self._once(Observation, lambda o: keys is None or o.head.key in keys or o.tail.key in keys)
        found = beside if questions is None else self.observations(questions)
        return to_frame(BatchId(""), list(found)).select(*FOLDED)

    def ends(
        self, *, documents: Collection[DocumentId] | None = None, keys: Collection[EntityKey] | None = None
    ) -> set[tuple[EntityKey, str, EntityKey]]:
        wanted, near = set(documents or ()), set(keys or ())
        found = self._once(Observation, lambda o: o.document in wanted or o.head.key in near or o.tail.key in near)
        return {(r.record.head.key, r.record.relation, r.record.tail.key) for r in found}

    def lines(self, documents: Collection[DocumentId] | None = None) -> Table:
        found = self._once(Observation, lambda o: documents is None or o.document in documents)
        return document_lines(to_frame(BatchId(""), list(found)).lazy()).collect()

    def judgements(self, keys: Collection[EntityKey] | None = None) -> Table:
        wanted = None if keys is None else self._alike(keys)
        taken: dict[str, datetime] = {}
        for withdrawal in self._once(JudgementWithdrawal, lambda _: True):
            taken[withdrawal.record.judgement] = withdrawal.at
        rows = [
            (name, j.id, recorded.at, j.key, j.sameness.value, j.by_person, j.label, taken.get(j.id))
            for recorded in self._once(Judgement, lambda _: True)
            for j in [recorded.record]
            for name in [provisional_key(j.type, j.name)]
            if wanted is None or name in wanted
        ]
        return pl.DataFrame(rows, schema=typed(JUDGEMENT), orient="row")

    def _alike(self, keys: Collection[EntityKey]) -> set[EntityKey]:
        steps = self._same()
        back: dict[EntityKey, set[EntityKey]] = {}
        for name, others in steps.items():
            for key in others:
                back.setdefault(key, set()).add(name)
        return _reached(_reached(keys, steps), back)

    def editions(self, documents: Collection[DocumentId] | None = None) -> Iterator[Recorded[Edition]]:
        for recorded in self.records(Document, documents):
            d = recorded.record
            yield Recorded(Edition(d.id, d.revision, d.title, d.published, d.source, d.journal, d.publication_types), recorded.at)

    def retractions_by(self, notices: Collection[DocumentId]) -> Iterator[Recorded[Retraction]]:
        return self._once(Retraction, lambda retraction: retraction.notice in notices)

    def names(
        self, keys: Collection[EntityKey] | None = None, documents: Collection[DocumentId] | None = None
    ) -> Iterator[Recorded[Naming]]:
        found: dict[tuple[DocumentId, Entity], datetime] = {}
        for recorded in self._once(Observation, lambda o: documents is None or o.document in documents):
            for entity in (recorded.record.head, recorded.record.tail):
                if keys is None or entity.key in keys:
                    said = (recorded.record.document, entity)
                    found[said] = min(found.get(said, recorded.at), recorded.at)
        return (Recorded(Naming(document, entity), at) for (document, entity), at in found.items())

    def votes(self, keys: Collection[EntityKey] | None = None) -> Mapping[EntityKey, Votes]:
        said = to_frame(BatchId(""), list(self._once(Observation, lambda _: True))).lazy()
        rows = count_ballots(votes_cast(said)).collect().iter_rows()
        return votes_from(row for row in rows if keys is None or row[0] in keys)

    def called(self, most: int | None = None) -> list[Entity]:
        entities = {recorded.record.entity for recorded in self.names()}
        same = (r.record for r in self._once(Judgement, lambda j: j.sameness is Sameness.SAME and j.key != ""))
        entities |= {Entity(j.key, j.type, j.label) for j in same}
        named = sorted((each for each in entities if each.name), key=lambda each: (each.key, each.type, each.name))
        return [] if most is not None and len(named) > most else named

    def name_index(self, forms: NameForms, version: str) -> NameIndex:
        raise NotImplementedError  # the index of names is made of what `called` says

    def keys_spelled(self, texts: Collection[str]) -> Mapping[str, Sequence[EntityKey]]:
        named = {recorded.record.entity.key for recorded in self.names()} | {each.key for each in self.called()}
        same = self._once(Judgement, lambda j: j.sameness is Sameness.SAME and j.key != "")
        named |= {r.record.key for r in same}
        found = {text: sorted(key for key in named if key.casefold() == text.casefold()) for text in texts}
        return {text: keys for text, keys in found.items() if keys}

    def short_forms(self, words: Collection[str]) -> set[ShortForm]:
        texts = [(r.record.document, r.record.quote) for r in self._once(Observation, lambda _: True)]
        texts += [(r.record.id, "\n".join([r.record.title, *(p.text for p in r.record.passages)])) for r in self.records(Document)]
        said = {
            ShortForm(search_words(short), search_words(long), document)
            for document, text in texts
            for short, long in abbreviations(text).items()
        }
        return {each for each in said if {each.short, each.long} & set(words)}

    def deleted_speakers(self) -> set[DocumentId]:
        deleted = {r.record.document for r in self._once(Deletion, lambda _: True)}
        return {r.record.document for r in self._once(Observation, lambda o: o.document in deleted)}

    def touched(self, batches: Collection[BatchId]) -> Touched:
        told = [r.record for batch in batches for r in self._batches.get(batch, ())]
        silent = (SetAside, Settled, BatchReport, Expense, Preference)
        return Touched(
            documents=frozenset(d for record in told if not isinstance(record, silent) and (d := document_of(record))),
            everything=any(isinstance(record, Preference) for record in told),
            pairs=frozenset(record.ends for record in told if hasattr(record, "ends")),
            names=frozenset(provisional_key(record.type, record.name) for batch in batches for record in self._news(batch)),
        )

    def _news(self, batch: BatchId) -> Iterator[Judgement | JudgementWithdrawal]:
        first = {r.record.id: r.at for r in self._once(Judgement, lambda _: True)}
        for recorded in self._batches.get(batch, ()):
            record = recorded.record
            if isinstance(record, JudgementWithdrawal) or (isinstance(record, Judgement) and recorded.at == first[record.id]):
                yield record

    def _same(self) -> dict[EntityKey, set[EntityKey]]:
        found: dict[EntityKey, set[EntityKey]] = {}
        for recorded in self._once(Judgement, lambda j: j.sameness is Sameness.SAME and j.key != ""):
            found.setdefault(provisional_key(recorded.record.type, recorded.record.name), set()).add(recorded.record.key)
        return found

    def position(self) -> int:
        return len(self._batches)

    def touched_since(self, position: int) -> Touched:
        return self.touched(list(self._batches)[position:])

    def close(self) -> None:
        pass

    def _once(self, kind: type[R], holds: Callable[[R], bool]) -> Iterator[Recorded[R]]:
        first: dict[str, Recorded[R]] = {}
        everything: Iterable[Recorded[Any]] = (r for records in self._batches.values() for r in records)
        for recorded in everything:
            if isinstance(recorded.record, kind) and holds(recorded.record):
                key = record_id(recorded.record)
                if key not in first or recorded.at < first[key].at:
                    first[key] = recorded
        return iter(first.values())


def _reached(start: Iterable[EntityKey], steps: Mapping[EntityKey, Collection[EntityKey]]) -> set[EntityKey]:
    found: set[EntityKey] = set()
    waiting = list(start)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += steps.get(key, ())
    return found


def document_of(record: Any) -> DocumentId | None:
    if isinstance(record, Document):
        return record.id
    name = getattr(record, "document", None)
    return DocumentId(name) if name is not None else None
