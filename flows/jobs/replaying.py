"""`replay`: try again what was set aside, each thing by the road it came."""

import asyncio
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.home.homes import Home, now
from flows.home.processes import stop_on_interrupt
from flows.jobs.adjudication_runs import replay_rulings
from flows.jobs.collecting import Ingestion, collect, read_files
from flows.jobs.ingesting import take_all
from flows.jobs.observing import given_by
from flows.jobs.runs import IngestRun
from flows.jobs.spending import meter_for
from flows.jobs.spool import Spool
from flows.wiring.readers import extractor_for
from pipeline.conflicts.rulings import UNIT as CONFLICT
from pipeline.formats.documents import Item, read
from pipeline.grounding.claims import ground
from pipeline.grounding.given_values import NOTHING_GIVEN
from pipeline.intake.batches import Intake, restored_claim, restored_document
from pipeline.intake.line_batches import take_again
from pipeline.intake.metering import Meter
from pipeline.intake.status import open_set_aside
from pipeline.intake.tallies import totals
from schema.document import Document, Revision
from schema.errors import InvalidInput
from schema.ids import DocumentId
from schema.observation import Reader
from schema.records import Recorded, SetAside, Settled, Tally


@dataclass(frozen=True, slots=True)
class Replay:
    """How to try again."""

    dates: Path | None
    published: str | None
    model_given: bool  # else each is asked of the model it was first asked of
    meter: Meter


def replay_all(home: Home, *, dates: Path | None, published: str | None, model_given: bool, meter: Meter | None = None) -> list[Tally]:
    """Try everything again that is set aside; returns what became of it. The meter, by default the settings', counts the cost."""
    stop_on_interrupt()
    how = Replay(dates, published, model_given, meter or meter_for(home))
    with home.writing("replay"):
        asides = open_set_aside(home.log)
        tallies = [_replay_lines(home, [a for a in asides if a.unit == "line"], how)]
        tallies.append(_replay_claims(home, [a for a in asides if a.unit == "claim"]))
        for asked, group in _by_model(home, [a for a in asides if a.unit in ("document", "file")], how):
            tallies += asyncio.run(_replay_documents(_asking(home, asked), group, how))
        # After the documents: what they say is evidence to rule on.
        for asked, group in _by_model(home, [a for a in asides if a.unit == CONFLICT], how):
            tallies += replay_rulings(_asking(home, asked), group)
        home.bring_graph_along()
    return list(totals(tally for tally in tallies if tally.submitted).values())


def _by_model(home: Home, asides: Sequence[SetAside], how: Replay) -> list[tuple[str, list[SetAside]]]:
    """What is set aside by the model that is to be asked, in name order."""
    groups: dict[str, list[SetAside]] = defaultdict(list)
    for aside in asides:
        groups[home.asked if how.model_given or not aside.model else aside.model].append(aside)
    return sorted(groups.items())


def _replay_lines(home: Home, asides: Sequence[SetAside], how: Replay) -> Tally:
    total = Tally("line")
    given = given_by(home, dates=how.dates, published=how.published) if asides else NOTHING_GIVEN
    for aside in asides:
        at = now()
        intake = take_again(aside, home.rules.ontology, at, given)
        total += intake.tallies[0]
        if intake.tallies[0].committed:
            # Part of the batch: the same line may have been observed elsewhere meanwhile, and is settled all the same.
            settling = intake.along_with(Settled(aside.id, "replay"), at)
            home.record(settling, "replay", at)
    return total


def _replay_claims(home: Home, asides: Sequence[SetAside]) -> Tally:
    total = Tally("claim")
    wanted = {aside.document for aside in asides if aside.document is not None}
    documents = {(r.record.id, str(r.record.revision)): r.record for r in home.log.records(Document, wanted)}
    for aside in asides:
        told = claim_of(aside)
        document = documents.get((DocumentId(aside.document or ""), told["revision"]))
        try:
            if document is None:
                raise InvalidInput(f"{aside.document} is not in the log")
            claim, known = restored_claim(aside.payload, document)
            observation = ground(claim, document, Reader.parse(told["reader"]), home.rules.ontology, known)
        except InvalidInput as error:
            total += Tally("claim", 0, {}, {type(error).__name__: 1})
            continue
        at = now()
        intake = Intake((Recorded(observation, at), Recorded(Settled(aside.id, "replay"), at)), (Tally("claim", 1),))
        home.record(intake, "replay", at)
        total += Tally("claim", 1)
    return total


async def _replay_documents(home: Home, asides: Sequence[SetAside], how: Replay) -> list[Tally]:
    wanted = Ingestion((), dates=how.dates, published=how.published)
    settles: dict[DocumentId, list[str]] = defaultdict(list)
    with Spool(home.path) as spool:
        collected = collect(home, wanted, spool, _items(home, asides, settles))
        extractor = extractor_for(home)
        try:
            with home.graph() as store:
                run = IngestRun(home, store, extractor, spool, how.meter)
                run.count(collected)
                run.note_set_aside()
                for document, found in settles.items():
                    run.settles[document] = sorted({*run.settles.get(document, ()), *found})
                await take_all(run)
                run.take_into_graph(now=True)
        finally:
            await extractor.close()
    return list(run.tallies.values())


def _items(home: Home, asides: Sequence[SetAside], settles: dict[DocumentId, list[str]]) -> Iterator[tuple[Item, str]]:
    """What the set-aside records hold, or what the files they came from hold now."""
    failed = {(a.document, a.payload) for a in asides if a.stage == "model"}
    known = {key for key, _ in failed if key is not None}
    for recorded in home.log.records(Document, known) if known else ():
        if (recorded.record.id, str(recorded.record.revision)) in failed:
            yield recorded.record, ""
    for aside in asides:
        if aside.stage == "dating":
            yield restored_document(aside.payload), aside.file
        elif aside.stage == "reading":
            items = read_files([Path(aside.file)]) if aside.unit == "file" else _parsed(aside)
            for item, file in items:
                if isinstance(item, Document):
                    settles[item.id].append(aside.id)
                yield item, file


def _parsed(aside: SetAside) -> Iterator[tuple[Item, str]]:
    for item in read(io.BytesIO(aside.payload.encode()), aside.file):
        # What fails again is still the same thing set aside.
        yield (aside if isinstance(item, SetAside) else item), aside.file


def claim_of(aside: SetAside) -> Mapping[str, str]:
    """Reader and revision that a set-aside claim belongs to."""
    told = json.loads(aside.payload)
    return {"reader": told["reader"], "revision": str(Revision.parse(told["revision"]))}


def _asking(home: Home, asked: str) -> Home:
    reading, model = asked.split(" ", 1)
    return home.with_settings(reading=reading, model=model)
