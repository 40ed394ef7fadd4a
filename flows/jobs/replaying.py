"""`replay`: try again what was set aside, each thing by the road it came."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.engine.collecting import Ingestion, collect, read_files
from flows.engine.constructor import Constructor, constructing
from flows.engine.held_leases import leases_of
from flows.engine.outcomes import Outcome
from flows.engine.runs import IngestRun, meter_for
from flows.engine.spool import Spool
from flows.engine.taking import in_this_process, read_spool
from flows.home.homes import Home, now
from flows.home.processes import stop_on_interrupt
from flows.home.watched import watched_run
from flows.jobs.adjudication_runs import replay_rulings
from flows.jobs.observing import given_by
from flows.watching.metrics import counted
from flows.wiring.readers import extractor_for
from pipeline.conflicts.rulings import UNIT as CONFLICT
from pipeline.grounding.given_values import NOTHING_GIVEN
from pipeline.intake.costs import Meter
from pipeline.intake.document_events import events_again, on_record
from pipeline.intake.replays import by_model, by_unit, claims_again, items_again, lines_again
from pipeline.intake.set_aside_list import EVERYTHING, Selection, open_set_aside
from pipeline.intake.status import totals
from schema.ids import DocumentId
from schema.records import SetAside, Tally


@dataclass(frozen=True, slots=True)
class Replay:
    """How to try again."""

    dates: Path | None
    published: str | None
    meter: Meter
    outcome: Outcome


def replay_all(
    home: Home,
    *,
    dates: Path | None,
    published: str | None,
    model_given: bool,
    selection: Selection = EVERYTHING,
    meter: Meter | None = None,
    outcome: Outcome | None = None,
) -> list[Tally]:
    """Try everything again that is set aside, or what a selection takes of it; returns what became of it.

    The meter, by default the settings', counts the cost; `outcome` what is believed because of it.
    Where no model is given each is asked of the model that it was first asked of.
    """
    stop_on_interrupt()
    how = Replay(dates, published, meter or meter_for(home), outcome or Outcome(home))
    with watched_run(home, "replay") as watched:
        found = _replay(home, selection, how, model_given=model_given)
        watched.ends(found, how.outcome.facts.as_data())
    return found


def _replay(home: Home, selection: Selection, how: Replay, *, model_given: bool) -> list[Tally]:
    with home.writing("replay"), constructing(home, how.outcome) as constructor:
        asides = by_unit(open_set_aside(home.log, selection))
        lines, claims, events = asides["line"], asides["claim"], asides["event"]
        tallies = [_replay_lines(home, lines, how), _replay_claims(home, claims, how), _replay_events(home, events, how)]
        counted(tallies)
        for asked, group in by_model(asides["document"], home.asked, of_all=model_given):
            tallies += asyncio.run(_replay_documents(_asking(home, asked), constructor, group, how))
        # After the documents: what they say is evidence to rule on.
        for asked, group in by_model(asides[CONFLICT], home.asked, of_all=model_given):
            tallies += replay_rulings(_asking(home, asked), group)
    return list(totals(tally for tally in tallies if tally.submitted).values())


def _replay_lines(home: Home, asides: Sequence[SetAside], how: Replay) -> Tally:
    given = given_by(home, dates=how.dates, published=how.published) if asides else NOTHING_GIVEN
    taken, tally = lines_again(asides, home.rules.ontology, at := now(), given)
    for intake in taken:
        how.outcome.record(intake, "replay", at)
    return tally


def _replay_claims(home: Home, asides: Sequence[SetAside], how: Replay) -> Tally:
    taken, tally = claims_again(home.log, asides, home.rules.ontology, at := now())
    for intake in taken:
        how.outcome.record(intake, "replay", at)
    return tally


def _replay_events(home: Home, asides: Sequence[SetAside], how: Replay) -> Tally:
    taken, tally = events_again(asides, lambda documents: on_record(home.log, home.rules, documents), at := now())
    for intake in taken:
        how.outcome.record(intake, "replay", at)
    return tally


async def _replay_documents(home: Home, constructor: Constructor, asides: Sequence[SetAside], how: Replay) -> list[Tally]:
    wanted = Ingestion((), dates=how.dates, published=how.published)
    settles: dict[DocumentId, list[str]] = defaultdict(list)
    with Spool(home.spools) as spool, leases_of(home, "replay") as leases:
        items = items_again(home.log, asides, lambda file: read_files([Path(file)]), settles)
        collected = collect(home, wanted, spool, items, outcome=how.outcome)
        extractor = extractor_for(home)
        try:
            run = IngestRun(home, extractor, spool, how.outcome, constructor, leases, how.meter, failures=None)
            run.count(collected)
            run.settle(settles)
            await read_spool(run, spool, in_this_process())
        finally:
            await extractor.close()
    return list(run.tallies.values())


def _asking(home: Home, asked: str) -> Home:
    reading, model = asked.split(" ", 1)
    return home.with_settings(reading=reading, model=model)
