"""Which documents a reader is to read, case by case; readers under their older names."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.believing.evidence import order_of_readers
from pipeline.intake.rereading import AGAIN, NEVER_READ, READ_BEFORE, older, unread, without_finding
from schema.document import Document, Mention
from schema.ids import DocumentId
from schema.observation import Reader
from schema.records import Reading

NOW = Reader("labels", "org/m2", "labels-2", "biomedical-1-1a2b3c4d")
TEXT = Document(DocumentId("PMID:1"), "Drug one", mentions=(Mention(0, 8, "Drug one", "Chemical", ("MESH:C1",)),))
PLAIN = replace(TEXT, mentions=())
by_name = order_of_readers(())

readers = st.builds(
    Reader,
    st.sampled_from(["labels", "votes"]),
    st.sampled_from(["m1", "org/m2", "a-12345678"]),
    st.sampled_from(["labels-1", "labels-2", "labels-2+mentions-1", "labels-2+cal-0a0a0a0a"]),
    st.sampled_from(["biomedical-1", "biomedical-1-1a2b3c4d", "biomedical-1-99999999", "biomedical-2-1a2b3c4d"]),
)


def reading(reader: Reader, document: Document = TEXT) -> Reading:
    return Reading(document.id, document.revision, reader)


def reason(again: str, *made: Reader, document: Document = TEXT) -> str | None:
    return older(document, [reading(reader, document) for reader in made], NOW, again, by_name)


@pytest.mark.parametrize("again", AGAIN)
def test_only_what_differs_in_the_respect_asked_for_is_older(again: str) -> None:
    other = {"model": "m1", "prompt": "labels-1", "schema": "biomedical-1-99999999"}
    assert reason(again, replace(NOW, **{again: other[again]})) is None
    for part in set(AGAIN) - {again}:
        assert reason(again, replace(NOW, **{part: other[part]})) == f"read by this {again}"


def test_what_was_never_read_or_read_by_this_very_reader_is_left_alone() -> None:
    assert reason("model") == NEVER_READ
    assert reason("model", NOW, replace(NOW, model="m1")) == READ_BEFORE


def test_of_several_readings_the_one_that_counts_is_looked_at() -> None:
    first, last = replace(NOW, prompt="labels-1", model="a"), replace(NOW, model="b")
    assert by_name(first.name) < by_name(last.name)
    assert reason("prompt", first, last) is None
    assert older(TEXT, [reading(first), reading(last)], NOW, "prompt", lambda name: name != last.name) == "read by this prompt"


def test_a_text_that_changed_since_is_read() -> None:
    changed = replace(TEXT, title="Drug one!")
    assert older(changed, [reading(NOW)], NOW, "model", by_name) is None


def test_a_reader_whose_schema_did_not_tell_what_it_says_is_the_same_reader() -> None:
    before = replace(NOW, schema="biomedical-1")
    assert NOW.older_name == before.name
    assert before.older_name is None
    assert reason("schema", before) == READ_BEFORE
    assert reason("schema", replace(before, model="m1")) == "read by this schema"
    assert reason("schema", replace(NOW, schema="biomedical-2")) is None


def test_finding_names_is_no_reason_to_read_again_what_brings_its_names() -> None:
    finding = replace(NOW, prompt="labels-2+mentions-1+cal-00000000")
    assert without_finding(finding).prompt == "labels-2+cal-00000000"
    assert unread(TEXT, [reading(without_finding(finding))], finding) == READ_BEFORE
    assert unread(PLAIN, [reading(without_finding(finding), PLAIN)], finding) is None
    assert unread(PLAIN, [reading(finding, PLAIN)], finding) == READ_BEFORE
    changed = replace(TEXT, title="Drug one!")
    assert unread(changed, [reading(finding)], finding) is None


@given(readers, readers, st.sampled_from(AGAIN))
def test_agreeing_is_mutual_and_every_reader_agrees_with_itself(one: Reader, other: Reader, part: str) -> None:
    assert one.agrees(other, part) == other.agrees(one, part)
    assert one.agrees(one, part)
    assert one.is_known_as(other) == other.is_known_as(one)
    assert Reader.parse(one.name) == one
    if one.is_known_as(other):
        assert all(one.agrees(other, each) for each in AGAIN)


@given(st.lists(readers, max_size=5), readers, st.sampled_from(AGAIN), st.permutations(range(5)))
def test_the_order_of_the_readings_never_matters(made: list[Reader], reader: Reader, again: str, order: list[int]) -> None:
    turned = [made[number] for number in order if number < len(made)]
    one, other = ([reading(each) for each in some] for some in (made, turned))
    assert older(TEXT, one, reader, again, by_name) == older(TEXT, other, reader, again, by_name)
