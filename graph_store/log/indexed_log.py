"""What any log answers: about something by its index, about everything by its rows; each question is written once."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from sqlite3 import Connection
from typing import Any, TypeVar

import polars as pl

from graph_store.log import index_reading as reading
from graph_store.log import names_in_log
from graph_store.log.log_rows import KINDS, column_of, editions, first_moment, from_frame, record_kinds
from graph_store.log.log_views import count_ballots, document_lines, judged, namings, votes_cast, votes_from
from graph_store.log.names_in_log import NamesInLog
from schema.columns import FOLDED, Table
from schema.document import Document, Edition
from schema.entity_names import NameForms, ShortForm
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Observation
from schema.ports import NameIndex, Naming, Question, Touched, Votes
from schema.records import Judgement, JudgementWithdrawal, Record, Recorded, Retraction

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_INDEXED = {kind for kind, _ in record_kinds()} - {Document}


class IndexedLog(ABC):
    """The questions of the port. Whoever keeps the rows says how to come by them, and by an index that has seen them."""

    @abstractmethod
    def _asked(self, ask: Callable[[Connection], T]) -> T:
        """An answer of the index, which first comes to where the log is."""

    def _change(self, make: Callable[[Connection], T]) -> T:
        """The same, of what adds to the index."""
        return self._asked(make)

    @abstractmethod
    def _has_index(self) -> bool:
        """Whether the index is near the log; to bring it there takes a while for a large log, and what reads all of it needs none."""

    @abstractmethod
    def _scan(self) -> pl.LazyFrame:
        """All rows of the log."""

    def _collect(self, rows: pl.LazyFrame) -> pl.DataFrame:
        return rows.collect()

    def _rows(self, kind: type[Any]) -> pl.LazyFrame:
        return self._scan().filter(pl.col("kind") == KINDS[kind])

    def batches(self) -> list[BatchId]:
        """Every batch that is in, each once."""
        return list(self.sizes())

    def sizes(self) -> Mapping[BatchId, int]:
        """Every batch that is in, with the number of its observations."""
        if self._has_index():
            return self._asked(reading.sizes_of)
        said = (pl.col("kind") == KINDS[Observation]).sum()
        grouped = self._scan().group_by("batch").agg(pl.col("at").min(), said=said).sort("at", "batch")
        return dict(self._collect(grouped).select("batch", "said").iter_rows())

    def records(self, kind: type[R], documents: Collection[DocumentId] | None = None) -> Iterator[Recorded[R]]:
        """All records of one kind, or those about some documents; each identity once, with its first moment."""
        if kind is Observation and documents is not None:
            yield from from_frame(kind, self._asked(partial(reading.said_by, documents=documents)))
        elif kind in _INDEXED and (documents is not None or self._has_index()):
            yield from self._asked(lambda index: list(reading.records_of(index, kind, documents)))
        else:
            rows = self._rows(kind)
            if documents is not None:
                rows = rows.filter(pl.col("document").is_in(column_of(documents)))
            yield from from_frame(kind, self._collect(first_moment(rows)))

    def observations(self, questions: Collection[Question]) -> Iterator[Recorded[Observation]]:
        """All observations about these questions, perhaps others between the same ends; each identity once."""
        yield from from_frame(Observation, self._asked(partial(reading.said_about, questions=questions)))

    def table(self, questions: Collection[Question] | None = None, *, keys: Collection[EntityKey] | None = None) -> Table:
        """The same, or those with one of these keys as an end, or all, as a table."""
        if keys is not None:
            return self._asked(partial(reading.said_of, keys=keys, columns=FOLDED))
        if questions is not None:
            return self._asked(partial(reading.said_about, questions=questions, columns=FOLDED))
        rows = self._rows(Observation)
        found = self._collect(rows.select(*FOLDED))
        if found["id"].is_duplicated().any():
            found = self._collect(first_moment(rows.select(*FOLDED, "batch")).drop("batch"))
        return found

    def ends(
        self, *, documents: Collection[DocumentId] | None = None, keys: Collection[EntityKey] | None = None
    ) -> set[tuple[EntityKey, str, EntityKey]]:
        """Head, relation and tail of all observations by these documents, or with one of these entities as an end."""
        by, of = (partial(reading.ends_by, documents=documents or ()), partial(reading.ends_of, keys=keys or ()))
        return self._asked(by) | self._asked(of)

    def lines(self, documents: Collection[DocumentId] | None = None) -> Table:
        """What observations made elsewhere say of their documents, each once, with its first moment."""
        if documents is not None:
            return self._asked(partial(reading.lines_of, documents=documents))
        return self._collect(document_lines(self._rows(Observation)))

    def judgements(self, keys: Collection[EntityKey] | None = None) -> Table:
        """All judgements on names, or those that can decide what counts as what these keys count as."""
        if keys is not None or self._has_index():
            return self._asked(partial(reading.judgements_on, keys=keys))
        return self._collect(judged(self._rows(Judgement), self._rows(JudgementWithdrawal)))

    def editions(self, documents: Collection[DocumentId] | None = None) -> Iterator[Recorded[Edition]]:
        """Revisions of documents, without their text; each once, with its first moment."""
        if documents is not None:
            yield from self._asked(lambda index: list(reading.editions_of(index, documents)))
        else:
            yield from editions(self._collect(first_moment(self._rows(Document))))

    def retractions_by(self, notices: Collection[DocumentId]) -> Iterator[Recorded[Retraction]]:
        """Retractions that one of these documents gives notice of."""
        yield from self._asked(lambda index: list(reading.retractions_by(index, notices)))

    def names(
        self, keys: Collection[EntityKey] | None = None, documents: Collection[DocumentId] | None = None
    ) -> Iterator[Recorded[Naming]]:
        """Which documents call which entities what; each naming once, with its first moment."""
        rows = self._rows(Observation)
        if documents is not None:
            rows = self._asked(partial(reading.said_by, documents=documents)).lazy() if self._has_index() else rows
            rows = rows.filter(pl.col("document").is_in(column_of(documents)))
        elif keys is not None:
            rows = self._asked(partial(reading.said_of, keys=keys)).lazy()
        for document, key, kind, name, at in self._collect(namings(rows, keys)).iter_rows():
            yield Recorded(Naming(document, Entity(key, kind, name)), at)

    def votes(self, keys: Collection[EntityKey] | None = None) -> Mapping[EntityKey, Votes]:
        """How many documents call entities what, deleted ones among them."""
        if keys is not None:
            return self._asked(partial(reading.votes_for, keys=keys))
        rows = self._rows(Observation)
        return votes_from(self._collect(count_ballots(votes_cast(rows))).iter_rows())

    def called(self, most: int | None = None) -> list[Entity]:
        """Every name with its entity and the type that it is given; none where there are more than `most`."""
        return self._asked(partial(names_in_log.all_names, most=most))

    def name_index(self, forms: NameForms, version: str) -> NameIndex:
        """The same, found by forms; those that the index lacks are made first."""
        if not self._asked(partial(names_in_log.is_formed, version=version)):
            self._change(partial(names_in_log.form_names, forms=forms, version=version))
        return NamesInLog(self._asked)

    def keys_spelled(self, texts: Collection[str]) -> Mapping[str, Sequence[EntityKey]]:
        """Of these texts those that are keys, but for case, with the keys."""
        return self._asked(partial(names_in_log.keys_spelled, texts=texts))

    def short_forms(self, words: Collection[str]) -> set[ShortForm]:
        """What texts define by or as these words."""
        return self._asked(partial(names_in_log.short_forms_of, words=words))

    def deleted_speakers(self) -> set[DocumentId]:
        """Documents that a deletion is recorded for and that name an entity."""
        return self._asked(reading.deleted_speakers)

    def touched(self, batches: Collection[BatchId]) -> Touched:
        """What these batches say something about."""
        return self._asked(partial(reading.touched_by, batches=batches))

    def position(self) -> int:
        """How far this log has come: the place of its last batch in the index."""
        return self._asked(reading.position_of)

    def touched_since(self, position: int) -> Touched:
        """What the batches say something about that came in after a position."""
        return self._asked(partial(reading.touched_since, position=position))
