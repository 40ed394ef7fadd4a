"""What a report tells of where nobody says it in detail: the questions over which the evidence disagreed most."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date

from pipeline.answering.histories import Names, name_of
from pipeline.believing.fold import Graph
from pipeline.believing.rules import Rules
from pipeline.reporting.stories import Story
from pipeline.reporting.words import spoken
from schema.dates import ONE_DAY
from schema.fact import Fact, Status
from schema.ids import EntityKey
from schema.ports import Question


def concerning(graph: Graph, keys: Collection[EntityKey], *, between: bool) -> Graph:
    """The part of a graph whose facts have one of these entities in them, or only such; all of it where none is named."""
    if not keys:
        return graph
    needed = 2 if between else 1
    facts = tuple(fact for fact in graph.facts if len({fact.triple.head, fact.triple.tail}.intersection(keys)) >= needed)
    speaking = {report.document for fact in facts for report in graph.reports.get(fact.triple, ())}
    return replace(graph, facts=facts, documents=tuple(source for source in graph.documents if source.id in speaking))


def disputes(graph: Graph, rules: Rules, names: Names, most: int) -> list[Story]:
    """A story for each of the questions with most closings and contested facts; among equals, with most documents."""
    by_question: dict[Question, list[Fact]] = defaultdict(list)
    for fact in graph.facts:
        by_question[rules.question(fact.triple)].append(fact)
    chosen = sorted(by_question.items(), key=lambda each: (*_disagreement(each[1]), each[0].ends, each[0].relation or ""))[:most]
    return [Story(_title(question, names), tuple((f.triple.head, f.triple.tail) for f in facts)) for question, facts in chosen]


def questions_of(stories: Iterable[Story], graph: Graph, rules: Rules) -> set[Question]:
    """The questions that stories are about."""
    pairs = {frozenset(pair) for story in stories for pair in story.pairs}
    return {rules.question(fact.triple) for fact in graph.facts if frozenset((fact.triple.head, fact.triple.tail)) in pairs}


def days_to_compare(graph: Graph) -> tuple[date, date] | None:
    """The day on which most held that does not hold today, and the last document's; None where there is none.

    Where nothing fell it is the day by which half of the documents were there.
    """
    days = sorted(source.published for source in graph.documents)
    if not days:
        return None
    fallen = [fact for fact in graph.facts if fact.closed and fact.status is not Status.CURRENT]
    before = sorted({closure.on - ONE_DAY for fact in fallen for closure in fact.closed})
    half = days[(len(days) - 1) // 2]
    return max(before, key=lambda day: sum(fact.holds_on(day) for fact in fallen), default=half), days[-1]


def _disagreement(facts: Sequence[Fact]) -> tuple[int, int, int]:
    closings = sum(len(fact.closed) for fact in facts)
    contested = sum(fact.status is Status.CONTESTED for fact in facts)
    return -closings, -contested, -sum(fact.support for fact in facts)


def _title(question: Question, names: Names) -> str:
    told = " and ".join(name_of(end, names) for end in question.ends)
    return told if question.relation is None else f"{told}: {spoken(question.relation)}"
