"""What was set aside, tried again: lines, claims, documents and files, each by the road it came."""

import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from pipeline.formats.documents import Item, read
from pipeline.grounding.claims import ground
from pipeline.grounding.given_values import Given
from pipeline.intake.batches import Intake, restored_claim, restored_document
from pipeline.intake.line_batches import take_again
from schema.accounts.settling import Settled
from schema.document import Document, Revision
from schema.errors import InvalidInput
from schema.ids import DocumentId
from schema.observation import Reader
from schema.ontology import Ontology
from schema.ports import EvidenceLog
from schema.records import Recorded, SetAside, Tally

REPLAYED = "replay"
"""How it is settled."""

Items = Iterator[tuple[Item, str]]
"""What readers find, and in which file."""


def by_unit(asides: Sequence[SetAside]) -> Mapping[str, list[SetAside]]:
    """What is set aside of each unit; documents and the files that hold them go together."""
    found: dict[str, list[SetAside]] = defaultdict(list)
    for aside in asides:
        found["document" if aside.unit == "file" else aside.unit].append(aside)
    return found


def by_model(asides: Sequence[SetAside], asked: str, *, of_all: bool) -> list[tuple[str, list[SetAside]]]:
    """What is set aside by the model that is to be asked, in name order: `asked` of all, or where none was asked before."""
    found: dict[str, list[SetAside]] = defaultdict(list)
    for aside in asides:
        found[asked if of_all else aside.model or asked].append(aside)
    return sorted(found.items())


def lines_again(asides: Sequence[SetAside], ontology: Ontology, now: datetime, given: Given) -> tuple[list[Intake], Tally]:
    """Batches of what goes into the log after all, and what became of all lines."""
    tried = [(aside, take_again(aside, ontology, now, given)) for aside in asides]
    # Settling is part of the batch: the same line may have been observed elsewhere meanwhile, and is settled all the same.
    taken = [intake.along_with(Settled(aside.id, REPLAYED), now) for aside, intake in tried if intake.tallies[0].committed]
    return taken, sum((intake.tallies[0] for _, intake in tried), Tally("line"))


def claims_again(log: EvidenceLog, asides: Sequence[SetAside], ontology: Ontology, now: datetime) -> tuple[list[Intake], Tally]:
    """The same for claims that did not stand up in their documents."""
    wanted = {aside.document for aside in asides if aside.document is not None}
    documents = {(r.record.id, str(r.record.revision)): r.record for r in log.records(Document, wanted)}
    taken, total = list[Intake](), Tally("claim")
    for aside in asides:
        try:
            intake = _claim_again(aside, documents, ontology, now)
        except InvalidInput as error:
            total += Tally("claim", 0, {}, {type(error).__name__: 1})
        else:
            taken.append(intake)
            total += intake.tallies[0]
    return taken, total


def _claim_again(aside: SetAside, documents: Mapping[tuple[DocumentId, str], Document], ontology: Ontology, now: datetime) -> Intake:
    told = json.loads(aside.payload)
    document = documents.get((DocumentId(aside.document or ""), str(Revision.parse(told["revision"]))))
    if document is None:
        raise InvalidInput(f"{aside.document} is not in the log")
    claim, known = restored_claim(aside.payload, document)
    observation = ground(claim, document, Reader.parse(told["reader"]), ontology, known)
    return Intake((Recorded(observation, now), Recorded(Settled(aside.id, REPLAYED), now)), (Tally("claim", 1),))


def items_again(
    log: EvidenceLog, asides: Sequence[SetAside], read_file: Callable[[str], Items], settles: dict[DocumentId, list[str]]
) -> Items:
    """What the set-aside records hold, or what the files they came from hold now; what reading them settles is put into `settles`."""
    failed = {(a.document, a.payload) for a in asides if a.stage == "model"}
    known = {key for key, _ in failed if key is not None}
    for recorded in log.records(Document, known) if known else ():
        if (recorded.record.id, str(recorded.record.revision)) in failed:
            yield recorded.record, ""
    for aside in asides:
        if aside.stage == "dating":
            yield restored_document(aside.payload), aside.file
        elif aside.stage == "reading":
            for item, file in read_file(aside.file) if aside.unit == "file" else _parsed_again(aside):
                if isinstance(item, Document):
                    settles[item.id].append(aside.id)
                yield item, file


def _parsed_again(aside: SetAside) -> Items:
    for item in read(io.BytesIO(aside.payload.encode()), aside.file):
        # What fails again is still the same thing set aside.
        yield (aside if isinstance(item, SetAside) else item), aside.file
