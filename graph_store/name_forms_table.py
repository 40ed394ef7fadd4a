"""Names under numbers in a table of SQLite, `form (form, name)`: which names share them, and how they come in."""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

_ANY = "SELECT DISTINCT f.form FROM json_each(?) asked JOIN form f ON f.form = asked.value"
_STAGE = "CREATE TEMP TABLE IF NOT EXISTS stage (form INTEGER NOT NULL, name INTEGER NOT NULL)"
_SORTED = "INSERT OR IGNORE INTO form SELECT form, name FROM stage ORDER BY form, name"

SAME_FORM = 200
"""Names of one form that are looked at."""
_SAME_BLOCK = 60
"""Names under one number that are looked at. A block that more names share tells nothing apart and is passed over."""


def forms_in_use(database: sqlite3.Connection, forms: Collection[int]) -> frozenset[int]:
    """Of these forms those that some name has."""
    return frozenset(form for (form,) in database.execute(_ANY, (json.dumps(list(forms)),)))


def names_sharing(database: sqlite3.Connection, blocks: Sequence[int], most: int) -> list[int]:
    """The numbers of the names that share most of these blocks, at most so many."""
    shared: Counter[int] = Counter()
    for block in blocks:
        names = database.execute("SELECT name FROM form WHERE form = ? LIMIT ?", (block, _SAME_BLOCK + 1)).fetchall()
        if len(names) <= _SAME_BLOCK:
            shared.update(name for (name,) in names)
    return sorted(shared, key=lambda name: (-shared[name], name))[:most]


def put_by(database: sqlite3.Connection, rows: Iterable[tuple[int, int]]) -> None:
    """Forms with the names that have them, for `take_in`."""
    database.execute(_STAGE)
    database.executemany("INSERT INTO stage VALUES (?, ?)", rows)


def take_in(database: sqlite3.Connection) -> None:
    """All that was put by, in order: into a tree far larger than the cache, rows in any order would be a disk read each."""
    database.execute(_STAGE)
    database.execute(_SORTED)
    database.execute("DELETE FROM stage")
