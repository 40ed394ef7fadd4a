"""From claims to observations: what the quoted sentence makes of polarity, confidence and time."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.grounding.claims import ground, grounded, mentioned
from pipeline.intake.batches import read_batch
from schema.dates import DateOrigin, PartialDate
from schema.document import Document, Mention, Passage
from schema.ids import EntityKey
from schema.observation import Claim, Observation, Polarity, Reader
from schema.ontology import Ontology
from schema.ports import Extraction
from schema.records import BatchReport, Judgement, Reading, Sameness
from tests.pipeline.sentences.said import marked

LABELS, VOTES = Reader("labels", "m", "p", "biomedical-1"), Reader("votes", "m", "p", "biomedical-1")
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def paper(said: str, published: str = "2020-06-10", kinds: tuple[str, str] = ("Chemical", "Disease")) -> Document:
    """A document of marked sentences, `[head]` and `{tail}` its mentions."""
    text = marked(said)
    spans = [(span, kinds[0], "X:1") for span in text.heads] + [(span, kinds[1], "X:2") for span in text.tails]
    mentions = tuple(Mention(a + 2, b + 2, text.text[a:b], kind, (key,)) for (a, b), kind, key in spans)
    return Document("PMID:1", "T", (Passage(text.text),), PartialDate.parse(published), mentions=mentions)  # type: ignore[arg-type]


def claim(document: Document, relation: str = "treat", sentence: int | None = None, **more: object) -> Claim:
    text = document.text[2:]
    quote = text if sentence is None else f"{text.split('. ')[sentence].rstrip('.')}."
    return Claim("X:1", relation, "X:2", **{"confidence": 0.9, "quote": quote, "raw_score": 0.9, **more})  # type: ignore[arg-type]


def test_what_a_labelled_sentence_denies_becomes_a_denial(biomedical: Ontology) -> None:
    document = paper("[Zinc] did not reduce {warts}.")
    made = ground(claim(document), document, LABELS, biomedical)
    assert (made.polarity, made.confidence, made.raw_score) == (Polarity.DENIES, 0.9, 0.9)
    assert made.quote == "Zinc did not reduce warts."


def test_a_vote_that_its_sentence_contradicts_is_weaker_and_not_turned(biomedical: Ontology) -> None:
    document = paper("[Zinc] did not reduce {warts}.")
    made = ground(claim(document), document, VOTES, biomedical)
    assert (made.polarity, made.confidence, made.raw_score) == (Polarity.ASSERTS, 0.45, 0.9)


@pytest.mark.parametrize("reader", [LABELS, VOTES])
@pytest.mark.parametrize("said", ["[Zinc] did not reduce {warts}.", "[Zinc] reduced {warts}."])
def test_a_reader_that_denies_is_believed(reader: Reader, said: str, biomedical: Ontology) -> None:
    document = paper(said)
    made = ground(claim(document, polarity=Polarity.DENIES), document, reader, biomedical)
    assert (made.polarity, made.confidence) == (Polarity.DENIES, 0.9)


@pytest.mark.parametrize(("said", "confidence"), [("[Zinc] may reduce {warts}.", 0.72), ("We asked whether [zinc] reduces {warts}.", 0.45)])
def test_a_hedge_and_a_question_make_a_claim_weaker_and_leave_the_raw_score(said: str, confidence: float, biomedical: Ontology) -> None:
    document = paper(said)
    made = ground(claim(document), document, VOTES, biomedical)
    assert (made.confidence, made.raw_score, made.polarity) == (confidence, 0.9, Polarity.ASSERTS)


def test_a_label_is_quoted_with_the_sentence_that_answers_where_the_nearest_only_asks(biomedical: Ontology) -> None:
    document = paper("We asked whether [zinc] reduces {warts}. In the end [zinc] reduced {warts}.")
    made = ground(claim(document, sentence=0), document, LABELS, biomedical)
    assert (made.quote, made.confidence) == ("In the end zinc reduced warts.", 0.9)
    document = paper("We asked whether [zinc] reduces {warts}. In the end [zinc] did not reduce {warts}.")
    made = ground(claim(document, sentence=0), document, LABELS, biomedical)
    assert (made.quote, made.polarity) == ("In the end zinc did not reduce warts.", Polarity.DENIES)


def test_a_label_stays_an_assertion_where_another_sentence_says_so_plainly(biomedical: Ontology) -> None:
    document = paper("[Zinc] did not reduce {warts} in men. [Zinc] reduced {warts} in women.")
    made = ground(claim(document, sentence=0), document, LABELS, biomedical)
    assert (made.polarity, made.confidence) == (Polarity.ASSERTS, 0.45)


def test_a_stated_time_that_is_none_leaves_the_claim_without_one(biomedical: Ontology) -> None:
    document = paper("[Zinc] reduced {warts}.")
    made = grounded(
        claim(document, stated_start="in the reign of the old king", stated_end="2031"), document, VOTES, biomedical, mentioned(document)
    )
    assert (made.observation.stated_start, made.observation.stated_end) == (None, None)
    assert made.observation.stated_origin is DateOrigin.UNKNOWN
    assert len(made.made_of.time.dropped) == 2


def test_nothing_is_later_than_its_document_unless_the_text_says_so(general: Ontology) -> None:
    """Whatever the clock says: a claim has no other date than the document's and those of its text."""
    kinds = ("Role", "Person")
    for said, start in (
        ("[Mayor] {Ann Lee} spoke.", None),
        ("{Ann Lee} became [mayor] in 2007.", "2007"),
        ("{Ann Lee} will be [mayor] from 2032.", "2032"),
        ("{Ann Lee} became [mayor] two years earlier.", "2018"),
        ("{Ann Lee} is now the [mayor].", None),
    ):
        document = paper(said, kinds=kinds)
        made = ground(claim(document, "held_by", stated_start="2029-12-31"), document, VOTES, general)
        assert str(made.published) == "2020-06-10"
        assert (str(made.stated_start) if made.stated_start else None, made.stated_end) == (start, None), said


def test_what_sentences_did_is_counted_in_the_batch(biomedical: Ontology) -> None:
    documents = [
        paper("[Zinc] did not reduce {warts}."),
        paper("[Zinc] may reduce {warts}."),
        paper("[Zinc] reduced {warts}."),
        paper("In 2003, [zinc] reduced {warts}."),
    ]
    results = [Extraction((claim(document, stated_start=None if n else "soon"),)) for n, document in enumerate(documents)]
    intake = read_batch(documents, results, LABELS, "m", biomedical, NOW)
    tallies = {tally.unit: (tally.committed, dict(tally.skipped), dict(tally.set_aside)) for tally in intake.tallies}
    assert tallies == {
        "document": (4, {}, {}),
        "claim": (4, {}, {}),
        "negated claim": (1, {}, {}),
        "hedged claim": (1, {}, {}),
        "stated time": (1, {"no date": 1}, {}),
    }
    kinds = [type(recorded.record) for recorded in intake.with_report("ingest", NOW)]
    assert kinds.count(Observation) == kinds.count(Reading) == 4
    assert kinds.count(BatchReport) == 1


def test_a_quote_longer_than_any_sentence_is_left_alone(biomedical: Ontology) -> None:
    document = paper("[Zinc] did not reduce {warts} " + "and so on " * 400 + ".")
    made = ground(claim(document), document, LABELS, biomedical)
    assert (made.polarity, made.confidence) == (Polarity.ASSERTS, 0.9)


def test_an_end_that_was_found_is_recorded_under_the_name_that_was_judged(biomedical: Ontology) -> None:
    document = replace(paper("[Gefitinib] relieves {NSCLC}, or non-small cell lung cancer."), mentions=())
    text = document.text
    spans = {name: (text.index(name), text.index(name) + len(name)) for name in ("Gefitinib", "NSCLC", "non-small cell lung cancer")}
    kinds = {"Gefitinib": ("Chemical", "NAME:Chemical/gefitinib")}
    found = [Mention(*span, name, *_of(kinds.get(name, ("Disease", "MESH:D002289")))) for name, span in spans.items()]
    judged = Judgement("non-small cell lung cancer", "Disease", EntityKey("MESH:D002289"), Sameness.SAME, "mesh", 1.0)
    said = Claim("NAME:Chemical/gefitinib", "treat", "MESH:D002289", 0.9)
    made = ground(said, document, LABELS, biomedical, mentioned(document, found, [judged]))
    assert (made.head.key, made.head.name) == ("NAME:Chemical/gefitinib", "Gefitinib")
    assert (made.tail.key, made.tail.name) == ("NAME:Disease/non-small cell lung cancer", "non-small cell lung cancer")
    assert ground(said, document, LABELS, biomedical, mentioned(document, found)).tail.key == "NAME:Disease/nsclc"


def _of(told: tuple[str, str]) -> tuple[str, tuple[str, ...]]:
    return told[0], (told[1],)
