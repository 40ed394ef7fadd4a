"""What is counted and how things stand, told to the instruments; each of these costs nothing while telemetry is off."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from flows.watching import instruments as named
from flows.watching.instruments import instrument, is_measured
from schema.errors import ChronoKGError
from schema.fact import Status
from schema.ports import EvidenceLog, GraphStore
from schema.records import Tally

FRESH_S = 15.0
"""Seconds for which what was found out about a home is told again, however often it is asked for; where looking took long, longer."""

SHARE_OF_TIME = 0.05
"""Looking takes no more than this part of the time."""


@dataclass(frozen=True, slots=True)
class Glance:
    """How a home stands at a moment; None and empty: not known."""

    log: str  # the log's identity
    batches: int
    committed: datetime | None = None  # when the last batch was recorded
    behind: int | None = None  # batches that the graph lacks
    aside: Mapping[str, int] = field(default_factory=dict)  # open, by stage and error
    share: float | None = None  # of all that was handed in
    facts: Mapping[str, int] = field(default_factory=dict)  # by status
    room: int | None = None  # bytes on the home's disk


@dataclass(frozen=True, slots=True)
class FollowedGraph:
    """How far a graph has come that this process brings along, and how many facts it has by status."""

    position: int  # of the log, when the graph followed it last
    facts: Mapping[str, int]
    due: float  # when it is to be counted again, on the monotonic clock


class _Observed:
    """Homes that are looked at when somebody collects, what was seen last, and the newest day of each source."""

    homes: ClassVar[dict[str, Callable[[], Glance]]] = {}
    graphs: ClassVar[dict[str, FollowedGraph]] = {}
    seen: ClassVar[dict[str, tuple[float, Glance]]] = {}  # with when to look again, on the monotonic clock
    newest: ClassVar[dict[str, date]] = {}


def counted(tallies: Iterable[Tally]) -> None:
    """What became of documents and other things that were handed in."""
    if not is_measured():
        return
    for tally in tallies:
        name, unit = (named.DOCUMENTS, {}) if tally.unit == "document" else (named.ITEMS, {"chronokg.unit": tally.unit})
        for outcome, parts in (("committed", {"": tally.committed}), ("skipped", tally.skipped), ("set_aside", tally.set_aside)):
            for reason, number in parts.items():
                if number:
                    _add(name, number, {**unit, "chronokg.outcome": outcome, **({"chronokg.reason": reason} if reason else {})})


def recorded(command: str) -> None:
    """One more batch came into the log."""
    _add(named.BATCHES, 1, {"chronokg.command": command})


def run_ended(job: str, outcome: str) -> None:
    """A run ended: completed, short (something was set aside or left) or failed."""
    told = {"chronokg.job": job, "chronokg.outcome": outcome}
    _add(named.RUNS, 1, told)
    if (gauge := instrument(named.RUN_ENDED)) is not None:
        gauge.set(time.time(), told)


def changed(facts: Mapping[str, int]) -> None:
    """Facts by what became of them, since this was told last."""
    for change, number in facts.items():
        if number:
            _add(named.CHANGED, number, {"chronokg.change": change})


def paid(money: float | None) -> None:
    """What a reading cost, where prices are known."""
    if money:
        _add(named.COST, money, {})


def waiting(documents: int) -> None:
    """So many documents of a run are still to be begun."""
    if (gauge := instrument(named.WAITING)) is not None:
        gauge.set(documents)


def request_began(method: str) -> None:
    """A request came in over HTTP."""
    if (under_way := instrument(named.REQUESTS)) is not None:
        under_way.add(1, {"http.request.method": method})


def request_ended(method: str, route: str, status: int, seconds: float) -> None:
    """It was answered, by a route (with places for its parameters) and a status."""
    if (took := instrument(named.REQUEST)) is None:
        return
    instrument(named.REQUESTS).add(-1, {"http.request.method": method})  # type: ignore[union-attr]
    told = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    took.record(seconds, told)


def newest_of_source(source: str, day: date) -> None:
    """The newest day of a source that was read: the lag is the time since, whenever it is asked for."""
    if is_measured():
        _Observed.newest[source] = max(day, _Observed.newest.get(source, day))


def observe_home(log: str, look: Callable[[], Glance]) -> None:
    """Let a home be looked at when metrics are collected, at most every FRESH_S seconds; a later look at the same log replaces this."""
    if is_measured():
        _Observed.homes[log] = look
        _Observed.seen.pop(log, None)


@contextmanager
def graph_followed(log: EvidenceLog, store: GraphStore) -> Iterator[None]:
    """While the graph follows its log; afterwards it is known how far it has come, and now and then what it holds."""
    if not is_measured():
        yield
        return
    position = log.position()  # before anything is read: what comes in meanwhile may be lacking
    yield
    name = log.version().log
    known = _Observed.graphs.get(name)
    if known is None or time.monotonic() >= known.due:
        known = _counted(store, position)
    _Observed.graphs[name] = replace(known, position=position)


def graph_counted(log: EvidenceLog, store: GraphStore) -> None:
    """What a graph that has followed its log holds at last, before it is closed."""
    name = log.version().log
    if is_measured() and (known := _Observed.graphs.get(name)) is not None:
        _Observed.graphs[name] = _counted(store, known.position)


def _counted(store: GraphStore, position: int) -> FollowedGraph:
    begun = time.monotonic()
    return FollowedGraph(position, facts_by_status(store.counts()), _due(begun))


def followed_graph(log: str) -> FollowedGraph | None:
    """The graph of a log that this process brings along."""
    return _Observed.graphs.get(log)


def facts_by_status(counts: Mapping[str, Any]) -> dict[str, int]:
    """Of what a graph holds, its facts."""
    return {status.value: int(counts[status.value]) for status in Status if status.value in counts}


def forget_homes() -> None:
    """Look at none any more."""
    _Observed.homes.clear()
    _Observed.graphs.clear()
    _Observed.seen.clear()
    _Observed.newest.clear()


def _add(name: str, number: float, told: Mapping[str, str]) -> None:
    if (counter := instrument(name)) is not None:
        counter.add(number, told)


def _glances() -> Iterator[Glance]:
    for log, look in list(_Observed.homes.items()):
        due, seen = _Observed.seen.get(log, (0.0, None))
        if seen is None or time.monotonic() >= due:
            begun = time.monotonic()
            try:
                seen = look()
            except (ChronoKGError, OSError):  # such as a log that another process is making anew: what was seen last stands
                continue
            _Observed.seen[log] = (_due(begun), seen)
        yield seen


def _due(begun: float) -> float:
    """When to look again, after a look that began then and is over now."""
    now = time.monotonic()
    return now + max(FRESH_S, (now - begun) / SHARE_OF_TIME)


def _observing(values: Callable[[Glance], Iterable[tuple[float | None, Mapping[str, str]]]]) -> Callable[[Any], Iterable[Any]]:
    def observe(_options: Any) -> Iterator[Any]:
        from opentelemetry.metrics import Observation

        for glance in _glances():
            for value, told in values(glance):
                if value is not None:
                    yield Observation(value, {"chronokg.log.id": glance.log, **told})

    return observe


def _source_lags(_options: Any) -> Iterator[Any]:
    from opentelemetry.metrics import Observation

    for source, day in list(_Observed.newest.items()):
        since = datetime.now(UTC) - datetime(day.year, day.month, day.day, tzinfo=UTC)
        yield Observation(max(0.0, since.total_seconds()), {"chronokg.source": source})


OBSERVED: Mapping[str, Callable[[Any], Iterable[Any]]] = {
    named.LOG: _observing(lambda now: [(now.batches, {})]),
    named.COMMITTED: _observing(lambda now: [(now.committed.timestamp() if now.committed else None, {})]),
    named.LAG: _observing(lambda now: [(now.behind, {})]),
    named.ASIDE: _observing(lambda now: [(number, {"chronokg.reason": reason}) for reason, number in now.aside.items()]),
    named.SHARE: _observing(lambda now: [(now.share, {})]),
    named.FACTS: _observing(lambda now: [(number, {"chronokg.status": status}) for status, number in now.facts.items()]),
    named.ROOM: _observing(lambda now: [(now.room, {})]),
    named.SOURCE_LAG: _source_lags,
}
"""What is asked when metrics are collected."""
