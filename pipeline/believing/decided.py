"""One question walked: its facts with their intervals, why these ended, and every event."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.believing.rules import Rules
from pipeline.believing.walk import Rulings, Statement, walk
from pipeline.believing.weights import belief, ceiling
from schema.events import Event, EventKind, Side
from schema.fact import Closure, Fact, Holding, Interval, Status, Triple
from schema.observation import Polarity


@dataclass(frozen=True, slots=True)
class Decided:
    """What one question comes to."""

    facts: tuple[Fact, ...]
    events: tuple[Event, ...]


def decide_question(
    statements: Sequence[Statement],
    dead: Collection[Triple],
    rules: Rules,
    rulings: Rulings,
    as_of: date | None,
) -> Decided:
    """Walk one question up to the day `as_of`; `dead` are triples that were asserted and no longer are."""
    by_side: dict[Side, list[Statement]] = defaultdict(list)
    for statement in statements:
        by_side[statement.side].append(statement)
    events = walk(statements, rules, rulings) if statements else []
    if as_of is not None:
        events = [event for event in events if event.on <= as_of]
    asserted = {side.triple for side in by_side if side.polarity is Polarity.ASSERTS}
    facts = [_fact(triple, by_side, events) for triple in sorted(asserted)]
    facts += [withdrawn(triple) for triple in sorted(set(dead) - asserted)]
    return Decided(tuple(facts), tuple(events))


def withdrawn(triple: Triple) -> Fact:
    """A triple that was asserted once and that nothing live asserts."""
    return Fact(triple, 0.0, Status.WITHDRAWN, 0, None, None)


def _fact(triple: Triple, by_side: Mapping[Side, Sequence[Statement]], events: Sequence[Event]) -> Fact:
    side = Side(triple, Polarity.ASSERTS)
    asserting, denying = by_side[side], by_side.get(Side(triple, Polarity.DENIES), ())
    holdings, closed = [], []
    opened: date | None = None
    for event in events:
        if event.side != side:
            continue
        if event.kind in (EventKind.OPENED, EventKind.REOPENED):
            opened = event.on
        elif event.kind is EventKind.CLOSED and opened is not None:
            holdings.append(_holding(Interval(opened, event.on), asserting, denying))
            by = event.by.triple if event.by and event.by.polarity is Polarity.ASSERTS else None
            closed.append(Closure(event.on, by, event.documents, event.rule or ""))
            opened = None
    if opened is not None:
        holdings.append(_holding(Interval(opened), asserting, denying))
    status = Status.CURRENT if opened else Status.SUPERSEDED if holdings else Status.CONTESTED
    return Fact(
        triple=triple,
        belief=_belief(asserting, denying),
        status=status,
        support=len(asserting),
        first_seen=min(s.day for s in asserting),
        last_seen=max(s.day for s in asserting),
        holdings=tuple(holdings),
        closed=tuple(closed),
    )


def _holding(interval: Interval, asserting: Sequence[Statement], denying: Sequence[Statement]) -> Holding:
    end = interval.end
    if end is not None:
        asserting, denying = [s for s in asserting if s.day < end], [s for s in denying if s.day < end]
    return Holding(interval, _belief(asserting, denying), len(asserting))


def _belief(asserting: Sequence[Statement], denying: Sequence[Statement]) -> float:
    return belief(_total(asserting), _total(denying))


def _total(statements: Iterable[Statement]) -> int:
    """The sum of weights; a source trusted less than fully adds at most its ceiling."""
    trusted, doubted = 0, Counter[tuple[str, float]]()
    for statement in statements:
        if statement.trust < 1.0:
            doubted[statement.source, statement.trust] += statement.weight
        else:
            trusted += statement.weight
    return trusted + sum(min(total, ceiling(trust)) for (_, trust), total in doubted.items())
