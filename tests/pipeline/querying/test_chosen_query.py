"""From a question to a query: what can be chosen is what there is, and what was chosen is told."""

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.querying.chosen_query import ChosenQuery, Together, chosen_query
from pipeline.querying.option_words import ByWords
from pipeline.querying.query_shapes import RelationSide, Shape
from pipeline.querying.question_parts import NamedEnd, parts_of_question
from schema.errors import WrongUse
from schema.ids import EntityKey
from schema.ontology import Ontology

ENDS = {
    "drugone": NamedEnd("drugone", EntityKey("MESH:1"), "Chemical"),
    "illness": NamedEnd("illness", EntityKey("MESH:2"), "Disease"),
    "GENA": NamedEnd("GENA", EntityKey("NCBIGene:1"), "Gene"),
    "GENB": NamedEnd("GENB", EntityKey("NCBIGene:2"), "Gene"),
}


def chosen(question: str, ontology: Ontology) -> ChosenQuery:
    ends = [end for name, end in ENDS.items() if name in question]
    return asyncio.run(chosen_query(parts_of_question(question, ends), ontology, ByWords(ontology)))


@pytest.mark.parametrize(
    ("question", "shape", "relation", "direction", "other"),
    [
        ("What does drugone treat?", Shape.FACTS, "treat", RelationSide.HEAD, None),
        ("Which drugs cause illness?", Shape.FACTS, "cause", RelationSide.TAIL, "Chemical"),
        ("What inhibits GENA?", Shape.FACTS, "inhibit", RelationSide.TAIL, None),
        ("What does GENA inhibit?", Shape.FACTS, "inhibit", RelationSide.HEAD, None),
        ("What is inhibited by GENA?", Shape.FACTS, "inhibit", RelationSide.HEAD, None),
        ("Is GENA activated by GENB?", Shape.FACTS, "stimulate", RelationSide.TAIL, None),
        ("How many genes does drugone inhibit?", Shape.COUNT, "inhibit", RelationSide.HEAD, "Gene"),
        ("Since when does drugone prevent illness?", Shape.SINCE, "prevent", RelationSide.HEAD, None),
        ("What changed about illness in 1999?", Shape.CHANGES, None, RelationSide.EITHER, None),
        ("When was it refuted that drugone prevents illness?", Shape.OVERTURNED, "prevent", RelationSide.HEAD, None),
        ("What is the relation between drugone and illness?", Shape.FACTS, None, RelationSide.EITHER, None),
        ("Tell me about drugone", Shape.FACTS, None, RelationSide.EITHER, None),
    ],
)
def test_words_say_what_is_asked(
    biomedical: Ontology, question: str, shape: Shape, relation: str | None, direction: RelationSide, other: str | None
) -> None:
    asked = chosen(question, biomedical).asked
    assert (asked.shape, asked.relation, asked.direction) == (shape, relation, direction)
    if other is not None and asked.other is not None:
        assert asked.other == other


def test_only_relations_that_these_types_can_have_are_offered(biomedical: Ontology) -> None:
    choices = chosen("Does drugone inhibit illness?", biomedical).choices
    assert set(choices["relation"]) == {"any", "associate", "cause", "prevent", "treat"}
    assert all(abs(sum(shares.values()) - 1) < 1e-9 for shares in choices.values())


def test_a_question_that_names_nothing_is_refused(biomedical: Ontology) -> None:
    with pytest.raises(WrongUse, match="not 0"):
        chosen("What is new?", biomedical)


class Says:
    """Always says the same of each option."""

    def __init__(self, *shares: float) -> None:
        self._shares = shares

    async def choose(self, question: str, slot: str, options: Mapping[str, str]) -> Mapping[str, float]:
        del question, slot
        return dict(zip(options, self._shares, strict=True))


@given(st.tuples(*[st.floats(0.01, 1.0)] * 3), st.tuples(*[st.floats(0.01, 1.0)] * 3))
def test_of_several_choosers_the_product_counts(one: tuple[float, ...], other: tuple[float, ...]) -> None:
    said = asyncio.run(Together([Says(*one), Says(*other)]).choose("", "", dict.fromkeys("abc", "")))
    products = [first * second for first, second in zip(one, other, strict=True)]
    assert list(said.values()) == pytest.approx([product / sum(products) for product in products])
