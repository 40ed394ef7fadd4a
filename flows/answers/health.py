"""`health`: a quick look for a probe, which changes nothing; what is judged is what was asked for, and what no home can do without."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from shutil import disk_usage
from threading import Thread
from time import monotonic
from typing import Any

from flows.answers.doctor import UNUSABLE, check_model
from flows.home.glance import left_graph_of
from flows.home.graph_to_read import graph_to_read
from flows.home.homes import EMBEDDED, Home
from graph_store.cypher.embedded_files import holder_lock
from pipeline.intake.set_aside_list import open_set_aside
from pipeline.intake.status import share_set_aside, totals
from schema.errors import ChronoKGError, ModelFailed
from schema.records import BatchReport

WITHIN_S = 2.0
"""Seconds in which everything that is looked at has to answer."""

LITTLE_ROOM, NO_ROOM = 1_000_000_000, 100_000_000
"""Bytes on the disk of a home below which it is in danger, and below which it cannot be added to."""


class Health(IntEnum):
    """How it is; the number is the exit code."""

    HEALTHY = 0
    DEGRADED = 1  # it answers, and somebody should look
    FAILED = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """What is too much; None: it is told, and not judged."""

    lag: int | None = None  # batches that the graph may lack
    age: timedelta | None = None  # of the last batch
    set_aside: float | None = None  # share of what was handed in, 0 to 1; to know it the whole log is looked through
    model: bool = False  # whether the model is asked
    within: float = WITHIN_S


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found: a sentence, and numbers for machines."""

    health: Health
    detail: str
    numbers: Mapping[str, Any]


def health_of(home: Home, limits: Limits, at: datetime | None = None) -> dict[str, Any]:
    """A dictionary of `health` (healthy, degraded, failed), `exit_code` and `checks` (name, health, detail, and numbers).

    Every look has its own thread: what does not answer in time is told as such, and waited for no longer.
    """
    now = at or datetime.now(UTC)
    looks: list[tuple[str, Callable[[], Finding], Health]] = [
        ("evidence log", lambda: _log(home, limits, now), Health.FAILED),
        ("index", lambda: _index(home), Health.DEGRADED),
        ("graph", lambda: _graph(home, limits), Health.FAILED),
        ("disk", lambda: _disk(home), Health.FAILED),
    ]
    if limits.set_aside is not None:
        looks.append(("set aside", lambda: _aside(home, limits.set_aside or 0.0), Health.DEGRADED))
    if limits.model:
        looks.append(("model", lambda: Finding(Health.HEALTHY, check_model(home), {}), Health.DEGRADED))
    return told_of(dict(_answers(looks, limits.within)))


def failed_to_open(reason: str) -> dict[str, Any]:
    """The same of a home that cannot be opened."""
    return told_of({"home": Finding(Health.FAILED, reason, {})})


def told_of(found: Mapping[str, Finding]) -> dict[str, Any]:
    """All findings, and the worst of them."""
    worst = max((each.health for each in found.values()), default=Health.HEALTHY)
    checks = [{"name": name, "health": each.health.name.lower(), "detail": each.detail, **each.numbers} for name, each in found.items()]
    return {"health": worst.name.lower(), "exit_code": int(worst), "checks": checks}


def health_in_words(told: Mapping[str, Any]) -> str:
    """As a person reads it."""
    return "\n".join([told["health"], *(f"{each['health']:8}  {each['name']}: {each['detail']}" for each in told["checks"])])


def _answers(looks: Sequence[tuple[str, Callable[[], Finding], Health]], within: float) -> list[tuple[str, Finding]]:
    found: dict[str, Finding] = {}

    def look(name: str, ask: Callable[[], Finding], at_worst: Health) -> None:
        try:
            found[name] = ask()
        except (ChronoKGError, OSError) as error:
            found[name] = Finding(Health.DEGRADED if isinstance(error, ModelFailed) else at_worst, str(error), {})

    threads = [Thread(target=look, args=each, daemon=True) for each in looks]
    end = monotonic() + within
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - monotonic()))
    late = {name: Finding(at_worst, f"no answer within {within:g} s", {}) for name, _, at_worst in looks}
    return [(name, found.get(name, late[name])) for name, _, _ in looks]


def _log(home: Home, limits: Limits, now: datetime) -> Finding:
    committed, number = home.log.committed(), home.log.version().number
    age = None if committed is None else max(0.0, (now - committed).total_seconds())
    told = {"commits": number + 1, "last_commit": None if committed is None else committed.isoformat(), "age_seconds": age}
    words = "nothing is recorded yet" if committed is None else f"{number + 1} commits, the last batch at {committed:%Y-%m-%d %H:%M:%S} UTC"
    if limits.age is not None and (age is None or age > limits.age.total_seconds()):
        return Finding(Health.DEGRADED, f"{words}, and none was to be older than {limits.age}", told)
    return Finding(Health.HEALTHY, words, told)


def _index(home: Home) -> Finding:
    unseen = home.log.unseen_commits()
    words = f"has not seen {unseen} commits, which the next command brings in" if unseen else "has seen every commit"
    return Finding(Health.HEALTHY, words, {"unseen_commits": unseen})


def _graph(home: Home, limits: Limits) -> Finding:
    if home.is_in_memory:
        return Finding(Health.HEALTHY, "in memory, folded from the log by each command", {"behind": 0})
    if home.graph_here == EMBEDDED:
        return _embedded(home)
    with graph_to_read(home) as graph:
        state = graph.state
    told = {"condition": state.condition.value, "behind": state.behind}
    if state.condition in UNUSABLE:
        return Finding(Health.FAILED, state.note, told)
    if state.behind is None:
        return Finding(Health.DEGRADED, state.note, told)
    if limits.lag is not None and state.behind > limits.lag:
        return Finding(Health.DEGRADED, f"{state.remark}, and it was not to be by more than {limits.lag}", told)
    return Finding(Health.HEALTHY, state.remark or "up to date", told)


def _embedded(home: Home) -> Finding:
    """Without starting its server: what the last writer left, or who is writing."""
    if left_graph_of(home) is not None:
        return Finding(Health.HEALTHY, "embedded, up to date", {"behind": 0})
    if (holder := home.lock.told_holder() or holder_lock(home.graph_folder).told_holder()) is not None:
        return Finding(Health.HEALTHY, f"embedded, being written by {holder}", {"behind": None})
    if home.log.version().number < 1:
        return Finding(Health.HEALTHY, "embedded, and nothing is recorded yet", {"behind": 0})
    return Finding(Health.DEGRADED, "embedded, not up to date: any command that adds brings it along", {"behind": None})


def _disk(home: Home) -> Finding:
    free = disk_usage(home.path).free
    health = Health.FAILED if free < NO_ROOM else Health.DEGRADED if free < LITTLE_ROOM else Health.HEALTHY
    return Finding(health, f"{free / 1e9:.1f} GB free", {"free_bytes": free})


def _aside(home: Home, most: float) -> Finding:
    counts = totals(tally for report in home.log.records(BatchReport) for tally in report.record.tallies)
    share = share_set_aside(open_set_aside(home.log), counts) or 0.0
    words = f"{share:.2%} of what was handed in"
    if share > most:
        return Finding(Health.DEGRADED, f"{words}, and it was not to be more than {most:.2%}", {"share": share})
    return Finding(Health.HEALTHY, words, {"share": share})
