"""JSON lines of our own, and the dated folders of MedKGent."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.dates import DateOrigin
from schema.document import Mention
from tests.pipeline.formats.helpers import document, documents, ids, items, refused, retractions, set_aside


def record(key: object = 1, **further: Any) -> dict[str, Any]:
    return {"id": key, "title": "Zebra stripes", "abstract": "Flies avoid stripes.", "published": "1999-03", **further}


def lines(*records: object) -> str:
    return "".join(json.dumps(each) + "\n" for each in records)


def test_a_line_is_a_document() -> None:
    mention = {"start": 0, "end": 5, "text": "Zebra", "type": "Species", "identifier": "9789"}
    found = document(lines(record(mentions=[mention], journal="J Zoo", doi="10.1000/x", publication_types=["Review"], version=2)))
    assert (found.id, found.text, str(found.published)) == ("PMID:1", "Zebra stripes Flies avoid stripes.", "1999-03")
    assert (found.journal, found.doi, found.publication_types, found.version) == ("J Zoo", "10.1000/x", ("Review",), 2)
    assert found.mentions == (Mention(0, 5, "Zebra", "Species", ("NCBITaxon:9789",)),)


def test_a_broken_line_in_the_middle_costs_only_itself() -> None:
    data = lines(record(1)) + '{"id": 2, "title": \n' + lines(record(3))
    assert ids(data) == ["PMID:1", "PMID:3"]
    (found,) = set_aside(data)
    assert found.position == "line 2"
    assert "is not JSON" in found.reason
    assert found.payload.strip() == '{"id": 2, "title":'


def test_lines_an_array_a_wrapper_and_pretty_printing_say_the_same() -> None:
    records = [record(n) for n in range(1, 4)]
    plain = documents(lines(*records))
    assert len(plain) == 3
    assert documents(json.dumps(records)) == plain
    assert documents(json.dumps({"documents": records}, indent=2)) == plain
    assert documents("\n".join(json.dumps(each, indent=2) for each in records)) == plain
    assert documents("\ufeff" + lines(*records).replace("\n", "\r\n\r\n")) == plain


def test_a_cut_off_array_keeps_what_is_whole() -> None:
    data = json.dumps([record(1), record(2)])
    assert ids(data[:-20]) == ["PMID:1"]
    assert len(set_aside(data[:-20])) == 1
    assert ids(data[:-1]) == ["PMID:1", "PMID:2"]
    assert "ends within" in set_aside(data[:-1])[0].reason


def test_bytes_that_are_not_utf8_set_only_their_line_aside() -> None:
    data = lines(record(1)).encode() + b'{"id": 2, "title": "Caf\xe9"}\n' + lines(record(3)).encode()
    assert ids(data) == ["PMID:1", "PMID:3"]
    assert "not UTF-8" in set_aside(data)[0].reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"title": "x"}, "no id"),
        ({"id": 1}, "neither title nor abstract"),
        ({"id": 1, "title": " ", "abstract": ""}, "neither title nor text"),
        ({"id": "", "title": "x"}, "is empty"),
        ({"id": 1, "title": "x", "published": "5 March"}, "'5 March' is not a date"),
        ({"id": 1, "title": "x", "published": "2001-02-30"}, "'2001-02-30' is not a date in the calendar"),
        ({"id": 1, "title": ["x"]}, "title"),
        ({"id": 1, "title": "x\ud800"}, "is no text"),
        ({"id": 1, "title": "x", "mentions": [{"start": -1, "end": 1, "text": "x", "type": "Gene"}]}, "mentions.0.start"),
    ],
)
def test_what_is_wrong_with_a_record_is_said_and_the_rest_goes_on(value: dict[str, Any], reason: str) -> None:
    data = lines(record(8), value, record(9))
    assert ids(data) == ["PMID:8", "PMID:9"]
    (found,) = set_aside(data)
    assert reason in found.reason
    assert found.position == "line 2"


def test_a_line_that_is_no_object_is_set_aside() -> None:
    assert "no JSON object" in set_aside(lines(record(1), 5, record(2)))[0].reason


def test_a_document_without_a_date_stays_undated_and_a_year_may_be_a_number() -> None:
    assert document(lines({"id": 1, "title": "x"})).published is None
    assert str(document(lines(record(published=1999))).published) == "1999"


def test_a_retraction_can_be_told_with_its_document() -> None:
    (found,) = retractions(lines(record(retracted_on="2004-03-02")))
    assert (found.document, str(found.on)) == ("PMID:1", "2004-03-02")


@given(st.text(max_size=12), st.text(min_size=1, max_size=12), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=5))
def test_every_mention_is_the_slice_of_the_text_that_it_names(title: str, abstract: str, places: list[tuple[int, int]]) -> None:
    text = f"{title} {abstract}"
    told = [{"start": a, "end": b, "text": text[a:b], "type": "Gene"} for a, b in places]
    told += [{"start": a, "end": b, "text": "zebra", "type": "Gene"} for a, b in places]
    for found in items(lines(record(title=title, abstract=abstract, mentions=told))):
        for mention in getattr(found, "mentions", ()):
            assert found.text[mention.start : mention.end] == mention.text  # type: ignore[union-attr]


def medkgent(*entities: dict[str, Any], abstract: str = "Aspirin helps zebras.") -> str:
    return json.dumps({"abstract": abstract, "entities": list(entities)})


def entity(text: str, offset: int, identifier: object = "MESH:D001241") -> dict[str, Any]:
    place = {"offset": offset, "length": len(text)}
    return {"text": text, "name": text.lower(), "type": "Chemical", "identifier": identifier, "locations": [place]}


def test_the_path_of_a_dated_folder_names_and_dates_the_document() -> None:
    found = document(medkgent(entity("Aspirin", 0)), "in/2004/03/02/123.json")
    assert (found.id, str(found.published), found.date_origin) == ("PMID:123", "2004-03-02", DateOrigin.PATH)
    assert [(m.text, m.identifiers) for m in found.mentions] == [("Aspirin", ("MESH:D001241",))]
    assert all(found.text[m.start : m.end] == m.text for m in found.mentions)


@pytest.mark.parametrize("identifier", [None, "-", ""])
def test_an_entity_without_identifier_is_a_mention_without_one(identifier: object) -> None:
    (mention,) = document(medkgent(entity("Aspirin", 0, identifier)), "2004/03/02/123.json").mentions
    assert mention.identifiers == ()


@pytest.mark.parametrize("path", ["123.json", "2004/123.json", "2004/02/30/123.json", "2004/13/01/123.json", "2004/03/02/123.txt"])
def test_a_path_that_is_no_day_is_refused_by_name(path: str) -> None:
    assert path in refused(medkgent(), path).reason


def test_what_a_preprint_server_answers_is_read_version_by_version() -> None:
    first = {"doi": "10.5555/2020.03.01.7", "title": "Lumorin", "date": "2020-03-01", "version": "1", "abstract": "It cures ash."}
    first |= {"published": "NA", "server": "bioRxiv", "authors": "Elm, A.; Oak, B.", "type": "new results"}
    second = {**first, "version": "2", "date": "2020-06-10", "published": "10.5555/journal.77", "title": "Lumorin, revised"}
    answer = {"messages": [{"status": "ok", "cursor": 0, "total": 2}], "collection": [first, second]}
    one, other = documents(json.dumps(answer, indent=1))
    assert one.id == other.id == "doi:10.5555/2020.03.01.7"
    assert [(d.version, str(d.published), d.source) for d in (one, other)] == [(1, "2020-03-01", "bioRxiv"), (2, "2020-06-10", "bioRxiv")]
    lines = documents("\n".join(json.dumps({"id": each["doi"], **each}) for each in (first, second)))
    assert [d.revision for d in lines] == [one.revision, other.revision]


def test_the_date_is_the_first_of_those_given_that_is_one() -> None:
    told = {"id": "DOC:1", "title": "x", "published": "", "date": "NaT", "year": 2001.0}
    assert str(document(json.dumps(told)).published) == "2001"
