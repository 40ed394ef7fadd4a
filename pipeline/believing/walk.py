"""The walk: go through a question's days in order and decide which triples hold; its facts, why they ended, and every event."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.believing.rules import Contest, Rules, adjudicated
from pipeline.believing.said import SaidSoFar, Statement, total_weight
from pipeline.believing.weights import belief
from schema.events import DENIED, RULING, STATED_END, Event, EventKind, Side
from schema.fact import Closure, Fact, Holding, Interval, Status, Triple
from schema.ids import DocumentId
from schema.observation import Polarity
from schema.ontology import Stance
from schema.records import Ruling, Verdict

Rulings = Mapping[tuple[tuple[str, ...], tuple[str, str]], Ruling]


def walk(statements: Sequence[Statement], rules: Rules, rulings: Rulings) -> list[Event]:
    """Decide one question: every event in order, all documents of a day at once.

    `statements` are the question's live evidence, one for each document, side and day; the order they come in is irrelevant.
    """
    days: dict[date, list[Statement]] = defaultdict(list)
    for statement in statements:
        days[statement.day].append(statement)
    ends = {statement.end for statement in statements if statement.end is not None}
    course = _Course(rules, rulings, first=min(days))
    for day in sorted({*days, *ends}):
        course.take(day, days.get(day, []))
    return course.events


class _Course:
    """The state of one walk: what has been said so far, and what holds since when."""

    def __init__(self, rules: Rules, rulings: Rulings, first: date) -> None:
        self.rules, self.rulings = rules, rulings
        self.said: dict[Side, SaidSoFar] = defaultdict(lambda: SaidSoFar(first, rules.half_life))
        self.holding: dict[Side, date] = {}
        self.opened: set[Side] = set()
        self.events: list[Event] = []

    def take(self, day: date, statements: Sequence[Statement]) -> None:
        """Let one day pass: stated ends first, then what is said that day, strongest first."""
        today: dict[Side, list[DocumentId]] = defaultdict(list)
        for statement in statements:
            self.said[statement.side].add(statement)
            today[statement.side].append(statement.document)
        self._end_what_is_over(day)
        for side in sorted(side for side in today if side in self.holding):
            self._tell(day, EventKind.REINFORCED, side, today[side])
        for side in self._strongest_first(day, [side for side in today if side not in self.holding]):
            self._try(day, side, today[side])

    def _end_what_is_over(self, day: date) -> None:
        for side in sorted(self.holding):
            because = None if side.polarity is Polarity.DENIES else self.said[side].over_on(day)
            if because is None:
                continue
            del self.holding[side]
            self._tell(day, EventKind.CLOSED, side, because, rule=STATED_END)

    def _strongest_first(self, day: date, sides: Sequence[Side]) -> list[Side]:
        def place(side: Side) -> tuple[int, str, str, str, bool]:
            triple, polarity = side
            return (-self._strength(side, day), triple.relation, triple.head, triple.tail, polarity is Polarity.DENIES)

        return sorted(sides, key=place)

    def _try(self, day: date, side: Side, documents: Sequence[DocumentId]) -> None:
        against = {holder: how for holder in self.holding if (how := self._opposition(side, holder)) is not None}
        undefeated = [holder for holder, how in sorted(against.items()) if not self._beats(day, side, holder, how)]
        if undefeated:
            self._tell(day, EventKind.CONTESTED, side, documents, by=undefeated[0])
            return
        for holder, how in sorted(against.items()):
            del self.holding[holder]
            self._tell(day, EventKind.CLOSED, holder, documents, by=side, rule=self._rule(side, how))
        self.holding[side] = day
        self._tell(day, EventKind.REOPENED if side in self.opened else EventKind.OPENED, side, documents)
        self.opened.add(side)

    def _beats(self, day: date, challenger: Side, holder: Side, how: "_Opposition") -> bool:
        if self.holding[holder] >= day or how is Verdict.OLDER:
            return False
        if how is Verdict.NEWER:
            return True
        return self.rules.policy(
            Contest(
                on=day,
                holder_strength=self._strength(holder, day),
                challenger_strength=self._strength(challenger, day),
                holder_last=self.said[holder].last,
                challenger_last=self.said[challenger].last,
                margin=self.rules.margin,
            )
        )

    def _strength(self, side: Side, day: date) -> int:
        return self.said[side].strength(day)

    def _opposition(self, one: Side, other: Side) -> "_Opposition | None":
        """How two sides of this question are opposed; None where they hold side by side."""
        if one.triple == other.triple:
            return None if one.polarity is other.polarity else DENIED
        if Polarity.DENIES in (one.polarity, other.polarity):
            return None
        ontology, (first, second) = self.rules.ontology, (one.triple, other.triple)
        if first.relation == second.relation:
            functional = ontology.relations[first.relation].functional and first.head == second.head
            return Stance.OPPOSED if functional else None
        stance = ontology.stance(first.relation, second.relation)
        if stance is Stance.OPPOSED and self.rules.policy is not adjudicated:
            return Stance.OPPOSED if (first.head, first.tail) == (second.head, second.tail) else None
        if stance is Stance.COMPATIBLE or not self.rules.comparable(first, second):
            return None
        ends, relations = tuple(sorted((first.head, first.tail))), sorted((first.relation, second.relation))
        ruling = self.rulings.get((ends, (relations[0], relations[1])))
        if ruling is None:
            return Stance.OPPOSED if stance is Stance.OPPOSED else None
        return None if ruling.verdict is Verdict.BOTH else ruling.verdict

    def _rule(self, winner: Side, how: "_Opposition") -> str:
        if isinstance(how, Verdict):
            return RULING
        return DENIED if winner.polarity is Polarity.DENIES else self.rules.policy.__name__

    def _tell(
        self, day: date, kind: EventKind, side: Side, documents: Sequence[DocumentId], by: Side | None = None, rule: str | None = None
    ) -> None:
        self.events.append(Event(day, kind, side, tuple(sorted(set(documents))), by, rule))


_Opposition = Stance | Verdict | str


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
        support=_documents(asserting),
        first_seen=min(s.day for s in asserting),
        last_seen=max(s.day for s in asserting),
        holdings=tuple(holdings),
        closed=tuple(closed),
    )


def _holding(interval: Interval, asserting: Sequence[Statement], denying: Sequence[Statement]) -> Holding:
    end = interval.end
    if end is not None:
        asserting, denying = [s for s in asserting if s.day < end], [s for s in denying if s.day < end]
    return Holding(interval, _belief(asserting, denying), _documents(asserting))


def _belief(asserting: Sequence[Statement], denying: Sequence[Statement]) -> float:
    return belief(total_weight(asserting), total_weight(denying))


def _documents(statements: Iterable[Statement]) -> int:
    return len({statement.document for statement in statements})
