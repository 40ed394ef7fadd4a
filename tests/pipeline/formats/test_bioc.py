"""BioC as XML and as JSON: passages with offsets re-based on the text that we keep."""

import json
from typing import Any

from schema.document import Mention, Passage
from tests.pipeline.formats.helpers import document, documents, ids, set_aside

XML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE collection SYSTEM "BioC.dtd">
<collection><source>PubTator</source><document><id>{id}</id>
<passage><infon key="type">title</infon><offset>0</offset><text>Zebra stripes</text>
<annotation id="1"><infon key="identifier">9789</infon><infon key="type">OrganismTaxon</infon>
<location offset="0" length="5"/><text>Zebra</text></annotation></passage>
<passage><infon key="type">abstract</infon><offset>100</offset><text>Flies avoid BRCA1 and 2.</text>
<annotation id="2"><infon key="identifier">672</infon><infon key="type">Gene</infon>
<location offset="112" length="5"/><location offset="122" length="1"/><text>BRCA1 2</text></annotation></passage>
</document></collection>
"""

MENTIONS = (
    Mention(0, 5, "Zebra", "Species", ("NCBITaxon:9789",)),
    Mention(26, 31, "BRCA1", "Gene", ("NCBIGene:672",)),
    Mention(36, 37, "2", "Gene", ("NCBIGene:672",)),
)


def passage(kind: str, offset: int, text: str, *annotations: dict[str, Any], **infons: str) -> dict[str, Any]:
    return {"infons": {"type": kind, **infons}, "offset": offset, "text": text, "annotations": list(annotations)}


def annotation(text: str, kind: str, identifier: object, *places: tuple[int, int]) -> dict[str, Any]:
    locations = [{"offset": offset, "length": length} for offset, length in places]
    return {"infons": {"identifier": identifier, "type": kind}, "text": text, "locations": locations}


def bioc(**further: Any) -> dict[str, Any]:
    title = passage("title", 0, "Zebra stripes", annotation("Zebra", "Species", "9789", (0, 5)))
    text = passage("abstract", 100, "Flies avoid BRCA1 and 2.", annotation("BRCA1 2", "Gene", "672", (112, 5), (122, 1)))
    return {"id": "1", "infons": {}, "passages": [title, text], **further}


def test_offsets_of_xml_are_rebased_and_each_place_is_a_mention() -> None:
    found = document(XML.format(id="1"))
    assert (found.id, found.title, found.passages) == ("PMID:1", "Zebra stripes", (Passage("Flies avoid BRCA1 and 2.", "abstract"),))
    assert found.mentions == MENTIONS


def test_json_says_the_same_as_xml() -> None:
    found, other = document(json.dumps(bioc())), document(XML.format(id="1"))
    assert (found.text, found.mentions) == (other.text, other.mentions)


def test_pubtator3s_wrapper_and_dates_and_identifiers_are_read() -> None:
    value = bioc(_id="1|None", pmid=1, date="2019-05-01T00:00:00Z", journal="J Zoo")
    found = document(json.dumps({"PubTator3": [value]}))
    assert (found.id, str(found.published), found.journal) == ("PMID:1", "2019-05-01", "J Zoo")
    assert found.mentions == MENTIONS


def test_a_full_text_is_named_by_its_pmid_not_by_its_pmc_number() -> None:
    assert document(json.dumps(bioc(id="PMC99", _id="77|PMC99"))).id == "PMID:77"


def test_a_collection_in_json_is_read_document_by_document() -> None:
    assert ids(json.dumps({"source": "x", "documents": [bioc(), bioc(id="2")]}, indent=1)) == ["PMID:1", "PMID:2"]


def test_an_annotation_that_does_not_stand_at_its_place_is_dropped() -> None:
    value = bioc()
    value["passages"][1]["annotations"] = [annotation("Flies", "Species", "7147", (101, 5)), annotation("Flies", "Species", "7147", (0, 5))]
    assert document(json.dumps(value)).mentions == MENTIONS[:1]


def test_a_malformed_document_between_good_ones_costs_only_itself() -> None:
    one = XML.format(id="1")
    inner = one[one.index("<document>") : one.index("</collection>")]
    bad = inner.replace("</text>", "</texd>", 1)
    number = inner.replace('offset="0"', 'offset="x"').replace("<id>1<", "<id>4<")
    data = one.replace("</collection>", f"{bad}{number}{inner.replace('<id>1<', '<id>3<')}</collection>")
    assert ids(data) == ["PMID:1", "PMID:3"]
    assert [found.position.split(",")[0] for found in set_aside(data)] == ["record 2", "record 3"]
    assert "'x' is no whole number" in set_aside(data)[1].reason


def test_a_document_without_its_end_does_not_take_the_next_one_with_it() -> None:
    one = XML.format(id="1")
    inner = one[one.index("<document>") : one.index("</collection>")].replace("<id>1<", "<id>3<")
    data = one.replace("</document>", "").replace("</collection>", f"{inner}</collection>")
    assert ids(data) == ["PMID:3"]
    assert len(set_aside(data)) == 1


def test_a_document_that_is_too_long_is_passed_over_and_the_rest_goes_on() -> None:
    one = XML.format(id="1")
    inner = one[one.index("<document>") : one.index("</collection>")].replace("<id>1<", "<id>3<")
    data = one.replace("Zebra stripes", "Zebra stripes " * 600_000).replace("</collection>", f"{inner}</collection>")
    assert ids(data) == ["PMID:3"]
    assert "longer than" in set_aside(data)[0].reason


def test_a_truncated_collection_keeps_what_is_whole() -> None:
    one = XML.format(id="1")
    inner = one[one.index("<document>") : one.index("</collection>")]
    data = one.replace("</collection>", inner[: len(inner) // 2])
    assert ids(data) == ["PMID:1"]
    assert "cut off" in set_aside(data)[0].reason


def test_a_malformed_passage_sets_only_its_document_aside() -> None:
    lines = [bioc(), bioc(id="2", passages=[passage("title", 0, "x"), "no object"]), bioc(id="3")]
    data = "\n".join(json.dumps(line) for line in lines)
    assert [found.id for found in documents(data)] == ["PMID:1", "PMID:3"]
    assert "is no object" in set_aside(data)[0].reason


def test_an_identifier_is_read_under_any_name_that_says_identifier() -> None:
    def keys(**infons: str) -> tuple[str, ...]:
        told = {"infons": {"type": "Gene", **infons}, "text": "Zebra", "locations": [{"offset": 0, "length": 5}]}
        (mention,) = document(json.dumps({"id": "1", "passages": [passage("title", 0, "Zebra stripes", told)]})).mentions
        return mention.identifiers

    assert keys(**{"NCBI Gene identifier": "672", "code": "000"}) == ("NCBIGene:672",)
    assert keys(**{"gene_id": "672"}) == keys(concept_id="672") == keys(**{"Entrez ID": "NCBI:672"}) == ("NCBIGene:672",)
    assert keys(**{"annotator identifier": "4"}) == ()


def test_a_variant_has_the_number_that_stands_beside_its_change() -> None:
    told = {
        "infons": {"type": "Mutation", "identifier": "p|SUB|R|12|K", "rsid": "rs77"},
        "text": "R12K",
        "locations": [{"offset": 0, "length": 4}],
    }
    (mention,) = document(json.dumps({"id": "1", "passages": [passage("title", 0, "R12K", told)]})).mentions
    assert mention.identifiers == ("dbSNP:rs77",)


def test_what_annotations_bring_and_nobody_uses_is_counted() -> None:
    where = [{"offset": 0, "length": 5}]
    odd = {"infons": {"type": "Gene", "somewhere": "XYZ:672"}, "text": "Zebra", "locations": where}
    untyped = {"infons": {"identifier": "1"}, "text": "Zebra", "locations": where}
    lost = annotation("Zebra", "Species", "9789", (3, 5))
    found = document(json.dumps({"id": "1", "passages": [passage("title", 0, "Zebra stripes", odd, untyped, lost)]}))
    assert found.unused == {
        "identifier: not read": 1,
        "mention: not at its place in the text": 1,
        "mention: without a type": 1,
    }
