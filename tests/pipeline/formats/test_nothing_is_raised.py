"""Whatever a file holds, reading it raises nothing, loses nothing silently, and gives only what every store can keep."""

import gzip
import io
import json
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.formats.documents import read
from pipeline.grounding.given_values import NOTHING_GIVEN
from pipeline.intake.line_batches import take_lines
from schema.document import Document
from schema.records import SetAside
from tests.agents.fakes import BIOMEDICAL
from tests.conftest import examples
from tests.pipeline.formats.helpers import article, article_set, documents, gz, ids, items, refused, set_aside

DIGITS = "9" * 5_000  # more than int() takes
DOCUMENT = {"id": "1", "title": "Zebra stripes", "abstract": "Keep flies away."}
PASSAGE = {"offset": 0, "infons": {"type": "title"}, "text": "Zebra", "annotations": []}


def lines(*values: object) -> str:
    return "".join((value if isinstance(value, str) else json.dumps(value)) + "\n" for value in values)


PUBTATOR = "1|t|Zebra stripes\n1|a|Keep flies away.\n1\t0\t5\tZebra\tSpecies\t9791\n\n2|t|Other\n2|a|\n"
BIOC = (
    "<collection><document><id>1</id><passage><offset>0</offset><text>Zebra</text><annotation id='1'><infon key='type'>Species</infon>"
    "<location offset='0' length='5'/><text>Zebra</text></annotation></passage></document></collection>"
)
SEEDS = [
    article_set(article("1"), article("2"), "<DeleteCitation><PMID>3</PMID></DeleteCitation>"),
    PUBTATOR,
    BIOC,
    lines(DOCUMENT, {"id": "2", "passages": [PASSAGE]}),
    json.dumps({"PubTator3": [{"id": "2", "passages": [PASSAGE]}]}),
    json.dumps({"abstract": "Zebra", "entities": [{"text": "Zebra", "type": "Species", "identifier": "9791", "locations": []}]}),
    "PMID- 1\nDP  - 2001 May\nTI  - Zebra\nLR  - 20010203\nRIN - J Zoo. 2004;1:1. PMID: 9\nPHST- 2001/05/17 00:00 [pubmed]\n\n"
    "PMID- 2\nTI  - Other\n",
    json.dumps({"messages": [], "collection": [{"doi": "10.5555/1", "title": "Zebra", "date": "2001-05-17", "version": "1"}]}),
    "PMID,Title,Publication Year,DOI\n1,Zebra,2001,10.5555/1\n,Other,1999.0,10.5555/2\n",
    "pmid,title,year\n1,Zebra,2001\n2,Other,1999.0\n",
]
# Numbers, years and letters that programs stumble over.
ODD = [
    *("0001-01-01", "9999-12-31T23:59:59-14:00", "0000", "-1", "true", "1e400", "NaN"),
    *("\u200b", "\uff11", "\u0421", "\u0660", "\u2028", "\x1f", "\U0001f48a"),
]
SPLICES = [
    *("", DIGITS, "²", '"', "\x00", "null", "[]", "{}", "true", "1e999", "-1", "\\ud800", "\n", "\r", "\t", "</", "<!--", "&x;", ";|,"),
    *ODD,
]


LINE: dict[str, object] = {
    "document": "PMID:1",
    "published": "2001-05",
    "source": "x",
    "head": {"key": "MESH:D1", "type": "Chemical", "name": "zinc"},
    "relation": "treat",
    "tail": {"key": "MESH:D2", "type": "Disease", "name": "warts"},
    "confidence": 0.8,
    "publication_types": ["Review"],
    "stated": ["2003", None],
    "recorded_at": "2004-01-01T00:00:00Z",
}


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 12), st.sampled_from(SPLICES)), max_size=4))
@example([(json.dumps(LINE).index("0.8"), 3, DIGITS)])
@example([(json.dumps(LINE).index("2004-01-01T00:00:00Z"), 20, "0001-01-01T00:00:00+14:00")])
def test_any_change_to_a_line_of_observe_costs_no_more_than_that_line(changes: list[tuple[int, int, str]]) -> None:
    text = json.dumps(LINE, ensure_ascii=False)
    for place, length, put in changes:
        at = place % (len(text) + 1)
        text = text[:at] + put + text[at + length :]
    block = f"{json.dumps({**LINE, 'document': 'PMID:2'})}\n".encode() + text.replace("\n", " ").encode("utf-8", "surrogatepass")
    intake = take_lines(1, block, "file", BIOMEDICAL, datetime(2026, 1, 1, tzinfo=UTC), NOTHING_GIVEN)
    (tally,) = intake.tallies
    assert tally.submitted in (1, 2)
    assert tally.committed >= 1
    repr(intake.records).encode()


@settings(max_examples=examples(300), deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 12), st.sampled_from(SPLICES)), max_size=4),
    st.sampled_from(["plain", "gzip", "half a gzip"]),
)
@example(PUBTATOR, [(39, 1, "²")], "plain")
@example(SEEDS[-1], [(0, 0, "\r")], "plain")
@example(SEEDS[-1], [(18, 0, "\r")], "plain")
def test_any_change_to_any_file_is_read_to_its_end(seed: str, changes: list[tuple[int, int, str]], how: str) -> None:
    for place, length, put in changes:
        at = place % (len(seed) + 1)
        seed = seed[:at] + put + seed[at + length :]
    data = seed.encode()
    data = gzip.compress(data, mtime=0) if how != "plain" else data
    data = data[: len(data) // 2] if how == "half a gzip" else data
    for item in read(io.BytesIO(data), "2001/02/03/7.json"):
        repr(item).encode()  # UTF-8 throughout
        if isinstance(item, Document):
            assert "\x00" not in item.text
            assert all(item.text[m.start : m.end] == m.text for m in item.mentions)


@pytest.mark.parametrize(
    "bad",
    [
        f'{{"id": "2", "title": "x", "version": {DIGITS}}}',
        {"id": "2", "title": "x", "journal": "J\ud800"},
        {"id": "2", "title": "x", "mesh": [{"identifier": "D1", "name": "a\x00"}]},
        {"id": "2", "passages": [{**PASSAGE, "annotations": 7}]},
        {"id": "2", "passages": [{**PASSAGE, "annotations": [{"infons": {}, "text": "x", "locations": 7}]}]},
    ],
)
def test_a_value_that_no_program_expects_costs_only_its_record(bad: object) -> None:
    data = lines(DOCUMENT, bad, {**DOCUMENT, "id": "3"})
    assert ids(data) == ["PMID:1", "PMID:3"]
    assert len(set_aside(data)) == 1


@pytest.mark.parametrize("identifier", [1.5, True, {"a": 1}, DIGITS])
def test_an_identifier_of_any_kind_in_a_dated_folder_stops_nothing(identifier: object) -> None:
    entity = {"text": "Zebra", "type": "Gene", "identifier": identifier, "locations": [{"offset": 0, "length": 5}]}
    (found,) = documents(json.dumps({"abstract": "Zebra", "entities": [entity]}), "2001/02/03/7.json")
    assert [m.text for m in found.mentions] == ["Zebra"]


def test_null_is_as_good_as_absent_and_an_instant_means_its_day() -> None:
    nothing = dict.fromkeys(["mentions", "mesh", "passages", "source", "version", "journal"])
    (found,) = documents(lines({**DOCUMENT, **nothing, "published": "2001-05-17T00:00:00Z"}))
    assert (str(found.published), found.version, found.mentions) == ("2001-05-17", 1, ())


@pytest.mark.parametrize("name", ["a.jsonl", "a.json.gz"])
def test_a_first_line_of_garbage_costs_only_itself(name: str) -> None:
    assert ids(lines("oops", DOCUMENT), name) == ["PMID:1"]
    assert [found.position for found in set_aside(lines("oops", DOCUMENT), name)] == ["line 1"]
    assert ids("oops\n\n" + PUBTATOR, "a.pubtator") == ["PMID:1", "PMID:2"]


@pytest.mark.parametrize("indent", [None, 1])
def test_an_object_that_is_too_long_is_one_thing_set_aside(indent: int | None) -> None:
    long = json.dumps({"id": "2", "passages": [{"text": "y" * 50}] * 90_000}, indent=indent)
    data = lines(DOCUMENT, long, {**DOCUMENT, "id": "3"})
    assert ids(data) == ["PMID:1", "PMID:3"]
    (found,) = set_aside(data)
    assert "longer than" in found.reason
    assert not found.complete


def test_a_pubtator_record_without_end_is_set_aside_in_bounded_pieces() -> None:
    data = "1|t|Zebra\n" + "1\t0\t5\tZebra\tSpecies\t9791\n" * 250_000 + "\n2|t|Other\n"
    assert ids(data) == ["PMID:2"]
    (found,) = set_aside(data)
    assert "longer than" in found.reason
    assert len(found.payload) < 1_000


def test_a_file_that_ends_between_records_is_told_as_cut_off() -> None:
    data = article_set(article("1"), article("2")).replace("</PubmedArticleSet>\n", "")
    assert ids(data) == ["PMID:1", "PMID:2"]
    (found,) = set_aside(data)
    assert (found.unit, found.position) == ("file", f"byte {len(data)}, after record 2")
    assert "cut off" in found.reason


def test_one_break_is_told_once() -> None:
    texts = [f"<AbstractText>{n * 7919**9} {n}</AbstractText>" for n in range(400)]
    data = gz(article_set(*(article(str(n + 1), abstract=text) for n, text in enumerate(texts))))
    (found,) = set_aside(data[: len(data) // 2])
    assert found.unit == "file"
    assert found.payload.startswith("<PubmedArticle>")  # the record in which it breaks off


def test_what_stands_in_a_remark_and_an_empty_element_are_no_records() -> None:
    data = article_set(f"<!-- {article('8')} -->", "<DeleteCitation />", article("2"))
    assert ids(data) == ["PMID:2"]
    assert set_aside(data) == []


def test_one_bad_number_in_a_list_of_deletions_costs_only_itself() -> None:
    found = items(article_set("<DeleteCitation><PMID>1</PMID><PMID>x</PMID><PMID>3</PMID></DeleteCitation>"))
    assert [getattr(item, "document", None) for item in found] == ["PMID:1", "PMID:3", None]
    assert "'x'" in str(found[-1])


def test_a_record_is_taken_whole_or_set_aside_whole() -> None:
    notice = "<CommentsCorrections RefType='RetractionOf'><PMID>x</PMID></CommentsCorrections>"
    notice = f"<CommentsCorrectionsList>{notice}</CommentsCorrectionsList>"
    assert "'x'" in refused(article_set(article("9", in_citation=notice))).reason


def test_what_is_set_aside_of_a_file_in_another_encoding_can_be_read_by_itself() -> None:
    data = article_set(article("x", title="Zèbre"), prolog='<?xml version="1.0" encoding="ISO-8859-1"?>\n').encode("latin-1")
    (found,) = set_aside(data)
    assert "Zèbre" in found.payload
    assert [item.reason for item in set_aside(found.payload)] == [found.reason]


@pytest.mark.parametrize(
    "data", ["pmid,title,year\n1,Zebra,2001\n2,Other,soon\n", "pmid,title\n1,Zebra\n2,Other,more\n", BIOC.replace("<id>1", "<id>")]
)
def test_what_is_set_aside_says_the_same_when_it_is_read_again(data: str) -> None:
    (found,) = set_aside(data)
    (again,) = items(found.payload)
    assert isinstance(again, SetAside)
    assert again.reason == found.reason


def test_a_broken_page_of_parquet_is_set_aside() -> None:
    whole = io.BytesIO()
    pl.DataFrame({"pmid": range(300), "title": ["x" * n for n in range(1, 301)]}).write_parquet(whole)
    data = whole.getvalue()
    (found,) = set_aside(data[:100] + data[200:])
    assert "no Parquet" in found.reason


def test_a_month_that_pubtator3_writes_as_its_first_day_stays_a_month() -> None:
    def dated(date: str, journal: str) -> str:
        passage = {**PASSAGE, "infons": {"type": "title", "journal": journal}}
        (found,) = documents(json.dumps({"PubTator3": [{"id": "1", "date": date, "passages": [passage]}]}))
        return str(found.published)

    assert dated("2021-03-01T00:00:00Z", "Nat Cell Biol. 2021 Mar;23(3):268-277. doi: 10.1/x") == "2021-03"
    assert dated("2021-01-01T00:00:00Z", "Nat Cell Biol. 2021;23(3):268-277.") == "2021"
    assert dated("2021-03-01T00:00:00Z", "Nat Cell Biol. 2021 Mar 1;23(3):268-277.") == "2021-03-01"
    assert dated("2021-03-01T00:00:00Z", "Nat Cell Biol") == "2021-03-01"


def test_the_number_of_a_pmc_record_is_no_pmid() -> None:
    def named(**infons: str) -> str:
        passage = {**PASSAGE, "infons": {"type": "front", **infons}}
        (found,) = documents(json.dumps({"id": "3446384", "passages": [passage]}))
        return found.id

    assert named(**{"article-id_pmc": "3446384"}) == "PMC3446384"
    assert named(**{"article-id_pmc": "PMC3446384", "article-id_pmid": "22429397"}) == "PMID:22429397"
    assert named() == "PMID:3446384"


def test_sentences_stand_at_their_offsets() -> None:
    annotation = {"infons": {"type": "Species"}, "text": "Flies", "locations": [{"offset": 16, "length": 5}]}
    sentences = [{"offset": 0, "text": "Zebra stripes."}, {"offset": 16, "text": "Flies stay away.", "annotations": [annotation]}]
    (found,) = documents(json.dumps({"id": "1", "passages": [{"offset": 0, "infons": {"type": "title"}, "sentences": sentences}]}))
    assert found.text == "Zebra stripes.  Flies stay away."
    assert [(m.start, m.text) for m in found.mentions] == [(16, "Flies")]
