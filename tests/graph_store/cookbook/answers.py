"""How the cookbook's answers are told from the fold without any Cypher: the world in Python, and one function for each recipe."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from pipeline.believing.fold import Graph
from schema.fact import Fact, Report, Source, Status
from schema.observation import Entity, Polarity

Row = dict[str, Any]
Answer = Callable[..., list[Row]]
ANSWERS: dict[str, tuple[Answer, Mapping[str, Any]]] = {}


@dataclass(frozen=True)
class Edge:
    """One interval of a fact."""

    fact: Fact
    start: date
    end: date | None
    belief: float
    support: int

    @property
    def head(self) -> str:
        return self.fact.triple.head

    @property
    def tail(self) -> str:
        return self.fact.triple.tail

    @property
    def type(self) -> str:
        return self.fact.triple.relation.upper()

    def other(self, key: str) -> str:
        return self.tail if key == self.head else self.head


class World:
    """The fold, by what the recipes ask for."""

    def __init__(self, graph: Graph) -> None:
        self.facts = graph.facts
        self.entities: dict[str, Entity] = {entity.key: entity for entity in graph.entities}
        self.documents: dict[str, Source] = {source.id: source for source in graph.documents}

    @cached_property
    def edges(self) -> list[Edge]:
        return [Edge(f, h.interval.start, h.interval.end, h.belief, h.support) for f in self.facts for h in f.holdings]

    def on(self, day: date, key: str | None = None) -> list[Edge]:
        held = [edge for edge in self.edges if edge.start <= day and (edge.end is None or day < edge.end)]
        return [edge for edge in held if key is None or key in (edge.head, edge.tail)]

    def current(self) -> list[Fact]:
        return [fact for fact in self.facts if fact.status is Status.CURRENT]

    def one(self, head: str, relation: str, tail: str) -> Fact:
        return next(fact for fact in self.facts if fact.triple == (head, relation, tail))

    def reports(self, facts: Iterable[Fact]) -> Iterator[tuple[Fact, Report, Source]]:
        return ((fact, report, self.documents[report.document]) for fact in facts for report in fact.reports)

    def about(self, key: str) -> list[Fact]:
        return [fact for fact in self.facts if key in (fact.triple.head, fact.triple.tail)]


def answers(recipe: str, **parameters: Any) -> Callable[[Answer], Answer]:
    """Keep the function as what a recipe must answer, given these parameters."""

    def keep(answer: Answer) -> Answer:
        ANSWERS[recipe] = (answer, parameters)
        return answer

    return keep


def denials(fact: Fact) -> list[Report]:
    return [report for report in fact.reports if report.polarity is Polarity.DENIES]


def ends(fact: Fact) -> Row:
    return {"head": fact.triple.head, "relation": fact.triple.relation, "tail": fact.triple.tail}


def ends_of(edge: Edge) -> Row:
    return {"head": edge.head, "relation": edge.type, "tail": edge.tail}


def ordered(rows: Iterable[Row], *columns: str, limit: int | None = None) -> list[Row]:
    """Sorted by columns, those with a minus the other way round."""
    found = list(rows)
    for column in reversed(columns):
        found.sort(key=lambda row: row[column.lstrip("-")], reverse=column.startswith("-"))
    return found[:limit]
