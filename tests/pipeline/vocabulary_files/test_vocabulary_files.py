import gzip
import io
import json
from pathlib import Path

import polars as pl
import pytest

from pipeline.files.opened_file import OpenedFile
from pipeline.vocabulary_files.recognising import vocabulary_format
from pipeline.vocabulary_files.term_rows import BadRow, Passed, Row, TermOptions
from schema.entity_names import Term
from schema.errors import UnreadableRecord
from tests.pipeline.linking.examples import term

TYPES = ("Gene", "Chemical", "Disease", "Species")


def read(content: str | bytes, **wanted: object) -> list[Row]:
    data = content.encode() if isinstance(content, str) else content
    form = vocabulary_format(OpenedFile(io.BytesIO(data)), "file")
    return list(form.read(OpenedFile(io.BytesIO(data)), "file", TermOptions(TYPES, **wanted)))  # type: ignore[arg-type]


OBO = """format-version: 1.2

[Term]
id: DOID:1
name: zorb fever
synonym: "zorbling \\"old\\" fever" EXACT []
synonym: "fever" BROAD []
xref: MSH:D000001

[Term]
id: DOID:2
name: gone
is_obsolete: true

[Term]
id: DOID:3
name: two of one
xref: MSH:D000002

[Term]
id: DOID:4
name: also two of one
xref: MSH:D000002

[Typedef]
id: part_of
name: part of
"""


def test_an_obo_term_has_the_mesh_key_that_only_it_refers_to() -> None:
    assert read(OBO) == [
        Passed("obsolete terms"),
        term("MESH:D000001", "Disease", "zorb fever", 'zorbling "old" fever'),
        term("DOID:3", "Disease", "two of one"),
        term("DOID:4", "Disease", "also two of one"),
    ]


def test_an_obo_of_an_unknown_prefix_needs_a_type() -> None:
    other = "format-version: 1.2\n\n[Term]\nid: ZZ:1\nname: thing\n"
    assert read(other) == [BadRow("file", "line 3", "ZZ:1 has no type: give one with --type")]
    assert read(other, type="Chemical") == [term("ZZ:1", "Chemical", "thing")]


DESCRIPTORS = """<?xml version="1.0"?>
<!DOCTYPE DescriptorRecordSet [<!ENTITY bomb "boom">]>
<DescriptorRecordSet>
<DescriptorRecord><DescriptorUI>D000001</DescriptorUI><DescriptorName><String>Zorbin</String></DescriptorName>
 <TreeNumberList><TreeNumber>D02.1</TreeNumber></TreeNumberList>
 <ConceptList><Concept><TermList><Term><String>Zorbin</String></Term><Term><String>Zorbine</String></Term></TermList></Concept></ConceptList>
</DescriptorRecord>
<DescriptorRecord><DescriptorUI>D000002</DescriptorUI><DescriptorName><String>Zorbosis</String></DescriptorName>
 <TreeNumberList><TreeNumber>F03.1</TreeNumber></TreeNumberList></DescriptorRecord>
<DescriptorRecord><DescriptorUI>D000003</DescriptorUI><DescriptorName><String>Hospitals</String></DescriptorName>
 <TreeNumberList><TreeNumber>N02.1</TreeNumber></TreeNumberList></DescriptorRecord>
<DescriptorRecord><DescriptorName><String>Nameless</String></DescriptorName>
 <TreeNumberList><TreeNumber>C01</TreeNumber></TreeNumberList></DescriptorRecord>
</DescriptorRecordSet>"""


def test_mesh_trees_decide_the_type() -> None:
    assert read(DESCRIPTORS) == [
        term("MESH:D000001", "Chemical", "Zorbin", "Zorbine"),
        term("MESH:D000002", "Disease", "Zorbosis"),
        Passed("of no type that MeSH trees give"),
        BadRow("file", "record 4", "the record has no identifier"),
    ]


def test_mesh_supplements_have_the_type_of_their_class_or_headings() -> None:
    xml = """<SupplementalRecordSet>
    <SupplementalRecord SCRClass="3"><SupplementalRecordUI>C000001</SupplementalRecordUI>
     <SupplementalRecordName><String>rare zorb</String></SupplementalRecordName></SupplementalRecord>
    <SupplementalRecord SCRClass="4"><SupplementalRecordUI>C000002</SupplementalRecordUI>
     <SupplementalRecordName><String>Zorbus</String></SupplementalRecordName></SupplementalRecord>
    </SupplementalRecordSet>"""
    assert read(xml) == [term("MESH:C000001", "Disease", "rare zorb"), Passed("of no type that MeSH trees give")]
    labels = "C000009\tzorb acid\tZA|zorbic acid\tD000001,D000002\n"
    assert read(labels, headings={"MESH:D000001": "Chemical"}) == [term("MESH:C000009", "Chemical", "zorb acid", "ZA", "zorbic acid")]
    (passed,) = read(labels)
    assert isinstance(passed, Passed)
    assert "load the descriptors first" in passed.reason


def test_mesh_labels_are_read_and_a_bad_line_is_set_aside() -> None:
    told = read("D000001\tZorbin\tZorbine|Z-1\tD02.1\t\nbroken line\nD000002\tZorbosis\t\tC01.2|G02\t\n")
    assert told == [
        term("MESH:D000001", "Chemical", "Zorbin", "Zorbine", "Z-1"),
        BadRow("file", "line 2", "'broken line' does not begin with a MeSH identifier and three more cells"),
        term("MESH:D000002", "Disease", "Zorbosis"),
    ]


@pytest.mark.parametrize(
    ("header", "aliases"),
    [
        ("hgnc_id\tsymbol\tname\tstatus\talias_symbol\tprev_symbol\tentrez_id", '"Z1|ZRB"'),
        ("HGNC ID\tApproved symbol\tApproved name\tStatus\tAlias symbols\tPrevious symbols\tNCBI Gene ID(supplied by NCBI)", "Z1, ZRB"),
    ],
)
def test_hgnc_in_both_forms(header: str, aliases: str) -> None:
    rows = (
        f"HGNC:5\tZORB1\tzorbin, type 1\tApproved\t{aliases}\tZOLD\t77",
        "HGNC:6\tZORB2\tzorbin 2\tApproved\t\t\t",
        "HGNC:7\tZORB3\tsymbol withdrawn\tSymbol Withdrawn\t\t\t",
        "HGNC:8\tZORB4\tzorbin 4\tApproved\t\t\tseven",
    )
    assert read("\n".join((header, *rows))) == [
        term("NCBIGene:77", "Gene", "ZORB1", "zorbin, type 1", "Z1", "ZRB", "ZOLD"),
        term("HGNC:6", "Gene", "ZORB2", "zorbin 2"),
        Passed("withdrawn symbols"),
        BadRow("file", "line 5", "the NCBI gene number 'seven' is no number"),
    ]


def test_tables_of_one_s_own_in_every_form_give_the_same_terms() -> None:
    rows = [
        {"key": "0001", "name": 'a "big" zorb', "synonyms": "zorb|zorbs", "type": "Disease"},
        {"key": "0002", "name": "other", "synonyms": "", "type": "Disease"},
    ]
    expected = [term("HP:0001", "Disease", 'a "big" zorb', "zorb", "zorbs"), term("HP:0002", "Disease", "other")]
    parquet = io.BytesIO()
    pl.DataFrame(rows).write_parquet(parquet)
    forms = [
        pl.DataFrame(rows).write_csv(),
        pl.DataFrame(rows).write_csv(separator="\t"),
        "".join(json.dumps(row) + "\n" for row in rows),
        parquet.getvalue(),
        gzip.compress(pl.DataFrame(rows).write_csv().encode()),
    ]
    assert [read(form, key_prefix="HP") for form in forms] == [expected] * len(forms)


def test_rows_that_cannot_be_used_are_set_aside_with_line_and_reason_and_the_rest_goes_on() -> None:
    lines = (b"key,name,type", b"X:1,good,Disease", b",nameless,Disease", b"X:2,,Disease", b"X:3,\xff\xfe,Disease", b"X:4,city,Place")
    data = b"\n".join((*lines, b'X:5,"open,Disease', b"X:6,fine,Disease", b""))
    rows = read(data)
    assert [row.key for row in rows if isinstance(row, Term)] == ["X:1", "X:6"]
    assert [row.place for row in rows if isinstance(row, BadRow)] == ["line 3", "line 4", "line 5", "line 7"]
    assert [row.reason for row in rows if isinstance(row, Passed)] == ["type Place is not the ontology's"]


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"<html></html>", b"a,b\n1,2\n", b"PAR1nonsense", gzip.compress(OBO.encode(), mtime=0)[:-20]]
)
def test_a_file_that_is_no_vocabulary_or_breaks_off_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableRecord):
        read(content)


def test_an_xml_that_breaks_off_is_refused() -> None:
    with pytest.raises(UnreadableRecord, match="after record 2"):
        read(DESCRIPTORS[: DESCRIPTORS.index("N02.1")])


def test_entities_of_a_hostile_xml_are_not_expanded() -> None:
    bomb = DESCRIPTORS.replace("<String>Zorbosis</String>", "<String>Zorb&bomb;osis</String>")
    assert all("boom" not in row.name for row in read(bomb) if isinstance(row, Term))


@pytest.mark.parametrize(
    ("name", "terms", "passed"),
    [("hgnc_entries.tsv.gz", 43_837, 5_176), ("mesh_id_label_mappings.tsv.gz", 15_695, 15_069), ("HumanDO.obo.gz", 6_574, 2_374)],
)
def test_real_files_are_read_whole(shared: Path, name: str, terms: int, passed: int) -> None:
    path = shared / "data" / "vocab" / name
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    rows = read(path.read_bytes())
    assert sum(isinstance(row, Term) for row in rows) == terms
    assert sum(isinstance(row, Passed) for row in rows) == passed
    assert len(rows) == terms + passed
