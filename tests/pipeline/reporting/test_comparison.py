"""What a model read beside what is curated: each triple of a document counts once."""

from pipeline.reporting.comparison import allowed_pairs
from schema.document import Document, Mention
from schema.ids import DocumentId
from schema.ontology import Ontology
from tests.flows.commands.running import line
from tests.pipeline.reporting.told import DRUG, ILLNESS, comparison_of, evidence_of, read_document


def test_precision_and_recall_count_each_triple_of_a_document_once(biomedical: Ontology) -> None:
    curated = [r.record for r in evidence_of(biomedical).observations]
    said = [line("PMID:1", "2001", "prevent", 0.7), line("PMID:1", "2001", "prevent", 0.4), line("PMID:2", "2001", "cause", 0.5)]
    read = [r.record for r in evidence_of(biomedical, said).observations]
    scores = {
        (row["measure"], row["which"]): (row["right"], row["found"], row["wanted"])
        for row in comparison_of(read, curated, biomedical).scores
    }
    assert scores["pair", "no model: every allowed pair"] == (3, 3, 3)
    assert scores["pair", "all claims"] == (2, 2, 3)
    assert scores["pair and relation", "all claims"] == (1, 2, 3)
    assert scores["pair and relation", "claims of 0.6 or more"] == (1, 1, 3)


def test_what_a_model_was_not_taught_to_say_is_named_and_left_out_of_a_comparison_of_its_own(biomedical: Ontology) -> None:
    curated = [r.record for r in evidence_of(biomedical).observations]
    read = [r.record for r in evidence_of(biomedical, [line("PMID:1", "2001", "prevent", 0.7)]).observations]
    plain = comparison_of(read, curated, biomedical)
    assert (plain.unsaid, len(plain.scores)) == ([], 7)
    taught = comparison_of(
        read, curated, biomedical, lambda head, relation, tail: (head, relation, tail) == ("Chemical", "cause", "Disease")
    )
    (prevented,) = taught.unsaid
    assert prevented.startswith("Chemical prevent Disease (")
    assert taught.scores[-1]["which"] == "claims of 0.6 or more, against what it was taught to say"
    wanted = {row["measure"]: row["wanted"] for row in plain.scores}["pair and relation"]
    assert 0 < taught.scores[-1]["wanted"] < wanted


def test_a_model_that_finds_nothing_has_no_precision(biomedical: Ontology) -> None:
    curated = [r.record for r in evidence_of(biomedical).observations]
    assert comparison_of([], curated, biomedical).scores[1]["precision"] is None


def test_pairs_that_no_relation_joins_are_not_allowed(biomedical: Ontology) -> None:
    assert allowed_pairs(read_document(1), biomedical) == {frozenset((DRUG, ILLNESS))}
    mentions = (Mention(2, 6, "drug", "Unheard", (DRUG,)), Mention(14, 21, "illness", "Disease", (ILLNESS,)))
    assert not allowed_pairs(Document(DocumentId("PMID:1"), "A drug and an illness.", mentions=mentions), biomedical)
