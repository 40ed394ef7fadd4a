"""An index of the evidence log in SQLite: it says no more than the log, and is made anew from it when it is lost."""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

import polars as pl

from graph_store.log import index_file as file
from graph_store.log.index_layout import DROP_INDEXES, INDEXES, JUDGED
from graph_store.log.log_rows import KINDS, SILENT, SWEEPING, from_frame, record_kinds, whole_text, without_text
from graph_store.log.log_views import SIDES, count_ballots, judgements_in, votes_cast, withdrawals_in
from graph_store.log.names_in_log import define_short_forms, keep_names
from schema.columns import CITATION, OBSERVATION
from schema.document import Document
from schema.entity_names import provisional_parts
from schema.observation import Observation
from schema.ports import LogVersion
from schema.records import Judgement, JudgementWithdrawal, Retraction, Sameness

News = Callable[[int, Collection[str]], Iterable[pl.DataFrame]]
"""Rows of the log that came after a version; it may leave out those of batches that are known."""


class LogIndex:
    """One file beside the log, which processes share; or one of our own. Raises StoreFailed where it cannot be read or written."""

    def __init__(self, path: Path | None, log: str, connection: sqlite3.Connection | None = None) -> None:
        """`log` is the identity of the log: an index of another one is made anew. No path: an index of our own, gone when it is closed.

        `connection` is one to what is there already.
        """
        self._path, self._log = path, log
        self._alone = RLock()
        self._only_reads = connection is not None
        self._lies: tuple[int, int] | None = None  # which file we have open
        self._connection = connection or self._open()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time."""
        with self._alone, file.index_told(self._path):
            if self._path is not None and not self._only_reads and self._lies != file.identity_of(self._path):
                # Another process has made it anew: what we have open is a file without a name, which nobody brings along any more.
                self._connection.close()
                self._connection = self._open()
            yield self._connection

    @property
    def followed(self) -> LogVersion:
        """The version of the log that it has come to; number -1 where it is empty."""
        with self.reading() as connection:
            return file.followed_by(connection)

    @property
    def is_private(self) -> bool:
        """Whether it is our own, which nobody else sees."""
        return self._path is None

    def copied(self) -> sqlite3.Connection:
        """A connection to a copy of our own."""
        with self.reading() as connection:
            return file.copied(connection)

    def follow(self, to: LogVersion, news: "News", *, anew: bool = False) -> None:
        """Come to this version of the log; `anew` where so much is new that it is faster to make the index again."""
        if self.followed.number >= to.number:
            return
        if anew:
            self._make_anew(to, news)
            return
        with self.reading() as connection, file.transaction(connection):
            have = file.followed_by(connection).number
            if have >= to.number:
                return  # another process did it while we waited
            known = {row[0] for row in connection.execute("SELECT id FROM batch")}
            for frame in news(have, known):
                self._take(connection, frame.filter(~pl.col("batch").is_in(known)) if known else frame)
            file.set_followed(connection, to)

    def _make_anew(self, to: LogVersion, news: "News") -> None:
        """Fill a file of our own without a journal, and put it in the place of the old one when it is whole."""
        with self._alone, file.index_told(self._path):
            if self._path is None:
                self._connection.close()
                self._connection = self._open()
                self._fill(self._connection, to, news)
                return
            with file.fresh_file_beside(self._path) as fresh:
                self._connection.close()
                self._connection = self._open()
                if file.followed_by(self._connection).number >= to.number:
                    return  # another process did it while we waited
                with closing(file.connected(fresh)) as connection:
                    for pragma in ("journal_mode = OFF", "synchronous = OFF"):
                        connection.execute(f"PRAGMA {pragma}")
                    file.index_identity(connection, self._log)
                    self._fill(connection, to, news)
                self._connection.close()
                file.remove(self._path)
                fresh.replace(self._path)
            self._connection = self._open()

    def _fill(self, connection: sqlite3.Connection, to: LogVersion, news: "News") -> None:
        with file.transaction(connection):
            file.run(connection, DROP_INDEXES)
            for frame in news(-1, ()):
                self._take(connection, frame)
            file.run(connection, INDEXES)
            file.set_followed(connection, to)

    def forget(self) -> None:
        """Empty it: what it holds is not what the log says."""
        with self._alone, file.index_told(self._path):
            self._connection.close()
            if self._path is not None:
                file.remove(self._path)
            self._connection = self._open()

    def close(self) -> None:
        """Let go of the file."""
        with self._alone:
            self._connection.close()

    def _open(self) -> sqlite3.Connection:
        with file.index_told(self._path):
            connection = file.opened(self._path, self._log)
            self._lies = None if self._path is None else file.identity_of(self._path)
            return connection

    def _take(self, connection: sqlite3.Connection, frame: pl.DataFrame) -> None:
        if frame.is_empty():
            return
        self._take_batches(connection, frame)
        by_kind = {rows["kind"][0]: rows for rows in frame.partition_by("kind")}
        for kind, name in record_kinds():
            if name in by_kind:
                self._take_records(connection, kind, name, by_kind[name])
        for kind, take in (
            (Judgement, self._take_judgements),
            (JudgementWithdrawal, self._take_withdrawals),
            (Observation, self._take_observations),
        ):
            if KINDS[kind] in by_kind:
                take(connection, by_kind[KINDS[kind]])

    def _take_batches(self, connection: sqlite3.Connection, frame: pl.DataFrame) -> None:
        # A ruling of an old log does not say in columns which pair it is about.
        sweeps = pl.col("kind").is_in(SWEEPING) | (pl.col("kind").str.starts_with("ruling") & pl.col("head").is_null())
        said = pl.col("kind") == "observation"
        grouped = frame.group_by("batch").agg(pl.col("at").min(), sweeps=sweeps.any(), said=said.sum())
        # In the order of their moments; what comes in later gets a later place, whatever its moment.
        connection.executemany(
            "INSERT INTO batch (id, everything, observations) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET observations = observations + excluded.observations",
            grouped.sort("at", "batch").select("batch", "sweeps", "said").iter_rows(),
        )
        told = frame.filter(~pl.col("kind").is_in([*SILENT, *SWEEPING]) & pl.col("document").is_not_null())
        about_pairs = (pl.col("kind") != "observation") & pl.col("head").is_not_null() & pl.col("tail").is_not_null()
        pairs = frame.filter(about_pairs).select("batch", document=pl.lit(""), low="head", high="tail")
        rows = pl.concat([told.select("batch", "document", low=pl.lit(""), high=pl.lit("")).unique(), pairs.unique()])
        connection.executemany("INSERT OR IGNORE INTO touched SELECT position, ?2, ?3, ?4 FROM batch WHERE id = ?1", rows.iter_rows())

    def _take_records(self, connection: sqlite3.Connection, kind: type[Any], name: str, rows: pl.DataFrame) -> None:
        bodies: Sequence[str] = rows["body"].to_list()
        if kind is Document:
            define_short_forms(connection, zip(rows["document"], map(whole_text, bodies), strict=True))
        notices: Sequence[str | None] = [None] * len(bodies)
        if kind is Document:
            bodies = [without_text(*each) for each in rows.select("revision", "body").iter_rows()]
        if kind is Retraction:
            notices = [recorded.record.notice for recorded in from_frame(Retraction, rows)]
        cells = rows.select(pl.col("document").fill_null(""), "id", pl.col("at").dt.epoch("us"))
        connection.executemany(
            "INSERT INTO record (kind, document, id, at, body, notice) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET at = min(at, excluded.at)",
            ((name, *each, body, notice) for each, body, notice in zip(cells.iter_rows(), bodies, notices, strict=True)),
        )

    def _take_judgements(self, connection: sqlite3.Connection, rows: pl.DataFrame) -> None:
        made = judgements_in(rows.lazy()).with_columns(pl.col("at").dt.epoch("us")).collect()
        connection.executemany(
            f"INSERT INTO judged VALUES ({', '.join('?' * len(JUDGED))}) ON CONFLICT DO UPDATE SET at = min(at, excluded.at)",
            made.select(JUDGED).iter_rows(),
        )
        # Only where a judgement has its first moment is it news: a name that is judged again and again touches nothing.
        told = rows.select("batch", "head", "id", pl.col("at").dt.epoch("us")).unique()
        connection.executemany(
            "INSERT OR IGNORE INTO news SELECT position, ?2, ?3, ?4 FROM batch"
            " WHERE batch.id = ?1 AND EXISTS (SELECT 1 FROM judged WHERE judged.name = ?2 AND judged.id = ?3 AND judged.at = ?4)",
            told.iter_rows(),
        )
        same = made.filter((pl.col("sameness") == Sameness.SAME.value) & (pl.col("key") != "")).select("key", "name", "label").unique()
        keep_names(connection, ((key, provisional_parts(name)[0], label) for key, name, label in same.iter_rows()))

    def _take_withdrawals(self, connection: sqlite3.Connection, rows: pl.DataFrame) -> None:
        taken = withdrawals_in(rows.lazy()).with_columns(pl.col("at").dt.epoch("us")).collect()
        connection.executemany("INSERT INTO withdrawn VALUES (?, ?) ON CONFLICT DO UPDATE SET at = min(at, excluded.at)", taken.iter_rows())
        connection.executemany(
            "INSERT OR IGNORE INTO touched SELECT position, '', ?2, '' FROM batch WHERE id = ?1", rows.select("batch", "head").iter_rows()
        )

    def _take_observations(self, connection: sqlite3.Connection, said: pl.DataFrame) -> None:
        rows = said.sort("at", "batch").unique("id", keep="first", maintain_order=True)
        rows = rows.with_columns(_types_as_json(rows["publication_types"]))
        documents = rows["document"].unique().to_list()
        old = _frame(chosen(connection, f"SELECT {', '.join(_NAMING)}, at FROM said WHERE document IN", documents), (*_NAMING, "at"))
        moments = dict(zip(old["id"].to_list(), old["at"].to_list(), strict=True))
        rows = rows.with_columns(pl.col("at").dt.epoch("us"))
        earlier = (each for each in rows.select("at", "document", "id").iter_rows() if each[2] in moments and each[0] < moments[each[2]])
        connection.executemany("UPDATE said SET at = ? WHERE document = ? AND id = ?", earlier)
        fresh = rows.filter(~pl.col("id").is_in(list(moments))) if moments else rows
        self._take_lines(connection, rows)
        bracketed = fresh.filter(pl.col("quote").str.contains(r"[(\[]"))
        define_short_forms(connection, bracketed.select("document", "quote").unique().iter_rows())
        if fresh.is_empty():
            return
        low, high = pl.min_horizontal("head", "tail").alias("low"), pl.max_horizontal("head", "tail").alias("high")
        cells = fresh.select(low, high, *OBSERVATION)
        places = ", ".join("?" * (len(OBSERVATION) + 2))
        connection.executemany(f"INSERT INTO said VALUES ({places})", cells.iter_rows())
        self._take_votes(connection, fresh.select(_NAMING), old.select(_NAMING))

    def _take_lines(self, connection: sqlite3.Connection, rows: pl.DataFrame) -> None:
        lines = (
            rows.filter(pl.col("reader").is_null())
            .with_columns(pl.col("journal").fill_null(""))
            .group_by(list(CITATION)[:-1])
            .agg(pl.col("at").min())
        )
        connection.executemany(
            "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = min(at, excluded.at)", lines.iter_rows()
        )

    def _take_votes(self, connection: sqlite3.Connection, fresh: pl.DataFrame, old: pl.DataFrame) -> None:
        # A document votes once for each type and each name, however often it says it and in however many batches.
        new = votes_cast(fresh.lazy()).collect()
        if not old.is_empty():
            new = new.join(votes_cast(old.lazy()).collect(), on=new.columns, how="anti")
        connection.executemany(
            "INSERT INTO vote VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET documents = documents + excluded.documents",
            count_ballots(new.lazy()).collect().iter_rows(),
        )
        named = pl.concat([fresh.select(key=side, type=f"{side}_type", name=f"{side}_name") for side in SIDES])
        keep_names(connection, named.unique().iter_rows())


_NAMING = ("id", "document", "head", "head_type", "head_name", "tail", "tail_type", "tail_name")


def _types_as_json(types: pl.Series) -> pl.Series:
    if not (types.list.len().fill_null(0) > 0).any():
        return pl.repeat("[]", len(types), eager=True).alias("publication_types")
    return pl.Series("publication_types", [json.dumps(each or [], ensure_ascii=False) for each in types.to_list()], dtype=pl.String)


def _frame(rows: Iterable[Sequence[Any]], columns: Sequence[str]) -> pl.DataFrame:
    kinds = {name: pl.Int64 if name == "at" else pl.String for name in columns}
    return pl.DataFrame(list(rows), schema=kinds, orient="row")


def chosen(connection: sqlite3.Connection, statement: str, values: Sequence[str]) -> Iterator[Sequence[Any]]:
    """Rows where a column is one of many values, which may be more than a statement has places for."""
    for start in range(0, len(values), 10_000):
        some = values[start : start + 10_000]
        yield from connection.execute(f"{statement} ({', '.join('?' * len(some))})", some)
