"""Conflicts that no declared rule decides: which there are, and which of them still have to be ruled on."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import polars as pl

from pipeline.believing.evidence import Evidence, latest_rulings
from pipeline.believing.fold import Graph
from pipeline.believing.rules import Rules, adjudicated
from schema.columns import Table
from schema.conflict import CitedSentence, Conflict, Matter, Position
from schema.fact import Fact, Report, Source, Status, Triple
from schema.ids import DocumentId, EntityKey, stable_id
from schema.observation import Entity, Polarity
from schema.ontology import Stance
from schema.ports import Question
from schema.records import Recorded, Ruling

CITED_FOR, CITED_AGAINST = 3, 2
"""Sentences at most that a position of a conflict brings for its fact, and against it."""

PERSON, BEFORE = "decided by a person", "ruled on before"
"""Why a conflict is not to be ruled on."""


def is_left_to_rulings(one: str, other: str, rules: Rules) -> bool:
    """Whether a ruling has a say between two relations: not if the ontology declares how they stand, unless the policy lets it."""
    relations = rules.ontology.relations
    if any(relations[name].functional for name in (one, other)):
        return False
    stance = rules.ontology.stance(one, other)
    return stance is Stance.UNDECLARED or (stance is Stance.OPPOSED and rules.policy is adjudicated)


def matter_of(one: Triple, other: Triple) -> Matter:
    """What a ruling between two triples with the same ends is about."""
    low, high = sorted((one.head, one.tail))
    first, second = sorted((one.relation, other.relation))
    return (low, high), (first, second)


def possible_conflicts(observations: Table, rules: Rules) -> set[Matter]:
    """What rulings may have a say in, from the columns `head`, `relation`, `tail`: every conflict's matter, and perhaps more.

    Whether the observations count, only the fold can tell; but few pairs of entities come this far.
    """
    said = (
        pl.DataFrame(observations).select("head", "relation", "tail").filter(pl.col("relation").is_in(list(_contestable(rules)))).unique()
    )
    ends = {"low": pl.min_horizontal("head", "tail"), "high": pl.max_horizontal("head", "tail")}
    pairs = said.with_columns(**ends).filter(pl.col("relation").n_unique().over("low", "high") > 1)
    return {
        matter_of(one, other)
        for cells in pairs.group_by("low", "high").agg(pl.struct("head", "relation", "tail"))["head"].to_list()
        for one, other in _pairs([Triple(**cell) for cell in cells], rules)
    }


def question_about(matter: Matter) -> Question:
    """The question of the fold that the conflict is part of."""
    return Question(matter[0])


def conflicts(graph: Graph, rules: Rules, wanted: Collection[Matter] | None = None) -> list[Conflict]:
    """The conflicts of a folded graph that rulings have a say in (all, or those wanted), with what both sides rest on."""
    entities = {entity.key: entity for entity in graph.entities}
    sources = {source.id: source for source in graph.documents}
    return [
        _conflict(matter, sides, graph.reports, entities, sources)
        for matter, sides in _sides(graph.facts, rules).items()
        if wanted is None or matter in wanted
    ]


def most_at_stake_first(found: Iterable[Conflict]) -> list[Conflict]:
    """Conflicts with most at stake first: by the lesser of the two sides' highest beliefs, then by matter."""
    return sorted(found, key=lambda conflict: (-_stake(conflict), conflict.matter))


@dataclass(frozen=True, slots=True)
class RulingQueue:
    """Conflicts that are to be ruled on, and those that are not, by reason."""

    to_rule: tuple[Conflict, ...]
    left: Mapping[str, tuple[Conflict, ...]]


def queue_for_ruling(found: Sequence[Conflict], evidence: Evidence, *, again: bool = False) -> RulingQueue:
    """Part conflicts into those that a model is to be asked about and those that it is not.

    Not what a person has decided; nor, unless `again`, what any model has ruled on with the very evidence that there is now,
    also where a person has withdrawn that ruling. Of `evidence` only rulings and withdrawals are looked at.
    """
    standing = latest_rulings(evidence)
    ruled = {((evidence.same.pair(r.record.ends), r.record.relations), r.record.evidence) for r in evidence.rulings if r.record.by_model}
    left: dict[str, list[Conflict]] = defaultdict(list)
    to_rule = []
    for conflict in found:
        stands = standing.get(conflict.matter)
        if stands is not None and not stands.by_model:
            left[PERSON].append(conflict)
        elif not again and (conflict.matter, conflict.evidence) in ruled:
            left[BEFORE].append(conflict)
        else:
            to_rule.append(conflict)
    return RulingQueue(tuple(to_rule), {reason: tuple(some) for reason, some in left.items()})


class RulingEffect(StrEnum):
    """What becomes of a ruling."""

    APPLIES = "applies"
    OVERRULED = "overruled"
    WITHDRAWN = "withdrawn"
    NONE = "without effect"  # ontology and policy decide themselves


def ruling_effects(evidence: Evidence, rules: Rules) -> list[tuple[Recorded[Ruling], RulingEffect]]:
    """All rulings in the order in which they were recorded, each with what becomes of it."""
    standing = {ruling.id for ruling in latest_rulings(evidence).values()}
    withdrawn = {recorded.record.ruling for recorded in evidence.withdrawals}
    relations = rules.ontology.relations

    def effect(ruling: Ruling) -> RulingEffect:
        if ruling.id in withdrawn:
            return RulingEffect.WITHDRAWN
        if ruling.id not in standing:
            return RulingEffect.OVERRULED
        known = all(name in relations for name in ruling.relations)
        return RulingEffect.APPLIES if known and is_left_to_rulings(*ruling.relations, rules) else RulingEffect.NONE

    return [(recorded, effect(recorded.record)) for recorded in sorted(evidence.rulings, key=lambda r: (r.at, r.record.id))]


def _sides(facts: Iterable[Fact], rules: Rules) -> dict[Matter, list[Fact]]:
    """The facts of each matter; at least one of each of its relations, and two that can be compared."""
    open_to = _contestable(rules)
    by_ends: dict[tuple[EntityKey, EntityKey], list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.triple.relation in open_to and fact.status is not Status.WITHDRAWN:
            low, high = sorted((fact.triple.head, fact.triple.tail))
            by_ends[low, high].append(fact)
    found: dict[Matter, list[Fact]] = {}
    for some in by_ends.values():
        known = {fact.triple: fact for fact in some}
        for pair in _pairs(list(known), rules):
            sides = found.setdefault(matter_of(*pair), [])
            sides += [known[triple] for triple in pair if known[triple] not in sides]
    return found


def _contestable(rules: Rules) -> frozenset[str]:
    """Relations that rulings have a say in at all."""
    names = rules.ontology.relations
    return frozenset(name for pair in combinations(names, 2) if is_left_to_rulings(*pair, rules) for name in pair)


def _pairs(triples: Sequence[Triple], rules: Rules) -> Iterator[tuple[Triple, Triple]]:
    """Those of some triples between the same two entities that a ruling sets against each other, or side by side."""
    for one, other in combinations(triples, 2):
        if one.relation != other.relation and is_left_to_rulings(one.relation, other.relation, rules) and rules.comparable(one, other):
            yield one, other


def _conflict(
    matter: Matter,
    sides: Sequence[Fact],
    reports: Mapping[Triple, Sequence[Report]],
    entities: Mapping[EntityKey, Entity],
    sources: Mapping[DocumentId, Source],
) -> Conflict:
    facts = sorted(sides, key=lambda fact: fact.triple)
    low, high = (entities.get(key, Entity(key, "", key)) for key in matter[0])
    rests_on = [
        [list(fact.triple), report.document, report.polarity.value, report.confidence]
        for fact in facts
        for report in sorted(reports.get(fact.triple, ()), key=lambda r: (r.document, r.polarity))
    ]
    positions = tuple(Position(fact, _citations(reports.get(fact.triple, ()), sources)) for fact in facts)
    return Conflict((low, high), matter[1], positions, stable_id("conflict", rests_on))


def _citations(reports: Sequence[Report], sources: Mapping[DocumentId, Source]) -> tuple[CitedSentence, ...]:
    """The surest sentences for a fact and against it; of equally sure ones the later first."""
    told = [
        CitedSentence(report.document, sources[report.document].published, report.polarity, report.confidence, report.quote)
        for report in reports
        if report.document in sources
    ]
    told.sort(key=lambda c: (-c.confidence, -c.published.toordinal(), c.document))
    by_side = ((Polarity.ASSERTS, CITED_FOR), (Polarity.DENIES, CITED_AGAINST))
    return tuple(citation for side, most in by_side for citation in [c for c in told if c.polarity is side][:most])


def _stake(conflict: Conflict) -> float:
    return min(max(p.fact.belief for p in conflict.positions if p.fact.triple.relation == name) for name in conflict.relations)
