"""The shapes of questions, and the Cypher of each: text of our own, relations and types of the ontology, all else as parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from schema.errors import WrongUse
from schema.ids import EntityKey
from schema.ontology import Ontology

MOST_ROWS = 100


class Shape(StrEnum):
    """What is asked for."""

    FACTS = "facts"  # what holds about an entity, or between two
    SINCE = "since"  # from when to when
    CHANGES = "changes"  # what began and ended to hold
    COUNT = "count"  # how many things
    OVERTURNED = "overturned"  # what no longer holds, and because of what


class RelationSide(StrEnum):
    """How the first entity stands in the relation."""

    HEAD = "head"
    TAIL = "tail"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class ShapedQuestion:
    """A question of a shape: about one entity or two (`ends`), perhaps of one relation, with others of one type, on a day or between two.

    `since` is the first day of a stretch, `until` the day after its last.
    """

    shape: Shape
    ends: tuple[EntityKey, ...]
    relation: str | None = None
    direction: RelationSide = RelationSide.EITHER
    other: str | None = None
    day: date | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class CypherQuery:
    """A query with its parameters."""

    text: str
    parameters: Mapping[str, Any]


_ARROWS = {RelationSide.HEAD: ("-", "->"), RelationSide.TAIL: ("<-", "-"), RelationSide.EITHER: ("-", "-")}
_HEAD = "CASE WHEN startNode(r) = e THEN e.key ELSE x.key END AS head"
_TAIL = "CASE WHEN startNode(r) = e THEN x.key ELSE e.key END AS tail"
_TRIPLE = f"{_HEAD}, type(r) AS relation, {_TAIL}"


def cypher_of(asked: ShapedQuestion, ontology: Ontology) -> CypherQuery:
    """The query of a question; raises WrongUse for a relation or type that is not in the ontology, and for other than one or two ends."""
    _check(asked, ontology)
    parameters: dict[str, Any] = dict(zip(("key", "other"), asked.ends, strict=False))
    text = {
        Shape.FACTS: _facts,
        Shape.COUNT: _count,
        Shape.SINCE: _since,
        Shape.CHANGES: _changes,
        Shape.OVERTURNED: _overturned,
    }[asked.shape](asked)
    days = {"day": asked.day, "since": asked.since, "until": asked.until, "relation": asked.relation}
    return CypherQuery(text, parameters | {name: value for name, value in days.items() if f"${name}" in text})


def _check(asked: ShapedQuestion, ontology: Ontology) -> None:
    if asked.relation is not None and asked.relation not in ontology.relations:
        raise WrongUse(f"relation {asked.relation!r} is not one of the ontology {ontology.name}")
    if asked.other is not None:
        ontology.check_type(asked.other)
    if len(asked.ends) not in {1, 2}:
        raise WrongUse(f"a query is about one entity or two, not {len(asked.ends)}")


def _facts(asked: ShapedQuestion) -> str:
    return _lines(
        _match(asked),
        f"WHERE {_holds(asked)}",
        f"RETURN {_TRIPLE}, x.name AS name, r.belief AS belief, r.support AS documents, r.valid_from AS since",
        "ORDER BY belief DESC, relation, head, tail",
        f"LIMIT {MOST_ROWS}",
    )


def _count(asked: ShapedQuestion) -> str:
    return _lines(_match(asked), f"WHERE {_holds(asked)}", "RETURN count(DISTINCT x) AS number")


def _since(asked: ShapedQuestion) -> str:
    return _lines(
        _match(asked),
        f"WHERE {'r.valid_from <= $day' if asked.day else 'r.valid_from IS NOT NULL'}",
        f"RETURN {_TRIPLE}, r.valid_from AS since, {_end_known(asked)} AS until, r.belief AS belief",
        "ORDER BY since, relation, head, tail",
        f"LIMIT {MOST_ROWS}",
    )


def _changes(asked: ShapedQuestion) -> str:
    limits = [f"{'$since <= on' if asked.since else ''}", f"{'on < $until' if asked.until else ''}", f"{'on <= $day' if asked.day else ''}"]
    return _lines(
        _match(asked),
        "WHERE r.valid_from IS NOT NULL",
        "UNWIND ['opened', 'closed'] AS change",
        "WITH e, x, r, change, CASE WHEN change = 'opened' THEN r.valid_from ELSE r.valid_to END AS on",
        f"WHERE {' AND '.join(filter(None, ['on IS NOT NULL', *limits]))}",
        f"RETURN on, change, {_TRIPLE}, r.belief AS belief",
        "ORDER BY on, change, relation, head, tail",
        f"LIMIT {MOST_ROWS}",
    )


def _overturned(asked: ShapedQuestion) -> str:
    """A fact that a denial or a stated end closed has nobody to point to: `closed` tells all of them, but of later days, too."""
    conditions = [
        "f.closed <> '[]'",
        "f.relation = $relation" if asked.relation else "",
        "(f.head = $other OR f.tail = $other)" if len(asked.ends) == 2 else "",
        {RelationSide.HEAD: "f.head = $key", RelationSide.TAIL: "f.tail = $key", RelationSide.EITHER: ""}[asked.direction],
    ]
    return _lines(
        "MATCH (e:Entity {key: $key})<-[:HEAD|TAIL]-(f:Fact)",
        f"WHERE {' AND '.join(filter(None, conditions))}",
        *(["MATCH (e)-[r]-(:Entity)", "WHERE r.fact = f.id AND r.valid_to <= $day"] if asked.day else []),
        f"OPTIONAL MATCH (f)-[s:SUPERSEDED_BY]->(by:Fact){' WHERE s.on <= $day' if asked.day else ''}",
        f"RETURN DISTINCT f.head AS head, f.relation AS relation, f.tail AS tail, {'' if asked.day else 'f.status AS status, '}s.on AS on,"
        f" by.relation AS by, s.cause AS because{', r.valid_to AS until' if asked.day else ', f.closed AS closed'}",
        "ORDER BY on, relation, head, tail",
        f"LIMIT {MOST_ROWS}",
    )


def _match(asked: ShapedQuestion) -> str:
    before, after = _ARROWS[asked.direction]
    relation = f":{asked.relation.upper()}" if asked.relation else ""
    other = "(x:Entity {key: $other})" if len(asked.ends) == 2 else f"(x:{asked.other or 'Entity'})"
    return f"MATCH (e:Entity {{key: $key}}){before}[r{relation}]{after}{other}"


def _end_known(asked: ShapedQuestion) -> str:
    return "CASE WHEN r.valid_to <= $day THEN r.valid_to END" if asked.day else "r.valid_to"


def _holds(asked: ShapedQuestion) -> str:
    if asked.day is None:
        return "r.valid_from IS NOT NULL AND r.valid_to IS NULL"
    return "r.valid_from <= $day AND (r.valid_to IS NULL OR r.valid_to > $day)"


def _lines(*lines: str) -> str:
    return "\n".join(lines)
