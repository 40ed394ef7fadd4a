"""Answers for who looks at belief over time: the facts about some entities with their courses, and one fact with its papers."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from flows.answers.entities import entities_now, entity_called
from flows.home.homes import Home
from pipeline.answering.histories import name_of
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import fold_into_tables
from pipeline.believing.gathering import evidence_about
from pipeline.believing.standing import without_deleted
from pipeline.believing.statements import TRIPLE
from pipeline.reporting.layout import Places, positions, while_one_waits
from pipeline.reporting.over_time.courses import changes_on, course_of, day_by_day, ends_named, papers_on, rivals_of
from pipeline.reporting.over_time.moments import moments_recorded
from pipeline.updating.graph_changes import questions_about
from schema.fact import Status, Triple
from schema.ids import EntityKey

FACTS_AT_ONCE = 60
"""Facts that are shown at once, unless asked otherwise."""
MOST_FACTS = 200
"""Facts that can be asked for at once: a picture of more cannot be read, and places for more take long to find."""
MOST_ENTITIES = 8
MOST_PAPERS = 200
WIDTH = 720.0
"""Of the picture, in its own pixels."""

_ORDER = (Status.CURRENT, Status.CONTESTED, Status.SUPERSEDED, Status.WITHDRAWN)


def courses_about(
    home: Home,
    entities: Sequence[str],
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    chosen_on: date | None = None,
    statuses: Collection[Status] = (),
    relations: Collection[str] = (),
    limit: int = FACTS_AT_ONCE,
) -> dict[str, Any]:
    """The facts about some entities (keys or names), each with its course up to the day `as_of`, and where to draw their ends.

    Where there are more than `limit`, those are chosen that stand best on a day (`as_of` unless another is given), of these statuses
    and relations (none: all). A dictionary of `entities`, `facts`, `nodes` (key, name, type, and x and y in a picture of `width` by
    `height`), `counts` (of all facts on that day, by `status` and by `relation`), `left_out`, `moments` (when something was recorded
    that bears on what is shown, UTC) and `known_at`. Raises WrongUse, or NotOneEntity, for what is not known.

        courses_about(home, ["flecainide"])["facts"][0]["steps"]
    """
    keys = [*dict.fromkeys(entity_called(home, each, known_at) for each in entities)][:MOST_ENTITIES]
    # Names are asked for of what is shown only: a hub has thousands of neighbours.
    evidence = evidence_about(home.log, questions_about(home.log, home.rules, keys, known_at), names=False)
    standing = _standing(evidence, home, chosen_on or as_of, known_at)
    about = [each for each in standing if each.triple.head in keys or each.triple.tail in keys]
    wanted = [each for each in about if (not statuses or each.status in statuses) and (not relations or each.triple.relation in relations)]
    shown = {each.triple for each in sorted(wanted)[:limit]}
    questions = {home.rules.question(triple) for triple in shown}
    told = day_by_day(evidence, home.rules, questions, as_of, known_at)
    names = entities_now(home, told.ends() | set(keys), known_at)
    facts = [told.facts[triple] for triple in sorted(shown) if triple in told.facts]
    places, height = _places(frozenset((t.head, t.tail) for t in shown))
    return {
        "entities": [{"key": key, "name": name_of(key, names), "type": names[key].type if key in names else ""} for key in keys],
        "facts": [course_of(fact, told, names) for fact in facts],
        "nodes": [{**node, "x": places[node["key"]][0], "y": places[node["key"]][1]} for node in ends_named(facts, names)],
        "width": WIDTH,
        "height": height,
        "counts": {"status": _counted(each.status.value for each in about), "relation": _counted(each.triple.relation for each in about)},
        "left_out": len(wanted) - len(facts),
        "moments": [each.isoformat() for each in moments_recorded(evidence, home.rules, questions)],
        "known_at": known_at.isoformat() if known_at else None,
    }


def course_told(
    home: Home, head: str, relation: str, tail: str, *, as_of: date | None = None, known_at: datetime | None = None
) -> dict[str, Any]:
    """One fact with its course, its papers, what changed it and because of which sentences, and the facts that it met.

    A dictionary of `fact` (None where there is none), `rivals` (facts that it closed or contested, or that did so to it), `papers` (at
    most 200, the surest) with `papers_left_out`, and `changes`. Raises WrongUse for what is not known.

        course_told(home, "flecainide", "prevent", "cardiac arrhythmias")["changes"][-1]["because"]
    """
    ontology = home.rules.ontology
    ends = entity_called(home, head, known_at), entity_called(home, tail, known_at)
    triple = ontology.triple(ends[0], ontology.relation_called(relation), ends[1])
    questions = {home.rules.question(triple)}
    evidence = evidence_about(home.log, questions, names=False)
    told = day_by_day(evidence, home.rules, questions, as_of, known_at)
    names = entities_now(home, told.ends() | set(ends), known_at)
    papers, left_out = papers_on(triple, told, MOST_PAPERS)
    return {
        "fact": course_of(told.facts[triple], told, names) if triple in told.facts else None,
        "rivals": [course_of(fact, told, names) for fact in rivals_of(triple, told)],
        "papers": papers,
        "papers_left_out": left_out,
        "changes": changes_on(triple, told, names),
    }


class _Standing(NamedTuple):
    """Where a fact stands; sorted, those that hold come first, and then those that are believed most."""

    place: int
    disbelief: float
    triple: Triple

    @property
    def status(self) -> Status:
        return _ORDER[self.place]


def _standing(evidence: Evidence, home: Home, as_of: date | None, known_at: datetime | None) -> list[_Standing]:
    """Where every fact of some evidence stands, without making an object of each: a hub has very many."""
    evidence = without_deleted(evidence, home.rules).known_at(known_at)
    folded = fold_into_tables(evidence, home.rules, as_of=as_of)
    plain = (_Standing(0, -belief, Triple(*triple)) for *triple, belief in folded.plain.select(*TRIPLE, "belief").iter_rows())
    walked = (_Standing(_ORDER.index(f.status), -f.belief, f.triple) for decided in folded.walked.values() for f in decided.facts)
    return [*plain, *walked, *(_Standing(_ORDER.index(Status.WITHDRAWN), 0.0, triple) for triple in folded.withdrawn)]


@lru_cache(maxsize=64)
def _places(pairs: frozenset[tuple[EntityKey, EntityKey]]) -> tuple[Places, float]:
    places, height = positions(sorted(pairs), WIDTH, while_one_waits)
    return {key: (round(x, 1), round(y, 1)) for key, (x, y) in places.items()}, round(height, 1)


def _counted(values: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return dict(sorted(counts.items()))
