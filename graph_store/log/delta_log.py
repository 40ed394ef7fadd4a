"""The evidence log on Delta Lake: append-only, each batch exactly once; the only file that imports Delta Lake."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from threading import Lock
from typing import Any, TypeVar

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from graph_store.log import index_reading as reading
from graph_store.log.log_index import LogIndex
from graph_store.log.log_rows import KINDS, ROW, editions, first_moment, from_frame, from_table, record_kinds, to_frame
from graph_store.log.log_views import ballots, counted, judged, lines, namings, votes_from
from schema.columns import FOLDED, Table
from schema.document import Document, Edition
from schema.errors import LogTooNew, StoreFailed
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Observation
from schema.ports import Naming, Question, Touched, Votes
from schema.records import LOG_FORMAT, Judgement, JudgementWithdrawal, Reading, Record, Recorded, Retraction

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_FAR_BEHIND = 300_000
"""Rows that the index lacks from which it is not used for what can be read without it."""

_INDEXED = {kind for kind, _ in record_kinds()} - {Document}

_DESCRIPTION = "ChronoKG evidence log, format {}"
_FILE_BYTES = 4_000_000
"""Files of this size are left as they are: else every compaction would write the whole log again."""

_COMPACT_EVERY = 64
"""Commits after which small files are put together, so that many small batches do not slow down reading."""


class DeltaEvidenceLog:
    """The log of one home. Raises StoreFailed where the table cannot be read or written, LogTooNew for a newer format."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._index: LogIndex | None = None
        self._opening = Lock()
        self._told(self._table)
        self._check_format()

    def append(self, batch: BatchId, records: Sequence[Recorded[Any]], observations: Table | None = None) -> bool:
        """Record all of a batch or none of it, once: False, and nothing written, where the batch is already in."""
        if not records and observations is None:
            return False
        frame = to_frame(batch, records)
        if observations is not None:
            frame = pl.concat([frame, from_table(batch, observations)])
        commit = CommitProperties(app_transactions=[Transaction(batch, 1)])
        attempts = Retrying(
            stop=stop_after_attempt(8),
            wait=wait_random_exponential(multiplier=0.05, max=2),
            retry=retry_if_exception_type(DeltaError),
            reraise=True,
        )
        try:
            for attempt in attempts:
                with attempt:
                    # Looking and writing go through one snapshot: whoever commits this batch in between makes our commit fail.
                    table = self._table()
                    if table.transaction_version(batch) is not None:
                        return False
                    frame.write_delta(table, mode="append", delta_write_options={"commit_properties": commit})
                    self._compact(table)
        except (DeltaError, OSError) as cause:
            raise StoreFailed(f"the evidence log could not be written: {cause}") from cause
        return True

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
                rows = rows.filter(pl.col("document").is_in(_strings(documents)))
            yield from from_frame(kind, self._collect(first_moment(rows)))

    def observations(self, questions: Collection[Question]) -> Iterator[Recorded[Observation]]:
        """All observations about these questions, perhaps others between the same ends; each identity once."""
        yield from from_frame(Observation, self._asked(partial(reading.said_about, questions=questions)))

    def table(self, questions: Collection[Question] | None = None) -> Table:
        """The same, or all, as a table."""
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
        return self._collect(lines(self._rows(Observation)))

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

    def read_by(self, reader: str) -> set[tuple[DocumentId, str]]:
        """Document and revision (as text) of everything that this reader has read."""
        rows = self._rows(Reading).filter(pl.col("reader") == reader)
        return set(self._collect(rows.select("document", "revision").unique()).iter_rows())

    def names(
        self, keys: Collection[EntityKey] | None = None, documents: Collection[DocumentId] | None = None
    ) -> Iterator[Recorded[Naming]]:
        """Which documents call which entities what; each naming once, with its first moment."""
        rows = self._rows(Observation)
        if documents is not None:
            rows = self._asked(partial(reading.said_by, documents=documents)).lazy() if self._has_index() else rows
            rows = rows.filter(pl.col("document").is_in(_strings(documents)))
        elif keys is not None:
            rows = self._asked(partial(reading.said_of, keys=keys)).lazy()
        for document, key, kind, name, at in self._collect(namings(rows, keys)).iter_rows():
            yield Recorded(Naming(document, Entity(key, kind, name)), at)

    def votes(self, keys: Collection[EntityKey] | None = None) -> Mapping[EntityKey, Votes]:
        """How many documents call entities what, deleted ones among them."""
        if keys is not None:
            return self._asked(partial(reading.votes_for, keys=keys))
        rows = self._rows(Observation)
        return votes_from(self._collect(counted(ballots(rows))).iter_rows())

    def called(self, words: Collection[str] | None = None) -> Iterator[tuple[str, EntityKey]]:
        """Words (all, or some) that name entities or are their keys, with each entity."""
        yield from self._asked(partial(reading.called_by, words=words))

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

    def close(self) -> None:
        """Let go of the index; it is opened again when it is needed."""
        with self._opening:
            if self._index is not None:
                self._index.close()
                self._index = None

    def _asked(self, ask: Callable[[Connection], T]) -> T:
        """An answer of the index, which first comes to where the log is."""
        index = self._followed()
        with index.reading() as connection:
            return ask(connection)

    def _has_index(self) -> bool:
        """Whether the index is near the log; to bring it there takes a while for a large log, and what reads all of it needs none."""
        return Path(f"{self._path}-index.sqlite").exists() and self._behind()[0] < _FAR_BEHIND

    def _followed(self) -> LogIndex:
        index = self._opened_index()
        behind, everything = self._behind()
        if behind or index.version < 0:
            table = self._told(lambda: DeltaTable(self._path))
            index.follow(table.version(), partial(self._news, table), anew=behind >= _FAR_BEHIND and 3 * behind > everything)
        return index

    def _opened_index(self) -> LogIndex:
        with self._opening:
            if self._index is None:
                identity = self._told(lambda: str(DeltaTable(self._path, without_files=True).metadata().id))
                self._index = LogIndex(Path(f"{self._path}-index.sqlite"), identity)
            return self._index

    def _behind(self) -> tuple[int, int]:
        """How many rows the index has not seen, about, and how many there are."""
        version = self._opened_index().version
        # A commit is one file, named by its version: looking for the next is cheaper than opening the table.
        if version >= 0 and not Path(self._path, "_delta_log", f"{version + 1:020}.json").exists():
            return 0, 0
        before = self._files(version) if version >= 0 else {}
        now = self._files(None)
        return max(1, sum(rows for file, rows in now.items() if file not in before)), sum(now.values())

    def _files(self, version: int | None) -> dict[str, int]:
        """The files of a version, with the number of their rows."""
        actions = self._told(lambda: pl.DataFrame(DeltaTable(self._path, version=version).get_add_actions(flatten=True)))
        return dict(actions.select("path", pl.col("num_records").fill_null(0)).iter_rows())

    def _news(self, table: DeltaTable, have: int, known: Collection[str]) -> Iterator[pl.DataFrame]:
        before = set(self._told(lambda: DeltaTable(self._path, version=have).file_uris())) if have >= 0 else set()
        for file in sorted(set(self._told(table.file_uris)) - before):
            # Files that compaction wrote hold batches that are known.
            yield self._collect(pl.scan_parquet(file).filter(~pl.col("batch").is_in(_strings(known))))

    def _told(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (DeltaError, OSError) as cause:
            raise StoreFailed(f"the evidence log could not be read: {cause}") from cause

    def _rows(self, kind: type[Any]) -> pl.LazyFrame:
        return self._scan().filter(pl.col("kind") == KINDS[kind])

    def _scan(self) -> pl.LazyFrame:
        return pl.scan_delta(self._path)

    def _collect(self, rows: pl.LazyFrame) -> pl.DataFrame:
        try:
            return rows.collect()
        except (DeltaError, OSError, pl.exceptions.PolarsError) as cause:
            raise StoreFailed(f"the evidence log could not be read: {cause}") from cause

    def _table(self) -> DeltaTable:
        try:
            return DeltaTable(self._path)
        except TableNotFoundError:
            described = {"description": _DESCRIPTION.format(LOG_FORMAT)}
            with suppress(CommitFailedError):  # another process made it meanwhile
                pl.DataFrame(schema=ROW).write_delta(self._path, mode="ignore", delta_write_options=described)
            return DeltaTable(self._path)

    def _check_format(self) -> None:
        try:
            described = DeltaTable(self._path, without_files=True).metadata().description or ""
        except DeltaError as cause:
            raise StoreFailed(f"the evidence log could not be opened: {cause}") from cause
        found = re.fullmatch(_DESCRIPTION.format(r"(\d+)"), described)
        if found is None:
            raise StoreFailed(f"what lies where the evidence log should be is another table ({described!r})")
        if int(found[1]) > LOG_FORMAT:
            raise LogTooNew(
                f"the evidence log has format {found[1]}, and this version of ChronoKG reads up to {LOG_FORMAT}: upgrade ChronoKG"
            )

    def _compact(self, table: DeltaTable) -> None:
        if table.version() % _COMPACT_EVERY == 0:
            try:
                DeltaTable(self._path).optimize.compact(target_size=_FILE_BYTES)
            except CommitFailedError:
                return  # another process was faster; reading works all the same


def _strings(values: Collection[str]) -> pl.Series:
    return pl.Series(sorted(values), dtype=pl.String).implode()
