"""What the log's index answers: by question, by document, by entity."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import polars as pl

from graph_store.log.index_layout import JUDGED
from graph_store.log.log_index import chosen
from graph_store.log.log_rows import KINDS, edition_from, record_from, typed
from graph_store.log.log_views import votes_from
from schema.columns import CITATION, JUDGEMENT, OBSERVATION, Columns, ColumnType
from schema.document import Document, Edition
from schema.ids import BatchId, DocumentId, EntityKey
from schema.ports import Question, Touched, Votes
from schema.records import Deletion, Record, Recorded, Retraction

R = TypeVar("R", bound=Record)
Rows = Iterable[Sequence[Any]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROWS = ", ".join(f"said.{name}" for name in OBSERVATION)


def said_about(connection: sqlite3.Connection, questions: Collection[Question], columns: Columns = OBSERVATION) -> pl.DataFrame:
    """Observations about questions (between two ends, or of a head and a relation), with some columns that rows of the log have."""
    cells = ", ".join(f"said.{name}" for name in columns)
    pairs = [question.ends for question in questions if question.relation is None]
    heads = [(question.ends[0], question.relation) for question in questions if question.relation is not None]
    rows: list[Sequence[Any]] = []
    several = _is_judged(connection)
    if pairs:
        _ask(connection, pairs)
        if several:
            _widen(connection, both=True)
        rows += connection.execute(f"SELECT {cells} FROM asked CROSS JOIN said ON said.low = asked.one AND said.high = asked.other")
    if heads:
        # A functional relation's question has one end: it is the lower or the higher of the pair.
        _ask(connection, heads)
        if several:
            _widen(connection, both=False)
        for side in ("low", "high"):
            rows += connection.execute(
                f"SELECT {cells} FROM asked CROSS JOIN said ON said.{side} = asked.one"
                " WHERE said.head = asked.one AND said.relation = asked.other AND said.low <> said.high"
            )
        rows += connection.execute(
            f"SELECT {cells} FROM asked CROSS JOIN said ON said.low = asked.one AND said.high = asked.one WHERE said.relation = asked.other"
        )
    return _as_log(rows, columns, unique=several or bool(pairs and heads))


def said_by(connection: sqlite3.Connection, documents: Collection[DocumentId]) -> pl.DataFrame:
    """Observations of documents."""
    return _as_log(chosen(connection, f"SELECT {_ROWS} FROM said WHERE document IN", sorted(documents)))


def said_of(connection: sqlite3.Connection, keys: Collection[EntityKey], columns: Columns = OBSERVATION) -> pl.DataFrame:
    """Observations with one of these entities as an end, with some columns that rows of the log have."""
    cells = ", ".join(f"said.{name}" for name in columns)
    # What is said of an entity and itself is found by one side.
    sides = (chosen(connection, f"SELECT {cells} FROM said WHERE {side} IN", sorted(keys)) for side in ("low", "low <> high AND high"))
    return _as_log([row for rows in sides for row in rows], columns, unique=len(keys) > 1)


def ends_by(connection: sqlite3.Connection, documents: Collection[DocumentId]) -> set[tuple[EntityKey, str, EntityKey]]:
    """Head, relation and tail of what documents say."""
    return set(chosen(connection, "SELECT head, relation, tail FROM said WHERE document IN", sorted(documents)))  # type: ignore[arg-type]


def ends_of(connection: sqlite3.Connection, keys: Collection[EntityKey]) -> set[tuple[EntityKey, str, EntityKey]]:
    """Head, relation and tail of what is said of entities."""
    return {
        row  # type: ignore[misc]
        for side in ("low", "high")
        for row in chosen(connection, f"SELECT DISTINCT head, relation, tail FROM said WHERE {side} IN", sorted(keys))
    }


def lines_of(connection: sqlite3.Connection, documents: Collection[DocumentId]) -> pl.DataFrame:
    """What observations made elsewhere say of their documents."""
    rows = chosen(connection, f"SELECT {', '.join(CITATION)} FROM line WHERE document IN", sorted(documents))
    return _as_log(rows, CITATION).with_columns(journal=pl.when(pl.col("journal") != "").then("journal"))


def editions_of(connection: sqlite3.Connection, documents: Collection[DocumentId] | None) -> Iterator[Recorded[Edition]]:
    """Revisions of documents."""
    for body, at in _bodies(connection, Document, documents):
        told = json.loads(body)
        yield Recorded(edition_from(told["revision"], told), _moment(at))


def records_of(connection: sqlite3.Connection, kind: type[R], documents: Collection[DocumentId] | None) -> Iterator[Recorded[R]]:
    """Records of a kind that bears on the graph, other than observations and documents."""
    for body, at in _bodies(connection, kind, documents):
        yield record_from(kind, body, _moment(at))


def retractions_by(connection: sqlite3.Connection, notices: Collection[DocumentId]) -> Iterator[Recorded[Retraction]]:
    """Retractions that these documents give notice of."""
    for body, at in chosen(connection, "SELECT body, at FROM record WHERE notice IN", sorted(notices)):
        yield record_from(Retraction, body, _moment(at))


def votes_for(connection: sqlite3.Connection, keys: Collection[EntityKey]) -> Mapping[EntityKey, Votes]:
    """How many documents call entities by each type and each name."""
    return votes_from(map(tuple, chosen(connection, "SELECT key, is_name, value, documents FROM vote WHERE key IN", sorted(keys))))


def judgements_on(connection: sqlite3.Connection, keys: Collection[EntityKey] | None) -> pl.DataFrame:
    """Judgements on all names, or on those that could ever count as what these keys could."""
    rows: Rows = ()
    if _is_judged(connection):
        names = ""
        if keys is not None:
            _ask(connection, ((key, None) for key in keys))
            names = _NAMES
        rows = connection.execute(
            f"{names} SELECT {', '.join(f'judged.{name}' for name in JUDGED)}, withdrawn.at FROM"
            f" {'names CROSS JOIN judged ON judged.name = names.key' if names else 'judged'}"
            " LEFT JOIN withdrawn ON withdrawn.id = judged.id"
        )
    return _as_log(rows, JUDGEMENT)


def deleted_speakers(connection: sqlite3.Connection) -> set[DocumentId]:
    """Documents with a deletion on record that say something."""
    rows = connection.execute(
        "SELECT DISTINCT document FROM record WHERE kind = ? AND EXISTS (SELECT 1 FROM said WHERE said.document = record.document)",
        (KINDS[Deletion],),
    )
    return {row[0] for row in rows}


def touched_by(connection: sqlite3.Connection, batches: Collection[BatchId]) -> Touched:
    """What batches say something about."""
    return _touched(list(chosen(connection, "SELECT position, everything FROM batch WHERE id IN", sorted(batches))), connection)


def touched_since(connection: sqlite3.Connection, position: int) -> Touched:
    """What batches say something about that came in after a position."""
    return _touched(list(connection.execute("SELECT position, everything FROM batch WHERE position > ?", (position,))), connection)


def position_of(connection: sqlite3.Connection) -> int:
    """The position of the batch that came in last; 0 where there is none."""
    return int(connection.execute("SELECT coalesce(max(position), 0) FROM batch").fetchone()[0])


def sizes_of(connection: sqlite3.Connection) -> dict[BatchId, int]:
    """Every batch with the number of its observations, in the order in which the index came to know them."""
    return {BatchId(batch): number for batch, number in connection.execute("SELECT id, observations FROM batch ORDER BY position")}


_NEWS = """
SELECT news.name FROM news CROSS JOIN judged ON judged.name = news.name AND judged.id = news.id AND judged.at = news.at WHERE position = ?
"""


def _touched(found: Sequence[Sequence[Any]], connection: sqlite3.Connection) -> Touched:
    documents: set[DocumentId] = set()
    pairs: set[tuple[EntityKey, EntityKey]] = set()
    names: set[EntityKey] = set()
    for position, _ in found:
        for document, low, high in connection.execute("SELECT document, low, high FROM touched WHERE position = ?", (position,)):
            if document:
                documents.add(document)
            elif high:
                pairs.add((low, high))
            else:
                names.add(low)
        names.update(row[0] for row in connection.execute(_NEWS, (position,)))
    return Touched(frozenset(documents), any(everything for _, everything in found), frozenset(pairs), frozenset(names))


def _bodies(connection: sqlite3.Connection, kind: type[Any], documents: Collection[DocumentId] | None) -> Rows:
    select = f"SELECT body, at FROM record WHERE kind = '{KINDS[kind]}'"
    if documents is None:
        return connection.execute(select)
    if connection.execute(f"{select} LIMIT 1").fetchone() is None:
        return ()
    return chosen(connection, f"{select} AND document IN", sorted(documents))


def _ask(connection: sqlite3.Connection, pairs: Iterable[Sequence[str | None]]) -> None:
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS asked (one TEXT, other TEXT)")
    connection.execute("DELETE FROM asked")
    connection.executemany("INSERT INTO asked VALUES (?, ?)", pairs)


_STEP = "CROSS JOIN judged ON judged.{} = {} AND judged.sameness = 'same'"
_NAMES = f"""
WITH RECURSIVE
counted (key) AS (SELECT one FROM asked UNION SELECT judged.key FROM counted {_STEP.format("name", "counted.key")}),
names (key) AS (SELECT key FROM counted UNION SELECT judged.name FROM names {_STEP.format("key", "names.key")})
"""
"""All that the keys asked for could count as, and every name that could count as one of these."""


def _is_judged(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM judged LIMIT 1").fetchone() is not None


def _widen(connection: sqlite3.Connection, *, both: bool) -> None:
    """Ask also for what is said under other names: all that any judgement has called the same, and that an observation uses."""
    ends = "SELECT one FROM asked UNION SELECT other FROM asked" if both else "SELECT one FROM asked"
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS alike (key TEXT, name TEXT, PRIMARY KEY (key, name)) WITHOUT ROWID")
    connection.execute("DELETE FROM alike")
    connection.execute(
        f"WITH RECURSIVE alike_to (key, name) AS (SELECT one, one FROM ({ends}) UNION"
        f" SELECT alike_to.key, judged.name FROM alike_to {_STEP.format('key', 'alike_to.name')})"
        " INSERT INTO alike SELECT key, name FROM alike_to WHERE name = key OR EXISTS (SELECT 1 FROM vote WHERE vote.key = name)"
    )
    others = " CROSS JOIN alike two ON two.key = asked.other" if both else ""
    cells = "min(one.name, two.name), max(one.name, two.name)" if both else "one.name, asked.other"
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS wider (one TEXT, other TEXT)")
    connection.execute("DELETE FROM wider")
    connection.execute(f"INSERT INTO wider SELECT {cells} FROM asked CROSS JOIN alike one ON one.key = asked.one{others}")
    connection.execute("DELETE FROM asked")
    connection.execute("INSERT INTO asked SELECT DISTINCT one, other FROM wider")


_KEPT_AS: Mapping[ColumnType, Any] = {"text": pl.String, "texts": pl.String, "number": pl.Float64, "flag": pl.Int64, "moment": pl.Int64}
"""How SQLite keeps what a column holds."""


def _as_log(rows: Rows, columns: Columns = OBSERVATION, *, unique: bool = False) -> pl.DataFrame:
    """Rows of the index as the log has them."""
    rows = list(rows)
    if not rows:
        return pl.DataFrame(schema=typed(columns))
    frame = pl.DataFrame(rows, schema={name: _KEPT_AS[kind] for name, kind in columns.items()}, orient="row")
    return (frame.unique("id") if unique else frame).with_columns(
        pl.from_epoch(name, time_unit="us").dt.replace_time_zone("UTC")
        if columns[name] == "moment"
        else pl.col(name).str.json_decode(kind)
        if columns[name] == "texts"
        else pl.col(name).cast(kind)
        for name, kind in typed(columns).items()
    )


def _moment(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)
