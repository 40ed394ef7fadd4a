"""Writing a vocabulary's rows: names as they come, their forms sorted at the end, so that memory stays flat."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from schema.entity_names import Forms, Term

Indexing = Callable[[str, str], Forms]
"""The forms of a name of a type (type first)."""

_AT_ONCE = 5_000

_STAGE = "CREATE TEMP TABLE IF NOT EXISTS stage (form INTEGER NOT NULL, name INTEGER NOT NULL)"
_SORTED = "INSERT OR IGNORE INTO form SELECT form, name FROM stage ORDER BY form, name"


def insert_terms(database: sqlite3.Connection, vocabulary: int, terms: Iterable[Term], forms: Indexing) -> int:
    """Insert the terms of a vocabulary within the open transaction; returns how many."""
    database.execute(_STAGE)
    first = term = _highest(database, "term")
    first_name = name = _highest(database, "name")
    source = iter(terms)
    while some := list(islice(source, _AT_ONCE)):
        term_rows, name_rows = [], []
        form_rows: list[tuple[int, int]] = []
        for each in some:
            term += 1
            term_rows.append((term, vocabulary, each.key, each.type, each.name))
            for text in dict.fromkeys((each.name, *each.synonyms)):
                name += 1
                name_rows.append((name, term, text, text == each.name))
                form_rows += _forms(forms, each.type, text, name)
        database.executemany("INSERT INTO term VALUES (?, ?, ?, ?, ?)", term_rows)
        database.executemany("INSERT INTO name VALUES (?, ?, ?, ?)", name_rows)
        database.executemany("INSERT INTO stage VALUES (?, ?)", form_rows)
    _take_stage(database)
    database.execute(
        "UPDATE vocabulary SET terms = ?, first_name = ?, last_name = ? WHERE id = ?", (term - first, first_name + 1, name, vocabulary)
    )
    return term - first


def index_anew(database: sqlite3.Connection, forms: Indexing) -> None:
    """Make the forms of all names again, within the open transaction."""
    database.execute(_STAGE)
    database.execute("DELETE FROM form")
    names = database.execute("SELECT n.id, t.type, n.text FROM name n JOIN term t ON t.id = n.term")
    rows = (row for number, kind, text in names for row in _forms(forms, kind, text, number))
    while some := list(islice(rows, _AT_ONCE)):
        database.executemany("INSERT INTO stage VALUES (?, ?)", some)
    _take_stage(database)


def _take_stage(database: sqlite3.Connection) -> None:
    # In order: into a tree far larger than the cache, rows in any order would be a disk read each.
    database.execute(_SORTED)
    database.execute("DELETE FROM stage")


def _forms(forms: Indexing, kind: str, text: str, number: int) -> Iterator[tuple[int, int]]:
    made = forms(kind, text)
    return ((form, number) for form in (*made.whole, *made.blocks))


def _highest(database: sqlite3.Connection, table: str) -> int:
    query = {"term": "SELECT max(id) FROM term", "name": "SELECT max(id) FROM name"}[table]
    return int(database.execute(query).fetchone()[0] or 0)
