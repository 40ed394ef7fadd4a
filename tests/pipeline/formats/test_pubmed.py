"""What a PubMed record says: text, provenance, revisions, retractions, deletions."""

import pytest

from schema.document import MeshHeading, Passage
from schema.ids import DocumentId
from schema.records import Retraction, SetAside
from tests.pipeline.formats.helpers import article, article_set, deletions, document, documents, gz, ids, items, refused, retractions


def correction(kind: str, source: str = "", pmid: str = "") -> str:
    notice = f"<PMID>{pmid}</PMID>" if pmid else ""
    return (
        f'<CommentsCorrectionsList><CommentsCorrections RefType="{kind}"><RefSource>{source}</RefSource>{notice}'
        "</CommentsCorrections></CommentsCorrectionsList>"
    )


def kinds(*names: str) -> str:
    return "<PublicationTypeList>" + "".join(f"<PublicationType>{name}</PublicationType>" for name in names) + "</PublicationTypeList>"


def test_a_structured_abstract_keeps_its_labels_and_drops_its_markup() -> None:
    abstract = (
        '<AbstractText Label="BACKGROUND">Ca<sup>2+</sup> and <i>Equus</i>\n   <b>quagga</b>.</AbstractText>'
        '<AbstractText Label="RESULTS" NlmCategory="RESULTS">TNF-α fell by 5 µg; naïve 斑馬 stayed.</AbstractText>'
        '<AbstractText Label="EMPTY"/><AbstractText>No label.</AbstractText>'
    )
    found = document(article_set(article(title="Stripes in <i>Equus</i> &amp; more", abstract=abstract)))
    assert found.title == "Stripes in Equus & more"
    assert found.passages == (
        Passage("Ca2+ and Equus quagga.", "BACKGROUND"),
        Passage("TNF-α fell by 5 µg; naïve 斑馬 stayed.", "RESULTS"),
        Passage("No label."),
    )
    assert found.text.startswith("Stripes in Equus & more Ca2+ and Equus quagga. TNF-α")


def test_a_comment_inside_a_text_is_no_text() -> None:
    assert document(article_set(article(title="Zebra <!-- draft --> stripes"))).title == "Zebra stripes"


def test_journal_types_headings_version_and_revision_are_kept() -> None:
    mesh = (
        '<MeshHeadingList><MeshHeading><DescriptorName UI="D000001" MajorTopicYN="N">Zebras</DescriptorName>'
        '<QualifierName UI="Q000001" MajorTopicYN="Y">physiology</QualifierName></MeshHeading>'
        '<MeshHeading><DescriptorName UI="D000002" MajorTopicYN="N">Flies</DescriptorName></MeshHeading></MeshHeadingList>'
    )
    revised = "<DateRevised><Year>2010</Year><Month>02</Month><Day>03</Day></DateRevised>"
    record = article("007", in_article=kinds("Review", "Journal Article"), in_citation=revised + mesh, version="2")
    found = document(article_set(record))
    assert found.id == "PMID:7"
    assert found.source == "pubmed"
    assert found.journal == "Journal of Stripes"
    assert found.publication_types == ("Journal Article", "Review")
    assert found.mesh == (MeshHeading("MESH:D000001", "Zebras", True), MeshHeading("MESH:D000002", "Flies"))
    assert str(found.revision).startswith("2|2010-02-03|")


def test_the_identifier_of_a_reference_is_not_the_records_own() -> None:
    reference = (
        "<ReferenceList><Reference><Citation>Another</Citation><ArticleIdList>"
        '<ArticleId IdType="doi">10.1000/another</ArticleId></ArticleIdList></Reference></ReferenceList>'
    )
    own = '<ArticleIdList><ArticleId IdType="pubmed">1</ArticleId><ArticleId IdType="doi">10.1000/own</ArticleId></ArticleIdList>'
    assert document(article_set(article(data=reference))).doi is None
    assert document(article_set(article(data=own + reference))).doi == "10.1000/own"


def test_a_location_that_is_not_valid_is_no_doi() -> None:
    wrong = '<ELocationID EIdType="doi" ValidYN="N">10.1000/wrong</ELocationID>'
    right = '<ELocationID EIdType="doi" ValidYN="Y">10.1000/right</ELocationID>'
    assert document(article_set(article(in_article=wrong))).doi is None
    assert document(article_set(article(in_article=wrong + right))).doi == "10.1000/right"


def test_a_deletion_names_its_document_and_its_file() -> None:
    data = article_set(article("1"), '<DeleteCitation><PMID Version="1">2</PMID><PMID Version="1">3</PMID></DeleteCitation>')
    assert ids(data) == ["PMID:1"]
    assert [found.document for found in deletions(data)] == ["PMID:2", "PMID:3"]
    assert all("file" in found.origin for found in deletions(data))
    assert [found.id for found in deletions(data)] == [found.id for found in deletions(data)]


def test_a_retracted_record_names_day_and_notice() -> None:
    data = article_set(article("5", in_citation=correction("RetractionIn", "J Zoo. 2004 Mar 2;7(1):3", "9")))
    (found,) = retractions(data)
    assert (found.document, str(found.on), found.notice) == ("PMID:5", "2004-03-02", "PMID:9")


def test_a_retraction_without_notice_or_day_is_still_one() -> None:
    assert retractions(article_set(article("5", in_citation=correction("RetractionIn", "In a drawer")))) == [
        Retraction(DocumentId("PMID:5"), source="pubmed")
    ]


def test_a_notice_retracts_the_document_that_it_names_on_the_day_it_appeared() -> None:
    data = article_set(article("9", pub_date="<Year>2004</Year><Month>Mar</Month>", in_citation=correction("RetractionOf", "x", "5")))
    (found,) = retractions(data)
    assert (found.document, str(found.on), found.notice) == ("PMID:5", "2004-03", "PMID:9")
    assert ids(data) == ["PMID:9"]


def test_the_type_retracted_publication_alone_retracts_without_a_day() -> None:
    assert retractions(article_set(article("5", in_article=kinds("Retracted Publication")))) == [
        Retraction(DocumentId("PMID:5"), source="pubmed")
    ]


def test_the_type_adds_nothing_to_a_retraction_that_is_told_in_full() -> None:
    told = correction("RetractionIn", "J Zoo. 2004 Mar 2;7(1):3", "9")
    assert len(retractions(article_set(article("5", in_citation=told, in_article=kinds("Retracted Publication"))))) == 1


@pytest.mark.parametrize("kind", ["ErratumIn", "CommentIn", "ExpressionOfConcernIn", "PartialRetractionIn"])
def test_other_corrections_retract_nothing(kind: str) -> None:
    assert retractions(article_set(article("5", in_citation=correction(kind, "J Zoo. 2004", "9")))) == []


def test_several_versions_of_a_record_are_told_apart_and_the_greatest_revision_is_the_latest() -> None:
    first, second = documents(article_set(article("5", title="First", version="1"), article("5", title="Second", version="2")))
    assert first.id == second.id
    assert max(first, second, key=lambda found: found.revision) is second


def test_the_same_record_read_again_is_the_same_revision() -> None:
    data = article_set(article("5"))
    assert document(data).revision == document(data.replace("\n", "\n\n")).revision


@pytest.mark.parametrize("root", ["PubmedArticle", "MedlineCitation"])
def test_a_record_that_is_its_files_root_is_read(root: str) -> None:
    record = article("5")
    if root == "MedlineCitation":
        record = record[record.index("<MedlineCitation") : record.index("<PubmedData>")]
    assert document('<?xml version="1.0"?>' + record).id == "PMID:5"


def test_a_set_of_citations_without_history_is_read() -> None:
    record = article("5")
    citation = record[record.index("<MedlineCitation") : record.index("<PubmedData>")]
    assert ids(f"<MedlineCitationSet>{citation}{citation.replace('>5<', '>6<')}</MedlineCitationSet>") == ["PMID:5", "PMID:6"]


def test_a_book_is_read_by_its_title_and_date() -> None:
    book = (
        '<PubmedBookArticle><BookDocument><PMID Version="1">8</PMID><Book><BookTitle>All Stripes</BookTitle>'
        "<PubDate><Year>2009</Year></PubDate></Book><Abstract><AbstractText>About stripes.</AbstractText></Abstract>"
        "</BookDocument></PubmedBookArticle>"
    )
    found = document(article_set(book))
    assert (found.title, str(found.published), found.text) == ("All Stripes", "2009", "All Stripes About stripes.")


def test_another_encoding_that_the_file_declares_is_heeded() -> None:
    data = article_set(article(title="Zèbre"), prolog='<?xml version="1.0" encoding="ISO-8859-1"?>\n').encode("latin-1")
    assert document(data).title == "Zèbre"


def test_gzip_and_plain_say_the_same() -> None:
    data = article_set(article("1"), article("2"), "<DeleteCitation><PMID>3</PMID></DeleteCitation>")
    assert items(data) == items(gz(data))


def test_a_gzip_of_several_members_is_read_through() -> None:
    data = article_set(article("1"), article("2"))
    assert items(gz(data[:500]) + gz(data[500:])) == items(data)


def test_a_doctype_before_the_root_is_passed_over() -> None:
    prolog = '<?xml version="1.0" encoding="utf-8"?>\n<!-- a remark <rss> -->\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD" "http://x/y.dtd">\n'
    assert ids(article_set(article("1"), prolog=prolog)) == ["PMID:1"]


def test_an_empty_set_holds_nothing() -> None:
    assert items(article_set()) == []


@pytest.mark.parametrize("pmid", ["", "abc", "12-a", "１２"])
def test_a_pmid_that_is_no_number_is_named(pmid: str) -> None:
    assert f"the PMID {pmid!r} is no number" in refused(article_set(article(pmid))).reason


def test_a_paper_that_was_retracted_and_republished_is_retracted_by_either_record_and_its_successor_is_not() -> None:
    old = article("5", in_citation=correction("RetractedandRepublishedIn", "J Zoo. 2018 Jun 21;7(1):3", "9"))
    new = article(
        "9", pub_date="<Year>2018</Year><Month>Jun</Month>", in_citation=correction("RetractedandRepublishedFrom", "J Zoo. 2013", "5")
    )
    (found,) = retractions(article_set(old))
    assert (found.document, str(found.on), found.notice) == ("PMID:5", "2018-06-21", "PMID:9")
    (found,) = retractions(article_set(new))
    assert (found.document, str(found.on), found.notice) == ("PMID:5", "2018-06", "PMID:9")


def test_a_notice_that_does_not_say_of_which_paper_leaves_a_trace() -> None:
    found, trace = items(article_set(article("9", in_citation=correction("RetractionOf", "J Zoo. 2015;1:1"))))
    assert getattr(found, "id", None) == "PMID:9"
    assert isinstance(trace, SetAside)
    assert (trace.unit, trace.position) == ("event", "PMID:9")
    assert "'J Zoo. 2015;1:1'" in trace.reason


def other(language: str, text: str) -> str:
    return f'<OtherAbstract Type="Publisher" Language="{language}"><AbstractText>{text}</AbstractText></OtherAbstract>'


def test_other_abstracts_and_titles_are_used_where_the_main_ones_are_absent() -> None:
    translated = other("spa", "Las rayas.") + other("eng", "The stripes.")
    record = article(title="", abstract="", in_article="<VernacularTitle>La cebra.</VernacularTitle>", in_citation=translated)
    found = document(article_set(record))
    assert (found.text, found.unused) == ("La cebra. The stripes.", {"text: another abstract": 1})


def test_a_second_abstract_and_title_are_counted_and_change_nothing() -> None:
    record = article("5", in_article="<VernacularTitle>La cebra.</VernacularTitle>", in_citation=other("spa", "Las rayas."))
    found, plain = document(article_set(record)), document(article_set(article("5")))
    assert (found.text, found.revision) == (plain.text, plain.revision)
    assert found.unused == {"text: another title": 1, "text: another abstract": 1}


FORMULA = (
    "<{0}math{1}><{0}semantics><{0}mrow><{0}mi>x</{0}mi><{0}mo>=</{0}mo><{0}msup><{0}mn>10</{0}mn><{0}mn>3</{0}mn></{0}msup></{0}mrow>"
    '<{0}annotation encoding="application/x-tex">\\documentclass x=10^3</{0}annotation></{0}semantics></{0}math>'
)


@pytest.mark.parametrize("prefix", ["mml:", "ns0:", ""])
@pytest.mark.parametrize("where", ["in the formula", "at the root", "nowhere"])
def test_formulas_are_read_wherever_their_namespace_is_declared_and_without_their_tex(prefix: str, where: str) -> None:
    declared = f' xmlns{":" if prefix else ""}{prefix.rstrip(":")}="http://www.w3.org/1998/Math/MathML"'
    formula = FORMULA.format(prefix, declared if where == "in the formula" else "")
    data = article_set(article(title=f"Zebras at {formula} stripes"))
    data = data.replace("<PubmedArticleSet", f"<PubmedArticleSet{declared}") if where == "at the root" and prefix else data
    assert document(data).title == "Zebras at x=10^3 stripes"


@pytest.mark.parametrize(
    ("marked_up", "text"),
    [
        ("2 × 10<sup>6</sup> units", "2 × 10^6 units"),
        ("P &lt; 10<sup>-3</sup>", "P < 10^-3"),
        ("<i>P</i> of 10<sup>−3</sup>", "P of 10^−3"),
        ("5 m<sup>2</sup> and <sup>131</sup>I, H<sub>2</sub>O, CO2<sup>2-</sup>", "5 m2 and 131I, H2O, CO22-"),
        ("the 3<sup>rd</sup>", "the 3rd"),
    ],
)
def test_a_power_is_no_longer_number(marked_up: str, text: str) -> None:
    assert document(article_set(article(title=marked_up))).title == text
