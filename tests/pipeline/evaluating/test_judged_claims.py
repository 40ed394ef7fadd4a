"""Claims against what annotators relate: in pairs, in types, in directions."""

import random

import pytest

from pipeline.evaluating.judged_claims import Judged, judge
from pipeline.evaluating.precision_recall import LEVELS, Found, best_cuts, best_of, best_threshold, found_at
from pipeline.evaluating.reader_figures import confidence, raw_score, reader_figures
from pipeline.evaluating.relation_schemes import BIORED, scheme_of
from schema.document import Document, Mention, RelationAnnotation
from schema.ids import DocumentId
from schema.observation import Claim, Polarity
from schema.ontology import Ontology

NAMES = {"MESH:D000001": "Chemical", "MESH:D000002": "Disease", "MESH:D000003": "Disease", "NCBIGene:5": "Gene", "NCBIGene:6": "Gene"}
DOCUMENT = Document(
    DocumentId("PMID:1"),
    "abcde",
    mentions=tuple(Mention(n, n + 1, "abcde"[n], kind, (key,)) for n, (key, kind) in enumerate(NAMES.items())),
)
GOLD = [
    RelationAnnotation("Negative_Correlation", "D000002", "D000001"),
    RelationAnnotation("Positive_Correlation", "5", "6"),
    RelationAnnotation("Association", "D000001", "D000003"),
]


def judged(biomedical: Ontology, *claims: Claim, related: list[RelationAnnotation] = GOLD) -> Judged:
    return judge(DOCUMENT, claims, related, BIORED, biomedical)


def claim(head: str, relation: str, tail: str, score: float = 0.8, **more) -> Claim:
    return Claim(head, relation, tail, score, raw_score=score, **more)


def test_bare_identifiers_and_either_order_of_the_ends_mean_the_same(biomedical: Ontology) -> None:
    found = judged(biomedical, claim("MESH:D000001", "treat", "MESH:D000002"))
    assert found.pairs == {("MESH:D000001", "MESH:D000002"), ("NCBIGene:5", "NCBIGene:6"), ("MESH:D000001", "MESH:D000003")}
    assert ("MESH:D000001", "treat", "MESH:D000002") in found.units
    assert found.worded >= {("MESH:D000001", "Negative_Correlation", "MESH:D000002")}
    assert [candidate.right for candidate in found.candidates] == [True]


def test_a_claim_is_right_if_annotators_would_word_it_so_and_wrong_if_only_its_pair_is(biomedical: Ontology) -> None:
    found = judged(
        biomedical,
        claim("MESH:D000001", "prevent", "MESH:D000002"),
        claim("MESH:D000001", "cause", "MESH:D000002"),
        claim("NCBIGene:6", "stimulate", "NCBIGene:5"),
        claim("NCBIGene:5", "inhibit", "NCBIGene:6"),
        claim("MESH:D000001", "associate", "MESH:D000003"),
    )
    assert [candidate.right for candidate in found.candidates] == [True, False, True, False, True]


def test_in_the_ontologys_own_words_direction_counts(biomedical: Ontology) -> None:
    own = scheme_of({"stimulate"}, biomedical)
    gold = [
        RelationAnnotation("stimulate", "NCBIGene:5", "NCBIGene:6"),
        RelationAnnotation("positive_correlate", "NCBIGene:6", "NCBIGene:5"),
    ]
    claims = [
        claim("NCBIGene:5", "stimulate", "NCBIGene:6"),
        claim("NCBIGene:6", "stimulate", "NCBIGene:5"),
        claim("NCBIGene:5", "positive_correlate", "NCBIGene:6"),
    ]
    found = judge(DOCUMENT, claims, gold, own, biomedical)
    assert [candidate.right for candidate in found.candidates] == [True, False, True]


def test_denials_and_what_the_gold_does_not_annotate_are_not_judged(biomedical: Ontology) -> None:
    found = judged(
        biomedical,
        claim("MESH:D000001", "treat", "MESH:D000002", polarity=Polarity.DENIES),
        claim("MESH:D000002", "associate", "MESH:D000003"),
        claim("MESH:D000001", "treat", "MESH:D000099"),
        related=[*GOLD, RelationAnnotation("Bind", "6", "6"), RelationAnnotation("Bind", "6", "77")],
    )
    assert found.candidates == ()
    assert found.not_judged == {"claims: denials": 1, "claims: nothing that the gold annotates": 2, "gold: an entity with itself": 1}
    assert found.problems == ("PMID:1: Bind 6 77: not two entities that the document mentions and relates",)


def test_a_composite_end_relates_each_of_its_parts(biomedical: Ontology) -> None:
    found = judged(biomedical, related=[RelationAnnotation("Negative_Correlation", "D000001", "D000002|D000003")])
    assert found.pairs == {("MESH:D000001", "MESH:D000002"), ("MESH:D000001", "MESH:D000003")}


def test_the_same_said_twice_is_admitted_once(biomedical: Ontology) -> None:
    found = judged(
        biomedical,
        claim("MESH:D000001", "treat", "MESH:D000002", 0.7),
        claim("MESH:D000001", "prevent", "MESH:D000002", 0.5),
        claim("MESH:D000001", "cause", "MESH:D000002", 0.65),
    )
    pair, typed, _ = (best_of(found, level, raw_score) for level in LEVELS)
    assert sorted(pair.values()) == [1.0]
    assert sorted(typed.values()) == [0.65, 0.7]
    counted = found_at(typed, found.units, 0.6)
    assert (counted.hits, counted.said, counted.gold) == (1, 2, 3)
    assert (counted.precision, counted.recall, counted.f1) == (1 / 2, 1 / 3, 2 / 5)


def test_that_a_pair_is_related_is_as_likely_as_its_relations_together(biomedical: Ontology) -> None:
    found = judged(
        biomedical,
        claim("MESH:D000001", "treat", "MESH:D000002", 0.3),
        claim("MESH:D000001", "cause", "MESH:D000002", 0.25),
        claim("MESH:D000001", "associate", "MESH:D000003", 0.4),
    )
    pairs = best_of(found, LEVELS[0], raw_score)
    assert pairs == pytest.approx({("MESH:D000001", "MESH:D000002"): 0.55, ("MESH:D000001", "MESH:D000003"): 0.4})
    assert best_cuts([found], raw_score)["pair"] in pairs.values()


def said(biomedical: Ontology, scores: list[float], right: list[int], number: int) -> Judged:
    """A document of chemicals and one disease, each said to be treated by it with a score of its own; some rightly."""
    keys = [f"MESH:D{at:06}" for at in range(1, len(scores) + 1)]
    mentions = [Mention(at, at + 1, "x", "Chemical", (key,)) for at, key in enumerate(keys)]
    mentions.append(Mention(len(keys), len(keys) + 1, "x", "Disease", ("MESH:D999999",)))
    text = Document(DocumentId(f"PMID:{number}"), "x" * (len(keys) + 1), mentions=tuple(mentions))
    claims = [claim(key, "treat", "MESH:D999999", score) for key, score in zip(keys, scores, strict=True)]
    related = [RelationAnnotation("Negative_Correlation", keys[at], "MESH:D999999") for at in right]
    return judge(text, claims, related, BIORED, biomedical)


def test_a_cut_is_where_the_expected_f1_is_best_whichever_claims_happen_to_be_right(biomedical: Ontology) -> None:
    scores = [0.9, 0.6, 0.5, 0.3, 0.1]
    for right in ([0, 1, 2], [2, 3, 4], [0, 3, 4]):
        cut = best_cuts([said(biomedical, scores, right, 1)], raw_score)["pair and type"]
        expected = {at: 2 * sum(scores[:at]) / (at + len(right)) for at in range(1, 6)}
        assert cut == scores[max(expected, key=expected.__getitem__) - 1] == 0.5
    assert best_cuts([said(biomedical, [], [], 1)], raw_score)["pair"] == 1.0


def test_of_few_documents_expected_cuts_do_better_on_others_than_the_best_ones_of_the_past(biomedical: Ontology) -> None:
    chance = random.Random(3)

    def documents(count: int) -> list[Judged]:
        found = []
        for number in range(count):
            scores = [round(chance.betavariate(0.6, 1.4), 6) for _ in range(8)]
            found.append(said(biomedical, scores, [at for at, score in enumerate(scores) if chance.random() < score], number))
        return found

    many, level = documents(300), LEVELS[1]

    def f1(cut: float) -> float:
        return sum((found_at(best_of(one, level, raw_score), level.gold(one), cut) for one in many), Found(0, 0, 0)).f1

    past, expected = [], []
    for _ in range(30):
        few = documents(12)
        past.append(f1(best_threshold([(best_of(one, level, raw_score), level.gold(one)) for one in few])[0]))
        expected.append(f1(best_cuts(few, raw_score)["pair and type"]))
    assert sum(expected) > sum(past)
    assert min(expected) > min(past)


def test_the_best_threshold_is_the_best_of_all_brute_force() -> None:
    documents = [({"a": 0.9, "b": 0.4, "c": 0.4}, {"a", "c"}), ({"d": 0.7, "e": 0.1}, {"e", "f"})]
    threshold, found = best_threshold(documents)
    everywhere = {
        t: sum((found_at(best, gold, t) for best, gold in documents[1:]), found_at(*documents[0], t)).f1 for t in (0.9, 0.7, 0.4, 0.1)
    }
    assert found.f1 == max(everywhere.values()) == everywhere[threshold]


def test_a_document_that_failed_counts_as_one_in_which_nothing_was_found(biomedical: Ontology) -> None:
    said = [judged(biomedical, claim("MESH:D000001", "treat", "MESH:D000002")), judged(biomedical)]
    told = reader_figures(said, raw_score, 0.6, draws=50)["extraction"]["pair and type"]
    assert (told["hits"], told["said"], told["gold"]) == (1, 1, 6)


def test_raw_scores_decide_who_is_measured_and_confidences_what_is_measured(biomedical: Ontology) -> None:
    claims = [
        Claim("MESH:D000001", "treat", "MESH:D000002", 0.02, raw_score=0.3),
        Claim("MESH:D000001", "cause", "MESH:D000002", 0.5, raw_score=0.05),
    ]
    found = reader_figures([judged(biomedical, *claims)], confidence, 0.6, draws=20)
    assert found["reliability"]["claims"] == 1
    assert found["reliability"]["brier"] == (1 - 0.02) ** 2
    assert reader_figures([judged(biomedical, *claims)], raw_score, 0.6, draws=0)["by_relation"]["treat"]["claims"] == 1


def test_intervals_hold_the_figure_and_are_the_same_every_time(biomedical: Ontology) -> None:
    said = [judged(biomedical, claim("MESH:D000001", "treat" if n % 3 else "cause", "MESH:D000002", 0.3 + n / 60)) for n in range(30)]
    first, second = (reader_figures(said, raw_score, 0.4, draws=100) for _ in range(2))
    assert first == second
    low, high = first["intervals"]["brier"]
    assert low < first["reliability"]["brier"] < high
    low, high = first["intervals"]["f1, pair and type"]
    assert low < first["extraction"]["pair and type"]["f1"] < high


def test_of_no_documents_the_figures_are_empty_not_wrong() -> None:
    found = reader_figures([], raw_score, 0.6)
    assert found["reliability"] is None
    assert found["extraction"]["pair"]["f1"] == 0.0
