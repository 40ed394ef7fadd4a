"""One spelling for each thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identifiers import curie, curies, document_id, entity_type
from schema.errors import InvalidInput


@pytest.mark.parametrize(
    ("written", "kind", "meant"),
    [
        ("D003924", "Disease", "MESH:D003924"),
        ("d003924", "Disease", "MESH:D003924"),
        ("MESH:D003924", "Disease", "MESH:D003924"),
        ("mesh:d003924", "Disease", "MESH:D003924"),
        ("MSH:D003924", "Disease", "MESH:D003924"),
        (" MESH: D003924 ", "Disease", "MESH:D003924"),
        ("C535851", "Chemical", "MESH:C535851"),
        ("3175", "Gene", "NCBIGene:3175"),
        ("NCBI Gene:3175", "Gene", "NCBIGene:3175"),
        ("EntrezGene:3175", "Gene", "NCBIGene:3175"),
        ("NCBI_Gene:3175", "Gene", "NCBIGene:3175"),
        ("GeneID:03175", "Gene", "NCBIGene:3175"),
        ("3175", "GeneOrGeneProduct", "NCBIGene:3175"),
        ("9606", "Species", "NCBITaxon:9606"),
        ("taxonomy:9606", "Species", "NCBITaxon:9606"),
        ("OMIM:125853", "Disease", "OMIM:125853"),
        ("mim:125853", "Disease", "OMIM:125853"),
        ("OMIM125853", "Disease", "OMIM:125853"),
        ("rs1801133", "Variant", "dbSNP:rs1801133"),
        ("RS1801133", "Variant", "dbSNP:rs1801133"),
        ("dbSNP:1801133", "Variant", "dbSNP:rs1801133"),
        ("RS#:1801133", "Variant", "dbSNP:rs1801133"),
        ("CVCL_0030", "CellLine", "CVCL:0030"),
        ("CVCL:0030", "CellLine", "CVCL:0030"),
        ("cellosaurus:CVCL_0030", "CellLine", "CVCL:0030"),
        ("tmVar:p|SUB|L|55|M;HGVS:p.L55M;VariantGroup:1;CorrespondingGene:5444;RS#:854560", "Variant", "dbSNP:rs854560"),
        ("CHEBI:CHEBI:15365", "Chemical", "CHEBI:15365"),
        ("HGNC:1100", "Gene", "HGNC:1100"),
        ("DOID:9352", "Disease", "DOID:9352"),
        ("SR-2023-052", "Chemical", "SR-2023-052"),
        ("something:else", "Disease", "something:else"),
        ("-", "Gene", None),
        ("None", "Gene", None),
        ("", "Gene", None),
        ("-1", "Gene", None),
    ],
)
def test_every_spelling_of_an_identifier_is_one(written: str, kind: str, meant: str | None) -> None:
    assert curie(written, kind) == meant


@pytest.mark.parametrize(
    ("written", "kind", "meant"),
    [
        ("D001,D002", "Disease", ("D001,D002",)),  # too short for MeSH: no list of identifiers
        ("D000001,D000002", "Disease", ("MESH:D000001", "MESH:D000002")),
        ("D000001|D000002", "Disease", ("MESH:D000001", "MESH:D000002")),
        ("672;675", "Gene", ("NCBIGene:672", "NCBIGene:675")),
        ("672,675", "Gene", ("NCBIGene:672", "NCBIGene:675")),
        ("672,672", "Gene", ("NCBIGene:672",)),
        ("672,-", "Gene", ("NCBIGene:672",)),
        ("1,2-dichloroethane", "Chemical", ("1,2-dichloroethane",)),
        ("p|SUB|V|600|E", "Variant", ("p|SUB|V|600|E",)),
        ("tmVar:p|SUB|V|600|E;HGVS:p.V600E;VariantGroup:0", "Variant", ("tmVar:p|SUB|V|600|E;HGVS:p.V600E;VariantGroup:0",)),
        ("c|SUB|T|1799|A", "Variant", ("c|SUB|T|1799|A",)),
        ("c.[68_69del;100dup]", "Variant", ("c.[68_69del;100dup]",)),
        ("p.Val600Glu,fs", "Variant", ("p.Val600Glu,fs",)),
        ("CorrespondingGene:19;VariantGroup:1;tmVar:p|Allele|H|7", "Variant", ("CorrespondingGene:19;VariantGroup:1;tmVar:p|Allele|H|7",)),
        ("CorrespondingGene:19;VariantGroup:1;RS#:12;tmVar:p|Allele|H|7", "Variant", ("dbSNP:rs12",)),
        ("SOME:1;OTHER:2", "Disease", ("SOME:1", "OTHER:2")),
        (["672", "675"], "Gene", ("NCBIGene:672", "NCBIGene:675")),
        (None, "Gene", ()),
        ("-", "Gene", ()),
    ],
)
def test_a_composite_names_each_thing_once_and_a_name_keeps_its_commas(
    written: str | list[str] | None, kind: str, meant: tuple[str, ...]
) -> None:
    assert curies(written, kind) == meant


@pytest.mark.parametrize(("one", "other"), [("IL-1", "IL-10"), ("CR", "CRP"), ("SR-2023-052", "SR-2023-053"), ("C000001", "C000010")])
def test_things_that_look_alike_stay_apart(one: str, other: str) -> None:
    assert curie(one, "Gene") != curie(other, "Gene")


@pytest.mark.parametrize("text", ["a\x00b", "a\x1fb", "a\nb", "a\x7fb", "a\ud800b"])
def test_control_characters_and_half_surrogates_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        curie(text, "Gene")
    with pytest.raises(InvalidInput):
        document_id(text)


@given(st.text(max_size=12), st.sampled_from(["Gene", "Disease", "Chemical", "Variant", "Species", "CellLine"]))
def test_a_curie_read_again_is_itself(text: str, kind: str) -> None:
    try:
        once = curie(text, kind)
    except InvalidInput:
        return
    assert once is None or curie(once, kind) == once


@pytest.mark.parametrize(
    ("written", "meant"),
    [("7", "PMID:7"), ("007", "PMID:7"), ("pmid:7", "PMID:7"), ("PubMed: 7", "PMID:7"), ("PMC7", "PMC7"), (" doi:10.1/x ", "doi:10.1/x")],
)
def test_a_document_has_one_name(written: str, meant: str) -> None:
    assert document_id(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ChemicalEntity", "Chemical"),
        ("chemical", "Chemical"),
        ("GeneOrGeneProduct", "Gene"),
        ("DiseaseOrPhenotypicFeature", "Disease"),
        ("SequenceVariant", "Variant"),
        ("ProteinMutation", "Variant"),
        ("OrganismTaxon", "Species"),
        ("Cell_line", "CellLine"),
        ("Chromosome", "Chromosome"),
    ],
)
def test_types_have_our_names_and_unknown_ones_their_own(written: str, meant: str) -> None:
    assert entity_type(written) == meant


@pytest.mark.parametrize("text", ["", " ", "NA", "nan", "PMID:", "PMID:nan", "pubmed: n/a", "doi:"])
def test_what_says_that_there_is_no_id_is_none(text: str) -> None:
    with pytest.raises(InvalidInput):
        document_id(text)
