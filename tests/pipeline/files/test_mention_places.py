"""Where mentions stand, in whatever unit their file counts."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.mention_places import MISPLACED, Part, with_mentions
from schema.document import Document, Mention
from schema.ids import DocumentId

TEXT = "Lumorin‐β 💊 and “glass” knee; 💊 lumorin‐β for the knee"
NAMES = [("Lumorin‐β", 0), ("glass", TEXT.index("glass")), ("lumorin‐β", TEXT.rindex("lumorin")), ("knee", TEXT.rindex("knee"))]
UNITS: list[Callable[[str], int]] = [len, lambda text: len(text.encode()), lambda text: len(text.encode("utf-16-le")) // 2]


def placed(text: str, *mentions: Mention) -> Document:
    return with_mentions(Document(DocumentId("PMID:1"), text), [Part(0, text, mentions)])


def counted(text: str, start: int, name: str, unit: Callable[[str], int]) -> Mention:
    return Mention(unit(text[:start]), unit(text[: start + len(name)]), name, "Chemical")


@pytest.mark.parametrize("unit", UNITS)
def test_offsets_in_characters_bytes_and_utf_16_give_the_same_mentions(unit: Callable[[str], int]) -> None:
    found = placed(TEXT, *(counted(TEXT, start, name, unit) for name, start in NAMES))
    assert [(m.start, m.end, m.text) for m in found.mentions] == sorted((start, start + len(name), name) for name, start in NAMES)
    assert found.unused == {}


def test_where_not_all_agree_offsets_are_characters_and_what_is_lost_is_counted() -> None:
    given = [counted(TEXT, start, name, UNITS[1]) for name, start in NAMES]
    found = placed(TEXT, *given, Mention(1, 4, "zzz", "Chemical"))
    assert found.mentions == ()
    assert found.unused == {MISPLACED: 5}


@pytest.mark.parametrize(
    ("stands", "said"),
    [
        ("Lumorin‐β", "Lumorin b"),
        ("Lumorin-β", "lumorin-beta"),
        ("IFN‐γ", "IFN-gamma"),
        ("naïve", "naive"),
        ("H₂O", "H2O"),
        ("A&B", "A&amp;B"),
    ],
)
def test_a_name_may_be_written_as_programs_normalise_it(stands: str, said: str) -> None:
    text = f"The {stands} again"
    assert [m.text for m in placed(text, Mention(4, 4 + len(stands), said, "Chemical")).mentions] == [stands]


@pytest.mark.parametrize("said", ["Lumorin", "umorin", "Quaxol", "()"])
def test_another_name_is_not_there(said: str) -> None:
    assert placed("A (lumorol) (", Mention(3, 10, said, "Chemical")).unused == {MISPLACED: 1}


@given(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(-2, 30), st.integers(-2, 30)), max_size=4),
)
def test_whatever_the_offsets_a_mention_is_the_slice_of_the_text_or_counted(text: str, places: list[tuple[int, int]]) -> None:
    given = [Mention(a, b, text[max(a, 0) : max(b, 0)] or "x", "Gene") for a, b in set(places)]
    found = placed(text, *given)
    assert all(0 <= m.start < m.end and text[m.start : m.end] == m.text for m in found.mentions)
    assert len(found.mentions) + found.unused.get(MISPLACED, 0) == len(given)
