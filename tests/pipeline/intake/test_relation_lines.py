"""Relations of PubTator3's form, many at once: the same observations as each line by itself."""

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from pipeline.grounding.given_values import Given
from pipeline.grounding.observed_line import observe
from pipeline.identifiers import curies, document_id, entity_type
from pipeline.intake.batches import Intake
from pipeline.intake.line_batches import lines_in, take_again, take_relations
from schema.dates import PartialDate
from schema.errors import InvalidInput
from schema.observation import Observation
from schema.records import Recorded, SetAside
from tests.pipeline.intake.test_line_batches import (
    BLANKS,
    DATES,
    GIVENS,
    KINDS,
    NOW,
    ONTOLOGY,
    documents,
    keys,
    observed,
    odd,
    relations,
    rows,
    types,
)

cells = st.builds("{}|{}".format, types, keys | odd)
plain_cells = st.builds("{}|{}".format, st.sampled_from(["Chemical", "Disease", "Gene", "Species", "Variant"]), keys)
sound_texts = st.builds(
    lambda document, kinds, head, tail: f"{document}\t{kinds[1]}\t{kinds[0]}|{head}\t{kinds[2]}|{tail}",
    st.sampled_from(["1", "02"]),
    st.sampled_from(KINDS + [(tail, relation.upper(), head) for head, relation, tail in KINDS]),
    keys,
    keys,
)
relation_texts = sound_texts | st.builds("{}\t{}\t{}\t{}".format, documents, relations, plain_cells | cells, plain_cells | cells)
SOURCED = [Given("pubtator3", each.confidences, each.dates, each.published) for each in GIVENS] + [GIVENS[2]]


@drawn(st.lists(relation_texts | odd, max_size=8), st.sampled_from(SOURCED))
def test_relations_taken_together_are_what_they_are_one_by_one(lines: list[str], given: Given) -> None:
    intake = take_relations(1, "\n".join(lines).encode(), "a file", ONTOLOGY, NOW, given)
    by_hand = {number: _by_hand(line, given) for number, line in enumerate(lines, 1) if line.strip(BLANKS)}
    expected = {o.id: o for number in by_hand for o in by_hand[number]}
    assert {o.id: o for o in observed(intake)} == expected
    assert {row["id"] for row in rows(intake) if row["kind"] == "observation"} == expected.keys()
    tally = intake.tallies[0]
    assert tally.committed == sum(1 for one in by_hand.values() if one)
    assert sum(tally.set_aside.values()) == sum(1 for one in by_hand.values() if not one)
    assert sum(lines_in(recorded.record) for recorded in intake.records) == sum(tally.set_aside.values())


def _by_hand(line: str, given: Given) -> list[Observation]:
    """The observations of one line, made by `observe`; none where the line is refused."""
    parts = [part.strip(BLANKS) for part in line.split("\t")]
    if len(parts) != 4 or "|" not in parts[2] or "|" not in parts[3]:
        return []
    relation = parts[1].lower().replace("-", "_").replace(" ", "_")
    (head_type, head), (tail_type, tail) = parts[2].split("|", 1), parts[3].split("|", 1)
    try:
        heads, tails = curies(head, entity_type(head_type)), curies(tail, entity_type(tail_type))
        if max(len(heads), len(tails)) > 10:
            return []
        pairs = [((head_type, h), (tail_type, t)) for h in heads for t in tails if h != t]
        if ONTOLOGY.allows(entity_type(tail_type), relation, entity_type(head_type)):
            pairs = [(t, h) if not ONTOLOGY.allows(entity_type(head_type), relation, entity_type(tail_type)) else (h, t) for h, t in pairs]
        return [_observed(document_id(parts[0]), h, relation, t, given) for h, t in pairs]
    except InvalidInput:
        return []


def _observed(document: str, head: tuple[str, str], relation: str, tail: tuple[str, str], given: Given) -> Observation:
    line = {"document": document, "relation": relation}
    line |= {side: {"key": key, "type": kind} for side, (kind, key) in (("head", head), ("tail", tail))}  # type: ignore[misc]
    return observe(given.completed(line), ONTOLOGY, NOW).record


def relations_of(*lines: str, given: Given = SOURCED[1]) -> Intake:
    return take_relations(1, "\n".join(lines).encode("utf-8", "surrogateescape"), "a file", ONTOLOGY, NOW, given)


def triples(intake: Intake) -> set[tuple[str, str, str]]:
    return {(o.head.key, o.relation, o.tail.key) for o in observed(intake)}


def asides(intake: Intake) -> list[SetAside]:
    return [recorded.record for recorded in intake.records]


def test_a_relation_is_turned_round_where_its_types_leave_no_other_way() -> None:
    assert triples(relations_of("1\ttreat\tDisease|MESH:D000002\tChemical|MESH:D000001")) == {("MESH:D000001", "treat", "MESH:D000002")}
    both_ways = relations_of("1\tinhibit\tGene|2\tGene|1")
    assert triples(both_ways) == {("NCBIGene:2", "inhibit", "NCBIGene:1")}


@pytest.mark.parametrize(
    ("name", "relation"), [("Positive_Correlation", "positive_correlate"), ("bind", "interact"), ("Associate", "associate")]
)
def test_relations_go_by_the_names_of_biored_too(name: str, relation: str) -> None:
    assert triples(relations_of(f"1\t{name}\tGene|1\tGene|2")) == {("NCBIGene:1", relation, "NCBIGene:2")}


def test_a_composite_end_names_each_of_its_entities_but_none_twice() -> None:
    found = triples(relations_of("1\tassociate\tGene|7;8\tGene|8"))
    assert found == {("NCBIGene:7", "associate", "NCBIGene:8")}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1\ttreat\tChemical|-\tDisease|MESH:D000002", "stands for nothing"),
        ("1\ttreat\tGene|1\tGene|2", "treat may not go from Gene to Gene, nor the other way round"),
        ("1\tcures\tChemical|1\tGene|2", "'cures' is not one of the ontology biomedical"),
        ("1\ttreat\tPlanet|1\tGene|2", "type 'Planet' is not one of"),
        ("1\ttreat\tChemical|MESH:D000001", "is not PMID, relation, Type|ID and Type|ID"),
        ("1\ttreat\tChemical|MESH:D000001\tDisease|\udcff", "not UTF-8"),
        ("1\tassociate\tGene|1\tGene|1", "one entity"),
        ("\x01\tassociate\tGene|1\tGene|2", "document's id"),
        ("1\tassociate\tGene|" + ";".join(map(str, range(1, 13))) + "\tGene|2", "more than 10"),
    ],
)
def test_a_relation_that_breaks_a_rule_is_set_aside_with_the_rule_and_its_line(line: str, reason: str) -> None:
    good = "1\ttreat\tChemical|MESH:D000001\tDisease|MESH:D000002"
    intake = relations_of(good, "", line, good)
    (aside,) = asides(intake)
    assert reason in aside.reason
    assert (aside.file, aside.position) == ("a file", "line 3")
    assert triples(intake) == {("MESH:D000001", "treat", "MESH:D000002")}


def test_lines_without_confidence_or_date_are_kept_together_and_taken_again_when_both_are_given() -> None:
    lines = [f"{number}\t{relation}\tChemical|MESH:D000001\tDisease|MESH:D000002" for number in (1, 9) for relation in ("treat", "cause")]
    intake = relations_of(*lines, given=Given("curated", {"treat": 0.8}, DATES))
    unset, undated = sorted(asides(intake), key=lambda aside: aside.error, reverse=True)
    assert (unset.position, lines_in(unset), undated.position, lines_in(undated)) == ("lines 2 to 4, 2 of them", 2, "line 3", 1)
    assert "--confidence cause=0.7" in unset.reason
    assert "--dates" in undated.reason
    again = take_again(unset, ONTOLOGY, NOW, Given(None, {"*": 0.7}, DATES))
    assert [(o.document, o.source, o.confidence) for o in observed(again)] == [("PMID:1", "curated", 0.7)]
    (still,) = asides(again)
    assert (still.error, still.position) == ("UndatedDocument", "line 4")
    late = take_again(undated, ONTOLOGY, NOW, Given(None, {"treat": 0.8}, None, PartialDate.parse("1999")))
    assert [str(o.published) for o in observed(late)] == ["1999"]


def test_a_line_with_broken_bytes_is_no_more_right_when_it_is_tried_again() -> None:
    intake = relations_of("1\ttreat\tChemical|MESH:D000001\tDisease|\udcff")
    assert take_again(asides(intake)[0], ONTOLOGY, NOW, SOURCED[1]).tallies == intake.tallies


def test_much_that_is_refused_is_kept_whole_in_several_records() -> None:
    lines = [f"{number}\ttreat\tChemical|-\tDisease|{'x' * 1000}" for number in range(1, 2001)]
    intake = relations_of(*lines)
    assert len(asides(intake)) > 1
    assert all(aside.complete for aside in asides(intake))
    kept = {line.split("\t", 1)[1] for aside in asides(intake) for line in aside.payload.split("\n")[1:]}
    assert kept == set(lines)


def test_what_is_recorded_with_a_batch_is_part_of_its_identity() -> None:
    intake = relations_of("1\ttreat\tChemical|MESH:D000001\tDisease|MESH:D000002")
    settled = SetAside("line", "grounding", "UngroundedClaim", "", "a file", "line 1")
    assert intake.along_with(settled, NOW).records == (Recorded(settled, NOW),)
    assert intake.along_with(settled, NOW).batch != intake.batch
