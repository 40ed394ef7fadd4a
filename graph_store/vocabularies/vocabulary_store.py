"""Vocabularies in one SQLite file: terms, their names, and the numbers under which names are found."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Lock

from graph_store.name_forms_table import forms_in_use, put_by, take_in
from graph_store.vocabularies.vocabulary_tables import TABLES, check_format, display_name, sharing, under_form, write_ahead
from schema.entity_names import Named, NameForms, Term
from schema.errors import StoreBusy, StoreFailed, plain_reason
from schema.ids import EntityKey

_AT_ONCE = 5_000


class SqliteVocabularies:
    """Vocabularies and NameLookup (schema.entity_names) in a file. Loading is one transaction: others see what was before it, or after.

    `version` names what `forms` makes: where another one made the file's, its names are indexed anew when it is opened.
    """

    def __init__(self, path: Path | str, forms: NameForms, version: str) -> None:
        self._path, self._forms, self._lock = Path(path), forms, Lock()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self._path, timeout=30.0, isolation_level=None, check_same_thread=False)
        except (sqlite3.Error, OSError) as error:
            raise StoreFailed(f"vocabularies {self._path}: {plain_reason(error)}") from error
        with self._asking() as database:
            write_ahead(database)
            database.execute("PRAGMA synchronous=NORMAL")
            for statement in TABLES:
                database.execute(statement)
            check_format(database)
            made = database.execute("SELECT value FROM meta WHERE key = 'forms'").fetchone()
        if made != (version,):
            with self._writing() as database:
                index_anew(database, forms)
                database.execute("INSERT OR REPLACE INTO meta VALUES ('forms', ?)", (version,))

    def load(self, vocabulary: str, version: str, terms: Iterable[Term]) -> int:
        """See the port. A vocabulary that is loaded again keeps its place among the others."""
        with self._writing() as database:
            place = _forget(database, vocabulary)
            if place is None:
                (place,) = database.execute("SELECT coalesce(max(place), 0) + 1 FROM vocabulary").fetchone()
            added = database.execute("INSERT INTO vocabulary (name, version, place) VALUES (?, ?, ?)", (vocabulary, version, place))
            return insert_terms(database, int(added.lastrowid or 0), terms, self._forms)

    def loaded(self) -> dict[str, tuple[str, int]]:
        """See the port; in the order in which they count."""
        with self._asking() as database:
            rows = database.execute("SELECT name, version, terms FROM vocabulary ORDER BY place").fetchall()
        return {name: (version, terms) for name, version, terms in rows}

    def arrange(self, vocabularies: Sequence[str]) -> None:
        """Give these vocabularies, in this order, the places that they have among all."""
        with self._writing() as database:
            places = sorted(database.execute("SELECT place FROM vocabulary WHERE name = ?", (name,)).fetchone()[0] for name in vocabularies)
            rows = list(zip(places, vocabularies, strict=True))
            database.executemany("UPDATE vocabulary SET place = ? WHERE name = ?", rows)

    def remove(self, vocabulary: str) -> None:
        """See the port; harmless where there is none of this name."""
        with self._writing() as database:
            _forget(database, vocabulary)

    def types(self, prefix: str) -> dict[EntityKey, str]:
        """The types of all keys that begin so; of several, that of the vocabulary that counts first."""
        query = (
            "SELECT t.key, t.type FROM term t JOIN vocabulary v ON v.id = t.vocabulary WHERE substr(t.key, 1, ?) = ? ORDER BY place DESC"
        )
        with self._asking() as database:
            return {EntityKey(key): kind for key, kind in database.execute(query, (len(prefix), prefix))}

    def whole(self, forms: Collection[int]) -> Mapping[int, Sequence[Named]]:
        """See NameLookup; at most 200 names for a form."""
        with self._asking() as database:
            found = {form: under_form(database, form) for form in forms}
        return {form: names for form, names in found.items() if names}

    def having_names(self, forms: Collection[int]) -> frozenset[int]:
        """Of these forms those that some name has; one query, however many there are."""
        with self._asking() as database:
            return forms_in_use(database, forms)

    def near(self, blocks: Sequence[Sequence[int]], most: int) -> list[list[Named]]:
        """See NameLookup."""
        with self._asking() as database:
            return [sharing(database, of_name, most) for of_name in blocks]

    def labels(self, keys: Collection[EntityKey]) -> Mapping[EntityKey, str]:
        """See NameLookup."""
        with self._asking() as database:
            found = {key: display_name(database, key) for key in keys}
        return {key: name for key, name in found.items() if name is not None}

    def close(self) -> None:
        """See the port."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock:
                yield self._database
        except sqlite3.Error as error:
            raise StoreFailed(f"vocabularies {self._path}: {plain_reason(error)}") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, which any error undoes; raises StoreBusy where another process loads all the while."""
        with self._asking() as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise StoreBusy(f"vocabularies {self._path}: another process is loading ({error})") from error
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                database.execute("ROLLBACK")
                raise


def _forget(database: sqlite3.Connection, vocabulary: str) -> int | None:
    """Delete a vocabulary's rows; returns its place, None where there was none."""
    found = database.execute("SELECT id, place, first_name, last_name FROM vocabulary WHERE name = ?", (vocabulary,)).fetchone()
    if found is None:
        return None
    number, place, first, last = found
    database.execute("DELETE FROM form WHERE name BETWEEN ? AND ?", (first, last))
    database.execute("DELETE FROM name WHERE id BETWEEN ? AND ?", (first, last))
    database.execute("DELETE FROM term WHERE vocabulary = ?", (number,))
    database.execute("DELETE FROM vocabulary WHERE id = ?", (number,))
    return int(place)


def insert_terms(database: sqlite3.Connection, vocabulary: int, terms: Iterable[Term], forms: NameForms) -> int:
    """Insert the terms of a vocabulary within the open transaction; returns how many."""
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
        put_by(database, form_rows)
    take_in(database)
    database.execute(
        "UPDATE vocabulary SET terms = ?, first_name = ?, last_name = ? WHERE id = ?", (term - first, first_name + 1, name, vocabulary)
    )
    return term - first


def index_anew(database: sqlite3.Connection, forms: NameForms) -> None:
    """Make the forms of all names again, within the open transaction."""
    database.execute("DELETE FROM form")
    names = database.execute("SELECT n.id, t.type, n.text FROM name n JOIN term t ON t.id = n.term")
    rows = (row for number, kind, text in names for row in _forms(forms, kind, text, number))
    while some := list(islice(rows, _AT_ONCE)):
        put_by(database, some)
    take_in(database)


def _forms(forms: NameForms, kind: str, text: str, number: int) -> Iterator[tuple[int, int]]:
    made = forms(kind, text)
    return ((form, number) for form in (*made.whole, *made.blocks))


def _highest(database: sqlite3.Connection, table: str) -> int:
    query = {"term": "SELECT max(id) FROM term", "name": "SELECT max(id) FROM name"}[table]
    return int(database.execute(query).fetchone()[0] or 0)
