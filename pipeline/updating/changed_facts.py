"""What became of facts while a graph followed its log: opened, reinforced, overturned and the like, in numbers and words."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schema.fact import Fact, FactState, Status, Triple
from schema.ids import FactId

KINDS = ("opened", "reinforced", "less_believed", "overturned", "contested", "withdrawn", "reopened", "removed")
"""What can become of a fact, as seen at the end of a run."""

MOVED = ("overturned", "withdrawn", "reopened", "contested")
"""Those kinds of it that say that something is otherwise than was believed."""


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact that stands otherwise than before a run; no state before: it was not known."""

    triple: Triple
    kind: str  # one of MOVED
    before: FactState | None
    now: FactState

    @property
    def weight(self) -> float:
        """How much of what was, or is, believed: belief times support, of the state that says more."""
        return max(state.belief * state.support for state in (self.before, self.now) if state is not None)


@dataclass
class ChangedFacts:
    """Where facts stood before a run and where they stand at its end: what happened in between and was undone does not count."""

    _before: dict[FactId, FactState | None] = field(default_factory=dict)
    _now: dict[FactId, FactState | None] = field(default_factory=dict)
    _folded_anew: Counter[str] = field(default_factory=Counter)
    _moved: dict[FactId, FactChange] = field(default_factory=dict)

    def take(self, before: Mapping[FactId, FactState], facts: Iterable[Fact], gone: Iterable[FactId] = ()) -> None:
        """Facts as they are written, and such as are removed; `before` has those of them that the graph had."""
        for fact in facts:
            self._before.setdefault(fact.id, before.get(fact.id))
            self._now[fact.id] = fact.state
            self._move(fact, self._before[fact.id])
        for key in gone:
            self._before.setdefault(key, before.get(key))
            self._now[key] = None
            self._moved.pop(key, None)

    def take_anew(self, before: dict[FactId, FactState], facts: Iterable[Fact]) -> None:
        """Some of all facts of a graph that is folded anew, which are taken out of `before`: what is left at last is removed."""
        for fact in facts:
            was = before.pop(fact.id, None)
            self._folded_anew.update(filter(None, (what_became(was, fact.state),)))
            self._move(fact, was)

    def removed(self, left: Iterable[FactId]) -> None:
        """Facts that a graph folded anew has no more."""
        self._folded_anew["removed"] += sum(1 for _ in left)

    def moved(self, most: int) -> tuple[list[FactChange], dict[str, int]]:
        """Facts that stand otherwise now, those first that most was believed of, and how many of each kind there was no room for."""
        found = sorted(self._moved.values(), key=lambda change: (-change.weight, change.triple))
        left_out = Counter(change.kind for change in found[most:])
        return found[:most], {kind: left_out[kind] for kind in MOVED if left_out[kind]}

    def _move(self, fact: Fact, before: FactState | None) -> None:
        kind = what_became(before, fact.state)
        if kind in MOVED:
            self._moved[fact.id] = FactChange(fact.triple, kind, before, fact.state)
        else:
            self._moved.pop(fact.id, None)

    def as_data(self) -> dict[str, int]:
        """How many facts each of KINDS became of."""
        found = self._folded_anew + Counter(filter(None, (what_became(self._before[key], now) for key, now in self._now.items())))
        return {kind: found[kind] for kind in KINDS}

    def sentence(self) -> str:
        """For a person: what there is of it."""
        told = [f"{number} {kind.replace('_', ' ')}" for kind, number in self.as_data().items() if number]
        return f"facts: {', '.join(told) or 'nothing changed'}"


def what_became(before: FactState | None, now: FactState | None) -> str | None:
    """One of KINDS, None where it stands as it did. No state: there is no such fact."""
    if now is None or before is None or now.status is not before.status:
        return _new_status(before, now)
    if now.belief == before.belief and now.support == before.support:
        return None
    return "reinforced" if (now.belief, now.support) > (before.belief, before.support) else "less_believed"


def _new_status(before: FactState | None, now: FactState | None) -> str | None:
    if now is None:
        return None if before is None else "removed"
    if now.status is Status.CURRENT:
        return "reopened" if before is not None and before.status in (Status.SUPERSEDED, Status.WITHDRAWN) else "opened"
    return "overturned" if now.status is Status.SUPERSEDED else now.status.value
