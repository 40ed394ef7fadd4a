import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph_store.vocabularies.vocabulary_store import SqliteVocabularies
from pipeline.linking.name_forms import VERSION, blocks_to_ask, forms_of
from pipeline.linking.words_of_names import words
from schema.entity_names import Forms, Named, Term
from schema.errors import LogTooNew, StoreBusy, StoreFailed
from schema.ids import EntityKey

ZORB = Term(EntityKey("X:1"), "Disease", "zorb fever", ("fever, zorb", "ZF"))
WICK = Term(EntityKey("X:2"), "Disease", "wick ague")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteVocabularies]:
    made = opened(tmp_path)
    yield made
    made.close()


def opened(folder: Path, version: str = VERSION) -> SqliteVocabularies:
    return SqliteVocabularies(folder / "vocabularies.sqlite", forms_of, version)


def names(store: SqliteVocabularies, name: str, kind: str = "Disease") -> list[Named]:
    found = store.whole(forms_of(kind, name).whole)
    return list({one.text: one for of_form in found.values() for one in of_form}.values())


def test_a_term_is_found_by_each_of_its_names_and_of_its_type_only(store: SqliteVocabularies) -> None:
    assert store.load("mine", "7", [ZORB, WICK]) == 2
    assert store.loaded() == {"mine": ("7", 2)}
    (found,) = names(store, "ZF")
    assert found == Named("ZF", False, EntityKey("X:1"), "Disease", "zorb fever", "mine", "7", 1)
    assert {one.text for one in names(store, "Zorb-Fever")} == {"zorb fever", "fever, zorb"}
    assert names(store, "ZF", "Gene") == []


def test_loading_again_puts_the_new_in_place_of_the_old_and_keeps_the_place(store: SqliteVocabularies) -> None:
    store.load("mine", "1", [ZORB])
    store.load("other", "1", [WICK])
    store.load("mine", "2", [WICK])
    assert list(store.loaded().items()) == [("mine", ("2", 1)), ("other", ("1", 1))]
    assert names(store, "ZF") == []
    assert [(one.vocabulary, one.place) for one in store.whole(forms_of("Disease", "wick ague").whole[:1]).popitem()[1]] == [
        ("other", 2),
        ("mine", 1),
    ]


def test_a_load_that_fails_leaves_what_was_there(store: SqliteVocabularies) -> None:
    store.load("mine", "1", [ZORB])

    def broken() -> Iterator[Term]:
        yield WICK
        raise ValueError("cut off")

    with pytest.raises(ValueError, match="cut off"):
        store.load("mine", "2", broken())
    assert store.loaded() == {"mine": ("1", 1)}
    assert len(names(store, "ZF")) == 1
    assert names(store, "wick ague") == []


def test_what_is_removed_is_gone_and_only_that(store: SqliteVocabularies) -> None:
    store.load("mine", "1", [ZORB])
    store.load("other", "1", [WICK])
    store.remove("mine")
    store.remove("never there")
    assert list(store.loaded()) == ["other"]
    assert names(store, "ZF") == []
    assert len(names(store, "wick ague")) == 1


def test_vocabularies_stay_when_the_file_is_closed(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.load("mine", "1", [ZORB])
    first.close()
    again = opened(tmp_path)
    assert len(names(again, "ZF")) == 1
    again.close()


def test_other_forms_index_the_kept_names_anew(tmp_path: Path) -> None:
    def first_letter(kind: str, name: str) -> Forms:
        return Forms((ord(name[0]),), ())

    old = SqliteVocabularies(tmp_path / "vocabularies.sqlite", first_letter, "letters")
    old.load("mine", "1", [ZORB, WICK])
    old.close()
    new = opened(tmp_path)
    assert len(names(new, "ZF")) == 1
    assert new.whole([ord("w")]) == {}
    new.close()


def test_a_reader_sees_the_old_state_while_another_loads(tmp_path: Path, store: SqliteVocabularies) -> None:
    store.load("mine", "1", [ZORB])
    reader = opened(tmp_path)
    seen = []

    def watched() -> Iterator[Term]:
        yield WICK
        seen.append((list(reader.loaded().items()), len(names(reader, "ZF"))))

    store.load("mine", "2", watched())
    assert seen == [([("mine", ("1", 1))], 1)]
    assert reader.loaded() == {"mine": ("2", 1)}
    reader.close()


def test_a_second_writer_is_told_that_another_one_loads(tmp_path: Path, store: SqliteVocabularies) -> None:
    other = opened(tmp_path)
    other._database.execute("PRAGMA busy_timeout=50")

    def meanwhile() -> Iterator[Term]:
        yield ZORB
        with pytest.raises(StoreBusy, match="another process is loading"):
            other.load("theirs", "1", [WICK])

    store.load("mine", "1", meanwhile())
    assert other.load("theirs", "1", [WICK]) == 1
    other.close()


def test_a_name_like_it_is_near_and_the_one_that_shares_more_comes_first(store: SqliteVocabularies) -> None:
    terms = [Term(EntityKey(f"X:{number}"), "Disease", f"syndrome of {number} zorbins") for number in range(40)]
    store.load("mine", "1", [*terms, ZORB, WICK])
    ask = blocks_to_ask("Disease", words("zorb fevre", "Disease"))
    assert store.near([ask], 5)[0][0].text == "zorb fever"
    assert store.near([ask, ()], 1)[1] == []
    assert len(store.near([blocks_to_ask("Disease", words("zorbin", "Disease"))], 7)[0]) == 7


def test_a_block_that_too_many_share_is_passed_over(store: SqliteVocabularies) -> None:
    store.load("mine", "1", [Term(EntityKey(f"X:{number}"), "Disease", f"zorbins of kind {number}") for number in range(500)])
    asked = blocks_to_ask("Disease", words("zorbins", "Disease"))
    assert store.near([asked], 10) == [[]]


def test_the_first_vocabulary_says_what_an_entity_is_called(store: SqliteVocabularies) -> None:
    store.load("mine", "1", [ZORB])
    store.load("other", "1", [Term(EntityKey("X:1"), "Chemical", "another name")])
    assert store.labels([EntityKey("X:1"), EntityKey("X:9")]) == {"X:1": "zorb fever"}
    assert store.types("X:") == {"X:1": "Disease"}
    store.arrange(["other", "mine"])
    assert store.labels([EntityKey("X:1")]) == {"X:1": "another name"}


def test_odd_names_are_kept_as_they_are(store: SqliteVocabularies) -> None:
    odd = ["O'Zorb; DROP TABLE name--", 'with "quotes" \\ and %_', "💊 zorb", "İstanbul zorb", "x" * 2000]
    store.load("mine", "1", [Term(EntityKey(f"X:{at}"), "Disease", name) for at, name in enumerate(odd)])
    for at, name in enumerate(odd):
        assert [(one.text, one.key) for one in names(store, name)] == [(name, f"X:{at}")]


def test_a_file_of_a_later_format_or_of_something_else_is_refused(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with sqlite3.connect(tmp_path / "vocabularies.sqlite") as database:
        database.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    database.close()
    with pytest.raises(LogTooNew, match="99"):
        opened(tmp_path)
    (tmp_path / "vocabularies.sqlite").write_bytes(b"no database" * 1000)
    for rest in tmp_path.glob("*-*"):
        rest.unlink()
    with pytest.raises(StoreFailed, match="vocabularies"):
        opened(tmp_path)


def test_many_forms_are_asked_about_at_once_which_of_them_have_names(store: SqliteVocabularies) -> None:
    store.load("mine", "1", [ZORB, WICK])
    wanted = forms_of("Disease", "zorb fever").whole[0], forms_of("Disease", "ZF").whole[0]
    assert store.having_names({*wanted, *range(50_000)}) == frozenset(wanted)
    assert store.having_names([]) == frozenset()
    store.remove("mine")
    assert store.having_names(wanted) == frozenset()
