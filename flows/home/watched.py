"""A run that is watched, as a home's settings say: logs, traces, metrics; off where they say nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from uuid import uuid4

from flows.home.configuration.settings import Settings
from flows.home.glance import glance_at
from flows.home.homes import Home
from flows.home.terminal import note
from flows.watching import metrics
from flows.watching.logs import Level, begin_logs, logs_are_on
from flows.watching.telemetry import begin_telemetry
from flows.watching.watchers import LogWatcher, let_watch
from pipeline.intake.status import shortfall
from schema.ports import Stage, stage
from schema.records import Tally

_under_way: ContextVar[str | None] = ContextVar("run", default=None)
"""The id of the run that we are in: what it does by another job is its own."""


class WatchedRun:
    """A run while it is watched; `id` is its own, or that of the run whose part it is, which tells what came of it."""

    def __init__(self, run: str, under_way: Stage | None) -> None:
        self.id = run
        self.outcome = "completed"
        self._under_way = under_way

    def ends(self, tallies: Sequence[Tally], facts: Mapping[str, int] | None = None, failed: str = "") -> None:
        """What became of everything, and of the facts, by what became of them: the run is short where something was left, or `failed`."""
        if self._under_way is None:
            return
        self.outcome = "short" if failed or shortfall(tallies) else "completed"
        self._under_way.tell(outcome=self.outcome)
        if documents := sum(each.submitted for each in tallies if each.unit == "document"):
            self._under_way.tell(documents=documents)
        metrics.changed(facts or {})


def log_as_set(settings: Settings, by_default: Level = "off") -> None:
    """Begin the logs that settings ask for, else those of this level; what was on before ends."""
    begin_logs(settings.log_level or by_default, settings.log_format, settings.secrets)
    let_watch("logs", LogWatcher() if logs_are_on() else None)


def watch_home(home: Home) -> None:
    """Begin the telemetry that a home's settings or the environment ask for, and let it tell how the home stands."""
    settings = home.settings
    if begin_telemetry(settings.telemetry_otlp or None, settings.telemetry_prometheus or None, note):
        metrics.observe_home(home.log.version().log, partial(glance_at, home))


@contextmanager
def watched_run(home: Home, job: str, run: str | None = None, by_default: Level | None = None) -> Iterator[WatchedRun]:
    """A run of a job (`ingest`, `observe`, …) that is watched as the settings say; `run` is its id where it has one elsewhere.

    Where the settings are silent and `by_default` is given, events of this level are logged: so a schedule does. A run within another
    is part of it, and neither counted nor told again.
    """
    if (whole := _under_way.get()) is not None:
        yield WatchedRun(whole, None)
        return
    if by_default is not None:
        log_as_set(home.settings, by_default)
    watch_home(home)
    run = run or uuid4().hex
    outcome = "failed"
    reset = _under_way.set(run)
    try:
        with stage("run", job=job, run=run, log=home.log.version().log) as under_way:
            told = WatchedRun(run, under_way)
            yield told
            outcome = told.outcome
    finally:
        _under_way.reset(reset)
        metrics.waiting(0)  # what is left waits no more
        metrics.run_ended(job, outcome)
