"""A linear part beside the model: what it settles is not asked, and what is asked is the product of both."""

import asyncio

import pytest

from agents.adapters.linear_part import Row
from agents.adapters.skills import LinearPart
from agents.relations.relations_by_labels import LabelRelations
from tests.agents.fakes import BIOMEDICAL, FakeModel, aspirin
from tests.agents.training.lessons import SKILLS

WITH_PART = SKILLS.model_copy(update={"linear": LinearPart(sha256="0" * 64, features="surface-1", asked_from=0.1)})


class Counted:
    """Says of one pair after the other what it is told to: the shares of all relations together."""

    def __init__(self, *related: float) -> None:
        self.related = list(related)

    def shares(self, row: Row, relations: list[str]) -> dict[str, float]:
        share = self.related.pop(0)
        return {"none": 1.0 - share, **dict.fromkeys(relations, share / len(relations))}


def read(model: FakeModel, part: Counted, **options: object):
    made = LabelRelations(model, BIOMEDICAL, skills=WITH_PART, linear=part, floor=0.0, **options)  # type: ignore[arg-type]
    return asyncio.run(made.read(aspirin())), made


def by_ends(claims) -> dict[tuple[str, str], dict[str, float]]:
    found: dict[tuple[str, str], dict[str, float]] = {}
    for claim in claims:
        found.setdefault((claim.head[-3:], claim.tail[-3:]), {})[claim.relation] = claim.confidence
    return found


def test_only_what_the_linear_part_leaves_open_is_asked():
    model = FakeModel()
    read(model, Counted(0.5, 0.05, 0.6, 0.01))
    ((_, queries, _),) = model.asked
    assert [query.split()[:2] for query in queries] == [["C1", "D1"], ["C2", "D1"]]


def test_what_is_asked_is_the_product_and_what_is_not_keeps_its_share():
    model = FakeModel({"C1 D1 0111:": "treats"})
    found = by_ends(read(model, Counted(0.3, 0.09, 0.01, 0.01))[0].claims)
    mine = {"none": 0.7, "associate": 0.1, "cause": 0.1, "treat": 0.1}
    theirs = {"none": 0.1, "associate": 0.1, "cause": 0.1, "treat": 0.7}
    total = sum(mine[label] * theirs[label] for label in mine)
    assert found["241", "261"]["treat"] == pytest.approx(0.07 / total)
    assert found["241", "756"] == pytest.approx(dict.fromkeys(("associate", "cause", "treat"), 0.03))


def test_of_too_many_the_likeliest_are_asked():
    model = FakeModel()
    read(model, Counted(0.2, 0.9, 0.3, 0.8), max_pairs=2)
    assert [query.split()[:2] for query in model.asked[0][1]] == [["C1", "D2"], ["C2", "D2"]]


def test_a_document_in_which_nothing_is_open_costs_nothing():
    model = FakeModel()
    found, _ = read(model, Counted(0.0, 0.0, 0.0, 0.0))
    assert not model.asked
    assert found.usage.requests == 0


def test_alone_it_reads_without_the_model_and_under_a_name_of_its_own():
    model = FakeModel()
    found, made = read(model, Counted(0.9, 0.9, 0.9, 0.9), alone=True)
    assert not model.asked
    assert by_ends(found.claims)["241", "261"]["treat"] == pytest.approx(0.3)
    assert (made.reader.method, made.reader.prompt) == ("linear", "surface-1")
    assert made.reader != LabelRelations(model, BIOMEDICAL, skills=WITH_PART, linear=Counted()).reader
