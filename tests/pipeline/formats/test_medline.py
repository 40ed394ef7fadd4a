"""MEDLINE: what PubMed exports as lines says the same as its XML."""

import pytest

from schema.document import MeshHeading
from schema.records import Retraction, SetAside
from tests.pipeline.formats.helpers import article, article_set, document, documents, ids, items, refused, retractions, set_aside

ONE = """PMID- 7
OWN - NLM
STAT- MEDLINE
LR  - 20100203
IS  - 0000-0000 (Print)
DP  - 2004 Mar
TI  - Lumorin and ash: a trial that
      goes on.
LID - 10.5555/ash.1 [doi]
AB  - BACKGROUND: Ash is common. RESULTS: Lumorin cured ash in 30
      of 31 cases.
FAU - Elm, Ada
LA  - eng
PT  - Journal Article
PT  - Randomized Controlled Trial
TA  - J Ash
JT  - Journal of Ash
MH  - Ash/*drug therapy
MH  - Humans
PHST- 2004/03/09 00:00 [pubmed]
PHST- 2004/03/08 00:00 [entrez]
SO  - J Ash. 2004 Mar;7(2):1. doi: 10.5555/ash.1.
"""
TWO = "PMID- 8\nDP  - 2005 Spring\nTI  - Ash\n"


def with_field(line: str, record: str = TWO) -> str:
    return f"{record}{line}\n"


def test_a_record_says_what_it_says_in_xml() -> None:
    found = document(ONE)
    assert (found.id, found.source, found.journal, found.doi) == ("PMID:7", "pubmed", "Journal of Ash", "10.5555/ash.1")
    assert found.text == "Lumorin and ash: a trial that goes on. BACKGROUND: Ash is common. RESULTS: Lumorin cured ash in 30 of 31 cases."
    assert (str(found.published), found.date_origin) == ("2004-03-09", "history")
    assert found.publication_types == ("Journal Article", "Randomized Controlled Trial")
    assert found.mesh == (MeshHeading("", "Ash", True), MeshHeading("", "Humans"))
    assert str(found.revision).startswith("1|2010-02-03|")


def test_records_are_parted_by_empty_lines_or_by_their_numbers_alone() -> None:
    assert ids(f"\n{ONE}\n\n{TWO}") == ids(ONE + TWO) == ids(f"{ONE}\n{TWO}".replace("\n", "\r\n")) == ["PMID:7", "PMID:8"]
    assert documents(ONE + TWO) == documents(f"{ONE}\n{TWO}")
    assert [str(found.published) for found in documents(TWO)] == ["2005-21"]


@pytest.mark.parametrize(("tag", "kind"), [("RIN", "RetractionIn"), ("RPI", "RetractedandRepublishedIn")])
def test_a_retracted_paper_is_retracted_as_in_xml(tag: str, kind: str) -> None:
    told = f'<CommentsCorrections RefType="{kind}"><RefSource>J Zoo. 2006 Mar 2;7(1):3</RefSource><PMID>9</PMID></CommentsCorrections>'
    xml = article_set(article("8", in_citation=f"<CommentsCorrectionsList>{told}</CommentsCorrectionsList>"))
    assert retractions(with_field(f"{tag} - J Zoo. 2006 Mar 2;7(1):3. PMID: 9")) == retractions(xml)


@pytest.mark.parametrize("tag", ["ROF", "RPF"])
def test_a_notice_retracts_the_paper_that_it_names_and_leaves_a_trace_where_it_names_none(tag: str) -> None:
    (found,) = retractions(with_field(f"{tag} - J Zoo. 2003;1:1. PMID: 5"))
    assert (found.document, str(found.on), found.notice) == ("PMID:5", "2005-21", "PMID:8")
    _, trace = items(with_field(f"{tag} - J Zoo. 2003;1:1."))
    assert isinstance(trace, SetAside)
    assert trace.unit == "event"


def test_the_type_retracted_publication_alone_retracts() -> None:
    assert [type(found) for found in items(with_field("PT  - Retracted Publication"))][1:] == [Retraction]


def test_other_abstracts_and_titles_stand_in_for_missing_ones_and_are_counted_beside_them() -> None:
    found = document("PMID- 8\nDP  - 2005\nTT  - La ceniza.\nOAB - Publisher: Se cura.\nOABL- spa\n")
    assert (found.text, found.unused) == ("La ceniza. Publisher: Se cura.", {})
    assert document(with_field("AB  - It is cured.\nOAB - Se cura.\nTT  - La ceniza.")).unused == {
        "text: another title": 1,
        "text: another abstract": 1,
    }


def test_what_cannot_be_used_is_set_aside_and_the_rest_goes_on() -> None:
    data = f"{ONE}\nPMID- x\nTI  - Bad\n\nOWN - NLM\nTI  - Without a number\n\nPMID- 9\nDP  - 2001\n\n{TWO}"
    assert ids(data) == ["PMID:7", "PMID:8"]
    assert [found.reason for found in set_aside(data)] == [
        "the PMID 'x' is no number",
        "the record has no PMID",
        "PMID:9 has neither title nor text",
    ]
    assert "longer than" in refused("PMID- 1\n" + "AB  - x\n" * 800_000).reason
    assert "not UTF-8" in refused(b"PMID- 1\nTI  - Caf\xe9\n").reason
