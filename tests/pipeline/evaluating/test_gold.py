"""Gold relations in each format, and what is wrong with some of them."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pipeline.evaluating.gold_cases import Gold, gold_of, is_gold_lines, read_gold_lines
from pipeline.files.opened_file import OpenedFile
from pipeline.formats.documents import read
from schema.document import Document, RelationAnnotation
from schema.ids import DocumentId

PUBTATOR = (
    "7|t|Zinc and warts.\r\n7|a|Zinc cleared the warts.\r\n7\t0\t4\tZinc\tChemicalEntity\tD015032\r\n"
    "7\tNegative_Correlation\tD015032\tD014860\tNovel\r\n\r\n8|t|Nothing here.\r\n8|a|Nobody relates anything.\r\n"
)
NAMED = [{"id": "3", "infons": {"identifier": "D1"}}, {"id": "4", "infons": {"identifier": "D2"}}]
BIOC = {
    "documents": [
        {
            "id": "7",
            "passages": [{"offset": 0, "text": "Zinc.", "annotations": NAMED}],
            "relations": [
                {"id": "R0", "infons": {"entity1": "D015032", "entity2": "D014860", "type": "Negative_Correlation"}},
                {"id": "R1", "infons": {"relation": "CID", "Chemical": "C1", "Disease": "D9"}},
                {"id": "R2", "infons": {"type": "Bind"}, "nodes": [{"refid": "3", "role": ""}, {"refid": "4", "role": ""}]},
            ],
        },
        {"id": "8", "passages": [{"offset": 0, "text": "Warts.", "annotations": []}], "relations": []},
    ]
}
XML = """<?xml version="1.0"?><!DOCTYPE collection SYSTEM "BioC.dtd"><collection><document><id>7</id>
<passage><offset>0</offset><text>Zinc.</text><annotation id="3"><infon key="identifier">D1</infon></annotation>
<annotation id="4"><infon key="identifier">D2</infon></annotation></passage>
<relation id="R0"><infon key="entity1">D015032</infon><infon key="entity2">D014860</infon>
<infon key="type">Negative_Correlation</infon></relation>
<relation id="R1"><infon key="relation">CID</infon><infon key="Chemical">C1</infon><infon key="Disease">D9</infon></relation>
<relation id="R2"><infon key="type">Bind</infon><node refid="3" role=""/><node refid="4" role=""/></relation>
</document><document><id>8</id><passage><offset>0</offset><text>Warts.</text></passage></document></collection>"""


def gold(data: str | bytes) -> Gold:
    file = OpenedFile(io.BytesIO(data.encode() if isinstance(data, str) else data))
    return read_gold_lines(file, "gold") if is_gold_lines(file.head) else gold_of(read(file, "gold"), "gold")


def test_pubtator_gives_relations_and_the_documents_without_any() -> None:
    found = gold(PUBTATOR)
    assert found.related == {"PMID:7": [RelationAnnotation("Negative_Correlation", "D015032", "D014860")], "PMID:8": []}
    assert (found.words, found.problems, len(found.documents or ())) == ({"Negative_Correlation"}, [], 2)


def test_bioc_names_the_ends_of_a_relation_in_three_ways_in_xml_as_in_json() -> None:
    expected = {
        "PMID:7": [
            RelationAnnotation("Negative_Correlation", "D015032", "D014860"),
            RelationAnnotation("CID", "C1", "D9"),
            RelationAnnotation("Bind", "D1", "D2"),
        ],
        "PMID:8": [],
    }
    for data in (json.dumps(BIOC), json.dumps(BIOC, indent=2), XML):
        found = gold(data)
        assert found.problems == []
        assert found.related == expected


def test_what_a_file_relates_is_no_part_of_what_its_document_says() -> None:
    bare = gold(PUBTATOR.replace("7\tNegative_Correlation\tD015032\tD014860\tNovel\r\n", "")).documents
    told = gold(PUBTATOR).documents
    assert bare is not None
    assert told == bare
    assert [d.revision for d in (told or {}).values()] == [d.revision for d in bare.values()]
    assert "Correlation" not in TypeAdapter(Document).dump_json((told or {})[DocumentId("PMID:7")]).decode()


def test_a_relation_under_another_documents_id_is_told() -> None:
    found = gold("7|t|Zinc.\n8\tBind\tD1\tD2\tNo\n")
    assert (found.related, len(found.problems)) == ({"PMID:7": []}, 1)
    assert found.problems[0].startswith("gold, line 2: the document id '8'")


def test_json_lines_relate_what_other_files_hold() -> None:
    lines = ['{"document": "PMID:7", "head": "MESH:D1", "relation": "treat", "tail": "MESH:D2"}', '{"document": "8"}']
    found = gold("\n".join(lines))
    assert found.related == {"PMID:7": [RelationAnnotation("treat", "MESH:D1", "MESH:D2")], "PMID:8": []}
    assert found.documents is None


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("7\tBind\tD1\n", "gold, line 2: neither a mention nor a relation"),
        ("\t Bind\tD1\tD2\n", "gold, line 2: the document id"),
    ],
)
def test_a_bad_line_is_told_with_its_place_and_the_rest_goes_on(bad: str | bytes, told: str) -> None:
    found = gold(b"7|t|Zinc.\n" + (bad.encode() if isinstance(bad, str) else bad) + b"7\tBind\tD1\tD2\tNo\n")
    assert found.related == {"PMID:7": [RelationAnnotation("Bind", "D1", "D2")]}
    assert [problem.startswith(told) for problem in found.problems] == [True]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"document": "PMID:7", "head": "MESH:D1"}', "has head, relation and tail"),
        ('{"document": "PMID:7", "head": 3, "relation": "treat", "tail": "x"}', "line 2: head: Input should be a valid string"),
        ('{"document": "PMID:7", "sentence": "x"}', "line 2: sentence: Extra inputs"),
        ('{"document": ', "line 2: the record: Invalid JSON"),
    ],
)
def test_a_bad_json_line_is_told_with_key_and_rule(line: str, told: str) -> None:
    found = gold(f'{{"document": "PMID:8"}}\n{line}\n')
    assert set(found.related) == {"PMID:8"}
    assert told in found.problems[0]


def test_a_relation_without_two_ends_is_told_and_a_broken_collection_too() -> None:
    passages = [{"offset": 0, "text": "Zinc.", "annotations": []}]
    for bad in ({"infons": {"type": "Bind", "entity1": "D1"}}, 7, {"infons": 7, "nodes": 7}, {"nodes": [7, {}]}):
        found = gold(json.dumps({"documents": [{"id": "7", "passages": passages, "relations": [bad]}, {"passages": []}, "no document"]}))
        assert found.related == {"PMID:7": []}
        assert [problem.split(": ")[0] for problem in found.problems] == ["gold, PMID:7", "gold, line 1", "gold, line 1"]
    assert "cut off" in gold("<collection><document>").problems[0]
    assert "not JSON" in gold('{"documents": [').problems[0] or "ends within" in gold('{"documents": [').problems[0]


def test_an_entity_bomb_and_a_file_from_this_machine_expand_to_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("7")
    data = f'<!DOCTYPE c [<!ENTITY s SYSTEM "file://{secret}">]><collection><document><id>&s;</id></document></collection>'
    assert gold(data).related == {}


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(str.encode),
        st.sampled_from([PUBTATOR.encode(), XML.encode(), json.dumps(BIOC).encode()]),
    ),
    st.integers(0, 400),
)
def test_nothing_is_raised_whatever_the_bytes(data: bytes, cut: int) -> None:
    for part in (data, data[:cut], data[cut:]):
        gold(part)


def test_biored_says_the_same_in_all_three_formats(shared: Path) -> None:
    found = []
    for name in ("Dev.PubTator", "Dev.BioC.XML", "Dev.BioC.JSON"):
        found.append(gold((shared / "data" / "biored" / name).read_bytes()))
    assert found[0].related == found[1].related == found[2].related
    assert (len(found[0].related), sum(map(len, found[0].related.values()))) == (100, 1162)
    assert all(each.problems == [] for each in found)


def scored(score: object) -> str:
    ends = {f"role{number}": {"identifier": key, "type": "Chemical"} for number, key in ((1, "MESH:D1"), (2, "7157"))}
    told = {"type": "Positive_Correlation", "score": score, **ends}
    passages = [{"offset": 0, "infons": {"type": "title"}, "text": "Zinc."}]
    relations = [{"infons": told, "nodes": [{"refid": "0", "role": "7,8"}]}, {"infons": {**told, "score": "0.5"}, "nodes": []}]
    return json.dumps({"PubTator3": [{"id": "7", "passages": passages, "relations": relations}]})


def test_pubtator3_names_ends_by_their_roles_and_says_how_sure_it_is() -> None:
    ends = ("Positive_Correlation", "MESH:D1", "7157")
    assert gold(scored("0.9948")).related == {"PMID:7": [RelationAnnotation(*ends, 0.9948), RelationAnnotation(*ends, 0.5)]}
    assert gold(scored(None)).related == {"PMID:7": [RelationAnnotation(*ends), RelationAnnotation(*ends, 0.5)]}


@pytest.mark.parametrize("score", ["1.2", "-0.1", "nan", "sure"])
def test_a_score_that_is_no_share_is_a_problem_and_the_other_relations_stay(score: str) -> None:
    found = gold(scored(score))
    assert found.related == {"PMID:7": [RelationAnnotation("Positive_Correlation", "MESH:D1", "7157", 0.5)]}
    assert len(found.problems) == 1
    assert score in found.problems[0]
