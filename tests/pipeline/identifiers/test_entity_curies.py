"""One spelling for each thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identifiers import curie, curies, entity_type
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
        ("C0999991", "Chemical", "UMLS:C0999991"),
        ("c0999991", "Disease", "UMLS:C0999991"),
        ("UMLS:C0999991", "Disease", "UMLS:C0999991"),
        ("UMLS_CUI:C0999991", "Disease", "UMLS:C0999991"),
        ("C000605741", "Chemical", "MESH:C000605741"),
        ("NCBI:txid10090", "Species", "NCBITaxon:10090"),
        ("NCBI:txid10090", "Disease", "NCBITaxon:10090"),
        ("NCBI:10090", "Species", "NCBITaxon:10090"),
        ("NCBI:7157", "Gene", "NCBIGene:7157"),
        ("txid10090", "Species", "NCBITaxon:10090"),
        ("Gene:7157", "Gene", "NCBIGene:7157"),
        ("MESH:D1*", "Disease", "MESH:D1"),
        ("CHEBI_1", "Chemical", "CHEBI:1"),
        ("DOID_1", "Disease", "DOID:1"),
        ("https://example.org/obo/DOID_1", "Disease", "DOID:1"),
        ("18024(Tax:10090)", "Gene", "NCBIGene:18024"),
        ("18024 (TaxID: 10090)", "Gene", "NCBIGene:18024"),
        ("RSID:1801133", "Variant", "dbSNP:rs1801133"),
        ("EX:0", "Gene", "EX:0"),  # whoever has a prefix of their own may number from 0
        ("\uff2d\uff25\uff33\uff28:\uff24003924", "Disease", "MESH:D003924"),
        ("MESH:D00\u200b3924\ufeff", "Disease", "MESH:D003924"),
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
        ("tmVar:p|SUB|V|600|E;HGVS:p.V600E;VariantGroup:0", "Variant", ("p|SUB|V|600|E",)),
        ("c|SUB|T|1799|A", "Variant", ("c|SUB|T|1799|A",)),
        ("c.[68_69del;100dup]", "Variant", ("c.[68_69del;100dup]",)),
        ("p.Val600Glu,fs", "Variant", ("p.Val600Glu,fs",)),
        ("CorrespondingGene:19;VariantGroup:1;tmVar:p|Allele|H|7", "Variant", ("p|Allele|H|7;CorrespondingGene:19",)),
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


@given(st.text(max_size=12), st.sampled_from(["Gene", "Disease", "Chemical", "Variant", "Species", "CellLine"]))
def test_a_curie_read_again_is_itself(text: str, kind: str) -> None:
    try:
        once = curie(text, kind)
    except InvalidInput:
        return
    assert once is None or curie(once, kind) == once


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
        ("T047", "Disease"),
        ("T109,T121", "Chemical"),
        ("T047,T121", "T047,T121"),
    ],
)
def test_types_have_our_names_and_unknown_ones_their_own(written: str, meant: str) -> None:
    assert entity_type(written) == meant


NOT_LINKED = [
    "CUI-less",
    "cui_less",
    "CUILESS",
    "CONCEPT_LESS",
    "NIL",
    "NIL0012",
    "NA",
    "n/a",
    "-",
    "--",
    "\u2014",
    "-1",
    "-2",
    "0",
    "0.0",
    "unknown",
]


@pytest.mark.parametrize("kind", ["Gene", "Disease", "Chemical", "Variant", "Species", "CellLine"])
@pytest.mark.parametrize(
    "text",
    [
        *NOT_LINKED,
        "MESH:-",
        "MESH:-1",
        "MESH:",
        "mesh: NIL",
        "UMLS:CUI-less",
        "NCBIGene:0",
        "NCBI:0",
        "MESH:MESH:-1",
        "EX:NIL",
        "EX:-1",
        "CUI-less|-1",
    ],
)
def test_what_says_not_linked_is_no_identifier(text: str, kind: str) -> None:
    assert curies(text, kind) == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("8482,20361(Tax:10090)", ("NCBIGene:8482", "NCBIGene:20361")),
        ("8482(Tax:9606);20361(Tax:10090)", ("NCBIGene:8482", "NCBIGene:20361")),
        ("672+675", ("NCBIGene:672", "NCBIGene:675")),
        ("672|CUI-less", ("NCBIGene:672",)),
    ],
)
def test_genes_with_their_species_are_genes(written: str, meant: tuple[str, ...]) -> None:
    assert curies(written, "Gene") == meant


P29S = "p|SUB|P|29|S"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"{P29S};RSID:2075789", "dbSNP:rs2075789"),
        (f"{P29S};CorrespondingGene:1;RS#:2075789;VariantGroup:1", "dbSNP:rs2075789"),
        (f"VariantGroup:4;RS#:rs2075789;tmVar:{P29S}", "dbSNP:rs2075789"),
        (f"tmVar:{P29S};HGVS:p.P29S;VariantGroup:0;CorrespondingGene:3;CorrespondingSpecies:9606", f"{P29S};CorrespondingGene:3"),
        (f"CorrespondingSpecies:9606;CorrespondingGene:3;VariantGroup:7;HGVS:p.P29S;tmVar:{P29S}", f"{P29S};CorrespondingGene:3"),
        (f"{P29S};CorrespondingGene:3", f"{P29S};CorrespondingGene:3"),
        ("p|sub|P|29|S;CorrespondingGene:3", f"{P29S};CorrespondingGene:3"),
        ("HGVS:p.P29S;CorrespondingGene:3", f"{P29S};CorrespondingGene:3"),
        ("HGVS:p.Pro29Ser;CorrespondingGene:3", f"{P29S};CorrespondingGene:3"),
        ("HGVS:c.123A>G;CorrespondingGene:3", "c|SUB|A|123|G;CorrespondingGene:3"),
        (f"{P29S};CorrespondingGene:4", f"{P29S};CorrespondingGene:4"),
        (f"{P29S};CorrespondingGene:-", P29S),
        (f"{P29S};VariantGroup:2;RS#:-", P29S),
        ("HGVS:c.35delG;CorrespondingGene:3", "HGVS:c.35delG;CorrespondingGene:3"),
    ],
)
def test_a_variant_is_its_dbsnp_number_else_its_gene_and_its_change(written: str, meant: str) -> None:
    assert curie(written, "ProteinMutation") == meant
    assert curie(meant, "Variant") == meant


@pytest.mark.parametrize(
    "text", ["\u041cESH:D000001", "MESH:D00\u04174", "NCBIGene:1\u04174", "N\u0421BIGene:1", "EX:\u0430spirin", "\u039cESH:D1"]
)
def test_letters_that_only_look_alike_are_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"mixes scripts|another script"):
        curie(text, "Gene")


@pytest.mark.parametrize("text", ["EX:\u0418\u0432\u0430\u043d\u043e\u0432", "EX:\u03b2-carotene", "EX:NF\u03baB", "EX:\u6771\u4eac Tower"])
def test_names_in_their_own_script_and_greek_letters_of_names_stay(text: str) -> None:
    assert curie(text, "Gene") == text
