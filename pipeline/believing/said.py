"""What is said for one side of a question so far: each document by all the terms that it states by then, sources up to their ceilings."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import reduce

from pipeline.believing.weights import ceiling, grown
from schema.events import Side
from schema.ids import DocumentId


@dataclass(frozen=True, slots=True)
class Statement:
    """What one document says for one side from one day: until when (if it states that), and how much it weighs."""

    side: Side
    document: DocumentId
    day: date
    end: date | None  # the day after the last that it can mean
    weight: int  # billionths of a nat
    source: str  # by the name that sources are compared by
    account: str  # on which it counts
    trust: float

    def and_later(self, later: "Statement") -> "Statement":
        """What the document says once it speaks by a later term, too: from that day, with the more weight and the later end of the two."""
        heavier = min(self, later, key=_lightness)
        end = None if self.end is None or later.end is None else max(self.end, later.end)
        return Statement(self.side, self.document, later.day, end, heavier.weight, heavier.source, heavier.account, heavier.trust)


def _lightness(statement: Statement) -> tuple[int, float, str]:
    return -statement.weight, -statement.trust, statement.source


def by_document(statements: Iterable[Statement]) -> list[Statement]:
    """What each document says by all of its terms among these."""
    terms: dict[DocumentId, list[Statement]] = defaultdict(list)
    for statement in statements:
        terms[statement.document].append(statement)
    return [reduce(Statement.and_later, sorted(each, key=lambda s: s.day)) if len(each) > 1 else each[0] for each in terms.values()]


def total_weight(statements: Iterable[Statement]) -> int:
    """The sum of the weights of all documents; sources trusted less than fully add at most their ceiling."""
    sums = _Sums()
    for statement in by_document(statements):
        sums.add(statement, statement.weight)
    return sums.up_to(ceiling)


@dataclass(slots=True)
class _Sums:
    trusted: int = 0  # weights without a ceiling
    doubted: dict[tuple[str, float], int] = field(default_factory=lambda: defaultdict(int))  # by account and trust

    def add(self, statement: Statement, amount: int) -> None:
        if statement.trust < 1.0:
            self.doubted[statement.account, statement.trust] += amount
        else:
            self.trusted += amount

    def up_to(self, limit: Callable[[float], int]) -> int:
        return self.trusted + sum(min(amount, limit(trust)) for (_, trust), amount in self.doubted.items())


class SaidSoFar:
    """All that has been said for one side, day by day: weights are kept as grown since `first`, so that a day costs what is new."""

    def __init__(self, first: date, half_life: float) -> None:
        self._first, self._half_life = first, half_life
        self._sums = _Sums()
        self.documents: dict[DocumentId, Statement] = {}
        self.last = first  # the latest day of evidence

    def add(self, statement: Statement) -> None:
        """Hear a statement of this day; days come in order."""
        before = self.documents.get(statement.document)
        now = statement
        if before is not None:
            self._sums.add(before, -self._grown(before.weight, before.day))
            now = before.and_later(statement)
        self._sums.add(now, self._grown(now.weight, now.day))
        self.documents[now.document] = now
        self.last = now.day

    def strength(self, on: date) -> int:
        """The strength on a day, from the last day of evidence on."""
        return self._sums.up_to(lambda trust: self._grown(ceiling(trust), on))

    def over_on(self, day: date) -> list[DocumentId] | None:
        """Documents whose stated end is this day, where by now all of them have theirs; None where one has none, or a later one."""
        ends = [(statement.end, document) for document, statement in self.documents.items()]
        if any(end is None or end > day for end, _ in ends):
            return None
        return [document for end, document in ends if end == day]

    def _grown(self, amount: int, on: date) -> int:
        return grown(amount, (on - self._first).days, self._half_life)
