"""The tables of the vocabularies' file, and how names are found in them."""

import sqlite3
import time
from collections.abc import Sequence

from graph_store.name_forms_table import SAME_FORM, names_sharing
from schema.entity_names import Named
from schema.errors import LogTooNew
from schema.ids import EntityKey

FORMAT = "1"

TABLES = (
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS vocabulary (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, version TEXT NOT NULL, "
    "place INTEGER NOT NULL, terms INTEGER NOT NULL DEFAULT 0, first_name INTEGER NOT NULL DEFAULT 0, "
    "last_name INTEGER NOT NULL DEFAULT -1)",
    "CREATE TABLE IF NOT EXISTS term (id INTEGER PRIMARY KEY, vocabulary INTEGER NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL, "
    "name TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS term_key ON term (key)",
    "CREATE TABLE IF NOT EXISTS name (id INTEGER PRIMARY KEY, term INTEGER NOT NULL, text TEXT NOT NULL, preferred INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS form (form INTEGER NOT NULL, name INTEGER NOT NULL, PRIMARY KEY (form, name)) WITHOUT ROWID",
)

_COLUMNS = "SELECT n.text, n.preferred, t.key, t.type, t.name, v.name, v.version, v.place"
_OF_NAME = "JOIN term t ON t.id = n.term JOIN vocabulary v ON v.id = t.vocabulary"
_UNDER_FORM = f"{_COLUMNS} FROM form f JOIN name n ON n.id = f.name {_OF_NAME} WHERE f.form = ? ORDER BY f.name LIMIT ?"
_BY_NUMBER = f"{_COLUMNS} FROM name n {_OF_NAME} WHERE n.id = ?"

_LABEL = "SELECT t.name FROM term t JOIN vocabulary v ON v.id = t.vocabulary WHERE t.key = ? ORDER BY v.place, t.id LIMIT 1"


def under_form(database: sqlite3.Connection, form: int) -> list[Named]:
    """The names of a form, at most 200."""
    return [_named(row) for row in database.execute(_UNDER_FORM, (form, SAME_FORM))]


def sharing(database: sqlite3.Connection, blocks: Sequence[int], most: int) -> list[Named]:
    """The names that share most of these blocks, at most so many."""
    return [_named(row) for name in names_sharing(database, blocks, most) for row in database.execute(_BY_NUMBER, (name,))]


def display_name(database: sqlite3.Connection, key: str) -> str | None:
    """What the first vocabulary that has a key calls it."""
    row = database.execute(_LABEL, (key,)).fetchone()
    return None if row is None else str(row[0])


def check_format(database: sqlite3.Connection) -> None:
    """Raises LogTooNew for a file of a later layout; marks a new one."""
    database.execute("INSERT OR IGNORE INTO meta VALUES ('format', ?)", (FORMAT,))
    found = database.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()[0]
    if int(found) > int(FORMAT):
        raise LogTooNew(f"the vocabularies are in format {found}, and this version of ChronoKG reads up to {FORMAT}")


def write_ahead(database: sqlite3.Connection) -> None:
    """Let readers go on while one writes. Two processes that open a new file together: SQLite tells one "locked" at once."""
    for _ in range(100):
        try:
            database.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.05)
        else:
            return
    database.execute("PRAGMA journal_mode=WAL")


def _named(row: tuple[str, int, str, str, str, str, str, int]) -> Named:
    text, preferred, key, kind, label, vocabulary, version, place = row
    return Named(text, bool(preferred), EntityKey(key), kind, label, vocabulary, version, place)
