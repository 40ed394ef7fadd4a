"""Leases in memory, written plainly: what those that are kept must do, for processes that are objects."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta

from schema.ports import Holder, Lease


class MemoryLeases:
    """`held` is shared by all who are to see each other; `is_dead` tells whose process is gone."""

    def __init__(
        self,
        held: dict[str, Lease],
        holder: Holder,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        is_dead: Callable[[Holder], bool] = lambda holder: False,
    ) -> None:
        self._held, self._holder, self._now, self._is_dead = held, holder, now, is_dead
        self._ours: set[str] = set()

    def take(self, things: Collection[str], seconds: float) -> set[str]:
        taken = set(things) - self.held_by_others(things).keys()
        self._held |= dict.fromkeys(taken, Lease(self._holder, self._now() + timedelta(seconds=seconds)))
        self._ours |= taken
        return taken

    def renew(self, seconds: float) -> set[str]:
        had, self._ours = self._ours, set()
        return had - self.take(had, seconds)

    def release(self, things: Collection[str]) -> None:
        for thing in self._ours & set(things):
            if self._held[thing].holder == self._holder:
                del self._held[thing]
        self._ours -= set(things)

    def held_by_others(self, things: Collection[str]) -> Mapping[str, Lease]:
        found = {thing: self._held[thing] for thing in things if thing in self._held}
        return {
            thing: lease
            for thing, lease in found.items()
            if lease.holder != self._holder and self._now() < lease.until and not self._is_dead(lease.holder)
        }
