"""Answers to recipes about days: what held, what changed, what is in dispute."""

from collections.abc import Iterable, Iterator
from datetime import date

from schema.fact import Status
from schema.observation import Polarity
from schema.ontology import Stance
from tests.graph_store.builders import ONTOLOGY
from tests.graph_store.cookbook.answers import Edge, Row, World, answers, denials, ends, ends_of, ordered


@answers("What was held about something on a day", key="NCBIGene:0", day=date(2019, 6, 1))
def neighbours(world: World, key: str, day: date) -> list[Row]:
    rows = (
        {
            "direction": "out" if edge.head == key else "in",
            "relation": edge.type,
            "other": edge.other(key),
            "name": world.entities[edge.other(key)].name,
            "belief": edge.belief,
            "papers": edge.support,
            "since": edge.start,
        }
        for edge in world.on(day, key)
    )
    return ordered(rows, "-belief", "relation", "other", "direction", limit=30)


@answers("Two steps from something on a day", key="NCBIGene:0", day=date(2019, 1, 1))
def two_steps(world: World, key: str, day: date) -> list[Row]:
    rows = []
    near_by = sorted(world.on(day, key), key=lambda edge: (-edge.belief, edge.type, edge.other(key), edge.fact.id))
    for edge in near_by[:20]:
        near = edge.other(key)
        onward = [step for step in world.on(day, near) if step.other(near) != key]
        for step in sorted(onward, key=lambda step: (-step.belief, step.type, step.other(near), step.fact.id))[:5]:
            row = {"relation": edge.type, "near": near, "belief": edge.belief}
            rows.append(row | {"then": step.type, "far": step.other(near), "then_belief": step.belief})
    return ordered(rows, "-belief", "relation", "near", "-then_belief", "then", "far")


def ways(world: World, day: date, at: str, to: str, steps: int, taken: tuple[Edge, ...] = ()) -> Iterator[tuple[Edge, ...]]:
    """Every way of so many steps from one entity to another that takes no edge twice."""
    if len(taken) == steps:
        if at == to:
            yield taken
        return
    for edge in world.on(day, at):
        if edge not in taken:
            yield from ways(world, day, edge.other(at), to, steps, (*taken, edge))


def stations(way: Iterable[Edge], at: str) -> list[str]:
    found = [at]
    for edge in way:
        found.append(edge.other(found[-1]))
    return found


def shortest(world: World, key: str, other: str, day: date, longest: int) -> list[Row]:
    for steps in range(1, longest + 1):
        rows = [
            {"keys": stations(way, key), "relations": [edge.type for edge in way], "weakest": min(edge.belief for edge in way)}
            for way in ways(world, day, key, other, steps)
        ]
        if rows:
            return ordered(rows, "-weakest", "keys", "relations", limit=1)
    return []


@answers("The shortest way between two things on a day", key="MESH:C1", other="MESH:D3", day=date(1990, 1, 1))
def shortest_of_three(world: World, key: str, other: str, day: date) -> list[Row]:
    return shortest(world, key, other, day, 3)


@answers("The shortest way between two things on a day, in a large graph", key="MESH:C1", other="MESH:D3", day=date(1990, 1, 1))
def shortest_of_six(world: World, key: str, other: str, day: date) -> list[Row]:
    return shortest(world, key, other, day, 6)


@answers("How many facts held at the end of each year", key="NCBIGene:0", from_year=1985, to_year=2015)
def growth(world: World, key: str, from_year: int, to_year: int) -> list[Row]:
    held = {year: len(world.on(date(year, 12, 31), key)) for year in range(from_year, to_year + 1)}
    return [{"year": year, "facts": facts} for year, facts in held.items() if facts]


@answers("What changed between two days", **{"from": date(1989, 8, 10), "to": date(2003, 10, 22)})
def changes(world: World, **given: date) -> list[Row]:
    events = [(day, change, edge) for edge in world.edges for day, change in ((edge.start, "opened"), (edge.end, "closed"))]
    rows = [
        {"day": day, "change": change, **ends_of(edge), "belief": edge.belief}
        for day, change, edge in events
        if day is not None and given["from"] < day <= given["to"]
    ]
    return ordered(rows, "day", "change", "head", "relation", "tail")


@answers("Overturned facts, by whom and because of what")
def overturned(world: World) -> list[Row]:
    rows = [
        {
            "day": closure.on,
            **ends(fact),
            "belief": fact.belief,
            "by_head": closure.by.head,
            "by_relation": closure.by.relation,
            "by_tail": closure.by.tail,
            "by_belief": world.one(*closure.by).belief,
            "because": list(closure.because),
            "rule": closure.rule,
        }
        for fact in world.facts
        for closure in fact.closed
        if closure.by is not None
    ]
    return ordered(rows, "day", "head", "relation", "tail")


@answers("The sentences that overturned a fact", head="MESH:C0", relation="prevent", tail="MESH:D0")
def overturning_sentences(world: World, head: str, relation: str, tail: str) -> list[Row]:
    rows = [
        {
            "day": closure.on,
            "became": closure.by.relation,
            "document": report.document,
            "confidence": report.confidence,
            "quote": report.quote,
        }
        for closure in world.one(head, relation, tail).closed
        if closure.by is not None
        for report in world.one(*closure.by).reports
        if report.document in closure.because and report.polarity is Polarity.ASSERTS
    ]
    return ordered(rows, "day", "document")


@answers("Facts that a denial closed")
def denied(world: World) -> list[Row]:
    closures = {(fact.triple, closure.on): closure for fact in world.facts for closure in fact.closed}
    rows = []
    for edge in world.edges:
        closure = closures.get((edge.fact.triple, edge.end)) if edge.end is not None else None
        if closure is not None and closure.by is None:
            row = {"day": edge.end, **ends_of(edge), "since": edge.start, "belief": edge.belief, "because": sorted(closure.because)}
            rows.append(row)
    return ordered(rows, "day", "head", "relation", "tail")


@answers("Facts that came back")
def reopened(world: World) -> list[Row]:
    rows = [
        {
            **ends(fact),
            "relation": fact.triple.relation.upper(),
            "times": len(fact.holdings),
            "first": fact.holdings[0].interval.start,
            "latest": fact.holdings[-1].interval.start,
            "status": fact.status.value,
            "belief": fact.belief,
        }
        for fact in world.facts
        if len(fact.holdings) > 1
    ]
    return ordered(rows, "latest", "head", "relation", "tail")


@answers("What one document changed", document="PMID:4")
def changed_by(world: World, document: str) -> list[Row]:
    rows = [
        {"day": c.on, "head": fact.triple.head, "before": fact.triple.relation, "tail": fact.triple.tail, "after": c.by.relation}
        for fact in world.facts
        for c in fact.closed
        if c.by is not None and document in c.because
    ]
    return ordered(rows, "day", "head", "before", "tail")


@answers("Contested facts and what stands against them")
def contested(world: World) -> list[Row]:
    rows = []
    for fact in world.facts:
        if fact.status is Status.CONTESTED:
            head, relation, tail = fact.triple
            opposed = [o for o in world.current() if ONTOLOGY.stance(relation, o.triple.relation) is Stance.OPPOSED]
            against = [other for other in opposed if (other.triple.head, other.triple.tail) == (head, tail)]
            for other in against or [None]:
                row = {**ends(fact), "belief": fact.belief, "papers": fact.support, "denying": len(denials(fact))}
                row["against"] = other.triple.relation if other else None
                rows.append(row | {"against_belief": other and other.belief, "against_papers": other and other.support})
    return ordered(rows, "-belief", "head", "relation", "tail")


@answers("Facts that hold against denials")
def against_denials(world: World) -> list[Row]:
    rows = [
        {
            **ends(fact),
            "belief": fact.belief,
            "papers": fact.support,
            "denying": len(denials(fact)),
            "latest": max(world.documents[report.document].published for report in denials(fact)),
        }
        for fact in world.current()
        if denials(fact)
    ]
    return ordered(rows, "-denying", "belief", "head", "relation", "tail")


@answers("Facts that are believed less than they were")
def believed_less(world: World) -> list[Row]:
    fallen = [edge for edge in world.edges if edge.end is not None and edge.fact.belief < edge.belief]
    fallen.sort(key=lambda edge: (-(edge.belief - edge.fact.belief), edge.fact.triple, edge.end))
    return [{**ends(e.fact), "day": e.end, "before": e.belief, "now": e.fact.belief, "status": e.fact.status.value} for e in fallen]
