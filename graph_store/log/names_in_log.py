"""Names in the log's index: what entities are called, found by the forms of names; and short forms that texts define."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Protocol, TypeVar

from graph_store.name_forms_table import SAME_FORM, forms_in_use, names_sharing, put_by, take_in
from schema.entity_names import Named, NameForms, ShortForm, abbreviations, search_words
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity

T = TypeVar("T")

_AT_ONCE = 5_000
_OF_KEYS = ""
"""The type of keys, which stand among the names in small letters."""

_COLUMNS = "SELECT name, key, type FROM called"
_SHORT_FORMS = "SELECT short, long, document FROM short_form WHERE short = ? OR long = ?"
_UNDER_FORM = "SELECT c.name, c.key, c.type FROM form f JOIN called c ON c.id = f.name WHERE f.form = ? ORDER BY f.name LIMIT ?"


class Asked(Protocol):
    """Asks the index, which first comes to where the log is."""

    def __call__(self, ask: Callable[[sqlite3.Connection], T], /) -> T:
        """The answer."""


class NamesInLog:
    """The names of the log as schema.ports.NameIndex has them."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def whole(self, forms: Collection[int]) -> Mapping[int, Sequence[Named]]:
        """See the port; at most 200 names for a form."""
        found = self._asked(lambda index: {form: _named(index.execute(_UNDER_FORM, (form, SAME_FORM))) for form in forms})
        return {form: names for form, names in found.items() if names}

    def having_names(self, forms: Collection[int]) -> Collection[int]:
        """See the port."""
        return self._asked(partial(forms_in_use, forms=forms))

    def near(self, blocks: Sequence[Sequence[int]], most: int) -> list[list[Named]]:
        """See the port."""
        return self._asked(lambda index: [_sharing(index, of_name, most) for of_name in blocks])

    def labels(self, keys: Collection[EntityKey]) -> Mapping[EntityKey, str]:
        """None: documents are no vocabulary."""
        del keys
        return {}


def keep_names(connection: sqlite3.Connection, names: Iterable[tuple[str, str, str]]) -> None:
    """Keep key, type and name of entities, and the keys."""
    insert = "INSERT OR IGNORE INTO called (key, type, name) VALUES (?, ?, ?)"
    told = [name for name in names if name[0]]
    connection.executemany(insert, (name for name in told if name[2]))
    connection.executemany(insert, ((key, _OF_KEYS, key.casefold()) for key in {key for key, *_ in told}))


def define_short_forms(connection: sqlite3.Connection, texts: Iterable[tuple[str, str]]) -> None:
    """Keep what texts, each of a document, define."""
    connection.executemany(
        "INSERT OR IGNORE INTO short_form VALUES (?, ?, ?)",
        (
            (search_words(short), search_words(long), document)
            for document, text in texts
            if "(" in text or "[" in text
            for short, long in abbreviations(text).items()
        ),
    )


def all_names(connection: sqlite3.Connection, most: int | None) -> list[Entity]:
    """Every name with its entity and a type; none where there are more than `most`."""
    if most is not None and int(connection.execute("SELECT coalesce(max(id), 0) FROM called").fetchone()[0]) > most:
        return []
    rows = connection.execute(f"{_COLUMNS} WHERE type <> ?", (_OF_KEYS,))
    return [Entity(EntityKey(key), kind, name) for name, key, kind in rows]


def keys_spelled(connection: sqlite3.Connection, texts: Collection[str]) -> dict[str, list[EntityKey]]:
    """Of these texts those that are keys, but for case, with the keys."""
    query = "SELECT key FROM called WHERE name = ? AND type = ?"
    found = {text: [EntityKey(key) for (key,) in connection.execute(query, (text.casefold(), _OF_KEYS))] for text in texts}
    return {text: sorted(keys) for text, keys in found.items() if keys}


def short_forms_of(connection: sqlite3.Connection, words: Collection[str]) -> set[ShortForm]:
    """What texts define by or as these words."""
    rows = (row for each in words for row in connection.execute(_SHORT_FORMS, (each, each)))
    return {ShortForm(short, long, DocumentId(document)) for short, long, document in rows}


def form_names(connection: sqlite3.Connection, forms: NameForms, version: str) -> None:
    """Make the forms of names that came in since they were made last; of all where they were made in another way."""
    if is_formed(connection, version):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        last = _last_formed(connection, version)
        if last == 0:
            connection.execute("DELETE FROM form")
        names = connection.execute("SELECT id, type, name FROM called WHERE id > ? AND type <> ? ORDER BY id", (last, _OF_KEYS))
        rows = _forms(names, forms)
        while some := list(islice(rows, _AT_ONCE)):
            put_by(connection, some)
        take_in(connection)
        connection.execute("DELETE FROM formed")
        connection.execute("INSERT INTO formed SELECT ?, coalesce(max(id), 0) FROM called", (version,))
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def is_formed(connection: sqlite3.Connection, version: str) -> bool:
    """Whether all names have their forms, made in this way."""
    query = "SELECT 1 FROM formed WHERE version = ? AND last = (SELECT coalesce(max(id), 0) FROM called)"
    return connection.execute(query, (version,)).fetchone() is not None


def _last_formed(connection: sqlite3.Connection, version: str) -> int:
    row = connection.execute("SELECT last FROM formed WHERE version = ?", (version,)).fetchone()
    return 0 if row is None else int(row[0])


def _forms(names: Iterable[Any], forms: NameForms) -> Iterator[tuple[int, int]]:
    for number, kind, name in names:
        made = forms(kind, name)
        yield from ((form, number) for form in (*made.whole, *made.blocks))


def _sharing(connection: sqlite3.Connection, blocks: Sequence[int], most: int) -> list[Named]:
    numbers = names_sharing(connection, blocks, most)
    return [named for number in numbers for named in _named(connection.execute(f"{_COLUMNS} WHERE id = ?", (number,)))]


def _named(rows: Iterable[Any]) -> list[Named]:
    return [Named(name, True, EntityKey(key), kind, name, "", "", 0) for name, key, kind in rows]
