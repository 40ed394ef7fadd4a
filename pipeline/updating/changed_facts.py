"""What became of facts while a graph followed its log: opened, reinforced, overturned and the like, in numbers and words."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schema.fact import Fact, FactState, Status
from schema.ids import FactId

KINDS = ("opened", "reinforced", "less_believed", "overturned", "contested", "withdrawn", "reopened", "removed")
"""What can become of a fact, as seen at the end of a run."""


@dataclass
class ChangedFacts:
    """Where facts stood before a run and where they stand at its end: what happened in between and was undone does not count."""

    _before: dict[FactId, FactState | None] = field(default_factory=dict)
    _now: dict[FactId, FactState | None] = field(default_factory=dict)
    _folded_anew: Counter[str] = field(default_factory=Counter)

    def take(self, before: Mapping[FactId, FactState], facts: Iterable[Fact], gone: Iterable[FactId] = ()) -> None:
        """Facts as they are written, and such as are removed; `before` has those of them that the graph had."""
        for key, state in (*((fact.id, fact.state) for fact in facts), *((key, None) for key in gone)):
            self._before.setdefault(key, before.get(key))
            self._now[key] = state

    def take_anew(self, before: dict[FactId, FactState], facts: Iterable[Fact]) -> None:
        """Some of all facts of a graph that is folded anew, which are taken out of `before`: what is left at last is removed."""
        self._folded_anew.update(filter(None, (what_became(before.pop(fact.id, None), fact.state) for fact in facts)))

    def removed(self, left: Iterable[FactId]) -> None:
        """Facts that a graph folded anew has no more."""
        self._folded_anew["removed"] += sum(1 for _ in left)

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
