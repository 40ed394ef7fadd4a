"""One paper has one id, however its number is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identifiers import document_id
from schema.errors import InvalidInput

DOI, PMID, PMC, ARXIV = "doi:10.5555/abc.1", "PMID:12345", "PMC123", "arXiv:2001.00001"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("7", "PMID:7"),
        ("007", "PMID:7"),
        ("pmid:7", "PMID:7"),
        ("PubMed: 7", "PMID:7"),
        ("PMC7", "PMC7"),
        (" doi:10.1/x ", "doi:10.1/x"),
        ("doi:10.1/X", "doi:10.1/x"),
        ("12345.0", PMID),
        ("PMID:12345.0", PMID),
        ("PMID 12345", PMID),
        ("PMID12345", PMID),
        ("pmid#12345", PMID),
        ("MEDLINE:12345", PMID),
        ("MED:12345", PMID),
        ("https://pubmed.ncbi.nlm.nih.gov/12345/", PMID),
        ("http://www.ncbi.nlm.nih.gov/pubmed/12345?dopt=Abstract", PMID),
        ("pubmed.ncbi.nlm.nih.gov/12345", PMID),
        ("https://pubmed.ncbi.nlm.nih.gov/?term=12345", PMID),
        ("https://europepmc.org/article/MED/12345", PMID),
        ("https://identifiers.org/pubmed:12345", PMID),
        ("PMID:\uff11\uff12345", PMID),
        ("PMID:123\u200b45", PMID),
        ("pmc123", PMC),
        ("PMC:123", PMC),
        ("PMCID: PMC123", PMC),
        ("PMC123.1", PMC),
        ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC123/", PMC),
        ("https://pmc.ncbi.nlm.nih.gov/articles/PMC123/#s1", PMC),
        ("DOI:10.5555/ABC.1", DOI),
        ("10.5555/abc.1", DOI),
        ("https://doi.org/10.5555/abc.1", DOI),
        ("http://dx.doi.org/10.5555%2FABC.1", DOI),
        ("doi.org/10.5555/abc.1", DOI),
        ("doi:https://doi.org/10.5555/abc.1", DOI),
        ("info:doi/10.5555/abc.1", DOI),
        ("10.5555/abc.1.", DOI),
        ("https://example.org/doi/full/10.5555/abc.1?src=x", DOI),
        ("10.5555/abc\u20111", "doi:10.5555/abc-1"),
        ("https://www.biorxiv.org/content/10.1101/2020.03.01.000001v2.full", "doi:10.1101/2020.03.01.000001"),
        ("arXiv:2001.00001v2", ARXIV),
        ("https://arxiv.org/abs/2001.00001", ARXIV),
        ("10.48550/arXiv.2001.00001", ARXIV),
    ],
)
def test_a_document_has_one_name(written: str, meant: str) -> None:
    assert document_id(written) == meant


@pytest.mark.parametrize(
    "written", ["DOC:1", "NCT00000001", "https://example.org/news?id=7", "EX:\u0438\u043c\u044f", "hdl:2027/x", "PMID:A"]
)
def test_any_other_id_stays_as_it_is(written: str) -> None:
    assert document_id(written) == written


@pytest.mark.parametrize("text", ["", " ", "NA", "nan", "NaT", "PMID:", "PMID:nan", "pubmed: n/a", "doi:"])
def test_what_says_that_there_is_no_id_is_none(text: str) -> None:
    with pytest.raises(InvalidInput, match="says that there is none"):
        document_id(text)


@pytest.mark.parametrize("text", ["\u0420MID:1", "PMID:12\u0417", "DOC:d\u043e\u0441", "10.5555/ab\u0441"])
def test_letters_that_only_look_alike_are_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"mixes scripts|no PMID"):
        document_id(text)


@pytest.mark.parametrize("text", ["a\x00b", "a\x1fb", "a\nb", "a\x7fb", "a\x85b", "a\ud800b"])
def test_control_characters_and_half_surrogates_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        document_id(text)


@given(
    st.one_of(
        st.text(max_size=14),
        st.tuples(st.sampled_from(["PMID", "doi:", "PMC", "https://doi.org/10.1/", "arxiv:"]), st.text(max_size=9)).map("".join),
    )
)
def test_an_id_read_again_is_itself(text: str) -> None:
    try:
        once = document_id(text)
    except InvalidInput:
        return
    assert document_id(once) == once
