"""From a question to a query: each slot of its shape is chosen among what there is; the choices are told with their probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from pipeline.querying.option_words import ANY, DIRECTION, OTHER, RELATION, SHAPE
from pipeline.querying.query_shapes import CypherQuery, RelationSide, Shape, ShapedQuestion, cypher_of
from pipeline.querying.question_parts import NamedEnd, QuestionParts
from schema.ontology import Ontology, Relation
from schema.ports import OptionChooser

_LEAST = 1e-6

SHAPES: Mapping[str, str] = {
    Shape.FACTS: "what holds, which things",
    Shape.COUNT: "how many",
    Shape.SINCE: "since when, or when",
    Shape.CHANGES: "what changed, or happened",
    Shape.OVERTURNED: "what was overturned, and because of what",
}


@dataclass(frozen=True, slots=True)
class ChosenQuery:
    """The question in its shape, its query, and for each slot the probability of each option."""

    asked: ShapedQuestion
    query: CypherQuery
    choices: Mapping[str, Mapping[str, float]]


class Together:
    """Several choosers: the product of what they say."""

    def __init__(self, choosers: Sequence[OptionChooser]) -> None:
        self._choosers = choosers

    async def choose(self, question: str, slot: str, options: Mapping[str, str]) -> Mapping[str, float]:
        """See the port."""
        said = [await chooser.choose(question, slot, options) for chooser in self._choosers]
        shares = {option: prod(max(_LEAST, each[option]) for each in said) for option in options}
        total = sum(shares.values())
        return {option: share / total for option, share in shares.items()}


async def chosen_query(parts: QuestionParts, ontology: Ontology, chooser: OptionChooser) -> ChosenQuery:
    """The query of a question that names one entity or two; raises WrongUse where it names none."""
    choices: dict[str, Mapping[str, float]] = {}

    async def chosen(slot: str, options: Mapping[str, str]) -> str:
        if len(options) == 1:
            return next(iter(options))
        choices[slot] = await chooser.choose(parts.text, slot, options)
        return max(options, key=lambda option: choices[slot][option])

    pair = len(parts.ends) == 2
    shape = Shape(await chosen(SHAPE, {name: told for name, told in SHAPES.items() if not (pair and name == Shape.COUNT)}))
    relation = await chosen(RELATION, relation_options(parts.ends, ontology))
    known = ontology.relations.get(relation)
    direction = await chosen(DIRECTION, direction_options(parts.ends, known))
    other = ANY
    if not pair and shape in {Shape.FACTS, Shape.COUNT}:
        other = await chosen(OTHER, type_options(parts.ends[0], known, direction, ontology) if parts.ends else {ANY: ""})
    one_day = shape is not Shape.CHANGES or (parts.since is None and parts.until is None)
    asked = ShapedQuestion(
        shape,
        tuple(end.key for end in parts.ends),
        None if relation == ANY else relation,
        RelationSide(direction),
        None if other == ANY else other,
        parts.day if one_day else None,
        None if one_day else parts.since,
        None if one_day else parts.until,
    )
    return ChosenQuery(asked, cypher_of(asked, ontology), choices)


def relation_options(ends: Sequence[NamedEnd], ontology: Ontology) -> dict[str, str]:
    """The relations that entities of these types can have, with what they mean; first that none is asked for."""
    kinds = [end.type for end in ends]

    def fits(relation: Relation) -> bool:
        if len(kinds) == 2:
            return any(sorted(pair) == sorted(kinds) for pair in relation.pairs)
        return any(kind in pair for pair in relation.pairs for kind in kinds)

    fitting = {name: relation.description or name for name, relation in ontology.relations.items() if fits(relation)}
    return {ANY: "no relation in particular", **fitting}


def direction_options(ends: Sequence[NamedEnd], relation: Relation | None) -> dict[str, str]:
    """How the first entity can stand in a relation: as its head, as its tail, or, where that makes no difference, either."""
    if relation is None or relation.symmetric or not ends:
        return {RelationSide.EITHER: ""}
    kind, others = ends[0].type, [end.type for end in ends[1:]]
    possible = {
        RelationSide.HEAD: any(head == kind and tail in (others or [tail]) for head, tail in relation.pairs),
        RelationSide.TAIL: any(tail == kind and head in (others or [head]) for head, tail in relation.pairs),
    }
    told = {RelationSide.HEAD: "the first thing does it", RelationSide.TAIL: "it is done to the first thing"}
    return {direction: told[direction] for direction, is_so in possible.items() if is_so} or {RelationSide.EITHER: ""}


def type_options(end: NamedEnd, relation: Relation | None, direction: str, ontology: Ontology) -> dict[str, str]:
    """The types that the other end of a relation can have; first that none is asked for. One type is as good as none."""
    relations = [relation] if relation is not None else list(ontology.relations.values())
    kinds = set()
    for head, tail in (pair for each in relations for pair in each.pairs):
        kinds |= {tail} if head == end.type and direction != RelationSide.TAIL else set()
        kinds |= {head} if tail == end.type and direction != RelationSide.HEAD else set()
    return {ANY: "things of any type", **({kind: kind for kind in ontology.entity_types if kind in kinds} if len(kinds) > 1 else {})}
