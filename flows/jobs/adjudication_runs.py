"""`adjudicate`: a language model rules on conflicts that no declared rule decides; `replay` asks again where it could not."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from agents.adjudication.adjudicator import make_adjudicator
from agents.asking.concurrency import ConcurrentBatches
from flows.home.homes import Home, now
from flows.home.processes import stop_on_interrupt
from flows.home.showing import Progress
from pipeline.believing.gathering import rulings_in, said_of_all
from pipeline.conflicts.rulings import UNIT, Pending, pending_in, ruling_as_data, rulings_batch, settle_unneeded
from pipeline.conflicts.undecided import RulingQueue, conflicts, most_at_stake_first, possible_conflicts, question_about, queue_for_ruling
from pipeline.intake.batches import Intake
from pipeline.intake.set_aside_list import open_set_aside
from pipeline.line import history_of
from schema.conflict import Conflict, Matter, Opinion
from schema.errors import ModelUnavailable
from schema.ports import Adjudicator
from schema.records import Recorded, Ruling, SetAside, Tally

MATTERS_AT_ONCE = 500
"""Conflicts whose evidence is read from the log together."""

BEYOND = "beyond --limit"

T = TypeVar("T")


@dataclass
class Adjudication:
    """One run: what became of the conflicts so far, and the rulings made."""

    home: Home
    command: str
    pending: Pending
    tally: Tally = field(default_factory=lambda: Tally(UNIT))
    rulings: list[dict[str, Any]] = field(default_factory=list)

    def skip(self, reason: str, number: int) -> None:
        """Count conflicts that are not to be asked about."""
        if number:
            self.tally += Tally(UNIT, 0, {reason: number})

    def record(self, intake: Intake) -> None:
        """Let the log have a batch, and count it."""
        if intake.records:
            self.home.record(intake, self.command, now())
        self.tally += sum(intake.tallies, Tally(UNIT))


def run_adjudication(home: Home, *, limit: int | None = None, again: bool = False) -> Adjudication:
    """Ask about every conflict that has to be ruled on, those with most at stake first; at most `limit` of them.

    `again` asks about those too that a model has ruled on with the evidence there is.
    """
    stop_on_interrupt()
    with home.writing("adjudicate"):
        run = Adjudication(home, "adjudicate", pending_in(open_set_aside(home.log)))
        listed = _docket(home, possible_conflicts(said_of_all(home.log), home.rules), again=again)
        for reason, left in listed.left.items():
            run.skip(reason, len(left))
        run.skip(BEYOND, len(listed.to_rule[limit:]) if limit is not None else 0)
        asyncio.run(_ask_about(run, listed.to_rule[:limit]))
        home.bring_graph_along()
    return run


def replay_rulings(home: Home, asides: Sequence[SetAside]) -> list[Tally]:
    """Ask again about conflicts that were set aside; those that need no ruling any more are settled."""
    run = Adjudication(home, "replay", pending_in(asides))
    listed = _docket(home, run.pending, again=False)
    at = now()
    needless = settle_unneeded(run.pending, {conflict.matter for conflict in listed.to_rule}, at)
    run.record(Intake(tuple(needless), ()))
    run.skip("no ruling is needed any more", len(run.pending) - len(listed.to_rule))
    asyncio.run(_ask_about(run, listed.to_rule))
    return [run.tally]


def _docket(home: Home, wanted: Collection[Matter], *, again: bool) -> RulingQueue:
    found = [conflict for some in _slices(sorted(wanted), MATTERS_AT_ONCE) for conflict in conflicts_among(home, some)]
    return queue_for_ruling(most_at_stake_first(found), rulings_in(home.log), again=again)


def conflicts_among(home: Home, some: Collection[Matter]) -> list[Conflict]:
    """Those of some matters that are conflicts, by what the log says now."""
    graph = history_of(home.log, home.rules, {question_about(matter) for matter in some}, histories=False)
    return conflicts(graph, home.rules, frozenset(some))


async def _ask_about(run: Adjudication, found: Sequence[Conflict]) -> None:
    adjudicator = _adjudicator(run.home)
    asker = ConcurrentBatches(adjudicator.rule, run.home.concurrency)
    try:
        with Progress("ruling", len(found)) as progress:
            for some in _slices(found, run.home.settings.batch):
                results = await asker.batch(some)
                at = now()
                intake = rulings_batch(some, results, run.pending, run.home.asked, at)
                run.record(intake)
                run.rulings += _told(some, intake.records)
                progress.advance(len(some))
    finally:
        await adjudicator.close()


def _told(some: Sequence[Conflict], records: Sequence[Recorded[Any]]) -> Iterator[dict[str, Any]]:
    called = {entity.key: entity.name for conflict in some for entity in conflict.ends}
    return (ruling_as_data(r.record, called) for r in records if isinstance(r.record, Ruling))


class _Unavailable:
    """An adjudicator that cannot start: all that it is asked about is set aside, and can be asked again elsewhere."""

    def __init__(self, reason: ModelUnavailable) -> None:
        self._reason = reason

    async def rule(self, conflict: Conflict) -> Opinion:
        """Fails."""
        del conflict
        raise self._reason

    async def available(self) -> None:
        """It is not."""
        raise self._reason

    async def close(self) -> None:
        """Nothing to let go of."""


def _adjudicator(home: Home) -> Adjudicator:
    settings = home.settings
    try:
        return make_adjudicator(
            settings.model,
            home.rules.ontology,
            name=settings.model_name,
            key=settings.model_key.get_secret_value() or None,
            adapter=settings.adapter,
        )
    except ModelUnavailable as error:
        return _Unavailable(error)


def _slices(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (values[start : start + size] for start in range(0, len(values), size))
