"""What in a text could be a name."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.names.candidate_spans import LONGEST_NAME, MOST, candidate_spans, word_list, worth_asking
from pipeline.formats.documents import read
from schema.document import Document


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sudden vision loss was seen in two patients with glaucoma.", "vision loss"),
        ("The patients were old.", "patients"),
        ("A variant, g.3627A>C, was found.", "g.3627A>C"),
        ("It raised free Ca(2+) in myocytes.", "Ca(2+)"),
        ("Users of 3,4-methylenedioxymethamphetamine slept badly.", "3,4-methylenedioxymethamphetamine"),
        ("It acts on hepatocyte nuclear factor (HNF)-6 alone.", "hepatocyte nuclear factor (HNF)-6"),
        ("The Toll-like receptor (TLR) 4 was absent.", "Toll-like receptor (TLR) 4"),
        ("The PI3K/Akt pathway was blocked.", "Akt"),
        ("The PI3K/Akt pathway was blocked.", "PI3K"),
        ("An inhibitor of mammalian target of rapamycin was given.", "mammalian target of rapamycin"),
        ("She had a bipolar I disorder.", "bipolar I disorder"),
        ("We gave cyclosporin A to rats.", "cyclosporin A"),
        ("Risk of breast and ovarian cancer rose.", "breast and ovarian cancer"),
        ("He complained of loss of appetite.", "loss of appetite"),
        ("It was a haloperidol-induced catalepsy.", "haloperidol"),
        ("It was a haloperidol-induced catalepsy.", "catalepsy"),
        ("Anti-inflammatory drugs help.", "inflammatory"),
        ("Levels of NO fell.", "NO"),
        ("A Kras(G12D) mouse was bred.", "G12D"),
        ("The gene (MSH4), and others, were read.", "MSH4"),
        ("Cells that were CD4(+)CD25(+) were sorted.", "CD25"),
        ("Colonies of E. coli grew.", "E. coli"),
        ("A change of arginine to tryptophan at codon 198 was found.", "arginine to tryptophan at codon 198"),
        ("The father's asthma began early.", "father"),
    ],
)
def test_a_name_is_a_candidate(text: str, name: str) -> None:
    assert name in candidate_spans(text)


@pytest.mark.parametrize(
    ("text", "no_name"),
    [
        ("The effect was highly significant in aspirin users.", "highly significant"),
        ("The effect was highly significant in aspirin users.", "effect"),
        ("RESULTS: aspirin helped.", "RESULTS"),
        ("In 95% of 20 mice", "95%"),
        ("cancer cells", "cells"),
        ("severe asthma", "severe"),
        ("We saw asthma. Aspirin helped.", "asthma. Aspirin"),
        ("Title of asthma\nAspirin helped", "asthma\nAspirin"),
    ],
)
def test_what_no_name_is_made_of_is_not_asked_about(text: str, no_name: str) -> None:
    assert no_name not in candidate_spans(text)


def test_candidates_come_in_the_order_of_the_text_and_once() -> None:
    found = candidate_spans("Aspirin and asthma. Asthma, asthma and aspirin.")
    assert [name for name in found if " " not in name] == ["Aspirin", "asthma", "Asthma", "aspirin"]


def test_a_text_has_a_bounded_number_of_candidates() -> None:
    assert len(candidate_spans(" ".join(f"gene{number}x" for number in range(5000)))) == MOST


@pytest.mark.parametrize("junk", ["a", "(", ")", "-", "A ", "a-", "(a", "aa)", "a/", "of ", "\u03b1", "1", "B (AB) B ", "A to ", "\n"])
def test_junk_takes_time_in_line_with_its_length(junk: str) -> None:
    began = time.process_time()
    candidate_spans(junk * (100_000 // len(junk)))
    assert time.process_time() - began < 2


@given(st.text(max_size=300))
def test_every_candidate_is_a_short_piece_of_the_text_with_a_letter(text: str) -> None:
    found = candidate_spans(text)
    assert found == candidate_spans(text)
    assert len(set(found)) == len(found)
    for name in found:
        assert name in text
        assert name == name.strip()
        assert len(name) <= LONGEST_NAME
        assert any(sign.isalpha() for sign in name)
        assert "\n" not in name


def test_no_word_is_in_two_lists() -> None:
    everyday, qualifiers, heads = map(word_list, ("everyday", "qualifiers", "heads"))
    assert not everyday & (qualifiers | heads)
    assert all(word == word.lower() for word in everyday | qualifiers | heads)


@pytest.mark.parametrize("name", ["aspirin", "WAS", "cyclosporin A", "loss of appetite", "breast cancer"])
def test_a_name_that_a_vocabulary_knows_is_worth_asking_about(name: str) -> None:
    assert worth_asking(name)


@pytest.mark.parametrize(
    "name", ["was", "on", "on genes", "cells", "disease", "severe", "95%", "", " ", "a" * (LONGEST_NAME + 1), "(aspirin"]
)
def test_a_word_of_everyday_is_not_worth_asking_about_whatever_a_gene_is_called(name: str) -> None:
    assert not worth_asking(name)


def test_nearly_all_names_of_real_abstracts_are_candidates_and_few_pieces_are(shared: Path) -> None:
    file = shared / "data" / "biored" / "Dev.PubTator"
    with file.open("rb") as stream:
        documents = [item for item in read(stream, file.name) if isinstance(item, Document)]
    marked = covered = asked = 0
    for document in documents:
        names = {document.text[mention.start : mention.end] for mention in document.mentions}
        found = set(candidate_spans(document.text))
        marked, covered, asked = marked + len(names), covered + len(names & found), asked + len(found)
    assert covered / marked > 0.94
    assert asked / len(documents) < 135
